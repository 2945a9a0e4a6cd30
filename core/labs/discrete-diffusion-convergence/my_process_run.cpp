// The task of the study my-process: true laws at all levels, the generated law forwards, the observable
// backwards, the bound node by node, then the recommended grid and what it changes.
#include "base/math.h"
#include "labs/discrete-diffusion-convergence/corpus.h"
#include "labs/discrete-diffusion-convergence/my_process.h"
#include "labs/discrete-diffusion-convergence/observables.h"
#include "labs/discrete-diffusion-convergence/own_data.h"
#include "labs/discrete-diffusion-convergence/process_bounds.h"
#include "labs/discrete-diffusion-convergence/process_files.h"
#include "labs/discrete-diffusion-convergence/sampler.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"
#include "markov/adjoint.h"
#include "markov/integral_metrics.h"
#include "markov/score_term.h"
#include "markov/token_rates.h"
#include "stats/compensated_sum.h"
#include "stats/quadrature.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reprise::diffusion {

using namespace markov;

namespace {

constexpr std::size_t most_law_rows = 65536;

double entropy(const std::vector<double>& p) {
  double sum = 0;
  for (const double x : p) sum -= x > 0 ? x * math::log(x) : 0;
  return sum;
}

double difference(const std::vector<double>& a, const std::vector<double>& b, const std::vector<double>& u) {
  std::vector<double> change(a.size());
  for (std::size_t y = 0; y < a.size(); ++y) change[y] = a[y] - b[y];
  return dot(change, u);
}

// The bound of one step or of a short one, a quadrature node at a time, from the data end upwards: each law
// comes from the one before by the noise between them.
class StepBound {
 public:
  StepBound(const TokenRates& rates, const stats::QuadratureRule& rule, Law high, Law low, double sigma_high,
            double sigma_low)
      : rates_(rates),
        rule_(rule),
        frozen_(std::make_unique<FrozenJumps>(rates, std::move(high))),
        law_(std::move(low)),
        low_(sigma_low),
        half_((sigma_high - sigma_low) / 2),
        at_(sigma_low) {}

  /// One node; true when `value` is complete.
  bool step() {
    const double sigma = low_ + half_ + half_ * rule_.nodes[node_];
    law_ = noised(law_, rates_, sigma - at_);
    at_ = sigma;
    value += half_ * rule_.weights[node_] * residual_density(*frozen_, rates_, law_);
    return ++node_ == rule_.nodes.size();
  }
  double value = 0;

 private:
  const TokenRates& rates_;
  const stats::QuadratureRule& rule_;
  std::unique_ptr<FrozenJumps> frozen_;
  Law law_;
  double low_, half_, at_;
  std::size_t node_ = 0;
};

class ProcessStepper final : public Stepper {
 public:
  ProcessStepper(const MyProcessConfig& config, TaskContext& context)
      : config_(config),
        context_(context),
        rule_(stats::gauss_legendre(static_cast<int>(config.quadrature_nodes))) {}

  bool step() override {
    switch (phase_) {
      case Phase::Begin:
        if (context_.has_input("corpus") && !read_corpus()) return false;
        begin();
        return enter(Phase::Stationary, 0);
      case Phase::Stationary:
        if (!find_start()) return false;
        return enter(Phase::Marginals, grid_.sigma.size());
      case Phase::Marginals:
        marginal(--at_);
        return at_ > 0 ? false : enter(Phase::Forward, 0);
      case Phase::Forward:
        if (at_ == 0) begin_forward();
        kernel(at_)->push(generated_);
        if (++at_ < steps()) return false;
        finish_forward();
        return enter(Phase::Backward, steps());
      case Phase::Backward:
        backward(--at_);
        if (at_ > 0) return false;
        finish_backward();
        return enter(Phase::Bounds, 0);
      case Phase::Bounds:
        if (!bound_)
          begin_bound(marginals_[at_], marginals_[at_ + 1], grid_.sigma[at_], grid_.sigma[at_ + 1]);
        if (!bound_->step()) return false;
        finish_bound();
        if (++at_ < steps()) return false;
        metric("residual_bound", residual_);
        metric("bound", tv_init_ + residual_);
        if (!(grid_.sigma.back() > 0)) {
          context_.partial().warn("No grid is recommended: yours ends without noise.");
          return true;
        }
        begin_probes();
        return enter(Phase::Probes, probes_.size());
      case Phase::Probes:
        if (probe(at_ - 1)) --at_;
        if (at_ > 0) return false;
        recommend();
        return enter(Phase::Recommended, steps());
      case Phase::Recommended:
        if (at_ > 0) {
          if (!recommended_bound(at_ - 1)) return false;
          if (--at_ > 0) return false;
          metric("recommended_residual_bound", recommended_residual_);
          return false;
        }
        recommended_forward();
        return recommended_at_ == steps();
    }
    return true;
  }

