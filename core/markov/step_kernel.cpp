#include "markov/step_kernel.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace reprise::markov {

namespace {

// All tokens at once: K(y, x) = Π_i K_i(y, x_i), applied as outer products of rows.
class ProductStep final : public StepKernel {
 public:
  ProductStep(KernelKind kind, const RankOneNoise& noise, ScoreFactors score, double h)
      : kind_(kind), prior_(noise.prior), score_(std::move(score)), h_(h) {}

  void push(std::vector<double>& law) override {
    std::vector<double> next(law.size(), 0);
    for (std::size_t y = 0; y < law.size(); ++y) {
      if (law[y] == 0) continue;
      outer_product(y);
      for (std::size_t x = 0; x < law.size(); ++x) next[x] += law[y] * row_[x];
    }
    law = std::move(next);
  }

  void pull(std::vector<double>& observable) override {
    std::vector<double> before(observable.size());
    for (std::size_t y = 0; y < observable.size(); ++y) {
      outer_product(y);
      before[y] = dot(row_, observable);
    }
    observable = std::move(before);
  }

 private:
  // The row K(y, ·) into row_.
  void outer_product(std::size_t y) {
    const StateSpace& space = score_.w.space;
    row_.assign(1, 1);
    for (std::size_t axis = 0; axis < space.length; ++axis) {
      token_row(y, axis);
      longer_.clear();
      for (const double before : row_) {
        for (const double p : token_row_) longer_.push_back(before * p);
      }
      row_.swap(longer_);
    }
  }

  // K_i(y, ·) into token_row_.
  void token_row(std::size_t y, std::size_t axis) {
    const StateSpace& space = score_.w.space;
    const std::size_t stride = space.stride(axis), own = space.symbol(y, axis);
    const double* line = score_.w.p.data() + (y - own * stride);
    const double rate = prior_[own], reciprocal = score_.r[y];
    token_row_.assign(space.symbols, 0);
    double exit = 0;  // L_i
    for (std::size_t a = 0; a < space.symbols; ++a) {
      if (a == own) continue;
      token_row_[a] = line[a * stride] * reciprocal;
      exit += token_row_[a];
    }
    const double ratio_sum = exit + 1;
    exit *= rate;
    if (kind_ == KernelKind::Tweedie) {
      if (reciprocal == 0) {
        stay(own);
        return;
      }
      token_row_[own] = 1;
      const double grown = math::exp(h_), shrunk = math::exp(-h_);
      double sum = 0;
      for (std::size_t a = 0; a < space.symbols; ++a) {
        const double earlier = grown * token_row_[a] - math::expm1(h_) * prior_[a] * ratio_sum;
        const double back = (a == own ? shrunk : 0) - math::expm1(-h_) * rate;
        token_row_[a] = std::max(0.0, earlier) * back;
        sum += token_row_[a];
      }
      if (!(sum > 0)) {
        stay(own);
        return;
      }
      for (double& p : token_row_) p /= sum;
      return;
    }
    if (!(exit > 0)) {
      stay(own);
      return;
    }
    if (kind_ == KernelKind::TauLeaping) {
      const double jump = -math::expm1(-h_ * exit);
      for (double& p : token_row_) p *= jump * rate / exit;
      token_row_[own] = math::exp(-h_ * exit);
      return;
    }
    const double remain = std::max(0.0, 1 - h_ * exit);
    const double sum = h_ * exit + remain;
    for (double& p : token_row_) p *= h_ * rate / sum;
    token_row_[own] = remain / sum;
  }

  void stay(std::size_t own) {
    std::fill(token_row_.begin(), token_row_.end(), 0.0);
    token_row_[own] = 1;
  }

  KernelKind kind_;
  std::vector<double> prior_;
  ScoreFactors score_;
  double h_;
  std::vector<double> row_, longer_, token_row_;
};

}  // namespace

const std::vector<std::string>& kernel_keys() {
  static const std::vector<std::string> keys = {"frozen_ctmc", "tau_leaping", "euler", "tweedie"};
  return keys;
}

std::optional<KernelKind> find_kernel(std::string_view key) {
  const std::vector<std::string>& keys = kernel_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) return static_cast<KernelKind>(i);
  }
  return std::nullopt;
}

