// One level of the row kernels: REPRISE_CPU_LEVEL names it, the compiler's flags say what it may use.
#include "clustering/cpu/row_kernels.h"

#include <cstring>
#include <limits>

#if defined(__FMA__)
#include <immintrin.h>
#endif

namespace reprise::clustering::cpu {
namespace REPRISE_CPU_LEVEL {
namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

typedef double Doubles __attribute__((vector_size(vector_bytes)));
typedef float Floats __attribute__((vector_size(vector_bytes)));
typedef std::int32_t Integers __attribute__((vector_size(vector_bytes)));
constexpr int doubles_wide = vector_bytes / 8;
constexpr int floats_wide = vector_bytes / 4;

template <class Vector, class T>
inline Vector load(const T* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}
template <class Vector, class T>
inline Vector splat(T value) {
  return value - Vector{};
}

template <int Rows, int Vectors>
inline void distance_tile(const double* rows, std::int64_t dims, const double* centers, std::int64_t padded,
                          double* out) {
  Doubles sum[Rows][Vectors] = {};
  for (std::int64_t j = 0; j < dims; ++j) {
    Doubles center[Vectors];
    for (int v = 0; v < Vectors; ++v) center[v] = load<Doubles>(centers + j * padded + v * doubles_wide);
    for (int r = 0; r < Rows; ++r) {
      const Doubles x = splat<Doubles>(rows[r * dims + j]);
      for (int v = 0; v < Vectors; ++v) {
        const Doubles difference = x - center[v];
        sum[r][v] += difference * difference;
      }
    }
  }
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v)
      std::memcpy(out + r * padded + v * doubles_wide, &sum[r][v], sizeof(Doubles));
  }
}

template <int Rows>
inline void distance_rows(const double* rows, std::int64_t dims, const double* centers, std::int64_t padded,
                          std::int64_t used, double* out) {
  constexpr int step = 2 * doubles_wide;
  std::int64_t c = 0;
  for (; c + doubles_wide < used; c += step) distance_tile<Rows, 2>(rows, dims, centers + c, padded, out + c);
  if (c < used) distance_tile<Rows, 1>(rows, dims, centers + c, padded, out + c);
}

void squared_distances(const double* rows, std::int64_t count, std::int64_t dims, const double* centers,
                       std::int64_t padded, std::int64_t used, double* out) {
  std::int64_t r = 0;
  for (; r + 4 <= count; r += 4)
    distance_rows<4>(rows + r * dims, dims, centers, padded, used, out + r * padded);
  for (; r < count; ++r) distance_rows<1>(rows + r * dims, dims, centers, padded, used, out + r * padded);
}

void narrow(const double* rows, std::int64_t count, std::int64_t dims, const double* offset, float* narrowed,
            float* norms) {
  constexpr int lanes = 16;
  for (std::int64_t r = 0; r < count; ++r) {
    const double* row = rows + r * dims;
    float* target = narrowed + r * dims;
    float sums[lanes] = {};
    std::int64_t j = 0;
    for (; j + lanes <= dims; j += lanes) {
      for (int lane = 0; lane < lanes; ++lane) {
        const auto value = static_cast<float>(row[j + lane] - offset[j + lane]);
        target[j + lane] = value;
        sums[lane] += value < 0 ? -value : value;
      }
    }
    for (; j < dims; ++j) {
      target[j] = static_cast<float>(row[j] - offset[j]);
      sums[j % lanes] += target[j] < 0 ? -target[j] : target[j];
    }
    float norm = 0;
    for (const float sum : sums) norm += sum;
    norms[r] = norm;
  }
}

/// sum − x·center. Fused where the level has it: an error bound decides what scores may be used for.
inline Floats less_product(Floats sum, Floats x, Floats center) {
#if defined(__AVX512F__)
  return (Floats)_mm512_fnmadd_ps((__m512)x, (__m512)center, (__m512)sum);
#elif defined(__FMA__)
  return (Floats)_mm256_fnmadd_ps((__m256)x, (__m256)center, (__m256)sum);
#else
  return sum - x * center;
#endif
}

template <int Rows, int Vectors>
inline void score_tile(const float* rows, std::int64_t dims, const float* centers, const float* half_norms,
                       std::int64_t padded, float* out) {
  Floats sum[Rows][Vectors];
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v) sum[r][v] = load<Floats>(half_norms + v * floats_wide);
  }
  for (std::int64_t j = 0; j < dims; ++j) {
    Floats center[Vectors];
    for (int v = 0; v < Vectors; ++v) center[v] = load<Floats>(centers + j * padded + v * floats_wide);
    for (int r = 0; r < Rows; ++r) {
      const Floats x = splat<Floats>(rows[r * dims + j]);
      for (int v = 0; v < Vectors; ++v) sum[r][v] = less_product(sum[r][v], x, center[v]);
    }
  }
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v)
      std::memcpy(out + r * padded + v * floats_wide, &sum[r][v], sizeof(Floats));
  }
}

template <int Rows>
inline void score_rows(const float* rows, std::int64_t dims, const float* centers, const float* half_norms,
                       std::int64_t padded, float* out) {
  std::int64_t c = 0;
  for (; c + 2 * floats_wide <= padded; c += 2 * floats_wide)
    score_tile<Rows, 2>(rows, dims, centers + c, half_norms + c, padded, out + c);
  for (; c < padded; c += floats_wide)
    score_tile<Rows, 1>(rows, dims, centers + c, half_norms + c, padded, out + c);
}

/// The least score of a row and its place; how many scores lie within the tolerance of it.
inline void least_of(const float* scores, std::int64_t padded, float tolerance, std::int32_t* nearest,
                     float* least) {
  Floats best = splat<Floats>(std::numeric_limits<float>::infinity());
  Integers best_at = {};
  Integers at;
  for (int lane = 0; lane < floats_wide; ++lane) at[lane] = lane;
  for (std::int64_t c = 0; c < padded; c += floats_wide) {
    const Floats score = load<Floats>(scores + c);
    const Integers better = score < best;
    best = better ? score : best;
    best_at = better ? at : best_at;
    at += floats_wide;
  }
  float value = best[0];
  std::int32_t place = best_at[0];
  for (int lane = 1; lane < floats_wide; ++lane) {
    if (best[lane] < value) {
      value = best[lane];
      place = best_at[lane];
    }
  }
  const Floats limit = splat<Floats>(value + tolerance);
  Integers close = {};
  for (std::int64_t c = 0; c < padded; c += floats_wide) close -= load<Floats>(scores + c) <= limit;
  std::int32_t within = 0;
  for (int lane = 0; lane < floats_wide; ++lane) within += close[lane];
  *nearest = within == 1 ? place : -1;
  *least = value;
}

void screen(const float* rows, std::int64_t count, std::int64_t dims, const float* centers,
            const float* half_norms, std::int64_t padded, const float* tolerance, float* scratch,
            std::int32_t* nearest, float* least) {
  std::int64_t r = 0;
  for (; r + 4 <= count; r += 4)
    score_rows<4>(rows + r * dims, dims, centers, half_norms, padded, scratch + r * padded);
  for (; r < count; ++r)
    score_rows<1>(rows + r * dims, dims, centers, half_norms, padded, scratch + r * padded);
  for (r = 0; r < count; ++r) least_of(scratch + r * padded, padded, tolerance[r], nearest + r, least + r);
}

}  // namespace

extern const RowKernels row_kernel_table;
const RowKernels row_kernel_table = {squared_distances, narrow, screen};

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::clustering::cpu
