// Times exact marginal laws of a uniform-rate chain against tests/peers/markov_peer.py on the same law,
// native and in WebAssembly:
//   markov_bench            lines on stdin (line_protocol.h)
//   markov_bench ask LINE   one answer, for the build that a script calls
//   {"case": "levels"}    all levels at once, from terms that they share
//   {"case": "one"}       one level after the other
// with {"seconds": …, "result": […]}: for three of the levels Σp², the probability of the last state, and Σp
// with weights; the results are compared with the peer's. "quiet": true leaves the result out.
#include "benchmarks/line_protocol.h"
#include "markov/noise_levels.h"
#include "markov/schedule.h"

#include <cmath>
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using reprise::Json;
using reprise::benchmarks::seconds_of;
using namespace reprise::markov;

constexpr std::size_t symbols = 8, length = 7, levels = 64;

// p ∝ a multiplicative congruential sequence, which the peer draws, too.
Law make_law() {
  Law law{{symbols, length}, {}};
  std::uint64_t state = 1;
  double sum = 0;
  for (std::size_t y = 0; y < law.space.size(); ++y) {
    state = state * 48271 % 2147483647;
    law.p.push_back(static_cast<double>(state) / 2147483647.0);
    sum += law.p.back();
  }
  for (double& p : law.p) p /= sum;
  return law;
}

const std::vector<double>& noise_levels() {
  static const std::vector<double> sigma = [] {
    std::vector<double> grid = make_grid(Schedule{}, levels - 1).sigma;
    return grid;
  }();
  return sigma;
}

// The memory that laws are written to is there before the clock starts, on both sides.
struct Laws {
  Law clean = make_law();
  std::vector<std::vector<double>> at{levels, std::vector<double>(clean.p.size(), 1.0)};
};

void append_summary(const std::vector<double>& p, std::vector<double>& result) {
  double squares = 0, weighted = 0;
  for (std::size_t y = 0; y < p.size(); ++y) {
    squares += p[y] * p[y];
    weighted += p[y] * static_cast<double>(y % 17);
  }
  result.insert(result.end(), {squares, p.back(), weighted});
}

Json answer(Laws& laws, const Json& request) {
  const std::string& name = request.at("case").as_string();
  if (name == "ready") return Json::object({{"repeats", 1}});
  const RankOneNoise noise = RankOneNoise::uniform(symbols);
  const std::vector<double>& sigma = noise_levels();
  double seconds = 0;
  if (name == "levels") {
    std::vector<double*> out;
    for (std::vector<double>& p : laws.at) out.push_back(p.data());
    seconds = seconds_of([&] { NoiseLevels(laws.clean, noise).laws(sigma, out); });
  } else if (name == "one") {
    seconds = seconds_of([&] {
      Law law = laws.clean;
      for (std::size_t k = 0; k < levels; ++k) {
        law.p.swap(laws.at[k]);
        law.p.assign(laws.clean.p.begin(), laws.clean.p.end());
        add_noise(law, noise, sigma[k]);
        law.p.swap(laws.at[k]);
      }
    });
  } else {
    throw std::runtime_error("unknown case " + name);
  }
  const Json* quiet = request.find("quiet");
  if (quiet != nullptr && quiet->as_bool()) return Json::object({{"seconds", seconds}, {"repeats", 1}});
  std::vector<double> result;
  for (const std::size_t k : {std::size_t{0}, levels / 2, levels - 1}) append_summary(laws.at[k], result);
  return Json::object({{"seconds", seconds}, {"result", result}});
}

Laws& the_laws() {
  static Laws laws;
  return laws;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "ask") {
    std::cout << answer(the_laws(), Json::parse(argv[2])).dump() << std::endl;
    return 0;
  }
  if (argc != 1) {
    std::cerr << "usage: markov_bench, or markov_bench ask LINE\n";
    return 2;
  }
  return reprise::benchmarks::serve_lines(
      [](const Json& request) -> Json { return answer(the_laws(), request); });
}
