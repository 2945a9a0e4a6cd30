// One hash for the bits of each function of math.h: what shows that two builds compute the same numbers.
#pragma once

#include <cstdint>
#include <string>

namespace reprise {

/// Evaluates every function of math.h on `count` pseudo-random arguments (fixed streams; usual, wide and
/// extreme ones) and returns JSON text {"cos":"<SHA-256 of the result bits>",…}, every NaN hashed as the same
/// NaN.
std::string math_digest(std::uint64_t count);

}  // namespace reprise
