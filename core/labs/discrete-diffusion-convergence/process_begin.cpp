// How a run of my-process begins: its rates, law, grid and observable, the noise's stationary law, and the
// true laws at all levels.
#include "base/error.h"
#include "base/math.h"
#include "labs/discrete-diffusion-convergence/corpus.h"
#include "labs/discrete-diffusion-convergence/file_values.h"
#include "labs/discrete-diffusion-convergence/observables.h"
#include "labs/discrete-diffusion-convergence/own_data.h"
#include "labs/discrete-diffusion-convergence/process_state.h"
#include "labs/discrete-diffusion-convergence/rate_files.h"
#include "labs/discrete-diffusion-convergence/sampler.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"
#include "markov/integral_metrics.h"
#include "markov/score_term.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reprise::diffusion {

using namespace markov;

namespace {

const Specs& stationary_columns() {
  static const Specs specs = {{"symbol", ColumnType::Integer}, {"p", ColumnType::Real}};
  return specs;
}

double entropy(const std::vector<double>& p) {
  double sum = 0;
  for (const double x : p) sum -= x > 0 ? x * math::log(x) : 0;
  return sum;
}

class BeginStepper final : public Stepper {
 public:
  explicit BeginStepper(ProcessState& state) : state_(state) {}

  bool step() override {
    if (state_.context.has_input("corpus") && counted_.p.empty()) {
      read_corpus();
      return false;
    }
    if (!state_.rates) {
      begin();
      level_ = state_.grid().sigma.size();
      return false;
    }
    if (state_.config.start == "stationary" && state_.stationary.p.empty()) {
      find_start();
      return false;
    }
    marginal(--level_);
    return level_ == 0;
  }
  double progress() const override {
    if (!state_.rates) return 0;
    return 1 - static_cast<double>(level_) / static_cast<double>(state_.grid().sigma.size());
  }

 private:
  std::string name_of(const char* input) const { return file_name_of(state_.context, input); }

  TokenRates make_rates(std::size_t symbols) const {
    const MyProcessConfig& config = state_.config;
    if (state_.context.has_input("rates")) {
      return read_token_rates(state_.context.input("rates"), name_of("rates"));
    }
    std::vector<TokenRates::Jump> jumps;
    for (std::size_t a = 0; a + 1 < symbols; ++a) {
      jumps.push_back({a, a + 1, config.neighbour_rate});
      jumps.push_back({a + 1, a, config.neighbour_rate});
    }
    return TokenRates(symbols, config.refresh_rate, RankOneNoise::uniform(symbols).prior, std::move(jumps));
  }

  // A slice of the corpus; its law once all is read.
  void read_corpus() {
    const MyProcessConfig& config = state_.config;
    if (!corpus_) {
      const auto& keys = text_unit_keys();
      const auto unit = std::find(keys.begin(), keys.end(), config.unit) - keys.begin();
      corpus_ = std::make_unique<CorpusReader>(state_.context.input("corpus"), name_of("corpus"),
                                               static_cast<TextUnit>(unit),
                                               static_cast<std::size_t>(config.vocabulary_size));
    }
    if (!corpus_->step()) return;
    const TokenCorpus corpus = corpus_->take();
    Table& table = state_.context.partial().table("symbols", process_symbol_columns());
    for (std::size_t a = 0; a < corpus.symbol.size(); ++a) {
      table.append_row(a, corpus.symbol[a], corpus.count[a]);
    }
    counted_ = empirical_law(corpus.sequences, std::max<std::size_t>(2, corpus.symbol.size()),
                             static_cast<std::size_t>(config.length), config.additive);
    corpus_.reset();
  }

