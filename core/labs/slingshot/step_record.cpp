#include "labs/slingshot/step_record.h"

#include "tensor/rounded_math.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace reprise::slingshot {

namespace {

namespace exact = tensor::rounded_math;

bool all_finite(std::span<const double> values) {
  double sum = 0;  // 0·x is NaN for infinities and NaN, 0 for all others
  for (const double value : values) sum += 0 * value;
  return sum == 0;
}

struct RowLogits {
  double margin = 0;  // z_y − largest other
  double loss = 0;    // log Σ e^(z_k − z_y), without a subtraction from one
  bool right = false;
};

/// `scratch` is as long as z.
RowLogits judge_row(std::span<const double> z, std::size_t y, std::span<double> scratch) {
  std::size_t rival = y == 0 ? 1 : 0;
  for (std::size_t k = rival + 1; k < z.size(); ++k) {
    if (k != y && z[k] > z[rival]) rival = k;
  }
  RowLogits row;
  row.margin = z[y] - z[rival];
  row.right = row.margin > 0 || (row.margin == 0 && y < rival);
  const bool behind = row.margin < 0;
  const double centre = behind ? z[rival] : z[y];
  for (std::size_t k = 0; k < z.size(); ++k) scratch[k] = z[k] - centre;
  exact::exp(scratch);
  scratch[y] = 0;
  double others = 0;
  for (const double value : scratch) others += value;
  row.loss = behind ? exact::log(others + exact::exp(row.margin)) - row.margin : exact::log1p(others);
  return row;
}

/// Middle value, or mean of the two middle ones; reorders.
double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 != 0) return *middle;
  return 0.5 * (*std::max_element(values.begin(), middle) + *middle);
}

/// Mean row of x [rows, columns]; returns Σ of all squares.
double mean_row(const tensor::Tensor& x, std::vector<double>& mean) {
  const auto columns = static_cast<std::size_t>(x.size(1));
  mean.assign(columns, 0);
  double squares = 0;
  tensor::with_real_type(x.dtype(), [&](auto type) {
    const auto* row = x.data<decltype(type)>();
    for (std::int64_t i = 0; i < x.size(0); ++i, row += columns) {
      double square = 0;
      for (std::size_t j = 0; j < columns; ++j) {
        const auto value = static_cast<double>(row[j]);
        mean[j] += value;
        square += value * value;
      }
      squares += square;
    }
  });
  for (double& value : mean) value /= static_cast<double>(x.size(0));
  return squares;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

double mean_true_loss(const tensor::Tensor& logits, std::span<const std::int32_t> labels) {
  std::vector<double> row(static_cast<std::size_t>(logits.size(1))), scratch(row.size());
  double total = 0;
  tensor::with_real_type(logits.dtype(), [&](auto type) {
    const auto* from = logits.data<decltype(type)>();
    for (const std::int32_t label : labels) {
      std::copy_n(from, row.size(), row.data());
      total += judge_row(row, static_cast<std::size_t>(label), scratch).loss;
      from += row.size();
    }
  });
  return total / static_cast<double>(labels.size());
}

bool StepMeter::measure_loss(std::span<const double> logits, std::span<const double> gradient,
                             std::span<const double> kernel_losses, std::span<const std::int32_t> labels,
                             StepRecord& record) {
  if (!all_finite(logits) || !all_finite(gradient)) return false;
  const std::size_t rows = labels.size();
  const std::size_t classes = logits.size() / rows;
  const double n = static_cast<double>(rows);
  std::int64_t right = 0, absorbed = 0, silent = 0;
  double true_loss = 0, kernel_loss = 0, defect = 0, size = 0, largest = 0;
  margins_.resize(rows);
  row_.resize(classes);
  for (std::size_t i = 0; i < rows; ++i) {
    const auto z = logits.subspan(i * classes, classes);
    const auto g = gradient.subspan(i * classes, classes);
    const auto y = static_cast<std::size_t>(labels[i]);
    const RowLogits row = judge_row(z, y, row_);
    margins_[i] = row.margin;
    true_loss += row.loss;
    kernel_loss += kernel_losses[i];
    for (const double value : z) largest = std::max(largest, std::fabs(value));
    double sum = 0, absolute = 0;
    for (const double value : g) {
      sum += value;
      absolute += std::fabs(value);
    }
    defect += std::fabs(sum);
    size += absolute;
    if (!row.right) continue;
    ++right;
    if (g[y] == 0) ++(absolute > 0 ? absorbed : silent);
  }
  record.true_loss = true_loss / n;
  record.kernel_loss = kernel_loss / n;
  record.train_accuracy = static_cast<double>(right) / n;
  record.absorbed = static_cast<double>(absorbed) / n;
  record.silent = static_cast<double>(silent) / n;
  record.zero_sum_defect = size > 0 ? defect / size : 0;
  record.median_margin = median(margins_);
  record.max_logit = largest;
  return true;
}

void StepMeter::measure_means(const tensor::Tensor& features, const tensor::Tensor& classifier,
                              StepRecord& record) {
  record.w_norm = std::sqrt(mean_row(classifier, w_mean_));
  mean_row(features, h_mean_);
  record.w_mean_norm = std::sqrt(dot(w_mean_, w_mean_));
  record.h_mean_norm = std::sqrt(dot(h_mean_, h_mean_));
  const double norms = record.w_mean_norm * record.h_mean_norm;
  record.cosine = norms > 0 ? dot(w_mean_, h_mean_) / norms : 0;
}

}  // namespace reprise::slingshot
