// Kernels over rows of points, compiled once for each instruction set. Exact ones give the same bits at every
// level; the single-precision scores do not, and are only used where an error bound decides.
#pragma once

#include <cstdint>
#include <string_view>

namespace reprise::clustering::cpu {

inline constexpr std::int64_t center_padding = 16;  // centres in a transposed block: a multiple of this

struct RowKernels {
  /// out[r × padded + c] = Σ_j (rows[r][j] − centers[j][c])², over rising j, for c < used. `centers`:
  /// [dims × padded]. What lies behind `used` may be written, too.
  void (*squared_distances)(const double* rows, std::int64_t count, std::int64_t dims, const double* centers,
                            std::int64_t padded, std::int64_t used, double* out);
  /// Rows less `offset` in single precision, and about Σ_j |x_j| of each (to 10⁻³ relative).
  void (*narrow)(const double* rows, std::int64_t count, std::int64_t dims, const double* offset,
                 float* narrowed, float* norms);
  /// For each row the least h_c − x·c over centres in single precision: nearest[r] is its centre, or −1 when
  /// another centre's score lies within tolerance[r] of it; least[r] is the score.
  /// `scratch` holds one row of `padded` floats a row.
  void (*screen)(const float* rows, std::int64_t count, std::int64_t dims, const float* centers,
                 const float* half_norms, std::int64_t padded, const float* tolerance, float* scratch,
                 std::int32_t* nearest, float* least);
};

/// The kernels of the best level that this machine has.
const RowKernels& row_kernels();
/// Those of one level for measurements, "sse4", "avx2", "avx512"; nullptr when this machine or build has
/// none.
const RowKernels* row_kernels_of(std::string_view level);

}  // namespace reprise::clustering::cpu
