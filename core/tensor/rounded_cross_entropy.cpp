#include "tensor/rounded_cross_entropy.h"

#include "base/error.h"
#include "tensor/rounded_math.h"
#include "tensor/rounding.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace reprise::tensor {
namespace {

constexpr std::array<std::string_view, 7> kForms = {
    "softmax", "log_softmax", "logsumexp", "recentred", "mean_subtracted", "log1p", "stablemax"};
constexpr std::array<std::string_view, 6> kOrders = {"sequential", "reverse", "pairwise",
                                                     "lanes8",     "exact",   "kahan"};

// The three ways to round; all give what round_to gives for their formats.
struct ToFloat64 {
  explicit ToFloat64(const FloatFormat&) {}
  double operator()(double x) const { return x; }
};
struct ToFloat32 {
  explicit ToFloat32(const FloatFormat&) {}
  double operator()(double x) const { return static_cast<double>(static_cast<float>(x)); }
};
using ToAny = rounding::Rounder;

/// Calls function(rounder) with the fastest rounder of the format.
template <class Function>
void with_rounder(const FloatFormat& format, Function function) {
  if (format.precision == 53 && format.least_exponent == -1022) {
    function(ToFloat64(format));
  } else if (format.precision == 24 && format.least_exponent == -126 && !format.saturates) {
    function(ToFloat32(format));
  } else {
    function(ToAny(format));
  }
}

/// Correctly rounded sum (Shewchuk's partials, as Python's math.fsum).
double exact_sum(std::span<const double> values) {
  std::vector<double> partials;
  for (double x : values) {
    if (!std::isfinite(x)) {
      double plain = 0;
      for (const double value : values) plain += value;
      return plain;
    }
    std::size_t kept = 0;
    for (double y : partials) {
      if (std::abs(x) < std::abs(y)) std::swap(x, y);
      const double high = x + y;
      const double low = y - (high - x);
      if (low != 0) partials[kept++] = low;
      x = high;
    }
    partials.resize(kept);
    partials.push_back(x);
  }
  if (partials.empty()) return 0;
  double high = partials.back();
  partials.pop_back();
  double low = 0;
  while (!partials.empty()) {
    const double x = high;
    const double y = partials.back();
    partials.pop_back();
    high = x + y;
    low = y - (high - x);
    if (low != 0) break;
  }
  // A tie was rounded to even although the rest decides it.
  if (!partials.empty() && ((low < 0 && partials.back() < 0) || (low > 0 && partials.back() > 0))) {
    const double twice = low * 2;
    const double x = high + twice;
    if (twice == x - high) high = x;
  }
  return high;
}

template <class Round>
double sum_in(const Round& fl, SumOrder order, std::span<const double> values) {
  double s = 0;
  switch (order) {
    case SumOrder::sequential:
      for (const double value : values) s = fl(s + value);
      return s;
    case SumOrder::reverse:
      for (std::size_t k = values.size(); k-- > 0;) s = fl(s + values[k]);
      return s;
    case SumOrder::pairwise: {
      std::vector<double> level(values.begin(), values.end());
      while (level.size() > 1) {
        if (level.size() % 2 != 0) level.push_back(0);
        for (std::size_t i = 0; i < level.size() / 2; ++i) level[i] = fl(level[2 * i] + level[2 * i + 1]);
        level.resize(level.size() / 2);
      }
      return level.empty() ? 0 : level[0];
    }
    case SumOrder::lanes8: {
      std::array<double, 8> lane{};
      for (std::size_t k = 0; k < values.size(); ++k) lane[k % 8] = fl(lane[k % 8] + values[k]);
      for (const double value : lane) s = fl(s + value);
      return s;
    }
    case SumOrder::exact:
      return fl(exact_sum(values));
    case SumOrder::kahan: {
      double c = 0;
      for (const double value : values) {
        const double y = fl(value - c);
        const double t = fl(s + y);
        c = fl(fl(t - s) - y);
        s = t;
      }
      return s;
    }
  }
  return s;
}

/// Largest value; NaN if there is one.
double largest(std::span<const double> values) {
  double result = values[0];
  for (const double value : values) {
    if (value > result || value != value) result = value;
    if (result != result) return result;
  }
  return result;
}

/// One row in one format.
template <class Round>
class RowKernel {
 public:
  RowKernel(const RoundedCrossEntropyOptions& options, const Round& fl, double c)
      : options_(options), fl_(fl), c_(c) {}

