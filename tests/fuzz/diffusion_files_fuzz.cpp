// Any bytes as a file of the lab discrete-diffusion-convergence: only InputError may come out, with few
// problems of some length; what is accepted keeps the promises of its reader. The first byte chooses the
// reader.
#include "base/byte_source.h"
#include "base/error.h"
#include "labs/discrete-diffusion-convergence/corpus.h"
#include "labs/discrete-diffusion-convergence/network_file.h"
#include "labs/discrete-diffusion-convergence/own_data.h"
#include "labs/discrete-diffusion-convergence/rate_files.h"
#include "labs/discrete-diffusion-convergence/schedule_files.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace reprise;
using namespace reprise::diffusion;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const markov::TokenRates& rates) {
  require(rates.symbols() >= 2 && rates.symbols() <= most_rate_symbols);
  require(rates.max_exit_rate() > 0 && std::isfinite(rates.max_exit_rate()));
  double jumps = 0;
  rates.for_each_jump([&](std::size_t from, std::size_t to, double rate) {
    require(from != to && from < rates.symbols() && to < rates.symbols() && rate > 0);
    jumps += 1;
  });
  require(jumps == static_cast<double>(rates.jumps()));
  if (rates.symbols() > 64) return;
  const markov::Law law = markov::product_law(rates.prior(), 1);
  for (const double p : markov::noised(law, rates, 1e-3 / rates.max_exit_rate()).p) require(p >= -1e-12);
}

void check(const markov::NoiseGrid& grid) {
  require(grid.sigma.size() >= 2 && grid.steps() <= most_grid_levels);
  for (std::size_t k = 0; k < grid.sigma.size(); ++k) {
    require(std::isfinite(grid.sigma[k]) && grid.sigma[k] >= 0);
    require(k == 0 || grid.sigma[k] < grid.sigma[k - 1]);
  }
}

void check(const markov::Law& law) {
  require(law.p.size() == law.space.size() && law.p.size() <= markov::most_states);
  double sum = 0;
  for (const double p : law.p) {
    require(p >= 0);
    sum += p;
  }
  require(std::fabs(sum - 1) < 1e-9);
}

void check(const TokenCorpus& corpus) {
  const std::size_t tokens = corpus.sequences.tokens.size();
  require(tokens > 0 && tokens % corpus.sequences.length == 0);
  require(corpus.symbol.size() == corpus.count.size());
  std::vector<std::int64_t> count(corpus.count.size(), 0);
  for (const std::uint32_t token : corpus.sequences.tokens) {
    require(token < count.size());
    ++count[token];
  }
  require(count == corpus.count);
}

void read_corpus(const ByteSource& source, const char* name, TextUnit unit) {
  CorpusReader reader(source, name, unit, 16);
  while (!reader.step()) {
  }
  check(reader.take());
}

// A reader that takes its file from a task's inputs.
void with_input(const char* name, std::span<const std::uint8_t> bytes,
                const std::function<void(const TaskContext&)>& read) {
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  Resources resources;
  resources.add_input(name,
                      std::make_shared<MemorySource>(std::vector<std::byte>(begin, begin + bytes.size())));
  read(TaskContext(1, {}, resources));
}

void read_as(std::uint8_t reader, std::span<const std::uint8_t> bytes) {
  const MemoryView source(std::as_bytes(bytes));
  const markov::StateSpace space{3, 2};
  switch (reader % 12) {
    case 0:
      return check(read_token_rates(source, "fuzz"));
    case 1:
      return check(read_noise_grid(source, "fuzz", {}, 7));
    case 2:
      return read_corpus(source, "fuzz.txt", TextUnit::Word);
    case 3:
      return read_corpus(source, "fuzz.txt", TextUnit::Letter);
    case 4:
      return read_corpus(source, "fuzz.txt", TextUnit::Byte);
    case 5:
      return read_corpus(source, "fuzz.csv", TextUnit::Word);
    case 6:
      return read_corpus(source, "fuzz.npy", TextUnit::Word);
    case 7:
      return with_input("law", bytes, [](const TaskContext& context) { check(read_law(context)); });
    case 8:
      return with_input("prior", bytes,
                        [](const TaskContext& context) { require(read_prior(context, 3).symbols() == 3); });
    case 9:
      return with_input("observable", bytes, [&](const TaskContext& context) {
        const std::vector<double> phi = read_observable(context, space);
        require(phi.size() == 9);
        for (const double value : phi) require(std::isfinite(value));
      });
    case 10: {
      const markov::TokenNetwork network = read_network(source, "fuzz");
      require(network.symbols() > 0 && network.tokens() > 0 && network.channels() > 0);
      std::vector<double> logits;
      network.evaluate({2, {0, 0}}, 0.5, logits);
      return require(logits.size() == 2 * network.tokens());
    }
    default:
      return with_input("score", bytes, [&](const TaskContext& context) {
        const markov::RankOneNoise noise = markov::RankOneNoise::absorbing(2);
        const ScoreFile file(context, noise, space, 2);
        for (std::size_t step = 0; step < 2; ++step) require(file.level(step).size() == 36);
      });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  try {
    read_as(data[0], std::span(data + 1, size - 1));
  } catch (const InputError& error) {
    require(!error.problems().empty() && error.problems().size() <= 32);
    for (const Problem& problem : error.problems()) {
      require(!problem.message.empty() && problem.message.size() < 4000);
    }
  }
  return 0;
}
