#include "labs/prototype-clustering/sources.h"

#include "base/math.h"
#include "data/digits.h"
#include "data/flowers_and_wines.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace reprise::protoclust {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double ring_radius = 10;

}  // namespace

clustering::Points polygon_centers(std::int64_t dims, std::int64_t groups, double separation) {
  clustering::Points centers(groups, dims);
  if (groups == 2) {
    centers.row(0)[0] = -separation / 2;
    centers.row(1)[0] = separation / 2;
  } else if (groups > 2) {
    const double turn = 2 * pi / static_cast<double>(groups);
    const double radius = separation / (2 * math::sin(turn / 2));
    for (std::int64_t c = 0; c < groups; ++c) {
      centers.row(c)[0] = radius * math::cos(turn * static_cast<double>(c));
      centers.row(c)[1] = radius * math::sin(turn * static_cast<double>(c));
    }
  }
  return centers;
}

LabelledPoints gaussian_groups(std::int64_t n, std::int64_t dims, std::int64_t groups, double separation,
                               const std::vector<double>& shares, Random& random) {
  const clustering::Points centers = polygon_centers(dims, groups, separation);
  LabelledPoints data;
  data.points = clustering::Points(n, dims);
  data.labels.resize(static_cast<std::size_t>(n));
  std::int64_t next = 0;
  for (std::size_t s = 0; s < shares.size(); ++s) {
    const auto count = static_cast<std::int64_t>(std::floor(shares[s] * static_cast<double>(n)));
    for (std::int64_t i = 0; i < count && next < n; ++i)
      data.labels[static_cast<std::size_t>(next++)] = static_cast<std::int32_t>(s + 1);
  }
  for (std::int64_t i = 0; i < n; ++i) {
    std::int32_t& label = data.labels[static_cast<std::size_t>(i)];
    if (shares.empty()) label = static_cast<std::int32_t>(i % groups);
    for (std::int64_t j = 0; j < dims; ++j) data.points.row(i)[j] = centers.at(label, j) + random.normal();
  }
  return data;
}

clustering::Points ring(std::int64_t n, Random& random) {
  clustering::Points points(n, 2);
  for (std::int64_t i = 0; i < n; ++i) {
    const double angle = 2 * pi * random.uniform();
    points.row(i)[0] = ring_radius * math::cos(angle) + random.normal();
    points.row(i)[1] = ring_radius * math::sin(angle) + random.normal();
  }
  return points;
}

clustering::Points uniform_square(std::int64_t n, Random& random) {
  clustering::Points points(n, 2);
  for (double& value : points.values) value = random.uniform();
  return points;
}

LabelledPoints bundled(std::string_view name) {
  LabelledPoints data;
  if (name == "digits") {
    const Digits digits = bundled_digits();
    data.points = clustering::Points(Digits::rows, Digits::pixels,
                                     std::vector<double>(digits.values.begin(), digits.values.end()));
    data.labels = digits.labels;
    return data;
  }
  if (name != "iris" && name != "wine") throw std::logic_error("no bundled data of this name");
  LabelledMatrix classic = name == "iris" ? bundled_iris() : bundled_wine();
  data.points =
      clustering::Points(classic.matrix.rows, classic.matrix.columns, std::move(classic.matrix.values));
  data.labels = std::move(classic.labels);
  return data;
}

void keep_first(LabelledPoints& data, std::int64_t rows) {
  if (rows >= data.points.rows) return;
  data.points.rows = rows;
  data.points.values.resize(static_cast<std::size_t>(rows * data.points.dims));
  if (!data.labels.empty()) data.labels.resize(static_cast<std::size_t>(rows));
}

Standardised standardise(clustering::Points& points) {
  const auto n = static_cast<double>(points.rows);
  Standardised by;
  for (std::int64_t j = 0; j < points.dims; ++j) {
    double low = points.at(0, j), high = low, sum = 0;
    for (std::int64_t i = 0; i < points.rows; ++i) {
      low = std::min(low, points.at(i, j));
      high = std::max(high, points.at(i, j));
      sum += points.at(i, j) / n;
    }
    double squares = 0;
    for (std::int64_t i = 0; i < points.rows; ++i) {
      const double off = (points.at(i, j) - sum) / (high - low > 0 ? high - low : 1);
      squares += off * off;
    }
    if (high == low) continue;
    by.kept.push_back(j);
    by.mean.push_back(sum);
    by.scale.push_back((high - low) * std::sqrt(squares / n));
  }
  points = transformed(points, by);
  return by;
}

clustering::Points transformed(const clustering::Points& points, const Standardised& by) {
  clustering::Points result(points.rows, static_cast<std::int64_t>(by.kept.size()));
  for (std::int64_t i = 0; i < points.rows; ++i) {
    for (std::size_t j = 0; j < by.kept.size(); ++j)
      result.row(i)[j] = (points.at(i, by.kept[j]) - by.mean[j]) / by.scale[j];
  }
  return result;
}

std::vector<double> center_columns(clustering::Points& points) {
  std::vector<double> mean(static_cast<std::size_t>(points.dims));
  for (std::int64_t i = 0; i < points.rows; ++i) {
    for (std::int64_t j = 0; j < points.dims; ++j) mean[static_cast<std::size_t>(j)] += points.at(i, j);
  }
  for (double& value : mean) value /= static_cast<double>(points.rows);
  for (std::int64_t i = 0; i < points.rows; ++i) {
    for (std::int64_t j = 0; j < points.dims; ++j) points.row(i)[j] -= mean[static_cast<std::size_t>(j)];
  }
  return mean;
}

std::int64_t compact_labels(clustering::Labels& labels) {
  clustering::Labels values = labels;
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (std::int32_t& label : labels)
    label = static_cast<std::int32_t>(std::lower_bound(values.begin(), values.end(), label) - values.begin());
  return static_cast<std::int64_t>(values.size());
}

}  // namespace reprise::protoclust
