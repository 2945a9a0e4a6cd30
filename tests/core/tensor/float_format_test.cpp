#include "tensor/float_format.h"

#include "base/error.h"
#include "base/random.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace reprise::tensor {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double rounded(double x, const char* name) {
  return round_to(x, *find_format(name));
}

TEST(FloatFormat, PublishedValues) {
  EXPECT_EQ(rounded(0.1, "float16"), 0.0999755859375);
  EXPECT_EQ(rounded(0.1, "bfloat16"), 0.10009765625);
  EXPECT_EQ(rounded(1 + 0x1p-8, "bfloat16"), 1);  // a tie goes to the even one
  EXPECT_EQ(rounded(1 + 3 * 0x1p-8, "bfloat16"), 1.015625);
  EXPECT_EQ(rounded(0x1p-25, "float16"), 0);
  EXPECT_EQ(rounded(500, "float8_e4m3"), 448);
  EXPECT_EQ(rounded(0.3, "float8_e4m3"), 0.3125);
  EXPECT_EQ(rounded(3.3, "float8_e5m2"), 3.5);
  EXPECT_EQ(rounded(65519.9, "float16"), 65504);
  EXPECT_EQ(rounded(65520, "float16"), kInf);
  EXPECT_EQ(rounded(-65520, "float16"), -kInf);
  EXPECT_EQ(rounded(kInf, "float8_e4m3"), kInf);
  EXPECT_TRUE(std::isnan(rounded(std::nan(""), "float16")));
  EXPECT_TRUE(std::signbit(rounded(-0.0, "float16")));
  EXPECT_TRUE(std::signbit(rounded(-1e-30, "float16")));
  EXPECT_EQ(rounded(1e-30, "float16"), 0);
}

TEST(FloatFormat, SmallestSubnormalsAndLargestNumbers) {
  const std::pair<const char*, double> smallest[] = {{"float32", 0x1p-149},   {"tf32", 0x1p-136},
                                                     {"float16", 0x1p-24},    {"bfloat16", 0x1p-133},
                                                     {"float8_e4m3", 0x1p-9}, {"float8_e5m2", 0x1p-16}};
  for (const auto& [name, value] : smallest) {
    EXPECT_EQ(rounded(value, name), value) << name;
    EXPECT_EQ(rounded(value / 2, name), 0) << name;
    EXPECT_EQ(rounded(value * 0.51, name), value) << name;
    const double largest = find_format(name)->largest;
    EXPECT_EQ(rounded(largest, name), largest) << name;
  }
}

/// The definition: rint in units of the last place.
double by_definition(double x, const FloatFormat& f) {
  if (x == 0 || !std::isfinite(x)) return x;
  const int exponent = std::max(std::ilogb(x), f.least_exponent);
  const double unit = std::ldexp(1.0, exponent - f.precision + 1);
  const double r = unit >= 0x1p-1022 ? std::rint(x / unit) * unit
                                     : std::ldexp(std::rint(std::ldexp(x, -(exponent - f.precision + 1))),
                                                  exponent - f.precision + 1);
  if (std::abs(r) > f.largest) return f.saturates ? std::copysign(f.largest, x) : std::copysign(kInf, x);
  return r == 0 ? std::copysign(0.0, x) : r;
}

TEST(FloatFormat, AgreesWithTheDefinition) {
  std::vector<FloatFormat> formats(float_formats().begin(), float_formats().end());
  for (const int precision : {2, 3, 17, 25, 26, 40, 52, 53}) {
    for (const int exponent : {-2, -14, -126, -1000, -1022})
      formats.push_back(custom_format(precision, exponent));
  }
  Random random(9, "formats");
  for (const FloatFormat& format : formats) {
    for (int i = 0; i < 4000; ++i) {
      const double low = format.least_exponent - format.precision - 2;
      const double power = i % 2 == 0 ? low + 40 * random.uniform() : -low * random.uniform() * 1.1;
      double x =
          std::ldexp(1 + random.uniform(), static_cast<int>(std::max(-1073.0, std::min(1022.0, power))));
      if (i % 3 == 0)
        x = std::ldexp(std::rint(std::ldexp(1 + random.uniform(), format.precision)), -3);  // ties
      if (random.bernoulli(0.5)) x = -x;
      const double got = round_to(x, format);
      const double expected = by_definition(x, format);
      ASSERT_EQ(got, expected) << format.name << " " << format.precision << " " << format.least_exponent
                               << " " << x;
      ASSERT_EQ(std::signbit(got), std::signbit(expected));
    }
  }
}

TEST(FloatFormat, Float32IsThatOfTheProcessor) {
  Random random(9, "float32");
  for (int i = 0; i < 100000; ++i) {
    const double x = std::ldexp(random.uniform() - 0.5, static_cast<int>(random.below(300)) - 160);
    ASSERT_EQ(rounded(x, "float32"), static_cast<double>(static_cast<float>(x)));
  }
}

TEST(FloatFormat, CustomRanges) {
  EXPECT_EQ(custom_format(11, -14).largest, 65504);
  try {
    custom_format(1, -1);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.problems().size(), 2u);
  }
  EXPECT_THROW(custom_format(54, -14), InputError);
  EXPECT_THROW(custom_format(8, -1023), InputError);
}

}  // namespace
}  // namespace reprise::tensor
