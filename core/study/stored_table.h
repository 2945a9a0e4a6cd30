// Tables that stay outside the memory: their rows lie in the partials of a stage (files, or bytes in memory)
// and are read some thousand at a time. What a report passes on into files of any length.
//
//   const StoredTable scores = find_stored_table(partials, "scores");
//   visit_rows(scores, 4096, [](const Table& piece) { write(piece); });
#pragma once

#include "base/byte_source.h"
#include "study/table.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

/// Partials in their file format, in the order of their rows.
using StoredPartials = std::vector<std::shared_ptr<const ByteSource>>;

struct StoredTable {
  std::string name;  // within the partials
  std::vector<ColumnSpec> specs;
  StoredPartials partials;
  std::size_t rows = 0;  // in all partials together
};

/// The table of that name; only headers are read. Without columns when no partial has it. InputError when a
/// source is no partial, std::logic_error when partials disagree on the columns.
StoredTable find_stored_table(const StoredPartials& partials, std::string_view name);
/// All rows in order, at most `piece_rows` at a time. InputError when a partial is damaged.
void visit_rows(const StoredTable& table, std::size_t piece_rows,
                const std::function<void(const Table&)>& use);
/// The first rows, at most `count`.
Table first_rows(const StoredTable& table, std::size_t count);

}  // namespace reprise
