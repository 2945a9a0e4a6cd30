// Values of papers/slingshot.md ("Checks", D2, D3), closed forms, and central differences.
#include "tensor/rounded_cross_entropy.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/math.h"
#include "base/random.h"
#include "tensor/rounded_math.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace reprise::tensor {
namespace {

using Form = CrossEntropyForm;

struct Result {
  std::vector<double> loss;
  std::vector<double> gradient;
};

Result run(const RoundedCrossEntropyOptions& options, const std::vector<double>& logits,
           const std::vector<std::int32_t>& labels) {
  const std::size_t n = labels.size();
  Result result{std::vector<double>(n), std::vector<double>(logits.size())};
  RoundedCrossEntropy kernel(options);
  kernel(static_cast<std::int64_t>(n), static_cast<std::int64_t>(logits.size() / n), logits, labels,
         result.loss, result.gradient);
  return result;
}

RoundedCrossEntropyOptions with(const char* format, Form form, SumOrder order = SumOrder::sequential) {
  return {.format = *find_format(format), .form = form, .order = order};
}

TEST(RoundedMath, AccurateAndExactWhereItMustBe) {
  Random random(3, "arguments");
  double worst_exp = 0, worst_log = 0, worst_log1p = 0;
  for (int i = 0; i < 200000; ++i) {
    const double x = 1400 * random.uniform() - 700;
    worst_exp = std::max(worst_exp, std::abs(rounded_math::exp(x) / math::exp(x) - 1));
    const double y = math::exp(x / 2);
    if (std::abs(y - 1) > 1e-9)
      worst_log = std::max(worst_log, std::abs(rounded_math::log(y) / math::log(y) - 1));
    worst_log1p = std::max(worst_log1p, std::abs(rounded_math::log1p(y) / math::log1p(y) - 1));
  }
  EXPECT_LE(worst_exp, 4.5e-16);
  EXPECT_LE(worst_log, 5.5e-16);
  EXPECT_LE(worst_log1p, 5.5e-16);
  EXPECT_EQ(rounded_math::exp(0), 1);
  EXPECT_EQ(rounded_math::log(1), 0);
  EXPECT_EQ(rounded_math::exp(710), std::numeric_limits<double>::infinity());
  EXPECT_EQ(rounded_math::exp(-746), 0);
  EXPECT_EQ(rounded_math::exp(-745), 0x1p-1074);
  EXPECT_EQ(rounded_math::log(0), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(rounded_math::log(-1)));
  EXPECT_TRUE(std::isnan(rounded_math::exp(NAN)));
}

TEST(RoundedMath, ExponentialsOfAListHaveTheSameBits) {
  Random random(5, "arguments");
  for (const std::size_t count : {0, 1, 2, 13, 64, 65, 200}) {
    std::vector<double> x(count);
    for (double& value : x) value = 1600 * random.uniform() - 850;  // underflow and overflow included
    if (count > 8) {
      x[3] = NAN;
      x[4] = -std::numeric_limits<double>::infinity();
      x[5] = 0;
      x[6] = std::numeric_limits<double>::infinity();
    }
    std::vector<double> all = x;
    rounded_math::exp(all);
    for (std::size_t i = 0; i < count; ++i) {
      const double one = rounded_math::exp(x[i]);
      EXPECT_TRUE(all[i] == one || (std::isnan(all[i]) && std::isnan(one))) << x[i];
    }
  }
}

TEST(RoundedCrossEntropy, Float32Kernel) {
  const std::vector<double> z = {20, 0, 0};
  const Result plain = run(with("float32", Form::log_softmax), z, {0});
  EXPECT_EQ(plain.gradient[0], 0);
  EXPECT_NEAR(plain.gradient[1], 2.0611537e-9, 1e-16);
  EXPECT_EQ(plain.loss[0], 0);
  EXPECT_NEAR(run(with("float32", Form::recentred), z, {0}).gradient[0], -4.1223073e-9, 1e-16);
  EXPECT_NEAR(run(with("float32", Form::log1p), z, {0}).loss[0], 4.1223073e-9, 1e-16);
  EXPECT_EQ(run(with("float32", Form::log_softmax), {0, 0, 20}, {2}).gradient[2], 0);
  EXPECT_NEAR(run(with("float64", Form::log_softmax), z, {0}).gradient[0], -4.1223072e-9, 0x1p-52);
}

TEST(RoundedCrossEntropy, StablemaxByHand) {
  const Result result = run({.form = Form::stablemax, .scale = 1}, {1, 0, -1}, {0});
  EXPECT_NEAR(result.loss[0], 0.5596157879, 1e-10);
  EXPECT_NEAR(result.gradient[0], -0.2142857, 1e-7);
  EXPECT_NEAR(result.gradient[1], 0.2857143, 1e-7);
  EXPECT_NEAR(result.gradient[2], 0.0714286, 1e-7);
}

/// First D on the grid i/256 at which the true class's gradient is zero.
double first_absorbed(RoundedCrossEntropyOptions options, int classes, int true_class, double max_logit) {
  options.scale = 1;
  for (int i = 0; i <= 28160; ++i) {
    std::vector<double> z(static_cast<std::size_t>(classes), max_logit - i / 256.0);
    z[static_cast<std::size_t>(true_class)] = max_logit;
    if (run(options, z, {true_class}).gradient[static_cast<std::size_t>(true_class)] == 0) return i / 256.0;
  }
  return -1;
}

TEST(RoundedCrossEntropy, AbsorptionThresholds) {
  const auto close = [](double found, double expected) { EXPECT_NEAR(found, expected, 0.02); };
  close(first_absorbed(with("float32", Form::log_softmax), 2, 0, 0), 16.6355);
  close(first_absorbed(with("float32", Form::log_softmax), 10, 0, 0), 16.64);
  close(first_absorbed(with("float16", Form::log_softmax), 2, 0, 0), 7.625);
  close(first_absorbed(with("bfloat16", Form::log_softmax), 2, 0, 0), 5.55);
  close(first_absorbed(with("float8_e4m3", Form::log_softmax), 2, 0, 0), 2.63);
  close(first_absorbed(with("float8_e5m2", Form::log_softmax), 2, 0, 0), 1.875);
  // 100 classes, true class first: the order of the sum decides.
  close(first_absorbed(with("float32", Form::log_softmax, SumOrder::sequential), 100, 0, 0), 16.64);
  close(first_absorbed(with("float32", Form::log_softmax, SumOrder::lanes8), 100, 0, 0), 19.21);
  close(first_absorbed(with("float32", Form::log_softmax, SumOrder::pairwise), 100, 0, 0), 20.22);
  close(first_absorbed(with("float32", Form::log_softmax, SumOrder::exact), 100, 0, 0), 21.24);
  close(first_absorbed(with("float32", Form::log_softmax, SumOrder::kahan), 100, 0, 0), 21.24);
  // logsumexp loses digits with the size of the largest logit; log_softmax does not.
  close(first_absorbed(with("float32", Form::logsumexp), 10, 0, 100), 14.69);
  close(first_absorbed(with("float32", Form::logsumexp), 10, 0, 1000), 12.60);
  close(first_absorbed(with("float32", Form::log_softmax), 10, 0, 1000), 16.64);
}

TEST(RoundedMath, CorrectlyRoundedForEveryNumberOf16Bits) {
  // Against base/math in double: wherever that is not within 1e-14 of the middle between two numbers of the
  // format, the rounded result is decided.
  for (const char* name : {"float16", "bfloat16"}) {
    const FloatFormat format = *find_format(name);
    const bool half = format.least_exponent == -14;
    for (int bits = 0; bits < 0x7F80; ++bits) {
      const int stored = format.precision - 1;
      const int exponent = bits >> stored, fraction = bits & ((1 << stored) - 1);
      if (half && exponent > 30) break;
      const double x = std::ldexp(exponent == 0 ? fraction : fraction + (1 << stored),
                                  std::max(exponent, 1) + format.least_exponent - 1 - stored);
      const auto check = [&](double found, double exact) {
        const double low = round_to(exact * (1 - 1e-14), format),
                     high = round_to(exact * (1 + 1e-14), format);
        if (low == high) {
          ASSERT_EQ(round_to(found, format), low) << name << " " << x;
        }
      };
      check(rounded_math::exp(-x), math::exp(-x));
      if (x < 700) check(rounded_math::exp(x), math::exp(x));
      if (x > 0) check(rounded_math::log(x), math::log(x));
      check(rounded_math::log1p(x), math::log1p(x));
    }
  }
}

TEST(RoundedCrossEntropy, StablemaxIsNotShiftInvariant) {
  const Result at = run({.form = Form::stablemax, .scale = 1}, {1, 0, -1}, {0});
  const Result moved = run({.form = Form::stablemax, .scale = 1}, {3, 2, 1}, {0});
  EXPECT_GT(std::abs(at.loss[0] - moved.loss[0]), 0.05);
  // s = (4, 3, 2): loss ln(9/4)
  EXPECT_NEAR(moved.loss[0], std::log(9.0 / 4), 1e-12);
  EXPECT_NEAR(at.gradient[0] + at.gradient[1] + at.gradient[2], 0.1428571, 1e-7);
}

TEST(RoundedCrossEntropy, StablemaxIgnoresFormatOrderAndAccumulator) {
  const std::vector<double> z = {7.3, 0.1, -2.2, 0.4};
  const Result wide = run({.form = Form::stablemax, .scale = 1}, z, {2});
  RoundedCrossEntropyOptions narrow = with("float8_e5m2", Form::stablemax, SumOrder::kahan);
  narrow.accumulator = *find_format("bfloat16");
  narrow.scale = 1;
  EXPECT_EQ(run(narrow, z, {2}).gradient, wide.gradient);
  EXPECT_EQ(run(narrow, z, {2}).loss, wide.loss);
}

TEST(RoundedCrossEntropy, GradientsAreValuesOfTheFormat) {
  Random random(5, "logits");
  std::vector<double> z(64 * 7);
  std::vector<std::int32_t> labels(64);
  for (double& value : z) value = 5 * random.normal();
  for (std::size_t i = 0; i < 64; ++i) labels[i] = static_cast<std::int32_t>(i % 7);
  for (const char* name : {"float32", "float16", "bfloat16", "float8_e4m3"}) {
    for (const Form form : {Form::softmax, Form::log_softmax, Form::logsumexp, Form::recentred,
                            Form::mean_subtracted, Form::log1p}) {
      const Result result = run(with(name, form), z, labels);
      for (const double g : result.gradient) ASSERT_EQ(round_to(g, *find_format(name)), g) << name;
      for (const double loss : result.loss) {
        ASSERT_EQ(round_to(loss, *find_format(name)), loss) << name;
        ASSERT_FALSE(loss == 0 && std::signbit(loss)) << name;
      }
    }
  }
}

TEST(RoundedCrossEntropy, Log1pLosesTheZeroSumOnlyNearUnderflow) {
  // Terms that vanish one by one while c·S/q does not: all three wrong gradients are zero, the true one is
  // not.
  RoundedCrossEntropyOptions options = with("float16", Form::log1p);
  options.scale = 0x1p-8;
  const std::vector<double> z = {0, -12, -12, -12};
  const Result result = run(options, z, {0});
  EXPECT_EQ(result.gradient[1], 0);
  EXPECT_LT(result.gradient[0], 0);
}

TEST(RoundedCrossEntropy, GradientsAreThoseOfTheLoss) {
  for (const Form form : {Form::softmax, Form::log_softmax, Form::logsumexp, Form::recentred,
                          Form::mean_subtracted, Form::log1p, Form::stablemax}) {
    for (int label = 0; label < 4; ++label) {
      RoundedCrossEntropyOptions options = with("float64", form);
      options.scale = 1;
      std::vector<double> z = {0.3, -1.2, 0.8, 0.1};
      const Result at = run(options, z, {label});
      for (std::size_t k = 0; k < 4; ++k) {
        std::vector<double> up = z, down = z;
        up[k] += 1e-5;
        down[k] -= 1e-5;
        const double slope = (run(options, up, {label}).loss[0] - run(options, down, {label}).loss[0]) / 2e-5;
        EXPECT_NEAR(at.gradient[k], slope, 1e-9) << static_cast<int>(form);
      }
    }
  }
}

TEST(RoundedCrossEntropy, ZeroSumAndShifts) {
  Random random(4, "logits");
  std::vector<double> z(50 * 10), shifted(50 * 10);
  std::vector<std::int32_t> labels(50);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = std::round(64 * random.normal()) / 16;  // exact after the shift by 8, in float16
    shifted[i] = z[i] + 8;
  }
  for (std::size_t i = 0; i < 50; ++i) labels[i] = static_cast<std::int32_t>(i % 10);
  for (const SumOrder order : {SumOrder::sequential, SumOrder::reverse, SumOrder::pairwise, SumOrder::lanes8,
                               SumOrder::exact, SumOrder::kahan}) {
    const FloatFormat half = *find_format("float16");
    const Result result = run(with("float16", Form::recentred, order), z, labels);
    for (std::size_t row = 0; row < 50; ++row) {
      std::vector<double> g(result.gradient.begin() + static_cast<std::ptrdiff_t>(10 * row),
                            result.gradient.begin() + static_cast<std::ptrdiff_t>(10 * row + 10));
      const auto y = static_cast<std::size_t>(labels[row]);
      const double own = std::exchange(g[y], 0);
      EXPECT_EQ(rounded_sum(g, order, half) + own, 0);
    }
    for (const Form form : {Form::softmax, Form::log_softmax, Form::recentred}) {
      EXPECT_EQ(run(with("float16", form, order), z, labels).gradient,
                run(with("float16", form, order), shifted, labels).gradient);
    }
    EXPECT_NE(run(with("float16", Form::logsumexp, order), z, labels).gradient,
              run(with("float16", Form::logsumexp, order), shifted, labels).gradient);
  }
  const Result wide = run(with("float64", Form::log_softmax), z, labels);
  for (std::size_t row = 0; row < 50; ++row) {
    double total = 0;
    for (std::size_t k = 0; k < 10; ++k) total += wide.gradient[10 * row + k];
    EXPECT_LE(std::abs(total), 4 * 0x1p-53 / 50 * 10);
  }
}

