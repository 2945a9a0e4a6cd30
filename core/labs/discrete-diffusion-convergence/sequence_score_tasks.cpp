// Tasks of the study sequence-score: the chain, and one noise level each.
#include "base/error.h"
#include "labs/discrete-diffusion-convergence/corpus.h"
#include "labs/discrete-diffusion-convergence/file_values.h"
#include "labs/discrete-diffusion-convergence/network_file.h"
#include "labs/discrete-diffusion-convergence/sequence_score.h"
#include "markov/score_term.h"
#include "markov/target_laws.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

namespace reprise::diffusion {

using namespace markov;

namespace {

// The chain from the corpus, or a random one.
class FitStepper final : public Stepper {
 public:
  FitStepper(const SequenceScoreConfig& config, TaskContext& context) : config_(config), context_(context) {}

  bool step() override {
    if (!context_.has_input("corpus")) {
      draw();
      return true;
    }
    if (!reader_) {
      const auto& keys = text_unit_keys();
      const auto unit = std::find(keys.begin(), keys.end(), config_.unit) - keys.begin();
      const auto symbols = static_cast<std::size_t>(config_.vocabulary_size);
      reader_.emplace(context_.input("corpus"), file_name_of(context_, "corpus"), static_cast<TextUnit>(unit),
                      symbols);
    }
    if (!reader_->step()) return false;
    const TokenCorpus corpus = reader_->take();
    const std::size_t symbols = std::max<std::size_t>(2, corpus.symbol.size());
    leave(fit_markov_chain(corpus.sequences, symbols, config_.additive), corpus.sequences.tokens.size());
    return true;
  }

 private:
  void draw() {
    const auto symbols = static_cast<std::size_t>(config_.vocabulary_size);
    const Law pair = chain_law({symbols, 2}, context_.random("target", {0}));
    MarkovChainFit chain;
    chain.initial.assign(symbols, 1 / static_cast<double>(symbols));
    for (const double p : pair.p) chain.transition.push_back(p * static_cast<double>(symbols));
    leave(chain, 0);
  }
  void leave(const MarkovChainFit& chain, std::size_t tokens) {
    std::vector<double> values = chain.initial;
    values.insert(values.end(), chain.transition.begin(), chain.transition.end());
    const auto* begin = reinterpret_cast<const std::byte*>(values.data());
    context_.leave_artefact("chain", std::vector<std::byte>(begin, begin + values.size() * sizeof(double)));
    context_.partial().table("chain", sequence_fit_columns()).append_row(chain.initial.size(), tokens);
  }

  SequenceScoreConfig config_;
  TaskContext& context_;
  std::optional<CorpusReader> reader_;
};

MarkovChainFit read_chain(const TaskContext& context) {
  const std::vector<std::byte> bytes = read_all(context.artefact(fit_stage, 0, "chain"));
  std::vector<double> values(bytes.size() / sizeof(double));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(double));
  std::size_t symbols = 1;
  while (symbols * (symbols + 1) < values.size()) ++symbols;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(symbols);
  return {std::vector<double>(values.begin(), middle), std::vector<double>(middle, values.end())};
}

// Every token by itself with the law it has in the chain.
std::unique_ptr<ScoreModel> independent_tokens(const RankOneNoise& noise, const MarkovChainFit& chain,
                                               std::size_t length) {
  const std::size_t symbols = chain.initial.size();
  std::vector<double> tokens, here = chain.initial;
  for (std::size_t i = 0; i < length; ++i) {
    tokens.insert(tokens.end(), here.begin(), here.end());
    std::vector<double> next(symbols, 0);
    for (std::size_t a = 0; a < symbols; ++a) {
      for (std::size_t b = 0; b < symbols; ++b) next[b] += here[a] * chain.transition[a * symbols + b];
    }
    here = std::move(next);
  }
  return std::make_unique<ProductMixtureScore>(noise, std::vector<double>{1}, std::move(tokens), length);
}

// One noise level: the same clean sequences at every level, some of them a step.
class LevelStepper final : public Stepper {
 public:
  LevelStepper(const SequenceScoreConfig& config, std::int64_t level, TaskContext& context)
      : config_(config), level_(static_cast<std::size_t>(level)), context_(context) {}

  bool step() override {
    if (!truth_) {
      begin();
      return false;
    }
    const std::size_t rows = std::min(noisy_.rows() - done_, rows_a_step_);
    const auto begin = noisy_.tokens.begin() + static_cast<std::ptrdiff_t>(done_ * noisy_.length);
    const TokenBatch slice{noisy_.length, {begin, begin + static_cast<std::ptrdiff_t>(rows * noisy_.length)}};
    take(score_terms(*truth_, *independent_, slice, sigma_), independent_terms_);
    if (estimated_) take(score_terms(*truth_, *estimated_, slice, sigma_), network_terms_);
    done_ += rows;
    if (done_ < noisy_.rows()) return false;
    finish();
    return true;
  }
  double progress() const override {
    return noisy_.rows() == 0 ? 0 : static_cast<double>(done_) / static_cast<double>(noisy_.rows());
  }

