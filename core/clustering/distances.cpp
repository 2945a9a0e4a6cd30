#include "clustering/distances.h"

#include "clustering/cpu/row_kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace reprise::clustering {

namespace {

constexpr std::int64_t rows_of_a_tile = 64;
constexpr double single_unit = 0x1p-24;    // rounding unit of float
constexpr double largest_screened = 1e15;  // squares stay far below the largest float
constexpr double least_tolerance = 1e-30;  // products may underflow
constexpr std::int64_t most_screened_dims = 8192;
constexpr double norm_rounding = 1e-12;  // relative, of a sum of that many squares
constexpr std::int64_t rows_of_a_sum = 4096;

}  // namespace

void one_by_one(std::int64_t count, const std::function<void(std::int64_t)>& job) {
  for (std::int64_t i = 0; i < count; ++i) job(i);
}

Centers::Centers(const Points& centers, const cpu::RowKernels* kernels)
    : kernels_(kernels != nullptr ? *kernels : cpu::row_kernels()),
      centers_(centers),
      padded_((centers.rows + cpu::center_padding - 1) / cpu::center_padding * cpu::center_padding),
      transposed_(static_cast<std::size_t>(centers.dims * padded_), std::numeric_limits<double>::infinity()),
      offset_(static_cast<std::size_t>(centers.dims)),
      narrow_(static_cast<std::size_t>(centers.dims * padded_)),
      half_norms_(static_cast<std::size_t>(padded_), std::numeric_limits<float>::infinity()) {
  for (std::int64_t c = 0; c < count(); ++c) {
    for (std::int64_t j = 0; j < dims(); ++j) {
      transposed_[static_cast<std::size_t>(j * padded_ + c)] = centers_.at(c, j);
      offset_[static_cast<std::size_t>(j)] += centers_.at(c, j) / static_cast<double>(count());
    }
  }
  for (std::int64_t c = 0; c < count(); ++c) {
    double norm = 0;
    for (std::int64_t j = 0; j < dims(); ++j) {
      const double shifted = centers_.at(c, j) - offset_[static_cast<std::size_t>(j)];
      narrow_[static_cast<std::size_t>(j * padded_ + c)] = static_cast<float>(shifted);
      norm += shifted * shifted;
    }
    half_norms_[static_cast<std::size_t>(c)] = static_cast<float>(norm / 2);
    radius_ = std::max(radius_, std::sqrt(norm));
  }
  screens_ = radius_ < largest_screened && dims() <= most_screened_dims && count() > 1;
}

void Centers::squared_distances(const double* rows, std::int64_t rows_count, double* out) const {
  kernels_.squared_distances(rows, rows_count, dims(), transposed_.data(), padded_, count(), out);
}

std::int32_t Centers::nearest_exact(const double* row) const {
  std::int32_t best = 0;
  double least = squared_distance(row, centers_.row(0), dims());
  for (std::int64_t c = 1; c < count(); ++c) {
    const double distance = squared_distance(row, centers_.row(c), dims());
    if (distance < least) {
      least = distance;
      best = static_cast<std::int32_t>(c);
    }
  }
  return best;
}

// A score h_c − x·c in single precision, of x and c rounded to single precision, is off by at most
// (dims + 6)·u·1.1·(|x| R + R²) with R the greatest |c| (Cauchy–Schwarz on the products). When the runner-up
// is more than four times that away, the double-precision distances, whose own rounding is 10⁻⁸ of that,
// agree on who is nearest.
void Centers::nearest_block(const double* rows, std::int64_t rows_count, std::int32_t* labels,
                            double* others) const {
  thread_local std::vector<float> narrow_rows, scratch;
  narrow_rows.resize(static_cast<std::size_t>(rows_of_a_tile * dims()));
  scratch.resize(static_cast<std::size_t>(rows_of_a_tile * padded_));
  std::array<float, rows_of_a_tile> tolerance{}, least{}, norms{};
  const double unit = 4 * 1.1 * static_cast<double>(dims() + 6) * single_unit * radius_;
  bool fits = true;
  kernels_.narrow(rows, rows_count, dims(), offset_.data(), narrow_rows.data(), norms.data());
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows_count); ++r) {
    const float norm = norms[r];  // Σ|x_j| >= |x|; a larger tolerance is a safe one
    tolerance[r] = static_cast<float>(unit * (1.001 * static_cast<double>(norm) + radius_) + least_tolerance);
    fits = fits && norm < static_cast<float>(largest_screened);
  }
  if (!fits) {
    for (std::int64_t r = 0; r < rows_count; ++r) {
      labels[r] = nearest_exact(rows + r * dims());
      if (others != nullptr) others[r] = others_exact(rows + r * dims(), labels[r]);
    }
    return;
  }
  kernels_.screen(narrow_rows.data(), rows_count, dims(), narrow_.data(), half_norms_.data(), padded_,
                  tolerance.data(), scratch.data(), labels, least.data());
  for (std::int64_t r = 0; r < rows_count; ++r) {
    if (labels[r] >= 0) continue;
    const float limit = least[static_cast<std::size_t>(r)] + tolerance[static_cast<std::size_t>(r)];
    const double* row = rows + r * dims();
    double best = std::numeric_limits<double>::infinity();
    for (std::int64_t c = 0; c < count(); ++c) {
      if (!(scratch[static_cast<std::size_t>(r * padded_ + c)] <= limit)) continue;
      const double distance = squared_distance(row, centers_.row(c), dims());
      if (labels[r] >= 0 && !(distance < best)) continue;
      best = distance;
      labels[r] = static_cast<std::int32_t>(c);
    }
    if (labels[r] < 0) labels[r] = nearest_exact(row);
  }
  for (std::int64_t r = 0; others != nullptr && r < rows_count; ++r)
    others[r] = others_screened(rows + r * dims(), labels[r], scratch.data() + r * padded_,
                                tolerance[static_cast<std::size_t>(r)]);
}

