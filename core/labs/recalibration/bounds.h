// Finite-sample bound on the risk of uniform-mass binning, the number of labels it asks for, and the number
// of bins that makes it smallest. Formulas of the authors' public code (bounds.py); the exact sample-size
// condition is ours.
#pragma once

#include <cstdint>

namespace reprise::recal {

/// Bounds that hold together with probability at least 1 − δ.
struct Bound {
  double calibration = 0;  // (√(log(4B/δ)/(2(m − 1))) + 1/m)², m = ⌊n/B⌋; NaN for m < 2
  double sharpness = 0;    // 8K²/B², or 2/B for monotone h* (K = 0)
  double total = 0;
  bool sample_size_ok = false;           // n >= n_required_exact
  std::int64_t n_required_exact = 0;     // smallest safe multiple of B, by the exact law of a bin's mass
  std::int64_t n_required_chernoff = 0;  // ⌈4 B log(2B/δ)⌉
};

/// n labels, B >= 1 bins, δ in (0, 1), Lipschitz constant K >= 0 in rank (0 or NaN: only monotone).
/// `use_floor`: m = ⌊n/B⌋, else the real n/B as in the authors' code.
Bound umb_bound(std::int64_t n, std::int64_t bins, double delta, double lipschitz, bool use_floor = true);

// The parts, cheap enough for loops.
double calibration_bound(std::int64_t n, std::int64_t bins, double delta, bool use_floor = true);
double sharpness_bound(std::int64_t bins, double lipschitz);
/// K²/(12 B²): the sharp constant for equal masses; NaN when K is 0 or NaN.
double sharp_sharpness_bound(std::int64_t bins, double lipschitz);

/// Smallest multiple n of B from which on B·P(Bin(n, 2/B) <= n/B − 1) <= δ/2 at every multiple: then no bin
/// has mass above 2/B, up to probability δ/2. 2B for B <= 2.
std::int64_t required_sample_exact(std::int64_t bins, double delta);
std::int64_t required_sample_chernoff(std::int64_t bins, double delta);

/// First minimum of the total bound over 1 <= B <= n/2 (all integers up to 2^21, then 400 points on a
/// logarithmic scale).
std::int64_t bound_minimiser(std::int64_t n, double delta, double lipschitz, bool use_floor = true);

}  // namespace reprise::recal
