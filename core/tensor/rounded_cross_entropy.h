// Softmax cross-entropy and its gradient, computed step by step in a narrow floating-point format: every
// single operation is rounded. Shows where a format absorbs small terms; the same bits everywhere. Source:
// papers/slingshot.md, D3.
//
//   RoundedCrossEntropy kernel({.format = *find_format("float16")});
//   kernel(n, classes, logits, labels, losses, gradient);
#pragma once

#include "tensor/float_format.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace reprise::tensor {

enum class CrossEntropyForm : std::uint8_t {
  softmax,          ///< p = e/s
  log_softmax,      ///< log p = (z − m) − log s
  logsumexp,        ///< log p = z − (m + log s)
  recentred,        ///< log_softmax, true class's gradient = −Σ of the others
  mean_subtracted,  ///< log_softmax, mean of the gradient subtracted
  log1p,            ///< loss = log1p Σ e^(z_j − z_y): no subtraction from one
  stablemax,        ///< s(x) = x + 1 or 1/(1 − x) in place of e^x, in double (Prieto et al. 2025)
};
enum class SumOrder : std::uint8_t { sequential, reverse, pairwise, lanes8, exact, kahan };

std::span<const std::string_view> cross_entropy_form_names();  ///< in the order of the enum
std::span<const std::string_view> sum_order_names();
std::optional<CrossEntropyForm> find_cross_entropy_form(std::string_view name);
std::optional<SumOrder> find_sum_order(std::string_view name);

struct RoundedCrossEntropyOptions {
  FloatFormat format = float_formats()[1];  // float32
  CrossEntropyForm form = CrossEntropyForm::log_softmax;
  SumOrder order = SumOrder::sequential;
  std::optional<FloatFormat> accumulator = {};  // of sums; default: format
  double scale = 0;                             // c = fl(scale); 0: c = fl(1/rows)
};

class RoundedCrossEntropy {
 public:
  explicit RoundedCrossEntropy(RoundedCrossEntropyOptions options) : options_(options) {}

  /// logits [rows × classes] row by row, labels in 0…classes − 1; losses [rows] unscaled; gradient
  /// [rows × classes] times c, held in double. InputError: classes < 2, no rows, a label outside (with its
  /// row), sizes that do not match.
  void operator()(std::int64_t rows, std::int64_t classes, std::span<const double> logits,
                  std::span<const std::int32_t> labels, std::span<double> losses, std::span<double> gradient);

 private:
  RoundedCrossEntropyOptions options_;
  std::vector<double> row_;  // scratch
};

/// Σ values in `accumulator`, each operation rounded, in the given order.
double rounded_sum(std::span<const double> values, SumOrder order, const FloatFormat& accumulator);

}  // namespace reprise::tensor