  double progress() const override {
    constexpr double begins[] = {0, 0.005, 0.01, 0.05, 0.15, 0.35, 0.6, 0.75, 1};
    if (phase_ == Phase::Begin) return 0;
    const double all = static_cast<double>(phase_ == Phase::Probes ? probes_.size() : steps() + 1);
    const bool down = phase_ == Phase::Marginals || phase_ == Phase::Backward || phase_ >= Phase::Probes;
    const double share = static_cast<double>(at_) / all;
    const auto phase = static_cast<std::size_t>(phase_);
    return begins[phase] + (begins[phase + 1] - begins[phase]) * (down ? 1 - share : share);
  }

 private:
  enum class Phase { Begin, Stationary, Marginals, Forward, Backward, Bounds, Probes, Recommended };
  std::size_t steps() const { return grid_.steps(); }
  bool enter(Phase phase, std::size_t at) {
    phase_ = phase;
    at_ = at;
    return false;
  }
  std::string file_name(const char* input) const {
    const auto found = context_.inputs().find(input);
    const bool named = found != context_.inputs().end() && !found->second.file_name.empty();
    return named ? found->second.file_name : input;
  }

  TokenRates make_rates(std::size_t symbols) const {
    if (context_.has_input("rates")) return read_token_rates(context_.input("rates"), file_name("rates"));
    std::vector<TokenRates::Jump> jumps;
    for (std::size_t a = 0; a + 1 < symbols; ++a) {
      jumps.push_back({a, a + 1, config_.neighbour_rate});
      jumps.push_back({a + 1, a, config_.neighbour_rate});
    }
    return TokenRates(symbols, config_.refresh_rate, RankOneNoise::uniform(symbols).prior, std::move(jumps));
  }

  // A slice of the corpus; true when its law is there.
  bool read_corpus() {
    if (!corpus_) {
      const auto& keys = text_unit_keys();
      const auto unit = std::find(keys.begin(), keys.end(), config_.unit) - keys.begin();
      corpus_ = std::make_unique<CorpusReader>(context_.input("corpus"), file_name("corpus"),
                                               static_cast<TextUnit>(unit),
                                               static_cast<std::size_t>(config_.vocabulary_size));
    }
    if (!corpus_->step()) return false;
    const TokenCorpus corpus = corpus_->take();
    Table& table = context_.partial().table("symbols", process_symbol_columns());
    for (std::size_t a = 0; a < corpus.symbol.size(); ++a) {
      table.append_row(a, corpus.symbol[a], corpus.count[a]);
    }
    counted_ = empirical_law(corpus.sequences, std::max<std::size_t>(2, corpus.symbol.size()),
                             static_cast<std::size_t>(config_.length), config_.additive);
    corpus_.reset();
    return true;
  }

  void begin() {
    Law law = counted_.p.empty() ? target_law(config_, 0, context_) : std::move(counted_);
    rates_.emplace(make_rates(law.space.symbols));
    clean_ = with_symbols(law, rates_->symbols());
    grid_ = context_.has_input("schedule")
                ? read_noise_grid(context_.input("schedule"), file_name("schedule"), config_.make_schedule(),
                                  static_cast<std::size_t>(config_.levels))
                : config_.grid(config_.levels);
    check_reverse_rates(clean_, grid_);
    const std::size_t entries = clean_.p.size() * grid_.sigma.size();
    if (entries > most_law_entries) {
      const std::string found =
          std::to_string(clean_.p.size()) + " states at " + std::to_string(grid_.sigma.size()) + " levels";
      const std::string allowed = "at most " + std::to_string(most_law_entries) + " numbers";
      throw InputError(
          Problem{"levels", found, allowed, found + "; allowed: " + allowed + ". Take fewer levels"});
    }
    kept_every_ = 1;
    while (clean_.p.size() * ((steps() + kept_every_ - 1) / kept_every_ + 1) > most_array_entries)
      ++kept_every_;
    const std::string observable = config_.observable_key(context_.inputs());
    phi_ = observable == "file" ? read_observable(context_, clean_.space)
                                : make_observable(observable, clean_.space, std::nullopt);
    context_.partial().table("states", process_states_columns()).append_row(clean_.p.size());
    metric("symbols", static_cast<double>(rates_->symbols()));
    metric("jumps", static_cast<double>(rates_->jumps()));
    marginals_.resize(grid_.sigma.size());
    oscillation_ = oscillation(phi_);
    metric("observable_oscillation", oscillation_);
  }

