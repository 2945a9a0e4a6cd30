#include "base/random.h"

#include "base/error.h"

#include <cmath>
#include <gtest/gtest.h>
#include <set>
#include <stdexcept>
#include <vector>

using reprise::philox4x32;
using reprise::Random;

namespace {

using Words = std::array<std::uint32_t, 4>;

}  // namespace

// kat_vectors of Random123 1.14, "philox4x32 10".
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32({ones, ones, ones, ones}, {ones, ones}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// SHA-256 of seed 42, length 6, "sample", count 2, 1000, 3 (integers as eight little-endian bytes) gives key
// and upper counter words; the words below come from a separate Python program (hashlib and integers).
TEST(Random, AStreamCanBeRecomputedElsewhere) {
  Random random(42, "sample", {1000, 3});
  for (const std::uint32_t word :
       {0xacc9ba43U, 0x23c3ea04U, 0x22d2ac6cU, 0xcda9731fU, 0xb7c3f6dbU, 0x0d2c5717U, 0xd9af233fU,
        0x2a889fdaU, 0xcd7924e6U, 0x8317a33eU, 0x9bc6271aU, 0x3f500f2cU}) {
    EXPECT_EQ(random.bits32(), word);
  }
  Random wide(42, "sample", {1000, 3});
  EXPECT_EQ(wide.bits64(), 0x23c3ea04acc9ba43U);  // low word first
  Random unit(42, "sample", {1000, 3});
  EXPECT_EQ(unit.uniform(), static_cast<double>(0x23c3ea04acc9ba43U >> 11) / 9007199254740992.0);
  Random open(42, "sample", {1000, 3});
  EXPECT_EQ(open.uniform_open(), (static_cast<double>(0x23c3ea04acc9ba43U >> 12) + 0.5) / 4503599627370496.0);
}

TEST(Random, StreamsAreToldApartByEveryPartOfTheirName) {
  std::set<std::uint64_t> first;
  first.insert(Random(1, "ab").bits64());
  first.insert(Random(2, "ab").bits64());
  first.insert(Random(1, "a").bits64());
  first.insert(Random(1, "").bits64());
  first.insert(Random(1, "ab", {0}).bits64());
  first.insert(Random(1, "ab", {0, 0}).bits64());
  first.insert(Random(1, "ab", {1, 2}).bits64());
  first.insert(Random(1, "ab", {2, 1}).bits64());
  first.insert(Random(1, std::string_view("ab\0", 3)).bits64());
  EXPECT_EQ(first.size(), 9U);
  const std::vector<std::uint64_t> coordinates = {1, 2};
  EXPECT_EQ(Random(1, "ab", coordinates).bits64(), Random(1, "ab", {1, 2}).bits64());
}

TEST(Random, SeekReturnsToAnyPosition) {
  Random random(7, "seek");
  std::vector<Random::Position> positions;
  std::vector<std::uint32_t> words;
  for (int i = 0; i < 23; ++i) {
    positions.push_back(random.position());
    words.push_back(random.bits32());
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    Random other(7, "seek");
    other.seek(positions[i]);
    EXPECT_EQ(other.position(), positions[i]);
    for (std::size_t j = i; j < words.size(); ++j) EXPECT_EQ(other.bits32(), words[j]);
  }
  random.seek({std::uint64_t{1} << 40, 4});  // the block counter has 64 bits
  const std::uint32_t far = random.bits32();
  random.seek({0, 4});
  EXPECT_EQ(random.bits32(), words[0]);
  EXPECT_NE(far, words[0]);
  EXPECT_THROW(random.seek({3, 5}), reprise::InputError);
  EXPECT_THROW(random.seek({0, 1}), reprise::InputError);
}

// The bounds below are five standard errors; with fixed streams the tests always give the same numbers.
TEST(Random, UniformMomentsAndCells) {
  Random random(11, "uniform");
  constexpr int kCount = 1000000;
  std::vector<int> cells(100);
  double sum = 0;
  double squares = 0;
  double lagged = 0;
  double before = 0.5;
  for (int i = 0; i < kCount; ++i) {
    const double u = random.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    ++cells[static_cast<std::size_t>(u * 100)];
    sum += u - 0.5;
    squares += (u - 0.5) * (u - 0.5);
    lagged += (u - 0.5) * (before - 0.5);
    before = u;
  }
  const double root = std::sqrt(kCount);
  EXPECT_LT(std::fabs(sum), 5 * root * std::sqrt(1.0 / 12));
  EXPECT_LT(std::fabs(squares - kCount / 12.0), 5 * root * std::sqrt(1.0 / 180));
  EXPECT_LT(std::fabs(lagged), 5 * root / 12);
  double chi_square = 0;
  for (const int count : cells) chi_square += std::pow(count - kCount / 100.0, 2) / (kCount / 100.0);
  EXPECT_LT(std::fabs(chi_square - 99), 5 * std::sqrt(2 * 99.0));
}

TEST(Random, EveryBitIsHalfTheTimeOne) {
  Random random(12, "bits");
  constexpr int kCount = 100000;
  std::vector<int> ones(64);
  for (int i = 0; i < kCount; ++i) {
    const std::uint64_t bits = random.bits64();
    for (std::size_t b = 0; b < 64; ++b) ones[b] += static_cast<int>((bits >> b) & 1);
  }
  for (const int count : ones) EXPECT_LT(std::fabs(count - kCount / 2.0), 5 * std::sqrt(kCount / 4.0));
}

TEST(Random, NeighbouringStreamsAreUncorrelated) {
  constexpr int kCount = 2000;
  double sum = 0;
  int pairs = 0;
  for (std::uint64_t stream = 0; stream < 200; ++stream) {
    Random one(13, "arm", {stream});
    Random other(13, "arm", {stream + 1});
    for (int i = 0; i < kCount; ++i, ++pairs) sum += (one.uniform() - 0.5) * (other.uniform() - 0.5);
  }
  EXPECT_LT(std::fabs(sum), 5 * std::sqrt(pairs) / 12);
  // First draws of many streams are themselves uniform.
  double first = 0;
  for (std::uint64_t stream = 0; stream < 10000; ++stream)
    first += Random(13, "first", {stream}).uniform() - 0.5;
  EXPECT_LT(std::fabs(first), 5 * std::sqrt(10000.0 / 12));
}

TEST(Random, NormalMomentsAndTails) {
  Random random(14, "normal");
  constexpr int kCount = 1000000;
  double sums[5] = {};
  int beyond_two = 0;
  int beyond_four = 0;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.normal();
    double power = 1;
    for (double& total : sums) {
      total += power;
      power *= x;
    }
    if (std::fabs(x) > 2) ++beyond_two;
    if (x < -4) ++beyond_four;
  }
  // Var x^k: 1, 2, 15, 96 for k = 1 … 4; P(|x| > 2) = 0.0455003, P(x < −4) = 3.16712e-5.
  const double root = std::sqrt(kCount);
  EXPECT_LT(std::fabs(sums[1]), 5 * root);
  EXPECT_LT(std::fabs(sums[2] - kCount), 5 * root * std::sqrt(2.0));
  EXPECT_LT(std::fabs(sums[3]), 5 * root * std::sqrt(15.0));
  EXPECT_LT(std::fabs(sums[4] - 3.0 * kCount), 5 * root * std::sqrt(96.0));
  EXPECT_LT(std::fabs(beyond_two - 45500.3), 5 * std::sqrt(45500.3));
  EXPECT_LT(std::fabs(beyond_four - 31.67), 5 * std::sqrt(31.67));
}

