#include "labs/recalibration/calibrators.h"

#include "base/error.h"
#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::recal {

namespace {

// Rows whose likelihood factors are multiplied before one logarithm is taken: each factor is in (1, 2], so
// that 512 of them stay below 2^512.
constexpr std::size_t block_rows = 512;
constexpr double step_tolerance = 1e-10;
constexpr int most_passes = 500;

std::vector<double> logits_of(std::span<const double> z, ScoreScale scale) {
  std::vector<double> logits(z.size());
  std::transform(z.begin(), z.end(), logits.begin(), [scale](double s) { return logit_of_score(s, scale); });
  return logits;
}

// σ(m) and 1 − σ(m), both with their relative accuracy, and the factor 1 + e^−|m| of the likelihood.
struct LogisticParts {
  double share, rest, factor;
};
LogisticParts logistic_parts(double margin) {
  const double e = math::exp(-std::fabs(margin));
  const double factor = 1 + e;
  const double large = 1 / factor;
  const double small = e / factor;
  return margin >= 0 ? LogisticParts{large, small, factor} : LogisticParts{small, large, factor};
}

void check_classes(std::span<const std::uint8_t> label, const char* method) {
  const bool any_positive = std::find(label.begin(), label.end(), 1) != label.end();
  const bool any_negative = std::find(label.begin(), label.end(), 0) != label.end();
  if (any_positive && any_negative) return;
  throw InputError({"label", any_positive ? "1 only" : "0 only", "both 0 and 1",
                    std::string(method) + " cannot be fitted: all labels are " + (any_positive ? "1" : "0") +
                        "; both classes are needed"});
}

}  // namespace

double logit_of_score(double z, ScoreScale scale) {
  if (scale == ScoreScale::Logit) return z;
  return math::logit(std::clamp(z, 1e-16, 1 - 1e-16));
}

double probability_of_score(double z, ScoreScale scale) {
  return scale == ScoreScale::Logit ? math::logistic(z) : z;
}

double Platt::operator()(double z) const {
  return math::logistic(linear(z));
}

double Temperature::operator()(double z) const {
  return math::logistic(logit_of_score(z, scale) / temperature);
}

