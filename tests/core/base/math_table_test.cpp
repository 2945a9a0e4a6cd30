// Every function of math.h against correctly rounded results (data/make_math_table.py made them with mpmath).
#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <string>

namespace math = reprise::math;

namespace {

double from_hexadecimal(const std::string& text) {
  const std::uint64_t bits = std::stoull(text, nullptr, 16);
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

double last_place(double value) {
  return std::ldexp(1.0, std::max(std::ilogb(value) - 52, -1074));
}

struct Worst {
  double error = 0;  // in units of the last place
  std::string line;
  int count = 0;
};

const std::map<std::string, double (*)(double)> kFunctions = {
    {"exp", math::exp},
    {"expm1", math::expm1},
    {"log", math::log},
    {"log1p", math::log1p},
    {"sin", math::sin},
    {"cos", math::cos},
    {"tanh", math::tanh},
    {"erfc", math::erfc},
    {"lgamma", math::lgamma},
    {"normal_quantile", math::normal_quantile},
    {"normal_cdf", math::normal_cdf},
    {"logistic", math::logistic},
    {"logit", math::logit},
};

}  // namespace

TEST(MathTable, EveryResultIsWithinTwoLastPlaces) {
  std::ifstream table(REPRISE_TEST_DATA "/math_table.txt");
  ASSERT_TRUE(table) << "math_table.txt is missing";
  std::map<std::string, Worst> worst;
  std::string function;
  std::string line;
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string first;
    std::string second;
    std::string third;
    std::string fourth;
    words >> first >> second >> third >> fourth;
    if (second.empty()) {
      function = first;
      continue;
    }
    const bool two = function == "pow";
    const double x = from_hexadecimal(first);
    const double expected = from_hexadecimal(two ? third : second);
    const double remainder = std::stod(two ? fourth : third);
    const double found = two ? math::pow(x, from_hexadecimal(second)) : kFunctions.at(function)(x);
    // A NaN or an infinity gives a NaN or infinite error, which is not < 2.
    const double error =
        expected == 0 ? (found == 0 ? 0 : 1e9) : (found - expected) / last_place(expected) - remainder;
    Worst& entry = worst[function];
    ++entry.count;
    if (!(std::fabs(error) <= entry.error)) {
      entry.error = std::fabs(error);
      entry.line = line;
    }
  }
  EXPECT_EQ(worst.size(), kFunctions.size() + 1);
  for (const auto& [name, entry] : worst) {
    std::printf("%-16s %6d arguments, worst error %.2f last places (%s)\n", name.c_str(), entry.count,
                entry.error, entry.line.c_str());
    EXPECT_GE(entry.count, 400) << name;
    EXPECT_LE(entry.error, 2.0) << name << ": " << entry.line;
  }
}
