#include "labs/slingshot/inflation_start.h"

#include "labs/slingshot/read_inputs.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace reprise::slingshot {

namespace {

constexpr double mean_size = 0.01;  // norm of the mean feature at the start
constexpr std::size_t most_counts_named = 12;

/// Orthonormal rows from Gaussian draws, by Gram–Schmidt done twice.
std::vector<std::vector<double>> orthonormal_rows(std::int64_t rows, std::int64_t dimension, Random& random) {
  std::vector<std::vector<double>> basis;
  while (static_cast<std::int64_t>(basis.size()) < rows) {
    std::vector<double> row(static_cast<std::size_t>(dimension));
    for (double& value : row) value = random.normal();
    for (int pass = 0; pass < 2; ++pass) {
      for (const std::vector<double>& other : basis) {
        double along = 0;
        for (std::size_t j = 0; j < row.size(); ++j) along += row[j] * other[j];
        for (std::size_t j = 0; j < row.size(); ++j) row[j] -= along * other[j];
      }
      const double length = norm(row);
      for (double& value : row) value /= length;
    }
    basis.push_back(std::move(row));
  }
  return basis;
}

std::vector<double> random_mean(std::int64_t dimension, Random& random) {
  std::vector<double> mean(static_cast<std::size_t>(dimension));
  for (double& value : mean) value = mean_size * random.normal() / std::sqrt(static_cast<double>(dimension));
  return mean;
}

void check_balanced(const std::vector<std::int32_t>& labels, std::int64_t classes, const std::string& file) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(classes));
  for (const std::int32_t label : labels) ++counts[static_cast<std::size_t>(label)];
  if (std::all_of(counts.begin(), counts.end(), [&](std::int64_t count) { return count == counts[0]; }))
    return;
  std::string found;
  for (std::size_t k = 0; k < std::min(counts.size(), most_counts_named); ++k) {
    found += (k == 0 ? "" : ", ") + std::to_string(counts[k]);
  }
  if (counts.size() > most_counts_named) found += ", …";
  throw InputError(Problem{"labels", found, "equally many of every class",
                           file + ": classes 0, 1, … have " + found +
                               " samples; allowed: equally many of every class (the prediction is exact for "
                               "balanced classes only)"});
}

}  // namespace

FreeFeatures make_start(const InflationStart& start, Random directions, Random means) {
  if (start.dimension <= start.num_classes || !(start.margin > 0)) {
    throw std::logic_error("inflation: the start needs more dimensions than classes and a positive margin");
  }
  const auto classes = static_cast<std::size_t>(start.num_classes);
  const auto d = static_cast<std::size_t>(start.dimension);
  const auto samples = static_cast<std::size_t>(start.num_classes * start.samples_per_class);
  const double per_class = static_cast<double>(start.samples_per_class);
  const auto basis = orthonormal_rows(start.num_classes + 1, start.dimension, directions);
  std::vector<double> centre(d);
  for (std::size_t k = 0; k < classes; ++k) {
    for (std::size_t j = 0; j < d; ++j) centre[j] += basis[k][j] / static_cast<double>(classes);
  }
  std::vector<double> w_mean, h_mean;
  if (start.growing) {
    for (const double value : basis[classes]) {
      h_mean.push_back(mean_size * value);
      w_mean.push_back(-std::sqrt(start.eta_w * per_class / start.eta_h) * h_mean.back());
    }
  } else {
    w_mean = random_mean(start.dimension, means);
    h_mean = random_mean(start.dimension, means);
  }
  const double root = std::sqrt(std::sqrt(per_class));  // (N/K)^(1/4)
  const double weight_size = std::sqrt(start.margin) * root, feature_size = std::sqrt(start.margin) / root;
  FreeFeatures state;
  state.dimension = start.dimension;
  for (std::size_t k = 0; k < classes; ++k) {
    for (std::size_t j = 0; j < d; ++j) {
      state.weights.push_back(weight_size * (basis[k][j] - centre[j]) + w_mean[j]);
    }
  }
  for (std::size_t i = 0; i < samples; ++i) {
    const std::size_t label = i % classes;
    state.labels.push_back(static_cast<std::int32_t>(label));
    for (std::size_t j = 0; j < d; ++j) {
      state.features.push_back(feature_size * (basis[label][j] - centre[j]) + h_mean[j]);
    }
  }
  return state;
}

FreeFeatures read_start(const TaskContext& context) {
  const auto read = [&](const char* name) {
    return read_number_matrix(context.input(name), file_name_of(context, name));
  };
  const NumberMatrix weights = read("weights"), features = read("features"), labels = read("labels");
  std::vector<Problem> problems;
  const auto report = [&](const char* key, const std::string& found, const std::string& allowed) {
    problems.push_back(
        {key, found, allowed, file_name_of(context, key) + " has " + found + "; allowed: " + allowed});
  };
  if (weights.rows < 2) report("weights", "1 row", "one row for each of at least 2 classes");
  if (features.columns != weights.columns) {
    report("features", std::to_string(features.columns) + " columns",
           std::to_string(weights.columns) + " columns, as weights has");
  }
  if (labels.rows != features.rows) {
    report("labels", std::to_string(labels.rows) + " rows",
           std::to_string(features.rows) + " rows, as features has");
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  FreeFeatures state;
  state.dimension = weights.columns;
  state.weights = weights.values;
  state.features = features.values;
  state.labels = labels_of(labels, file_name_of(context, "labels"), weights.rows);
  check_balanced(state.labels, weights.rows, file_name_of(context, "labels"));
  return state;
}

}  // namespace reprise::slingshot
