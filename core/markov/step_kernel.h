// One step of a sampler from noise level σ_k to σ_{k+1}, as a kernel that moves laws forwards (push) and
// observables backwards (pull). What is exact for one kernel here is exact for all of them.
#pragma once

#include "markov/generator.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::markov {

class StepKernel {
 public:
  virtual ~StepKernel() = default;
  virtual void push(std::vector<double>& law) = 0;         ///< q ← q·K
  virtual void pull(std::vector<double>& observable) = 0;  ///< u ← K·u
};

enum class KernelKind { FrozenCtmc, TauLeaping, Euler, Tweedie };
/// The keys "frozen_ctmc", "tau_leaping", "euler", "tweedie".
const std::vector<std::string>& kernel_keys();
std::optional<KernelKind> find_kernel(std::string_view key);

/// Kernels that also freeze the state go through all pairs of states.
inline constexpr std::size_t most_product_kernel_states = 4096;

/// What a score is made of: ŝ(y)[i, a] = w(y^{i→a})·r(y) for a ≠ y_i, and 1 for a = y_i.
struct ScoreFactors {
  Law w;
  std::vector<double> r;
};
/// The exact score of a marginal law.
ScoreFactors exact_score(Law marginal);

/// A systematic error of a learned score: one standard normal number a state for either factor, the same at
/// every noise level. ŝ = s·exp(η·ξ(target) − η²/2)·exp(η·ζ(state) − η²/2).
struct ScoreError {
  double eta = 0;
  std::vector<double> xi, zeta;  ///< empty when eta is 0
  void apply(ScoreFactors& factors) const;
};

/// One step of length h (noise clock): frozen rates for all of the step (FrozenCtmc), or all tokens at once
/// from one score call. InputError: a product kernel on more than most_product_kernel_states states.
std::unique_ptr<StepKernel> make_step_kernel(KernelKind kind, const RankOneNoise& noise, ScoreFactors score,
                                             double h);

/// Jumps with the rates of any generator for a time h.
class GeneratorStep final : public StepKernel {
 public:
  GeneratorStep(std::unique_ptr<Generator> generator, double h) : generator_(std::move(generator)), h_(h) {}
  void push(std::vector<double>& law) override { markov::push(*generator_, h_, law); }
  void pull(std::vector<double>& observable) override { markov::pull(*generator_, h_, observable); }

 private:
  std::unique_ptr<Generator> generator_;
  double h_;
};

/// The reverse process with its true, time-dependent score: K(y, x) = p_{σ'}(x)·P(x → y)/p_σ(y). No
/// discretisation error; what sampling by uniformization reaches at random cost.
class ExactReverseStep final : public StepKernel {
 public:
  ExactReverseStep(const RankOneNoise& noise, const Law& clean, double sigma, double sigma_next);
  void push(std::vector<double>& law) override;
  void pull(std::vector<double>& observable) override;

 private:
  RankOneNoise noise_;
  Law next_;
  std::vector<double> reciprocal_;  // 1/p_σ
  double h_;
};

/// A kernel of the user's own, states × states, row-major. InputError: a negative or non-finite entry, or a
/// row that does not sum to 1 within 1e-9 (row and sum).
class MatrixStep final : public StepKernel {
 public:
  MatrixStep(std::size_t states, std::vector<double> matrix);
  void push(std::vector<double>& law) override;
  void pull(std::vector<double>& observable) override;

 private:
  std::size_t states_;
  std::vector<double> matrix_;
};

}  // namespace reprise::markov
