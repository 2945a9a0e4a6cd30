// The append-only output of one task: named tables that only grow. Engines flush what is new, reduce reads
// all. Its file format is safetensors: one tensor a column ("table/column"; text as bytes plus offsets), the
// layout as JSON in the metadata.
#pragma once

#include "base/byte_source.h"
#include "data/safetensors.h"
#include "study/table.h"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

class Partial {
 public:
  /// The table of that name, created with these columns when it is new.
  Table& table(std::string_view name, const std::vector<ColumnSpec>& specs);
  /// nullptr when no task step has written to it yet.
  const Table* find(std::string_view name) const;
  const std::map<std::string, Table, std::less<>>& tables() const { return tables_; }
  bool empty() const;

  /// A sentence that the report passes on ("12 % of the rows are ties").
  void warn(std::string_view sentence);

  /// Adds the rows of `other` behind the rows of this one, table by table.
  void append(const Partial& other);
  /// The rows appended since the last call, as a partial of their own.
  Partial take_new_rows();

  std::vector<std::byte> to_bytes() const;
  static Partial from_bytes(std::span<const std::byte> bytes);  ///< InputError when it is no partial

 private:
  std::map<std::string, Table, std::less<>> tables_;
  std::map<std::string, std::size_t, std::less<>> taken_;  // rows already handed out, per table
};

/// Reads some rows of a partial in its file format, and nothing else of it.
class PartialReader {
 public:
  /// Reads the header; `source` has to outlive the reader. InputError when it is no partial.
  explicit PartialReader(const ByteSource& source);

  /// Columns of a table; empty when there is none of that name.
  std::vector<ColumnSpec> specs(std::string_view table) const;
  std::size_t rows(std::string_view table) const;
  /// Rows [first, first + count). InputError when the bytes are damaged, std::out_of_range when there are
  /// fewer.
  Table read(std::string_view table, std::size_t first, std::size_t count) const;

 private:
  const TensorInfo& tensor(const std::string& name) const;

  const ByteSource& source_;
  SafetensorsIndex index_;
  std::map<std::string, std::vector<ColumnSpec>, std::less<>> specs_;
};

}  // namespace reprise
