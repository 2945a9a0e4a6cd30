#include "study/stored_table.h"

#include "study/partial.h"

#include <algorithm>
#include <stdexcept>

namespace reprise {

StoredTable find_stored_table(const StoredPartials& partials, std::string_view name) {
  StoredTable table;
  table.name = name;
  for (const auto& source : partials) {
    const PartialReader reader(*source);
    const std::vector<ColumnSpec> specs = reader.specs(name);
    if (specs.empty()) continue;
    if (!table.specs.empty() && table.specs != specs) throw std::logic_error("tables with different columns");
    table.specs = specs;
    table.partials.push_back(source);
    table.rows += reader.rows(name);
  }
  return table;
}

void visit_rows(const StoredTable& table, std::size_t piece_rows,
                const std::function<void(const Table&)>& use) {
  for (const auto& source : table.partials) {
    const PartialReader reader(*source);
    const std::size_t rows = reader.rows(table.name);
    for (std::size_t row = 0; row < rows; row += piece_rows)
      use(reader.read(table.name, row, std::min(piece_rows, rows - row)));
  }
}

Table first_rows(const StoredTable& table, std::size_t count) {
  Table rows(table.specs);
  for (const auto& source : table.partials) {
    if (rows.rows() == count) break;
    const PartialReader reader(*source);
    rows.append(reader.read(table.name, 0, std::min(count - rows.rows(), reader.rows(table.name))));
  }
  return rows;
}

}  // namespace reprise
