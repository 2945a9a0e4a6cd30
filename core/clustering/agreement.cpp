#include "clustering/agreement.h"

#include <algorithm>
#include <limits>

namespace reprise::clustering {

std::vector<std::int64_t> least_cost_assignment(const std::vector<double>& cost, std::int64_t size) {
  // Rows and columns count from 1 here; 0 is the row that is being placed.
  const auto length = static_cast<std::size_t>(size) + 1;
  std::vector<double> row_price(length), column_price(length);
  std::vector<std::size_t> row_of(length, 0), came_from(length, 0);
  for (std::size_t row = 1; row < length; ++row) {
    row_of[0] = row;
    std::size_t column = 0;
    std::vector<double> slack(length, std::numeric_limits<double>::infinity());
    std::vector<std::uint8_t> used(length, 0);
    do {
      used[column] = 1;
      const std::size_t here = row_of[column];
      double least = std::numeric_limits<double>::infinity();
      std::size_t next = 0;
      for (std::size_t j = 1; j < length; ++j) {
        if (used[j] != 0) continue;
        const double reduced = cost[(here - 1) * (length - 1) + (j - 1)] - row_price[here] - column_price[j];
        if (reduced < slack[j]) {
          slack[j] = reduced;
          came_from[j] = column;
        }
        if (slack[j] < least) {
          least = slack[j];
          next = j;
        }
      }
      for (std::size_t j = 0; j < length; ++j) {
        if (used[j] != 0) {
          row_price[row_of[j]] += least;
          column_price[j] -= least;
        } else {
          slack[j] -= least;
        }
      }
      column = next;
    } while (row_of[column] != 0);
    while (column != 0) {
      const std::size_t previous = came_from[column];
      row_of[column] = row_of[previous];
      column = previous;
    }
  }
  std::vector<std::int64_t> assignment(static_cast<std::size_t>(size));
  for (std::size_t j = 1; j < length; ++j) assignment[row_of[j] - 1] = static_cast<std::int64_t>(j) - 1;
  return assignment;
}

Contingency::Contingency(const Labels& found, const Labels& reference) {
  for (const std::int32_t label : reference)
    reference_clusters = std::max<std::int64_t>(reference_clusters, label + 1);
  for (const std::int32_t label : found) found_clusters = std::max<std::int64_t>(found_clusters, label + 1);
  counts.resize(static_cast<std::size_t>(reference_clusters * found_clusters));
  for (std::size_t i = 0; i < found.size(); ++i)
    ++counts[static_cast<std::size_t>(reference[i] * found_clusters + found[i])];
}

Agreement agreement(const Labels& found, const Labels& reference) {
  const Contingency table(found, reference);
  const std::int64_t size = std::max(table.reference_clusters, table.found_clusters);
  std::vector<double> cost(static_cast<std::size_t>(size * size));
  for (std::int64_t a = 0; a < table.reference_clusters; ++a) {
    for (std::int64_t b = 0; b < table.found_clusters; ++b)
      cost[static_cast<std::size_t>(a * size + b)] = -static_cast<double>(table.at(a, b));
  }
  const std::vector<std::int64_t> columns = least_cost_assignment(cost, size);
  Agreement result;
  std::int64_t agreed = 0, present = 0;
  for (std::int64_t a = 0; a < table.reference_clusters; ++a) {
    const std::int64_t b = columns[static_cast<std::size_t>(a)];
    const bool matched = b < table.found_clusters;
    result.match.push_back(matched ? b : -1);
    std::int64_t total = 0;
    for (std::int64_t c = 0; c < table.found_clusters; ++c) total += table.at(a, c);
    const std::int64_t kept = matched ? table.at(a, b) : 0;
    agreed += kept;
    if (total == 0) continue;
    ++present;
    result.balanced_error += static_cast<double>(total - kept) / static_cast<double>(total);
  }
  if (!found.empty()) {
    const auto rows = static_cast<std::int64_t>(found.size());
    result.error = static_cast<double>(rows - agreed) / static_cast<double>(rows);
    result.balanced_error /= static_cast<double>(present);
  }
  return result;
}

double misclassification(const Labels& found, const Labels& reference) {
  return agreement(found, reference).error;
}

double adjusted_rand_index(const Labels& a, const Labels& b) {
  const Contingency table(a, b);
  const auto pairs = [](std::int64_t count) {
    return 0.5 * static_cast<double>(count) * static_cast<double>(count - 1);
  };
  double together = 0, in_rows = 0, in_columns = 0;
  std::vector<std::int64_t> columns(static_cast<std::size_t>(table.found_clusters));
  for (std::int64_t r = 0; r < table.reference_clusters; ++r) {
    std::int64_t sum = 0;
    for (std::int64_t c = 0; c < table.found_clusters; ++c) {
      together += pairs(table.at(r, c));
      sum += table.at(r, c);
      columns[static_cast<std::size_t>(c)] += table.at(r, c);
    }
    in_rows += pairs(sum);
  }
  for (const std::int64_t sum : columns) in_columns += pairs(sum);
  const double all = pairs(static_cast<std::int64_t>(a.size()));
  const double expected = all > 0 ? in_rows * in_columns / all : 0;
  const double most = 0.5 * (in_rows + in_columns);
  return most == expected ? 1 : (together - expected) / (most - expected);
}

}  // namespace reprise::clustering