  double loss(std::span<const double> logits, std::size_t y, std::span<double> g, std::span<double> z) const {
    for (std::size_t k = 0; k < logits.size(); ++k) z[k] = fl_(logits[k]);
    const double result =
        options_.form == CrossEntropyForm::log1p ? log1p_form(z, y, g) : usual_form(z, y, g);
    return result == 0 ? 0 : result;  // −0 is reported as 0
  }

 private:
  /// Made in the accumulator's format, its result rounded to the format.
  double sum(std::span<const double> values) const {
    if (!options_.accumulator) return sum_in(fl_, options_.order, values);
    return fl_(rounded_sum(values, options_.order, *options_.accumulator));
  }

  void exponentials(std::span<double> values) const {
    rounded_math::exp(values);
    for (double& value : values) value = fl_(value);
  }

  double usual_form(std::span<double> z, std::size_t y, std::span<double> g) const {
    const std::size_t classes = z.size();
    const double m = largest(z);
    for (std::size_t k = 0; k < classes; ++k) g[k] = fl_(z[k] - m);
    const double d_y = g[y];
    if (options_.form == CrossEntropyForm::logsumexp || options_.form == CrossEntropyForm::softmax) {
      exponentials(g);
      const double s = sum(g);
      if (options_.form == CrossEntropyForm::softmax) {
        for (std::size_t k = 0; k < classes; ++k) g[k] = fl_(g[k] / s);
        const double loss = -fl_(rounded_math::log(g[y]));
        finish(g, y);
        return loss;
      }
      const double log_total = fl_(m + fl_(rounded_math::log(s)));
      const double loss = -fl_(z[y] - log_total);
      for (std::size_t k = 0; k < classes; ++k) g[k] = fl_(z[k] - log_total);
      exponentials(g);
      finish(g, y);
      return loss;
    }
    std::copy(g.begin(), g.end(), z.begin());  // d
    exponentials(g);
    const double log_s = fl_(rounded_math::log(sum(g)));
    for (std::size_t k = 0; k < classes; ++k) g[k] = fl_(z[k] - log_s);
    exponentials(g);
    finish(g, y);
    return -fl_(d_y - log_s);
  }

  /// Probabilities to gradients.
  void finish(std::span<double> g, std::size_t y) const {
    for (double& value : g) value = fl_(c_ * value);
    if (options_.form == CrossEntropyForm::recentred) {
      g[y] = 0;
      g[y] = -sum(g);
      return;
    }
    g[y] = fl_(g[y] - c_);
    if (options_.form == CrossEntropyForm::mean_subtracted) {
      const double mean = fl_(sum(g) / static_cast<double>(g.size()));
      for (double& value : g) value = fl_(value - mean);
    }
  }

  double log1p_form(std::span<const double> z, std::size_t y, std::span<double> g) const {
    const std::size_t classes = z.size();
    double r = z[y == 0 ? 1 : 0];
    for (std::size_t k = 0; k < classes; ++k) {
      if (k != y && (z[k] > r || z[k] != z[k])) r = z[k];
    }
    const bool wrong = r > z[y];
    const double centre = wrong ? r : z[y];
    for (std::size_t k = 0; k < classes; ++k) g[k] = fl_(z[k] - centre);
    exponentials(g);
    g[y] = 0;
    const double total = sum(g);
    const double q = wrong ? fl_(total + fl_(rounded_math::exp(fl_(z[y] - r)))) : fl_(1 + total);
    const double loss =
        wrong ? fl_(fl_(r - z[y]) + fl_(rounded_math::log(q))) : fl_(rounded_math::log1p(total));
    for (std::size_t k = 0; k < classes; ++k) g[k] = fl_(c_ * fl_(g[k] / q));
    g[y] = -fl_(c_ * fl_(total / q));
    return loss;
  }

