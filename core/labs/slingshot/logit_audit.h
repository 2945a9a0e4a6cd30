// What a loss kernel does to given logits: which samples it absorbs, how far their gradients miss zero sum.
//
//   const AbsorptionReport report = audit_logits(logits, kernel_options(parse_arm("bfloat16:softmax")));
//   report.absorbed;   // share of the samples whose true class has no gradient while others have
#pragma once

#include "tensor/rounded_cross_entropy.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace reprise::slingshot {

/// Logits of N samples and K classes, row by row, with labels in 0…K − 1.
struct LabelledLogits {
  std::int64_t classes = 0;
  std::vector<double> logits;
  std::vector<std::int32_t> labels;

  std::int64_t samples() const { return static_cast<std::int64_t>(labels.size()); }
  std::span<const double> row(std::int64_t sample) const {
    return std::span(logits).subspan(static_cast<std::size_t>(sample * classes),
                                     static_cast<std::size_t>(classes));
  }
};

/// The first that applies: the largest logit (the lowest class of several) is another class's; every gradient
/// is zero; the true class's gradient alone is zero; none of these.
enum class SampleState : std::uint8_t { misclassified, silent, absorbed, ok };
std::string_view name_of(SampleState state);

struct SampleAudit {
  std::int64_t prediction = 0;
  double margin = 0;     ///< z_y − max of the others, of the logits as given
  double loss = 0;       ///< the kernel's
  double true_loss = 0;  ///< in double, by log1p
  double gradient_true = 0;
  double gradient_sum = 0;   ///< over classes in order, in double
  double gradient_size = 0;  ///< Σ |gradient|
  SampleState state = SampleState::ok;
};

/// Audits samples in blocks, so that a caller can stop in between.
class LogitAuditor {
 public:
  /// `data` has to outlive the auditor. options.scale 0: 1/samples. InputError as the kernel's.
  LogitAuditor(const LabelledLogits& data, tensor::RoundedCrossEntropyOptions options);

  /// The next `most` samples; fewer at the end, none when all are done.
  std::span<const SampleAudit> next(std::int64_t most);
  /// Gradients of the samples that next() returned last, row by row.
  std::span<const double> gradients() const { return gradient_; }

 private:
  const LabelledLogits& data_;
  tensor::RoundedCrossEntropy kernel_, exact_;
  std::int64_t done_ = 0;
  std::vector<double> loss_, true_loss_, gradient_, exact_gradient_;
  std::vector<SampleAudit> audits_;
};

/// Shares of all samples, and the zero-sum defect.
class AuditTotals {
 public:
  void add(const SampleAudit& sample);
  double absorbed() const { return share(absorbed_); }
  double silent() const { return share(silent_); }
  /// Σ_i |Σ_k g_ik| / Σ_ik |g_ik|; 0 when every gradient is zero.
  double zero_sum_defect() const { return size_ == 0 ? 0 : missed_ / size_; }
  double mean_loss() const { return loss_ / static_cast<double>(samples_); }
  double mean_true_loss() const { return true_loss_ / static_cast<double>(samples_); }
  std::int64_t not_finite() const { return not_finite_; }  ///< samples with such a gradient

 private:
  double share(std::int64_t count) const {
    return samples_ == 0 ? 0 : static_cast<double>(count) / static_cast<double>(samples_);
  }
  std::int64_t samples_ = 0, absorbed_ = 0, silent_ = 0, not_finite_ = 0;
  double missed_ = 0, size_ = 0, loss_ = 0, true_loss_ = 0;
};

struct AbsorptionReport {
  double absorbed = 0, silent = 0, zero_sum_defect = 0, median_margin = 0;
  std::vector<double> margin;
  std::vector<SampleState> state;
};
/// The whole audit. InputError: no samples, fewer than 2 classes, a label outside.
AbsorptionReport audit_logits(const LabelledLogits& data, const tensor::RoundedCrossEntropyOptions& options);

}  // namespace reprise::slingshot