 private:
  void begin() {
    const MarkovChainFit chain = read_chain(context_);
    const std::size_t symbols = chain.initial.size(), length = static_cast<std::size_t>(config_.length);
    const RankOneNoise noise =
        config_.prior == "masked" ? RankOneNoise::absorbing(symbols) : RankOneNoise::uniform(symbols);
    const Schedule schedule{find_schedule(config_.schedule).value(), config_.sigma_min, config_.sigma_max};
    sigma_ = make_grid(schedule, static_cast<std::size_t>(config_.levels)).sigma[level_];
    truth_ = std::make_unique<MarkovChainScore>(noise, chain.initial, chain.transition, length);
    independent_ = independent_tokens(noise, chain, length);
    if (context_.has_input("network")) {
      network_ = std::make_unique<TokenNetwork>(
          read_network(context_.input("network"), file_name_of(context_, "network")));
      check_network(noise);
      estimated_ = std::make_unique<NetworkScore>(
          noise, length, network_->logits(),
          config_.network_output == "denoiser" ? NetworkOutput::Denoiser : NetworkOutput::LeaveOneOut);
    }
    Random clean = context_.random("sequences"), noisy = context_.random("noise", {level_});
    noisy_ = add_noise(draw_chain(chain, length, static_cast<std::size_t>(config_.samples), clean), noise,
                       sigma_, noisy);
    double work = static_cast<double>(length) * static_cast<double>(symbols * (2 * symbols + 60));
    if (network_) work += static_cast<double>(length) * 2 * static_cast<double>(network_->weight_count());
    rows_a_step_ = static_cast<std::size_t>(std::max(1.0, 1e7 / work));
  }

  void check_network(const RankOneNoise& noise) const {
    if (network_->symbols() == noise.symbols() && network_->tokens() == noise.tokens()) return;
    const auto text = [](std::size_t symbols, std::size_t tokens) {
      return std::to_string(symbols) + " noisy symbols and " + std::to_string(tokens) + " tokens";
    };
    const std::string found = text(network_->symbols(), network_->tokens());
    const std::string allowed = text(noise.symbols(), noise.tokens());
    throw InputError(Problem{
        "network", found, allowed,
        "the network knows " + found + "; allowed: " + allowed + ", as the sequences and the noise have"});
  }

  static void take(const ScoreTerms& terms, ScoreTerms& all) {
    all.difference.insert(all.difference.end(), terms.difference.begin(), terms.difference.end());
    all.entropy.insert(all.entropy.end(), terms.entropy.begin(), terms.entropy.end());
  }

  void finish() {
    const auto add = [&](const char* name, const ScoreTerms& terms) {
      const MonteCarloEstimate term = mean_of(terms.difference), entropy = mean_of(terms.entropy);
      context_.partial()
          .table("levels", sequence_level_columns())
          .append_row(name, sigma_, term.value, term.standard_error, entropy.value, entropy.standard_error);
    };
    add("independent", independent_terms_);
    if (estimated_) add("network", network_terms_);
  }

  SequenceScoreConfig config_;
  std::size_t level_;
  TaskContext& context_;
  double sigma_ = 0;
  std::unique_ptr<TokenNetwork> network_;
  std::unique_ptr<ScoreModel> truth_, independent_, estimated_;
  TokenBatch noisy_;
  ScoreTerms independent_terms_, network_terms_;
  std::size_t done_ = 0, rows_a_step_ = 1;
};

}  // namespace

const std::vector<ColumnSpec>& sequence_fit_columns() {
  static const std::vector<ColumnSpec> specs = {{"symbols", ColumnType::Integer},
                                                {"tokens", ColumnType::Integer}};
  return specs;
}

const std::vector<ColumnSpec>& sequence_level_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"score", ColumnType::Text},         {"sigma", ColumnType::Real},   {"score_term", ColumnType::Real},
      {"score_term_se", ColumnType::Real}, {"entropy", ColumnType::Real}, {"entropy_se", ColumnType::Real}};
  return specs;
}

std::unique_ptr<Stepper> start_sequence_fit(const SequenceScoreConfig& config, TaskContext& context) {
  return std::make_unique<FitStepper>(config, context);
}

std::unique_ptr<Stepper> start_sequence_level(const SequenceScoreConfig& config, std::int64_t level,
                                              TaskContext& context) {
  return std::make_unique<LevelStepper>(config, level, context);
}

}  // namespace reprise::diffusion
