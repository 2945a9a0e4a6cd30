// Confidence scores from a classifier's logits, all in double.
//
//   LogitsView z(values, 3);                                   // [n × 3], row-major
//   std::vector<std::int32_t> h = predictions(z);
//   std::vector<double> s = score_from_logits(z, ScoreKind::Msp);
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::classify {

/// Row-major [rows × classes]; the values outlive the view.
class LogitsView {
 public:
  LogitsView(std::span<const double> values, std::size_t classes) : values_(values), classes_(classes) {}
  std::size_t rows() const { return classes_ == 0 ? 0 : values_.size() / classes_; }
  std::size_t classes() const { return classes_; }
  std::span<const double> row(std::size_t i) const { return values_.subspan(i * classes_, classes_); }

 private:
  std::span<const double> values_;
  std::size_t classes_;
};

enum class ScoreKind {
  Msp,  ///< logit of the largest softmax probability, −log Σ_{j≠m} e^(z_j − z_m): it never saturates
  MaxLogit,    ///< z_m
  Margin,      ///< z_m − second largest
  NegEntropy,  ///< Σ p log p
  Gini,        ///< Σ p²
  Energy,      ///< log Σ e^z
};
inline const std::vector<std::string> score_kind_names = {"msp",         "max-logit", "margin",
                                                          "neg-entropy", "gini",      "energy"};
/// By its name; InputError lists the names there are.
ScoreKind score_kind_named(std::string_view name);

/// Place of the largest value; the lowest index among equals.
std::size_t first_largest(std::span<const double> values);
/// log Σ e^v, without overflow; −infinity for none.
double log_sum_exp(std::span<const double> values);
/// log p_k/(1 − p_k) of softmax probability k; +infinity for a single class.
double log_odds(std::span<const double> logits, std::size_t k);

/// The class with the largest logit in every row.
std::vector<std::int32_t> predictions(const LogitsView& logits);
/// One score; higher means more confident. With one class Msp is 0.
double score_of(std::span<const double> logits, ScoreKind kind);
std::vector<double> score_from_logits(const LogitsView& logits, ScoreKind kind);
/// The largest softmax probability of each row as single precision has it: confident rows round to 1 and tie.
/// To show what goes wrong; rank by ScoreKind::Msp.
std::vector<double> single_precision_msp(const LogitsView& logits);
/// 1 where the prediction is the label.
std::vector<std::uint8_t> right_answers(std::span<const std::int32_t> prediction,
                                        std::span<const std::int32_t> label);

}  // namespace reprise::classify