  void begin() {
    const MyProcessConfig& config = state_.config;
    const Law law = counted_.p.empty() ? target_law(config, 0, state_.context) : counted_;
    state_.rates.emplace(make_rates(law.space.symbols));
    state_.clean = with_symbols(law, state_.rates->symbols());
    read_schedule();
    check_reverse_rates(state_.clean, state_.grid());
    check_size();
    const std::size_t states = state_.clean.p.size();
    while (states * ((state_.steps() + state_.kept_every - 1) / state_.kept_every + 1) > most_array_entries) {
      ++state_.kept_every;
    }
    const std::string observable = config.observable_key(state_.context.inputs());
    state_.phi = observable == "file" ? read_observable(state_.context, state_.clean.space)
                                      : make_observable(observable, state_.clean.space, std::nullopt);
    if (state_.context.has_input("kernel")) {
      state_.own_kernels = std::make_unique<KernelFile>(state_.context.input("kernel"), name_of("kernel"),
                                                        states, state_.steps());
    }
    state_.context.partial().table("states", process_states_columns()).append_row(states);
    state_.metric("symbols", static_cast<double>(state_.rates->symbols()));
    state_.metric("jumps", static_cast<double>(state_.rates->jumps()));
    state_.marginals.resize(state_.grid().sigma.size());
  }

  void read_schedule() {
    const MyProcessConfig& config = state_.config;
    const auto levels = static_cast<std::size_t>(config.levels);
    const bool own = state_.context.has_input("schedule");
    state_.timed = own ? read_timed_grid(state_.context.input("schedule"), name_of("schedule"),
                                         config.make_schedule(), levels)
                       : timed_grid(config.make_schedule(), levels);
    if (state_.freezes_rate() && !state_.timed.beta) {
      throw InputError(Problem{
          "freeze", "rate", "score, or a schedule with times",
          name_of("schedule") + " holds levels without times, so there is no rate to freeze: how fast noise "
                                "comes in is not known; allowed: freeze = score, or a schedule of t and "
                                "sigma, or of t and beta"});
    }
    const NoiseGrid& grid = state_.grid();
    for (std::size_t k = 0; k < grid.steps(); ++k) {
      state_.lengths.push_back(state_.freezes_rate()
                                   ? state_.timed.beta(grid.t[k]) * (grid.t[k] - grid.t[k + 1])
                                   : grid.sigma[k] - grid.sigma[k + 1]);
    }
  }

  void check_size() const {
    if (state_.clean.p.size() * state_.grid().sigma.size() <= most_law_entries) return;
    const std::string found = std::to_string(state_.clean.p.size()) + " states at " +
                              std::to_string(state_.grid().sigma.size()) + " levels";
    const std::string allowed = "at most " + std::to_string(most_law_entries) + " numbers";
    throw InputError(
        Problem{"levels", found, allowed, found + "; allowed: " + allowed + ". Take fewer levels"});
  }

  // What the noise forgets everything towards, and where sampling starts.
  void find_start() {
    if (!search_) {
      search_ = std::make_unique<StationarySearch>(*state_.rates);
      return;
    }
    if (!search_->step()) return;
    const std::vector<double> token = search_->take();
    Table& table = state_.context.partial().table("stationary", stationary_columns());
    for (std::size_t a = 0; a < token.size(); ++a) table.append_row(a, token[a]);
    state_.stationary = product_law(token, state_.clean.space.length);
    search_.reset();
  }

  void marginal(std::size_t k) {
    const bool last = k == state_.steps();
    const std::vector<double>& sigma = state_.grid().sigma;
    state_.marginals[k] = noised(last ? state_.clean : state_.marginals[k + 1], *state_.rates,
                                 sigma[k] - (last ? 0 : sigma[k + 1]));
    const std::vector<double>& p = state_.marginals[k].p;
    const double forgotten =
        state_.stationary.p.empty() ? nan_number : total_variation(p, state_.stationary.p);
    state_.context.partial()
        .table("marginals", process_marginal_columns())
        .append_row(k, sigma[k], forgotten, entropy(p), dot(p, state_.phi));
    state_.keep("marginal_array", k, p);
  }

  ProcessState& state_;
  std::unique_ptr<CorpusReader> corpus_;
  std::unique_ptr<StationarySearch> search_;
  Law counted_;
  std::size_t level_ = 0;
};

}  // namespace

std::unique_ptr<Stepper> begin_process(ProcessState& state) {
  return std::make_unique<BeginStepper>(state);
}

}  // namespace reprise::diffusion