PlattFitter::PlattFitter(std::span<const double> logit, std::span<const std::uint8_t> label, ScoreScale scale)
    : logit_(logit), label_(label), scale_(scale) {
  if (logit.size() != label.size()) throw std::logic_error("PlattFitter: scores and labels differ in length");
  check_classes(label, "Platt scaling");
  if (std::all_of(logit.begin(), logit.end(), [&](double x) { return x == logit.front(); })) {
    throw InputError({"score", "one value", "at least two different scores",
                      "Platt scaling cannot be fitted: all scores are equal"});
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  low_[0] = low_[1] = infinity;
  high_[0] = high_[1] = -infinity;
}

void PlattFitter::scan(std::size_t end) {
  for (; next_ < end; ++next_) {
    const std::size_t y = label_[next_];
    low_[y] = std::min(low_[y], logit_[next_]);
    high_[y] = std::max(high_[y], logit_[next_]);
    ++rows_[y];
  }
}

void PlattFitter::begin_newton() {
  scanned_ = true;
  next_ = 0;
  const bool rising = high_[0] <= low_[1];
  if (rising || high_[1] <= low_[0]) {
    separated_.scale = scale_;
    separated_.capped = true;
    separated_.slope = rising ? steepest_platt_slope : -steepest_platt_slope;
    const double left = rising ? high_[0] : high_[1];
    const double right = rising ? low_[1] : low_[0];
    separated_.intercept = -separated_.slope * (left / 2 + right / 2);
    if (left == right) {
      double shared[2] = {0, 0};
      for (std::size_t row = 0; row < logit_.size(); ++row) {
        if (logit_[row] == left) shared[label_[row]] += 1;
      }
      separated_.intercept += math::log(shared[1] / shared[0]);
    }
    done_ = true;
    return;
  }
  const double lowest = std::min(low_[0], low_[1]);
  const double highest = std::max(high_[0], high_[1]);
  centre_ = lowest / 2 + highest / 2;
  half_range_ = highest / 2 - lowest / 2;
  // From the model without the score Newton's method never meets a singular Hessian.
  next_point_ = {0, math::log(static_cast<double>(rows_[1]) / static_cast<double>(rows_[0]))};
}

void PlattFitter::add_block(std::size_t begin, std::size_t end) {
  Sums block;
  double product = 1;
  for (std::size_t row = begin; row < end; ++row) {
    const double t = (logit_[row] - centre_) / half_range_;
    const double margin = next_point_.slope * t + next_point_.intercept;
    const LogisticParts parts = logistic_parts(margin);
    product *= parts.factor;
    const bool positive = label_[row] != 0;
    if (positive ? margin < 0 : margin > 0) block.loss += std::fabs(margin);
    const double residual = positive ? -parts.rest : parts.share;
    const double weight = parts.share * parts.rest;
    block.g0 += residual;
    block.g1 += residual * t;
    block.h00 += weight;
    block.h01 += weight * t;
    block.h11 += weight * t * t;
  }
  sums_.loss += block.loss + math::log(product);
  sums_.g0 += block.g0;
  sums_.g1 += block.g1;
  sums_.h00 += block.h00;
  sums_.h01 += block.h01;
  sums_.h11 += block.h11;
}

bool PlattFitter::step(std::size_t rows) {
  if (done_) return true;
  const std::size_t end =
      std::min(logit_.size(), next_ + std::max(block_rows, rows / block_rows * block_rows));
  if (!scanned_) {
    scan(end);
    if (next_ == logit_.size()) begin_newton();
    return done_;
  }
  for (; next_ < end; next_ = std::min(end, next_ + block_rows)) {
    add_block(next_, std::min(end, next_ + block_rows));
  }
  if (next_ == logit_.size()) finish_pass();
  return done_;
}

// Length of a share of the Newton step in slope and intercept as the caller knows them.
double PlattFitter::step_size(double share) const {
  const double slope = share * direction_.slope / half_range_;
  const double intercept = share * direction_.intercept - slope * centre_;
  return std::max(std::fabs(slope), std::fabs(intercept));
}

void PlattFitter::propose(double share) {
  share_ = share;
  next_point_ = {at_.slope + share * direction_.slope, at_.intercept + share * direction_.intercept};
}

void PlattFitter::finish_pass() {
  next_ = 0;
  const Sums sums = sums_;
  sums_ = {};
  ++passes_;
  const double size = std::max({1.0, std::fabs(at_.slope / half_range_), std::fabs(at_.intercept)});
  // Rounding alone moves the loss by some 1e-13 of itself; such a rise is none.
  const bool falls = first_pass_ || sums.loss <= accepted_.loss * (1 + 1e-13);
  if (!falls) {
    if (step_size(share_ / 2) < step_tolerance * size || passes_ >= most_passes) {
      done_ = true;
      return;
    }
    propose(share_ / 2);
    return;
  }
  at_ = next_point_;
  accepted_ = sums;
  const bool converged = !first_pass_ && step_size(share_) < step_tolerance * size;
  first_pass_ = false;
  if (converged || passes_ >= most_passes) {
    done_ = true;
    return;
  }
  double determinant = sums.h00 * sums.h11 - sums.h01 * sums.h01;
  double ridge = 0;
  if (!(determinant > 1e-14 * sums.h00 * sums.h11)) {
    ridge = 1e-8 * (sums.h00 + sums.h11) + std::numeric_limits<double>::min();
    determinant = (sums.h00 + ridge) * (sums.h11 + ridge) - sums.h01 * sums.h01;
  }
  direction_.intercept = -((sums.h11 + ridge) * sums.g0 - sums.h01 * sums.g1) / determinant;
  direction_.slope = -((sums.h00 + ridge) * sums.g1 - sums.h01 * sums.g0) / determinant;
  propose(1);
}

Platt PlattFitter::result() const {
  if (!done_) throw std::logic_error("PlattFitter: not finished");
  if (separated_.capped) return separated_;
  Platt platt;
  platt.scale = scale_;
  platt.slope = at_.slope / half_range_;
  platt.intercept = at_.intercept - platt.slope * centre_;
  if (std::fabs(platt.slope) > steepest_platt_slope) {  // nearly separable: keep where the curve crosses ½
    const double crossing = -platt.intercept / platt.slope;
    platt.slope = std::copysign(steepest_platt_slope, platt.slope);
    platt.intercept = -platt.slope * crossing;
    platt.capped = true;
  }
  return platt;
}

TemperatureFitter::TemperatureFitter(std::span<const double> logit, std::span<const std::uint8_t> label,
                                     ScoreScale scale)
    : logit_(logit), label_(label), scale_(scale) {
  if (logit.size() != label.size()) {
    throw std::logic_error("TemperatureFitter: scores and labels differ in length");
  }
  check_classes(label, "the temperature");
  if (std::all_of(logit.begin(), logit.end(), [](double x) { return x == 0; })) {
    throw InputError({"score", "one value", "scores other than a half",
                      "the temperature cannot be fitted: all logits are 0"});
  }
}

bool TemperatureFitter::step(std::size_t rows) {
  if (done_) return true;
  const std::size_t end =
      std::min(logit_.size(), next_ + std::max(block_rows, rows / block_rows * block_rows));
  while (next_ < end) {
    const std::size_t block_end = std::min(end, next_ + block_rows);
    double slope = 0;
    double curvature = 0;
    for (; next_ < block_end; ++next_) {
      const double x = logit_[next_];
      const LogisticParts parts = logistic_parts(inverse_ * x);
      slope += (label_[next_] != 0 ? -parts.rest : parts.share) * x;
      curvature += parts.share * parts.rest * x * x;
    }
    slope_ += slope;
    curvature_ += curvature;
  }
  if (next_ == logit_.size()) finish_pass();
  return done_;
}

void TemperatureFitter::finish_pass() {
  const double slope = slope_;
  const double newton = inverse_ - slope_ / curvature_;
  next_ = 0;
  slope_ = curvature_ = 0;
  ++passes_;
  if (slope == 0 || passes_ >= most_passes) {
    done_ = true;
    return;
  }
  // The derivative rises with 1/T: its sign tells on which side the optimum lies.
  const bool at_low = inverse_ == 1 / largest_temperature;
  const bool at_high = inverse_ == 1 / smallest_temperature;
  if ((at_low && slope > 0) || (at_high && slope < 0)) {
    at_edge_ = done_ = true;
    return;
  }
  if (slope > 0) {
    high_ = inverse_;
    high_tried_ = true;
  } else {
    low_ = inverse_;
    low_tried_ = true;
  }
  double next = newton;
  if (!(next > low_ && next < high_) || passes_ > 60) {
    // Beyond the bracket: to an end that has not been tried, else halve on the logarithmic scale.
    if (newton <= low_ && !low_tried_) {
      next = low_;
    } else if (newton >= high_ && !high_tried_) {
      next = high_;
    } else {
      next = std::sqrt(low_ * high_);
    }
  }
  const bool converged = std::fabs(next - inverse_) < step_tolerance * inverse_;
  inverse_ = next;
  if (converged) done_ = true;
}

Temperature TemperatureFitter::result() const {
  if (!done_) throw std::logic_error("TemperatureFitter: not finished");
  Temperature temperature;
  temperature.scale = scale_;
  temperature.at_edge = at_edge_;
  temperature.temperature = 1 / inverse_;
  return temperature;
}

Platt fit_platt(std::span<const double> z, std::span<const std::uint8_t> y, ScoreScale scale) {
  const std::vector<double> logits = logits_of(z, scale);
  PlattFitter fitter(logits, y, scale);
  while (!fitter.step()) {
  }
  return fitter.result();
}

Temperature fit_temperature(std::span<const double> z, std::span<const std::uint8_t> y, ScoreScale scale) {
  const std::vector<double> logits = logits_of(z, scale);
  TemperatureFitter fitter(logits, y, scale);
  while (!fitter.step()) {
  }
  return fitter.result();
}

double Isotonic::operator()(double p) const {
  const auto found = std::lower_bound(last.begin(), last.end(), p);
  if (found == last.end()) return value.back();
  const auto block = static_cast<std::size_t>(found - last.begin());
  if (block == 0 || p >= first[block]) return value[block];
  const double left = last[block - 1];
  const double share = (p - left) / (first[block] - left);
  return value[block - 1] + share * (value[block] - value[block - 1]);
}

IsotonicFitter::IsotonicFitter(const SortedScores& sample) : sample_(sample) {
  if (sample.size() == 0) throw InputError("isotonic regression needs at least one row");
}

bool IsotonicFitter::step(std::size_t rows) {
  const std::span<const double> z = sample_.scores();
  const std::span<const std::uint8_t> y = sample_.labels();
  const std::size_t stop = std::min(z.size(), row_ + rows);
  while (row_ < stop) {
    Block block{row_, row_, 0};
    const double score = z[row_];
    while (row_ < z.size() && z[row_] == score) block.positives += y[row_++];
    block.end = row_;
    // Means are compared without division: positives of one block times rows of the other.
    const auto length = [](const Block& one) { return static_cast<std::int64_t>(one.end - one.begin); };
    while (!blocks_.empty() &&
           blocks_.back().positives * length(block) >= block.positives * length(blocks_.back())) {
      block.begin = blocks_.back().begin;
      block.positives += blocks_.back().positives;
      blocks_.pop_back();
    }
    blocks_.push_back(block);
  }
  return row_ == z.size();
}

Isotonic IsotonicFitter::result() const {
  Isotonic isotonic;
  for (const Block& block : blocks_) {
    isotonic.first.push_back(sample_.scores()[block.begin]);
    isotonic.last.push_back(sample_.scores()[block.end - 1]);
    isotonic.value.push_back(static_cast<double>(block.positives) /
                             static_cast<double>(block.end - block.begin));
  }
  return isotonic;
}

Isotonic fit_isotonic(const SortedScores& sample) {
  IsotonicFitter fitter(sample);
  while (!fitter.step()) {
  }
  return fitter.result();
}

bool OutputMeans::step(std::size_t rows) {
  const std::span<const double> outputs = fitted_.scores();
  const std::size_t stop = std::min(outputs.size(), row_ + rows);
  while (bin_ < bins_.bins()) {
    const std::int64_t count = bins_.count[bin_];
    for (; added_ < count && row_ < stop; ++added_) sum_ += outputs[row_++];
    if (added_ < count) return false;
    if (count > 0) bins_.value[bin_] = sum_ / static_cast<double>(count);
    sum_ = 0;
    added_ = 0;
    ++bin_;
  }
  fill_empty_bins(bins_);
  return true;
}

ScalingBinning fit_scaling_binning(const Platt& platt, const SortedScores& fitted, std::int64_t bins,
                                   EdgeRule rule, TiePolicy ties) {
  OutputMeans means(fit_histogram(fitted, bins, rule, ties), fitted);
  while (!means.step()) {
  }
  return {platt, means.take()};
}

ScalingBinning fit_scaling_binning(std::span<const double> z, std::span<const std::uint8_t> y,
                                   std::int64_t bins, EdgeRule rule, TiePolicy ties, ScoreScale scale) {
  const Platt platt = fit_platt(z, y, scale);
  std::vector<double> fitted(z.size());
  std::transform(z.begin(), z.end(), fitted.begin(), platt);
  return fit_scaling_binning(platt, SortedScores(fitted, y), bins, rule, ties);
}

std::vector<double> ScalingBinning::score_edges() const {
  std::vector<double> edges;
  for (const double u : bins.edges) {
    const double logit = (math::logit(u) - platt.intercept) / platt.slope;
    edges.push_back(platt.scale == ScoreScale::Logit ? logit : math::logistic(logit));
  }
  return edges;
}

}  // namespace reprise::recal
