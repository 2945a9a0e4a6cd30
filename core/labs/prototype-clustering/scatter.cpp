#include "labs/prototype-clustering/scatter.h"

#include <algorithm>

namespace reprise::protoclust {

namespace {

constexpr std::int64_t multiplications_per_step = 10'000'000;

}  // namespace

Scatter::Scatter(const clustering::Points& points, std::span<const std::int64_t> rows, const double* center)
    : points_(points),
      rows_(rows),
      center_(center),
      gram_(points.dims > static_cast<std::int64_t>(rows.size())),
      size_(gram_ ? static_cast<std::int64_t>(rows.size()) : points.dims),
      matrix_(static_cast<std::size_t>(size_ * size_)) {}

bool Scatter::step() {
  const std::int64_t dims = points_.dims;
  std::vector<double> here(static_cast<std::size_t>(dims));
  std::int64_t left = multiplications_per_step;
  while (done_ < rows_.size() && left > 0) {
    const double* row = points_.row(rows_[done_]);
    for (std::int64_t j = 0; j < dims; ++j) here[static_cast<std::size_t>(j)] = row[j] - center_[j];
    if (gram_) {
      for (std::size_t other = 0; other <= done_; ++other) {
        const double* second = points_.row(rows_[other]);
        double sum = 0;
        for (std::int64_t j = 0; j < dims; ++j)
          sum += here[static_cast<std::size_t>(j)] * (second[j] - center_[j]);
        matrix_[done_ * static_cast<std::size_t>(size_) + other] = sum;
      }
      left -= static_cast<std::int64_t>(done_ + 1) * dims;
    } else {
      for (std::int64_t a = 0; a < dims; ++a) {
        const double factor = here[static_cast<std::size_t>(a)];
        double* line = matrix_.data() + a * dims;
        for (std::int64_t b = 0; b <= a; ++b) line[b] += factor * here[static_cast<std::size_t>(b)];
      }
      left -= dims * dims / 2 + dims;
    }
    ++done_;
  }
  return done_ == rows_.size();
}

}  // namespace reprise::protoclust
