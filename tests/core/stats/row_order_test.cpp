// Against std::stable_sort on values of all kinds.
#include "stats/row_order.h"

#include "base/random.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>

namespace reprise::stats {
namespace {

TEST(RowOrder, EqualValuesStayByRowInBothDirections) {
  const std::vector<double> value = {2, 1, 2, -1, 0.0, -0.0};
  EXPECT_EQ(rows_in_order(value), (std::vector<std::uint32_t>{3, 4, 5, 1, 0, 2}));
  EXPECT_EQ(rows_in_order(value, SortDirection::Descending), (std::vector<std::uint32_t>{0, 2, 1, 4, 5, 3}));
  EXPECT_TRUE(rows_in_order({}).empty());
}

TEST(RowOrder, ManyRowsAsByComparing) {
  Random random(1, "rows");
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const int kind : {0, 1, 2, 3}) {
    std::vector<double> value;
    for (int i = 0; i < 20000; ++i) {
      const double x = random.normal();
      if (kind == 0) value.push_back(x);
      if (kind == 1) value.push_back(static_cast<double>(static_cast<int>(3 * x)));  // many equal, ±0
      if (kind == 2) value.push_back(x > 2 ? infinity : x < -2 ? -infinity : x * 1e-310);
      if (kind == 3) value.push_back(7);
    }
    for (const SortDirection direction : {SortDirection::Ascending, SortDirection::Descending}) {
      std::vector<std::uint32_t> rows(value.size());
      std::iota(rows.begin(), rows.end(), 0U);
      std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
        return direction == SortDirection::Ascending ? value[a] < value[b] : value[a] > value[b];
      });
      EXPECT_EQ(rows_in_order(value, direction), rows) << kind;
    }
  }
}

TEST(RowOrder, OneAfterTheOtherSortsByBoth) {
  Random random(2, "rows");
  std::vector<double> a, b;
  for (int i = 0; i < 5000; ++i) {
    a.push_back(static_cast<double>(random.below(10)));
    b.push_back(random.uniform());
  }
  std::vector<std::uint32_t> rows = rows_in_order(b);
  sort_rows(rows, a);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::uint32_t before = rows[i - 1], after = rows[i];
    EXPECT_TRUE(a[before] < a[after] || (a[before] == a[after] && b[before] < b[after]));
  }
}

}  // namespace
}  // namespace reprise::stats
