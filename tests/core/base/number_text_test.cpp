#include "base/number_text.h"

#include "base/random.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <limits>
#include <string>

using reprise::number_to_text;
using reprise::parse_integer;
using reprise::parse_number;

namespace {

double from_bits(std::uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

TEST(NumberText, WritesWhatNodeWrites) {
  std::ifstream table(REPRISE_TEST_DATA "/number_text.txt");
  std::string bits;
  std::string text;
  int count = 0;
  while (table >> bits >> text) {
    const double value = from_bits(std::stoull(bits, nullptr, 16));
    EXPECT_EQ(number_to_text(value), text);
    const auto back = parse_number(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(*back, value) << text;
    ++count;
  }
  EXPECT_GE(count, 700);
}

TEST(NumberText, WritesSpecialValues) {
  EXPECT_EQ(number_to_text(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(number_to_text(-std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(number_to_text(std::numeric_limits<double>::infinity()), "Infinity");
  EXPECT_EQ(number_to_text(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(number_to_text(-0.0), "0");
  std::string text = "x=";
  reprise::append_number(text, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(text, "x=-9223372036854775808");
}

TEST(NumberText, AnyDoubleReadsBackTheSame) {
  reprise::Random random(1, "number text");
  for (int i = 0; i < 200000; ++i) {
    const double value = from_bits(random.bits64());
    if (!std::isfinite(value) || value == 0) continue;
    const auto back = parse_number(number_to_text(value));
    ASSERT_TRUE(back && *back == value) << number_to_text(value);
  }
}

TEST(ParseNumber, AcceptsFiniteDecimals) {
  EXPECT_EQ(parse_number("1"), 1.0);
  EXPECT_EQ(parse_number("-2.5e3"), -2500.0);
  EXPECT_EQ(parse_number(".5"), 0.5);
  EXPECT_EQ(parse_number("1E-2"), 0.01);
  EXPECT_EQ(parse_number("1e-400"), 0.0);
  EXPECT_EQ(parse_number("0.1"), 0.1);
  // halfway between 1 and 1 + 2^-52, then one digit more: ties to even, then upwards
  EXPECT_EQ(parse_number("1.00000000000000011102230246251565404236316680908203125"), 1.0);
  EXPECT_EQ(parse_number("1.000000000000000111022302462515654042363166809082031250000000000000001"),
            1 + 0x1p-52);
  EXPECT_EQ(parse_number("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(parse_number("4.9e-324"), std::numeric_limits<double>::denorm_min());
}

TEST(ParseNumber, RefusesTheRest) {
  for (const char* text : {"",     " ",        "+1",       " 1",    "1 ",     "1,5", "1e",  "1e+",
                           "-",    "--1",      "0x10",     "1e400", "-1e400", "nan", "NaN", "inf",
                           "-inf", "Infinity", "infinity", "1.2.3", "1_000",  "e5",  "."}) {
    EXPECT_FALSE(parse_number(text)) << '"' << text << '"';
  }
  EXPECT_FALSE(parse_number(std::string_view("1\0", 2)));
}

TEST(ParseInteger, TakesTheWholeText) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"", "9223372036854775808", "1.0", "+1", " 1", "1e3", "0x1", "-", "1 "}) {
    EXPECT_FALSE(parse_integer(text)) << '"' << text << '"';
  }
}