double Centers::others_exact(const double* row, std::int32_t label) const {
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t c = 0; c < count(); ++c) {
    if (c != label) least = std::min(least, squared_distance(row, centers_.row(c), dims()));
  }
  return std::sqrt(least);
}

/// |x − c|² = |x|² + 2 score, the score at least what single precision says less the tolerance.
double Centers::others_screened(const double* row, std::int32_t label, const float* scores,
                                float tolerance) const {
  float least = std::numeric_limits<float>::infinity();
  for (std::int64_t c = 0; c < label; ++c) least = std::min(least, scores[c]);
  for (std::int64_t c = label + 1; c < count(); ++c) least = std::min(least, scores[c]);
  double partial[4] = {};  // any order of the sum will do
  for (std::int64_t j = 0; j < dims(); ++j) {
    const double shifted = row[j] - offset_[static_cast<std::size_t>(j)];
    partial[j % 4] += shifted * shifted;
  }
  const double norm = (partial[0] + partial[1]) + (partial[2] + partial[3]);
  const double score = static_cast<double>(least) - static_cast<double>(tolerance);
  return std::sqrt(std::max(0.0, (1 - norm_rounding) * norm + 2 * score));
}

void Centers::nearest(const double* rows, std::int64_t rows_count, std::int32_t* labels) const {
  nearest_and_others(rows, rows_count, labels, nullptr);
}

void Centers::nearest_two(const double* rows, std::int64_t rows_count, std::int32_t* labels,
                          double* second) const {
  std::vector<double> distances(static_cast<std::size_t>(rows_of_a_tile * padded_));
  for (std::int64_t first = 0; first < rows_count; first += rows_of_a_tile) {
    const std::int64_t count_here = std::min(rows_of_a_tile, rows_count - first);
    squared_distances(rows + first * dims(), count_here, distances.data());
    for (std::int64_t r = 0; r < count_here; ++r) {
      const double* of_row = distances.data() + r * padded_;
      double least = std::numeric_limits<double>::infinity(), next = least;
      labels[first + r] = 0;
      for (std::int64_t c = 0; c < count(); ++c) {
        if (of_row[c] < least) {
          next = least;
          least = of_row[c];
          labels[first + r] = static_cast<std::int32_t>(c);
        } else if (of_row[c] < next) {
          next = of_row[c];
        }
      }
      second[first + r] = std::sqrt(next);
    }
  }
}

void Centers::nearest_and_others(const double* rows, std::int64_t rows_count, std::int32_t* labels,
                                 double* others) const {
  for (std::int64_t r = 0; r < rows_count; r += rows_of_a_tile) {
    const std::int64_t count_here = std::min(rows_of_a_tile, rows_count - r);
    if (screens_) {
      nearest_block(rows + r * dims(), count_here, labels + r, others == nullptr ? nullptr : others + r);
    } else {
      for (std::int64_t i = r; i < r + count_here; ++i) {
        labels[i] = nearest_exact(rows + i * dims());
        if (others != nullptr) others[i] = others_exact(rows + i * dims(), labels[i]);
      }
    }
  }
}

void assign_nearest(const Points& points, std::int64_t first, std::int64_t last, const Centers& centers,
                    std::int32_t* labels) {
  centers.nearest(points.row(first), last - first, labels + first);
}

double within_cluster_sum(const Points& points, const Points& centers, const Labels& labels,
                          const ParallelFor& parallel) {
  const std::int64_t blocks = (points.rows + rows_of_a_sum - 1) / rows_of_a_sum;
  std::vector<double> sums(static_cast<std::size_t>(blocks));
  parallel(blocks, [&](std::int64_t block) {
    const std::int64_t first = block * rows_of_a_sum, last = std::min(points.rows, first + rows_of_a_sum);
    double sum = 0;
    for (std::int64_t i = first; i < last; ++i)
      sum += squared_distance(points.row(i), centers.row(labels[static_cast<std::size_t>(i)]), points.dims);
    sums[static_cast<std::size_t>(block)] = sum;
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace reprise::clustering
