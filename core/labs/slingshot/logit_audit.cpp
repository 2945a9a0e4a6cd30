#include "labs/slingshot/logit_audit.h"

#include "labs/slingshot/arm.h"
#include "stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace reprise::slingshot {

namespace {

SampleAudit audit(std::span<const double> logits, std::int32_t label, std::span<const double> gradient) {
  SampleAudit result;
  const auto y = static_cast<std::size_t>(label);
  double other = logits[y == 0 ? 1 : 0];
  std::size_t best = 0;
  bool others_zero = true;
  for (std::size_t k = 0; k < logits.size(); ++k) {
    if (logits[k] > logits[best]) best = k;
    if (k != y) {
      other = std::max(other, logits[k]);
      others_zero = others_zero && gradient[k] == 0;
    }
    result.gradient_sum += gradient[k];
    result.gradient_size += std::fabs(gradient[k]);
  }
  result.prediction = static_cast<std::int64_t>(best);
  result.margin = logits[y] - other;
  result.gradient_true = gradient[y];
  if (best != y) {
    result.state = SampleState::misclassified;
  } else if (gradient[y] == 0) {
    result.state = others_zero ? SampleState::silent : SampleState::absorbed;
  }
  return result;
}

tensor::RoundedCrossEntropyOptions with_scale(tensor::RoundedCrossEntropyOptions options, std::int64_t rows) {
  if (options.scale == 0 && rows > 0) options.scale = 1.0 / static_cast<double>(rows);
  return options;
}

}  // namespace

std::string_view name_of(SampleState state) {
  switch (state) {
    case SampleState::misclassified:
      return "misclassified";
    case SampleState::silent:
      return "silent";
    case SampleState::absorbed:
      return "absorbed";
    case SampleState::ok:
      return "ok";
  }
  throw std::logic_error("unknown state of a sample");
}

LogitAuditor::LogitAuditor(const LabelledLogits& data, tensor::RoundedCrossEntropyOptions options)
    : data_(data),
      kernel_(with_scale(options, data.samples())),
      exact_(with_scale(kernel_options(parse_arm("float64:log1p")), data.samples())) {}

std::span<const SampleAudit> LogitAuditor::next(std::int64_t most) {
  const std::int64_t count = std::min(most, data_.samples() - done_);
  if (count <= 0 && data_.samples() > 0) return {};
  const auto n = static_cast<std::size_t>(count);
  const auto cells = static_cast<std::size_t>(count * data_.classes);
  loss_.resize(n);
  true_loss_.resize(n);
  gradient_.resize(cells);
  exact_gradient_.resize(cells);
  audits_.resize(n);
  const auto logits = std::span(data_.logits).subspan(static_cast<std::size_t>(done_ * data_.classes), cells);
  const auto labels = std::span(data_.labels).subspan(static_cast<std::size_t>(done_), n);
  kernel_(count, data_.classes, logits, labels, loss_, gradient_);
  exact_(count, data_.classes, logits, labels, true_loss_, exact_gradient_);
  const auto classes = static_cast<std::size_t>(data_.classes);
  for (std::size_t i = 0; i < n; ++i) {
    audits_[i] = audit(data_.row(done_ + static_cast<std::int64_t>(i)), labels[i],
                       std::span(gradient_).subspan(i * classes, classes));
    audits_[i].loss = loss_[i];
    audits_[i].true_loss = true_loss_[i];
  }
  done_ += count;
  return audits_;
}

void AuditTotals::add(const SampleAudit& sample) {
  ++samples_;
  absorbed_ += sample.state == SampleState::absorbed ? 1 : 0;
  silent_ += sample.state == SampleState::silent ? 1 : 0;
  not_finite_ += std::isfinite(sample.gradient_size) ? 0 : 1;
  missed_ += std::fabs(sample.gradient_sum);
  size_ += sample.gradient_size;
  loss_ += sample.loss;
  true_loss_ += sample.true_loss;
}

AbsorptionReport audit_logits(const LabelledLogits& data, const tensor::RoundedCrossEntropyOptions& options) {
  LogitAuditor auditor(data, options);
  AuditTotals totals;
  AbsorptionReport report;
  for (const SampleAudit& sample : auditor.next(data.samples())) {
    totals.add(sample);
    report.margin.push_back(sample.margin);
    report.state.push_back(sample.state);
  }
  report.absorbed = totals.absorbed();
  report.silent = totals.silent();
  report.zero_sum_defect = totals.zero_sum_defect();
  report.median_margin = stats::median(report.margin);
  return report;
}

}  // namespace reprise::slingshot
