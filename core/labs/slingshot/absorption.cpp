#include "labs/slingshot/absorption.h"

#include "base/math.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>

namespace reprise::slingshot {

namespace {

constexpr double ln2 = 0.693147180559945309417;
constexpr std::int64_t values_per_step = 40'000;  // about 3 ms of kernel

std::vector<double> logits_at(const EqualLogits& sample, double margin) {
  std::vector<double> logits(static_cast<std::size_t>(sample.num_classes), sample.max_logit - margin);
  logits.at(static_cast<std::size_t>(sample.true_index)) = sample.max_logit;
  return logits;
}

SampleResult run(const Arm& arm, const std::vector<double>& logits, std::int64_t label) {
  SampleResult result;
  result.gradient.resize(logits.size());
  const std::array<std::int32_t, 1> labels = {static_cast<std::int32_t>(label)};
  std::array<double, 1> loss{};
  tensor::RoundedCrossEntropy kernel(kernel_options(arm, 1));
  kernel(1, static_cast<std::int64_t>(logits.size()), logits, labels, loss, result.gradient);
  result.loss = loss[0];
  return result;
}

}  // namespace

AbsorptionThreshold absorption_threshold(const FloatFormat& format, std::int64_t num_classes) {
  if (num_classes < 2) {
    const std::string found = std::to_string(num_classes);
    throw InputError(Problem{"num_classes", found, "at least 2",
                             "num_classes is " + found + "; allowed are 2 classes and more"});
  }
  const double bits = format.precision;
  AbsorptionThreshold threshold;
  threshold.single = bits * ln2 - math::log1p(std::ldexp(1.0, -format.precision));
  threshold.all_equal_exact = bits * ln2 + math::log(static_cast<double>(num_classes - 1));
  threshold.zero_underflow = (bits - format.least_exponent) * ln2;
  return threshold;
}

SampleResult kernel_at(const EqualLogits& sample, double margin) {
  return run(sample.arm, logits_at(sample, margin), sample.true_index);
}

double probability_at(const EqualLogits& sample, double margin) {
  const CrossEntropyForm form = sample.arm.form;
  if (form == CrossEntropyForm::log1p || form == CrossEntropyForm::stablemax) {
    return 1 + kernel_at(sample, margin).gradient[static_cast<std::size_t>(sample.true_index)];
  }
  // Probabilities do not depend on the label, and at scale 1 the gradient of a class that is not the label is
  // its probability. The two repairs change log_softmax's gradient, not its probabilities.
  Arm arm = sample.arm;
  if (form == CrossEntropyForm::recentred || form == CrossEntropyForm::mean_subtracted) {
    arm.form = CrossEntropyForm::log_softmax;
  }
  const std::int64_t other = (sample.true_index + 1) % sample.num_classes;
  return run(arm, logits_at(sample, margin), other).gradient[static_cast<std::size_t>(sample.true_index)];
}

AbsorptionSearch::AbsorptionSearch(EqualLogits sample)
    : sample_(std::move(sample)),
      kernel_(kernel_options(sample_.arm, 1)),
      logits_(static_cast<std::size_t>(sample_.num_classes)),
      gradient_(static_cast<std::size_t>(sample_.num_classes)) {}

bool AbsorptionSearch::step() {
  const std::array<std::int32_t, 1> labels = {static_cast<std::int32_t>(sample_.true_index)};
  std::array<double, 1> loss{};
  const auto true_class = static_cast<std::size_t>(sample_.true_index);
  const auto most = static_cast<int>(std::max<std::int64_t>(1, values_per_step / sample_.num_classes));
  for (const int end = std::min(next_ + most, search_points); next_ < end; ++next_) {
    const double margin = static_cast<double>(next_) / search_steps_per_nat;
    std::fill(logits_.begin(), logits_.end(), sample_.max_logit - margin);
    logits_.at(true_class) = sample_.max_logit;
    kernel_(1, sample_.num_classes, logits_, labels, loss, gradient_);
    if (gradient_[true_class] != 0) continue;
    margin_ = margin;
    next_ = search_points;
    return true;
  }
  return next_ == search_points;
}

double first_absorbed(const EqualLogits& sample) {
  AbsorptionSearch search(sample);
  while (!search.step()) {
  }
  return search.margin();
}

}  // namespace reprise::slingshot
