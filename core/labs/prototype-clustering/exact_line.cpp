#include "labs/prototype-clustering/exact_line.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace reprise::protoclust {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int most_bisections = 100;

/// Sorted values with what makes the cost of an interval cheap.
class Line {
 public:
  Line(const std::vector<double>& x, const std::vector<double>& weights, const Loss& loss) : loss_(loss) {
    if (loss.kind == LossKind::Capped)
      throw std::logic_error("the capped loss has no exact clustering by intervals");
    order_.resize(x.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    weight_sums_ = first_sums_ = second_sums_ = {0};
    for (const std::size_t at : order_) {
      const double weight = weights.empty() ? 1 : weights[at];
      x_.push_back(x[at] - mean);  // centred: the prefix sums keep their digits
      weights_.push_back(weight);
      weight_sums_.push_back(weight_sums_.back() + weight);
      first_sums_.push_back(first_sums_.back() + weight * x_.back());
      second_sums_.push_back(second_sums_.back() + weight * x_.back() * x_.back());
    }
  }

  std::size_t size() const { return x_.size(); }
  const std::vector<std::size_t>& order() const { return order_; }

  /// Cost of one cluster of the sorted values [begin, end).
  double cost(std::size_t begin, std::size_t end) const {
    if (loss_.squared()) {
      const double weight = weight_sums_[end] - weight_sums_[begin];
      const double sum = first_sums_[end] - first_sums_[begin];
      return std::max(0.0, second_sums_[end] - second_sums_[begin] - sum * sum / weight);
    }
    if (loss_.linear() || loss_.manhattan()) return median_cost(begin, end);
    return searched_cost(begin, end);
  }

 private:
  double median_cost(std::size_t begin, std::size_t end) const {
    const double half = (weight_sums_[begin] + weight_sums_[end]) / 2;  // the weighted lower median
    const auto from = weight_sums_.begin() + static_cast<std::ptrdiff_t>(begin) + 1;
    const auto until = weight_sums_.begin() + static_cast<std::ptrdiff_t>(end) + 1;
    auto at = static_cast<std::size_t>(std::lower_bound(from, until, half) - weight_sums_.begin()) - 1;
    at = std::min(at, end - 1);
    const double median = x_[at];
    const double left =
        median * (weight_sums_[at] - weight_sums_[begin]) - (first_sums_[at] - first_sums_[begin]);
    const double right =
        (first_sums_[end] - first_sums_[at]) - median * (weight_sums_[end] - weight_sums_[at]);
    return std::max(0.0, left) + std::max(0.0, right);
  }
  /// Bisection on the sign of the derivative, which rises.
  double searched_cost(std::size_t begin, std::size_t end) const {
    double low = x_[begin], high = x_[end - 1];
    for (int step = 0; step < most_bisections && low < high; ++step) {
      const double middle = low + (high - low) / 2;
      if (middle <= low || middle >= high) break;
      double slope = 0;
      for (std::size_t i = begin; i < end; ++i) {
        const double t = std::fabs(middle - x_[i]);
        if (t > 0) slope += weights_[i] * loss_.irls_weight(t) * (middle - x_[i]);
      }
      (slope > 0 ? high : low) = middle;
    }
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i)
      sum += weights_[i] * loss_.psi(std::fabs(low + (high - low) / 2 - x_[i]));
    return sum;
  }

  const Loss& loss_;
  std::vector<std::size_t> order_;
  std::vector<double> x_, weights_, weight_sums_, first_sums_, second_sums_;
};

/// best[e]: least cost of the first e values in q clusters; from[e]: where the last of them begins.
struct Layer {
  std::vector<double> best;
  std::vector<std::size_t> from;
};

void fill(const Line& line, const std::vector<double>& before, std::size_t clusters, Layer& layer,
          std::size_t first, std::size_t last, std::size_t split_low, std::size_t split_high) {
  if (first > last) return;
  const std::size_t end = first + (last - first) / 2;
  double best = infinity;
  std::size_t at = std::max(split_low, clusters - 1);
  for (std::size_t split = at; split <= std::min(split_high, end - 1); ++split) {
    const double cost = before[split] + line.cost(split, end);
    if (cost < best) {
      best = cost;
      at = split;
    }
  }
  layer.best[end] = best;
  layer.from[end] = at;
  if (end > first) fill(line, before, clusters, layer, first, end - 1, split_low, at);
  fill(line, before, clusters, layer, end + 1, last, at, split_high);
}

ExactLine solve(const std::vector<double>& x, const std::vector<double>& weights, std::int64_t most,
                const Loss& loss, bool divide) {
  const Line line(x, weights, loss);
  const std::size_t n = line.size();
  const auto layers_wanted = std::min(static_cast<std::size_t>(most), n);
  std::vector<Layer> layers(layers_wanted);
  std::vector<double> before(n + 1, infinity);
  before[0] = 0;
  ExactLine result;
  for (std::size_t q = 1; q <= layers_wanted; ++q) {
    Layer& layer = layers[q - 1];
    layer.best.assign(n + 1, infinity);
    layer.from.assign(n + 1, 0);
    if (divide) {
      fill(line, before, q, layer, q, n, q - 1, q == 1 ? 0 : n - 1);
    } else {
      for (std::size_t end = q; end <= n; ++end) {
        for (std::size_t split = q - 1; split < (q == 1 ? 1 : end); ++split) {
          const double cost = before[split] + line.cost(split, end);
          if (cost < layer.best[end]) {
            layer.best[end] = cost;
            layer.from[end] = split;
          }
        }
      }
    }
    before = layer.best;
    result.loss.push_back(layer.best[n]);
    clustering::Labels labels(n);
    std::size_t end = n;
    for (std::size_t cluster = q; cluster-- > 0;) {
      const std::size_t begin = layers[cluster].from[end];
      for (std::size_t i = begin; i < end; ++i) labels[line.order()[i]] = static_cast<std::int32_t>(cluster);
      end = begin;
    }
    result.labels.push_back(std::move(labels));
  }
  return result;
}

}  // namespace

ExactLine exact_line(const std::vector<double>& x, const std::vector<double>& weights, std::int64_t most,
                     const Loss& loss) {
  return solve(x, weights, most, loss, true);
}

ExactLine exact_line_plain(const std::vector<double>& x, const std::vector<double>& weights,
                           std::int64_t most, const Loss& loss) {
  return solve(x, weights, most, loss, false);
}

}  // namespace reprise::protoclust