  const RoundedCrossEntropyOptions& options_;
  const Round& fl_;
  double c_;
};

double stablemax(double x) {
  return x >= 0 ? x + 1 : 1 / (1 - x);
}
double stablemax_slope(double x) {
  const double s = stablemax(x);
  return x >= 0 ? 1 : s * s;
}

double stablemax_loss(std::span<const double> z, std::size_t y, double c, std::span<double> g) {
  double total = 0;
  for (const double value : z) total = total + stablemax(value);
  const double s_y = stablemax(z[y]);
  for (std::size_t k = 0; k < z.size(); ++k) {
    const double slope = stablemax_slope(z[k]);
    g[k] = c * (slope / total - (k == y ? slope / s_y : 0.0));
  }
  return rounded_math::log(total) - rounded_math::log(s_y);
}

void check_sizes(std::int64_t rows, std::int64_t classes, std::size_t logits,
                 std::span<const std::int32_t> labels, std::size_t losses, std::size_t gradient) {
  if (rows < 1 || classes < 2) {
    throw InputError("cross-entropy of " + std::to_string(rows) + " rows and " + std::to_string(classes) +
                     " classes; allowed are at least 1 row and 2 classes");
  }
  const auto n = static_cast<std::size_t>(rows);
  const auto cells = static_cast<std::size_t>(rows * classes);
  if (logits != cells || gradient != cells || labels.size() != n || losses != n) {
    throw InputError("cross-entropy of " + std::to_string(rows) + " rows and " + std::to_string(classes) +
                     " classes was given " + std::to_string(logits) + " logits and " +
                     std::to_string(labels.size()) + " labels");
  }
  for (std::size_t row = 0; row < n; ++row) {
    if (labels[row] >= 0 && labels[row] < classes) continue;
    throw InputError("cross-entropy: label " + std::to_string(labels[row]) + " in row " +
                     std::to_string(row) + "; allowed are 0…" + std::to_string(classes - 1));
  }
}

template <class Name, std::size_t count>
std::optional<Name> find_name(const std::array<std::string_view, count>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Name>(found - names.begin());
}

}  // namespace

std::span<const std::string_view> cross_entropy_form_names() {
  return kForms;
}
std::span<const std::string_view> sum_order_names() {
  return kOrders;
}
std::optional<CrossEntropyForm> find_cross_entropy_form(std::string_view name) {
  return find_name<CrossEntropyForm>(kForms, name);
}
std::optional<SumOrder> find_sum_order(std::string_view name) {
  return find_name<SumOrder>(kOrders, name);
}

double rounded_sum(std::span<const double> values, SumOrder order, const FloatFormat& accumulator) {
  double result = 0;
  with_rounder(accumulator, [&](const auto& fl) { result = sum_in(fl, order, values); });
  return result;
}

void RoundedCrossEntropy::operator()(std::int64_t rows, std::int64_t classes, std::span<const double> logits,
                                     std::span<const std::int32_t> labels, std::span<double> losses,
                                     std::span<double> gradient) {
  check_sizes(rows, classes, logits.size(), labels, losses.size(), gradient.size());
  const auto width = static_cast<std::size_t>(classes);
  const double scale = options_.scale != 0 ? options_.scale : 1.0 / static_cast<double>(rows);
  row_.resize(width);
  with_rounder(options_.format, [&](const auto& fl) {
    using Round = std::decay_t<decltype(fl)>;
    const RowKernel<Round> kernel(options_, fl, fl(scale));
    for (std::size_t row = 0; row < losses.size(); ++row) {
      const auto z = logits.subspan(row * width, width);
      const auto g = gradient.subspan(row * width, width);
      const auto y = static_cast<std::size_t>(labels[row]);
      losses[row] = options_.form == CrossEntropyForm::stablemax ? stablemax_loss(z, y, scale, g)
                                                                 : kernel.loss(z, y, g, row_);
    }
  });
}

}  // namespace reprise::tensor
