// Rates and schedules from files: the same rates in every format, grids by hand, and what is refused.
#include "base/error.h"
#include "data/npy.h"
#include "labs/discrete-diffusion-convergence/rate_files.h"
#include "labs/discrete-diffusion-convergence/schedule_files.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::diffusion {
namespace {

using namespace markov;

TokenRates rates_of(std::string_view text) {
  return read_token_rates(MemoryView(text), "rates");
}
NoiseGrid grid_of(std::string_view text, std::size_t levels = 4) {
  return read_noise_grid(MemoryView(text), "schedule", Schedule{}, levels);
}
std::string refused_rates(std::string_view text) {
  try {
    rates_of(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}
std::string refused_grid(std::string_view text) {
  try {
    grid_of(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}
void expect_part(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(TokenRateFiles, SayTheSameInEveryFormat) {
  const std::vector<std::byte> npy = write_npy(std::vector<double>{0, 1, 0, 2, 0, 0.5, 0, 3, 0}, {3, 3});
  const TokenRates all[] = {
      rates_of("from,to,rate\n0,1,1\n1,0,2\n1,2,0.5\n2,1,3\n"),
      rates_of(R"({"matrix": [[-1, 1, 0], [2, -2.5, 0.5], [0, 3, -3]]})"),
      rates_of(R"({"symbols": 3, "jumps": [[0, 1, 1], [1, 0, 2], [1, 2, 0.5], [2, 1, 3]]})"),
      read_token_rates(MemoryView(npy), "rates.npy")};
  for (const TokenRates& rates : all) {
    ASSERT_EQ(rates.symbols(), 3U);
    EXPECT_EQ(rates.jumps(), 4U);
    EXPECT_EQ(rates.exit_rate(1), 2.5);
    EXPECT_EQ(rates.stationary(), all[0].stationary());
  }
}

TEST(TokenRateFiles, KeepTheirStructure) {
  const TokenRates rates = rates_of(R"({"symbols": 50000, "refresh": 0.5, "neighbours": 2})");
  EXPECT_EQ(rates.symbols(), 50000U);
  EXPECT_EQ(rates.refresh(), 0.5);
  EXPECT_EQ(rates.jumps(), 99998U);
  EXPECT_EQ(rates.exit_rate(7), 4.5);
  EXPECT_EQ(rates_of(R"({"symbols": 2, "refresh": 1, "prior": [0.25, 0.75]})").prior()[1], 0.75);
}

TEST(TokenRateFiles, RefuseWhatTheyCannotUse) {
  expect_part(refused_rates("from,to,rate\n0,1.5,1\n"), "rates row 1, column to: 1.5");
  expect_part(refused_rates("from,to,rate\n0,1,-1\n"), "rates row 1, column rate: -1");
  expect_part(refused_rates("from,to,rate\n0,1,nan\n"), "row 1");
  expect_part(refused_rates("from,to,rate\n0,1,1\n0,1,2\n"), "the rate from 0 to 1 is given twice");
  expect_part(refused_rates("from,to,rate\n1,1,1\n"), "between different symbols");
  expect_part(refused_rates("from,to,rate\n"), "0 symbols");
  expect_part(refused_rates("from,to\n0,1\n"), "rate");
  expect_part(refused_rates("from,to,rate,x\n0,1,1,1\n"), "4 columns");
  expect_part(refused_rates(R"({"symbols": 1})"), "symbols: 1");
  expect_part(refused_rates(R"({"symbols": 3})"), "every rate is 0");
  expect_part(refused_rates(R"({"refresh": 3})"), "symbols: nothing");
  expect_part(refused_rates(R"({"symbols": 3, "rate": 3})"), "key: \"rate\"");
  expect_part(refused_rates(R"({"symbols": 3, "refresh": "x"})"), "refresh: \"x\"");
  expect_part(refused_rates(R"({"symbols": 3, "refresh": 1, "prior": [1, 0]})"), "prior's length is 2");
  expect_part(refused_rates(R"({"symbols": 3, "jumps": [[0, 1]]})"), "jump 1: [0,1]");
  expect_part(refused_rates(R"({"symbols": 3, "jumps": [[0, 3, 1]]})"), "jump 1, to: 3");
  expect_part(refused_rates(R"({"matrix": [[0, 1], [1]]})"), "matrix row 2: 1 numbers");
  expect_part(refused_rates(R"({"matrix": [[0, 1, 2], [1, 0, 2]]})"), "matrix: 2 × 3");
  expect_part(refused_rates(R"({"matrix": [[-1, 2], [1, -1]]})"), "the sum of row 0 is 1");
  expect_part(refused_rates(R"({"matrix": [[0, "a"], [1, 0]]})"), "row 1, column 2: \"a\"");
  expect_part(refused_rates("{\"symbols\": 3"), "is no JSON");
  expect_part(refused_rates("{\"\xff\": 3}"), "not UTF-8");
  const std::vector<std::byte> flat = write_npy(std::vector<double>{0, 1}, {2});
  EXPECT_THROW(read_token_rates(MemoryView(flat), "rates.npy"), InputError);
  const std::vector<std::byte> infinite = write_npy(std::vector<double>{0, INFINITY, 1, 0}, {2, 2});
  EXPECT_THROW(read_token_rates(MemoryView(infinite), "rates.npy"), InputError);
}

TEST(NoiseGridFiles, ByHand) {
  const std::vector<double> halves = {2, 1, 0.5};
  EXPECT_EQ(grid_of("sigma\n2\n1\n0.5\n").sigma, halves);
  EXPECT_EQ(grid_of(R"({"sigma": [2, 1, 0.5]})").sigma, halves);
  // σ(t) through (0, 0.5), (0.5, 1), (1, 2): two steps meet the middle, four the quarters.
  EXPECT_EQ(grid_of(R"({"t": [0, 0.5, 1], "sigma": [0.5, 1, 2], "levels": 2})").sigma, halves);
  EXPECT_EQ(grid_of("t,sigma\n0,0.5\n0.5,1\n1,2\n").sigma, (std::vector<double>{2, 1.5, 1, 0.75, 0.5}));
  // β = 2t: σ = 0.5 + t².
  const NoiseGrid square = grid_of(R"({"t": [0, 1], "beta": [0, 2], "sigma_min": 0.5, "levels": 2})");
  EXPECT_EQ(square.sigma, (std::vector<double>{1.5, 0.75, 0.5}));
  EXPECT_EQ(square.t, (std::vector<double>{1, 0.5, 0}));
  const NoiseGrid named =
      grid_of(R"({"schedule": "linear", "sigma_min": 0.5, "sigma_max": 2.5, "levels": 2})");
  EXPECT_EQ(named.sigma, (std::vector<double>{2.5, 1.5, 0.5}));
  EXPECT_EQ(grid_of("{}").sigma, make_grid(Schedule{}, 4).sigma);
}

TEST(NoiseGridFiles, RefuseWhatTheyCannotUse) {
  expect_part(refused_grid(R"({"sigma": [2, 2, 1]})"), "grid row 2: sigma is 2");
  expect_part(refused_grid(R"({"sigma": [2]})"), "at least 2");
  expect_part(refused_grid(R"({"sigma": [2, "x"]})"), "sigma entry 2: \"x\"");
  expect_part(refused_grid(R"({"sigma": [2, 1], "levels": 3})"), "key: \"levels\"");
  expect_part(refused_grid(R"({"t": [0, 1], "sigma": [2, 1]})"), "row 2, sigma: 1");
  expect_part(refused_grid(R"({"t": [0, 1], "sigma": [-1, 1]})"), "row 1, sigma: -1");
  expect_part(refused_grid(R"({"t": [0, 0.5], "sigma": [0, 1]})"), "t: 0…0.5");
  expect_part(refused_grid(R"({"t": [0, 0, 1], "sigma": [0, 1, 2]})"), "row 2, t: 0");
  expect_part(refused_grid(R"({"t": [0, 1], "sigma": [0, 1, 2]})"), "3 numbers and 2 times");
  expect_part(refused_grid(R"({"t": [0, 1], "beta": [1, -1]})"), "row 2, beta: -1");
  expect_part(refused_grid(R"({"t": [0, 0.5, 1], "beta": [1, 0, 0]})"), "grid row 2: sigma is");
  expect_part(refused_grid(R"({"beta": [1, 1]})"), "t: nothing");
  expect_part(refused_grid(R"({"t": [0, 1]})"), "sigma: nothing");
  expect_part(refused_grid(R"({"schedule": "fast"})"), "schedule: \"fast\"");
  expect_part(refused_grid(R"({"levels": 0})"), "levels: 0");
  expect_part(refused_grid(R"({"levels": 2.5})"), "levels: 2.5");
  expect_part(refused_grid(R"({"sigma_max": 0.01})"), "sigma_max is 0.01");
  expect_part(refused_grid(R"({"sigma_max": "Infinity"})"), "sigma_max: \"Infinity\"");
  expect_part(refused_grid("sigma\n1\nx\n"), "row 2");
  expect_part(refused_grid("level\n1\n"), "sigma");
  const std::vector<std::byte> npy = write_npy(std::vector<double>{2, 1}, {2});
  EXPECT_THROW(read_noise_grid(MemoryView(npy), "schedule", Schedule{}, 4), InputError);
}

}  // namespace
}  // namespace reprise::diffusion