ScoreFactors exact_score(Law marginal) {
  ScoreFactors factors;
  factors.r = reciprocal_or_zero(marginal.p);
  factors.w = std::move(marginal);
  return factors;
}

void ScoreError::apply(ScoreFactors& factors) const {
  if (xi.empty()) return;
  const double shift = eta * eta / 2;
  for (std::size_t y = 0; y < factors.r.size(); ++y) {
    factors.w.p[y] *= math::exp(eta * xi[y] - shift);
    factors.r[y] *= math::exp(eta * zeta[y] - shift);
  }
}

std::unique_ptr<StepKernel> make_step_kernel(KernelKind kind, const RankOneNoise& noise, ScoreFactors score,
                                             double h) {
  if (kind == KernelKind::FrozenCtmc) {
    return std::make_unique<GeneratorStep>(
        std::make_unique<FrozenGenerator>(noise, std::move(score.w), std::move(score.r)), h);
  }
  const std::size_t states = score.r.size();
  if (states > most_product_kernel_states) {
    const std::string allowed = "at most " + std::to_string(most_product_kernel_states) + " states";
    throw InputError(Problem{"kernel", kernel_keys()[static_cast<std::size_t>(kind)], allowed,
                             "kernel " + kernel_keys()[static_cast<std::size_t>(kind)] + " with " +
                                 std::to_string(states) + " states; it goes through all pairs, " + allowed});
  }
  return std::make_unique<ProductStep>(kind, noise, std::move(score), h);
}

ExactReverseStep::ExactReverseStep(const RankOneNoise& noise, const Law& clean, double sigma,
                                   double sigma_next)
    : noise_(noise),
      next_(noised(clean, noise, sigma_next)),
      reciprocal_(reciprocal_or_zero(noised(clean, noise, sigma).p)),
      h_(sigma - sigma_next) {}

void ExactReverseStep::push(std::vector<double>& law) {
  for (std::size_t y = 0; y < law.size(); ++y) law[y] *= reciprocal_[y];
  observable_before_noise(next_.space, noise_, h_, law);
  for (std::size_t x = 0; x < law.size(); ++x) law[x] *= next_.p[x];
}

void ExactReverseStep::pull(std::vector<double>& observable) {
  Law weighted = next_;
  for (std::size_t x = 0; x < observable.size(); ++x) weighted.p[x] *= observable[x];
  add_noise(weighted, noise_, h_);
  for (std::size_t y = 0; y < observable.size(); ++y) observable[y] = weighted.p[y] * reciprocal_[y];
}

MatrixStep::MatrixStep(std::size_t states, std::vector<double> matrix)
    : states_(states), matrix_(std::move(matrix)) {
  if (matrix_.size() != states_ * states_) throw std::invalid_argument("kernel matrix has another shape");
  for (std::size_t y = 0; y < states_; ++y) {
    double sum = 0;
    for (std::size_t x = 0; x < states_; ++x) {
      const double entry = matrix_[y * states_ + x];
      if (!(entry >= 0) || !std::isfinite(entry)) {
        const std::string found = number_to_text(entry);
        throw InputError(Problem{"kernel", found, "0…1",
                                 "kernel row " + std::to_string(y + 1) + ", column " + std::to_string(x + 1) +
                                     ": " + found + "; probabilities lie in 0…1"});
      }
      sum += entry;
    }
    if (!(std::fabs(sum - 1) <= 1e-9)) {
      const std::string found = number_to_text(sum);
      throw InputError(
          Problem{"kernel", found, "1",
                  "kernel row " + std::to_string(y + 1) + " sums to " + found + " instead of 1"});
    }
  }
}

void MatrixStep::push(std::vector<double>& law) {
  std::vector<double> next(states_, 0);
  for (std::size_t y = 0; y < states_; ++y) {
    for (std::size_t x = 0; x < states_; ++x) next[x] += law[y] * matrix_[y * states_ + x];
  }
  law = std::move(next);
}

void MatrixStep::pull(std::vector<double>& observable) {
  std::vector<double> before(states_);
  for (std::size_t y = 0; y < states_; ++y) {
    before[y] = dot(std::span(matrix_).subspan(y * states_, states_), observable);
  }
  observable = std::move(before);
}

}  // namespace reprise::markov