  // What the noise forgets everything towards, and where sampling starts.
  bool find_start() {
    if (config_.start != "stationary") return true;
    if (!search_) {
      search_ = std::make_unique<StationarySearch>(*rates_);
      return false;
    }
    if (!search_->step()) return false;
    const std::vector<double> token = search_->take();
    Table& table = context_.partial().table("stationary", stationary_columns());
    for (std::size_t a = 0; a < token.size(); ++a) table.append_row(a, token[a]);
    forgotten_ = product_law(token, clean_.space.length);
    search_.reset();
    return true;
  }

  static const Specs& stationary_columns() {
    static const Specs specs = {{"symbol", ColumnType::Integer}, {"p", ColumnType::Real}};
    return specs;
  }

  void marginal(std::size_t k) {
    const bool last = k == steps();
    marginals_[k] =
        noised(last ? clean_ : marginals_[k + 1], *rates_, grid_.sigma[k] - (last ? 0 : grid_.sigma[k + 1]));
    const std::vector<double>& p = marginals_[k].p;
    const double forgotten = forgotten_.p.empty() ? nan_number : total_variation(p, forgotten_.p);
    context_.partial()
        .table("marginals", process_marginal_columns())
        .append_row(k, grid_.sigma[k], forgotten, entropy(p), dot(p, phi_));
    keep("marginal_array", k, p);
  }

  // Level k of an array file, if it is one of the levels that are kept; from the data end to the noisy end.
  void keep(const char* table, std::size_t k, const std::vector<double>& values) {
    if (k % kept_every_ != 0 && k != steps()) return;
    std::vector<double>& column = context_.partial().table(table, process_array_columns()).reals("value");
    column.insert(column.end(), values.begin(), values.end());
  }

  std::unique_ptr<StepKernel> kernel(std::size_t k) const {
    return std::make_unique<GeneratorStep>(std::make_unique<FrozenJumps>(*rates_, marginals_[k]),
                                           grid_.sigma[k] - grid_.sigma[k + 1]);
  }
  const std::vector<double>& start() const {
    return forgotten_.p.empty() ? marginals_.front().p : forgotten_.p;
  }

  void begin_forward() {
    generated_ = start();
    tv_init_ = total_variation(start(), marginals_.front().p);
    metric("tv_init", tv_init_);
    metric("kl_init", kl_divergence(marginals_.front().p, start()));
  }

  void finish_forward() {
    const Law& target = marginals_.back();
    error_ = difference(generated_, target.p, phi_);
    metric("tv", total_variation(generated_, target.p));
    metric("error", error_);
    metric("early_stop_tv", total_variation(target.p, clean_.p));
    u_ = phi_;
    keep("adjoint_array", steps(), u_);
    write_law(target);
  }

