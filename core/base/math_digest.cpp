#include "base/math_digest.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/math.h"
#include "base/math_kernels.h"
#include "base/random.h"

#include <array>
#include <string_view>

namespace reprise {
namespace {

struct Case {
  std::string_view name;
  double (*function)(double);
  double low;  // the usual range of arguments
  double high;
};

constexpr std::array<Case, 13> kCases = {{
    {"exp", math::exp, -746, 710},
    {"expm1", math::expm1, -40, 710},
    {"log", math::log, 0, 100},
    {"log1p", math::log1p, -1, 10},
    {"sin", math::sin, -1000, 1000},
    {"cos", math::cos, -1000, 1000},
    {"tanh", math::tanh, -22, 22},
    {"erfc", math::erfc, -7, 28},
    {"lgamma", math::lgamma, -40, 200},
    {"normal_quantile", math::normal_quantile, 0, 1},
    {"normal_cdf", math::normal_cdf, -39, 9},
    {"logistic", math::logistic, -750, 50},
    {"logit", math::logit, 0, 1},
}};

/// A usual argument, one around 1 or below in magnitude, or any bits at all: by turns.
double argument(Random& random, std::uint64_t i, double low, double high) {
  if (i % 4 == 3) return math::from_bits(random.bits64());
  const double uniform = random.uniform();
  if (i % 4 != 2) return low + (high - low) * uniform;
  const double magnitude = math::power_of_two(-static_cast<int>(random.below(60))) * (1.0 + uniform);
  return low < 0 && random.bits32() % 2 == 0 ? -magnitude : magnitude;
}

void update(Sha256& hash, double value) {
  const std::uint64_t bits = math::is_nan(value) ? 0x7FF8000000000000 : math::to_bits(value);
  char bytes[8];  // little-endian on every machine
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(static_cast<unsigned char>(bits >> (8 * i)));
  hash.update(std::string_view(bytes, sizeof bytes));
}

}  // namespace

std::string math_digest(std::uint64_t count) {
  Json digests = Json::object();
  for (const Case& entry : kCases) {
    Random random(1, entry.name);
    Sha256 hash;
    for (std::uint64_t i = 0; i < count; ++i) {
      update(hash, entry.function(argument(random, i, entry.low, entry.high)));
    }
    digests[entry.name] = hash.hex();
  }
  Random random(1, "pow");
  Sha256 hash;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double base = argument(random, i / 4, -1, 50);
    const double exponent = argument(random, i, -100, 100);
    update(hash, math::pow(base, i % 3 == 0 ? static_cast<double>(random.below(20)) : exponent));
  }
  digests["pow"] = hash.hex();
  return digests.dump();
}

}  // namespace reprise