TEST(RoundedCrossEntropy, ExactSumIsCorrectlyRounded) {
  const FloatFormat wide = *find_format("float64");
  const auto sum = [&](std::vector<double> v) { return rounded_sum(v, SumOrder::exact, wide); };
  EXPECT_EQ(sum({1e16, 1, 1e-16, -1e16}), 1);
  EXPECT_EQ(sum({1, 0x1p-53, 0x1p-106}), 1 + 0x1p-52);  // the smallest term decides a tie
  EXPECT_EQ(sum({1, 0x1p-53}), 1);
  EXPECT_EQ(sum({0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}), 1);
  EXPECT_EQ(rounded_sum(std::vector<double>{1, 2, 3, 4, 5}, SumOrder::pairwise, wide), 15);
}

TEST(RoundedCrossEntropy, BitsDoNotDependOnTheBuild) {
  // SHA-256 over losses and gradients of every form, order and several formats: the value that the
  // WebAssembly build gives too.
  Random random(8, "logits");
  std::vector<double> z(40 * 13);
  std::vector<std::int32_t> labels(40);
  for (double& value : z) value = static_cast<double>(static_cast<float>(6 * random.normal()));
  for (std::size_t i = 0; i < 40; ++i) labels[i] = static_cast<std::int32_t>(random.below(13));
  Sha256 hash;
  for (const char* format :
       {"float64", "float32", "tf32", "float16", "bfloat16", "float8_e4m3", "float8_e5m2"}) {
    for (std::size_t form = 0; form < cross_entropy_form_names().size(); ++form) {
      for (std::size_t order = 0; order < sum_order_names().size(); ++order) {
        const Result result =
            run(with(format, static_cast<Form>(form), static_cast<SumOrder>(order)), z, labels);
        hash.update(std::as_bytes(std::span(result.loss)));
        hash.update(std::as_bytes(std::span(result.gradient)));
      }
    }
  }
  EXPECT_EQ(hash.hex(), "2dbdfbe2b2764d67c1ee812f1c6b4fbe684fada64b3f3771a5277735ddff6195");
}

TEST(RoundedCrossEntropy, BadInputIsNamed) {
  try {
    run({}, {0, 1, 2, 3}, {0, 2});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "cross-entropy: label 2 in row 1; allowed are 0…1");
  }
  EXPECT_THROW(run({}, {0}, {0}), InputError);
  EXPECT_EQ(find_cross_entropy_form("recentred"), Form::recentred);
  EXPECT_EQ(find_sum_order("kahan"), SumOrder::kahan);
  EXPECT_FALSE(find_sum_order("random"));
}

}  // namespace
}  // namespace reprise::tensor