TEST(Random, BelowIsUnbiased) {
  Random random(15, "below");
  std::vector<int> counts(7);
  constexpr int kCount = 700000;
  for (int i = 0; i < kCount; ++i) ++counts[static_cast<std::size_t>(random.below(7))];
  for (const int count : counts) EXPECT_LT(std::fabs(count - 1e5), 5 * std::sqrt(1e5 * 6 / 7));
  // Bounds at which a plain remainder or product would prefer some results by half: 3/4 of the word.
  for (const std::uint64_t bound : {std::uint64_t{3} << 30, std::uint64_t{3} << 62}) {
    int thirds[3] = {};
    int even = 0;
    for (int i = 0; i < 300000; ++i) {
      const std::uint64_t x = random.below(bound);
      ASSERT_LT(x, bound);
      ++thirds[x / (bound / 3)];
      if (x % 3 == 0) ++even;
    }
    for (const int count : thirds) EXPECT_LT(std::fabs(count - 1e5), 5 * std::sqrt(1e5 * 2 / 3)) << bound;
    EXPECT_LT(std::fabs(even - 1e5), 5 * std::sqrt(1e5 * 2 / 3)) << bound;
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0U);
  for (int i = 0; i < 1000; ++i)
    EXPECT_LT(random.below((std::uint64_t{1} << 32) + 1), (std::uint64_t{1} << 32) + 1);
  EXPECT_THROW(random.below(0), std::logic_error);
}

TEST(Random, BernoulliAtItsEnds) {
  Random random(16, "bernoulli");
  int hits = 0;
  for (int i = 0; i < 10000; ++i) {
    EXPECT_FALSE(random.bernoulli(0));
    EXPECT_TRUE(random.bernoulli(1));
    if (random.bernoulli(0.3)) ++hits;
  }
  EXPECT_LT(std::fabs(hits - 3000.0), 5 * std::sqrt(2100.0));
}
