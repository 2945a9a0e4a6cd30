#include "labs/discrete-diffusion-convergence/law_table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>

namespace reprise::diffusion {

void write_law(Partial& partial, const markov::Law& clean, const markov::Law& target,
               const std::vector<double>& generated) {
  std::vector<std::size_t> rows(target.p.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  if (rows.size() > most_law_rows) {
    const auto off = [&](std::size_t y) { return std::fabs(generated[y] - target.p[y]); };
    std::nth_element(
        rows.begin(), rows.begin() + most_law_rows, rows.end(),
        [&](std::size_t x, std::size_t y) { return off(x) != off(y) ? off(x) > off(y) : x < y; });
    rows.resize(most_law_rows);
    std::sort(rows.begin(), rows.end());
  }
  std::vector<ColumnSpec> specs;
  for (std::size_t i = 0; i < target.space.length; ++i) {
    specs.push_back({"x" + std::to_string(i + 1), ColumnType::Integer});
  }
  for (const char* name : {"data", "noised", "generated"}) specs.push_back({name, ColumnType::Real});
  Table& table = partial.table("law", specs);
  for (std::size_t i = 0; i < target.space.length; ++i) {
    std::vector<std::int64_t>& column = table.integers("x" + std::to_string(i + 1));
    for (const std::size_t y : rows) column.push_back(static_cast<std::int64_t>(target.space.symbol(y, i)));
  }
  for (const std::size_t y : rows) {
    table.reals("data").push_back(clean.p[y]);
    table.reals("noised").push_back(target.p[y]);
    table.reals("generated").push_back(generated[y]);
  }
}

}  // namespace reprise::diffusion
