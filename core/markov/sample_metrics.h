// Integral probability metrics from samples: what can be said of two laws from n and m draws.
#pragma once

#include "base/random.h"
#include "markov/state_space.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace reprise::markov {

/// v ← K·v for a kernel on the sample's support.
using KernelOperator = std::function<void(std::vector<double>& v)>;

struct SampleComparison {
  double tv_plug_in = 0;      ///< ½Σ|â − b̂|: biased upwards
  double mmd_squared = 0;     ///< unbiased (U-statistic)
  double mmd_squared_se = 0;  ///< standard error, for laws that differ
  double difference = 0;      ///< mean observable of a less that of b
  double difference_se = 0;
};

/// Half-width of a 95 % normal interval, in standard errors.
inline constexpr double normal_width = 1.96;

/// `a`, `b`: how often each state was drawn, n and m times in all (at least 2 each: InputError). `phi`: the
/// observable on the states. `kernel` has 1 on its diagonal.
SampleComparison compare_samples(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b,
                                 const std::vector<double>& phi, const KernelOperator& kernel);

/// How often each state comes up in n independent draws.
std::vector<std::int64_t> draw_counts(const std::vector<double>& law, std::int64_t n, Random& random);

}  // namespace reprise::markov