  void write_law(const Law& target) {
    std::vector<std::size_t> rows(target.p.size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    if (rows.size() > most_law_rows) {
      const auto off = [&](std::size_t y) { return std::fabs(generated_[y] - target.p[y]); };
      std::nth_element(
          rows.begin(), rows.begin() + most_law_rows, rows.end(),
          [&](std::size_t x, std::size_t y) { return off(x) != off(y) ? off(x) > off(y) : x < y; });
      rows.resize(most_law_rows);
      std::sort(rows.begin(), rows.end());
    }
    Specs specs;
    for (std::size_t i = 0; i < target.space.length; ++i) {
      specs.push_back({"x" + std::to_string(i + 1), ColumnType::Integer});
    }
    for (const char* name : {"data", "noised", "generated"}) specs.push_back({name, ColumnType::Real});
    Table& table = context_.partial().table("law", specs);
    for (std::size_t i = 0; i < target.space.length; ++i) {
      std::vector<std::int64_t>& column = table.integers("x" + std::to_string(i + 1));
      for (const std::size_t y : rows) column.push_back(static_cast<std::int64_t>(target.space.symbol(y, i)));
    }
    for (const std::size_t y : rows) {
      table.reals("data").push_back(clean_.p[y]);
      table.reals("noised").push_back(target.p[y]);
      table.reals("generated").push_back(generated_[y]);
    }
  }

  void backward(std::size_t k) {
    const std::unique_ptr<StepKernel> own = kernel(k);
    std::vector<double> moved = marginals_[k].p;
    own->push(moved);
    const double term = difference(moved, marginals_[k + 1].p, u_);
    own->pull(u_);
    sum_.add(term);
    const double now = oscillation(u_);
    largest_increase_ = std::max(largest_increase_, now - oscillation_);
    oscillation_ = now;
    context_.partial()
        .table(backward_table, process_backward_columns())
        .append_row(k, grid_.sigma[k], grid_.sigma[k + 1], grid_.sigma[k] - grid_.sigma[k + 1], term, now,
                    neighbour_difference(clean_.space, u_));
    keep("adjoint_array", k, u_);
  }

  void finish_backward() {
    const double init = difference(start(), marginals_.front().p, u_);
    metric("init_term", init);
    metric("discretisation_term", sum_.value());
    metric("identity_residual", error_ - init - sum_.value());
    metric("largest_oscillation_increase", largest_increase_);
  }

  void begin_bound(const Law& high, const Law& low, double sigma_high, double sigma_low) {
    bound_ = std::make_unique<StepBound>(*rates_, rule_, high, low, sigma_high, sigma_low);
  }
  void finish_bound() {
    residual_ += bound_->value;
    context_.partial().table(bound_table, process_bound_columns()).append_row(at_, bound_->value);
    bound_.reset();
  }

  // Short steps at 60 levels, from the data end upwards.
  void begin_probes() {
    probes_ = probe_levels(grid_.sigma.front(), grid_.sigma.back());
    costs_.assign(probes_.size(), 0);
    moving_ = marginals_.back();
    moving_sigma_ = grid_.sigma.back();
  }
  bool probe(std::size_t j) {
    if (!bound_) {
      moving_ = noised(moving_, *rates_, probes_[j] - moving_sigma_);
      moving_sigma_ = probes_[j];
      const double width = probe_step * probes_[j];
      begin_bound(noised(moving_, *rates_, width), moving_, moving_sigma_ + width, moving_sigma_);
      return false;
    }
    if (!bound_->step()) return false;
    costs_[j] = bound_->value;
    bound_.reset();
    return true;
  }

  void recommend() {
    recommended_ = even_grid(probes_, costs_, steps());
    Table& table = context_.partial().table("grid", process_grid_columns());
    for (std::size_t k = 0; k <= steps(); ++k) table.append_row(recommended_.t[k], recommended_.sigma[k]);
    // The laws of the given grid are done with; those of the other one take their place.
    Law last = std::move(marginals_.back());
    marginals_.assign(steps() + 1, Law{});
    marginals_.back() = std::move(last);
  }
  bool recommended_bound(std::size_t k) {
    const double high = recommended_.sigma[k], low = recommended_.sigma[k + 1];
    if (!bound_) {
      marginals_[k] = noised(marginals_[k + 1], *rates_, high - low);
      begin_bound(marginals_[k], marginals_[k + 1], high, low);
      return false;
    }
    if (!bound_->step()) return false;
    recommended_residual_ += bound_->value;
    bound_.reset();
    return true;
  }
  void recommended_forward() {
    if (recommended_at_ == 0) generated_ = forgotten_.p.empty() ? marginals_.front().p : forgotten_.p;
    const std::size_t k = recommended_at_++;
    FrozenJumps frozen(*rates_, marginals_[k]);
    push(frozen, recommended_.sigma[k] - recommended_.sigma[k + 1], generated_);
    if (recommended_at_ == steps()) {
      metric("recommended_tv", total_variation(generated_, marginals_.back().p));
    }
  }

  void metric(const char* name, double value) {
    context_.partial().table("metrics", process_metric_columns()).append_row(name, value);
  }

  MyProcessConfig config_;
  TaskContext& context_;
  stats::QuadratureRule rule_;
  Phase phase_ = Phase::Begin;
  std::size_t at_ = 0, kept_every_ = 1, recommended_at_ = 0;
  std::optional<TokenRates> rates_;
  std::unique_ptr<CorpusReader> corpus_;
  std::unique_ptr<StationarySearch> search_;
  Law counted_, clean_, forgotten_, moving_;
  NoiseGrid grid_, recommended_;
  std::vector<Law> marginals_;
  std::unique_ptr<StepBound> bound_;
  std::vector<double> phi_, u_, generated_, probes_, costs_;
  stats::CompensatedSum sum_;
  double error_ = 0, tv_init_ = 0, oscillation_ = 0, residual_ = 0, recommended_residual_ = 0,
         moving_sigma_ = 0;
  double largest_increase_ = -std::numeric_limits<double>::infinity();
};

}  // namespace

std::unique_ptr<Stepper> start_my_process(const MyProcessConfig& config, TaskContext& context) {
  return std::make_unique<ProcessStepper>(config, context);
}

}  // namespace reprise::diffusion
