// Typed tables: what tasks append to (partials) and what reports show. Columns are contiguous vectors.
//
//   Table fits({{"n", ColumnType::Integer}, {"risk", ColumnType::Real}});
//   fits.append_row(1000, 0.0031);
//   fits.reals("risk")[0];
#pragma once

#include "base/json.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace reprise {

enum class ColumnType { Real, Integer, Text };  // double, int64, UTF-8

struct ColumnSpec {
  std::string name;
  ColumnType type = ColumnType::Real;
  bool operator==(const ColumnSpec&) const = default;
};

struct Column {
  std::string name;
  std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::string>> values;

  explicit Column(const ColumnSpec& spec);
  Column(const Column& other);
  Column(Column&& other) noexcept;
  Column& operator=(const Column& other);
  Column& operator=(Column&& other) noexcept;
  ~Column();
  ColumnType type() const { return static_cast<ColumnType>(values.index()); }
  std::size_t size() const;
  Json cell(std::size_t row) const;
};

class Table {
 public:
  Table() = default;
  explicit Table(const std::vector<ColumnSpec>& specs);

  const std::vector<Column>& columns() const { return columns_; }
  std::vector<ColumnSpec> specs() const;
  std::size_t rows() const { return columns_.empty() ? 0 : columns_.front().size(); }

  /// One value a column, in order: numbers for Real and Integer columns, text for Text columns.
  template <class... Values>
  void append_row(const Values&... values) {
    check_width(sizeof...(Values));
    std::size_t column = 0;
    (push(column++, values), ...);
  }
  /// All rows of `other`, which has the same columns (std::logic_error otherwise).
  void append(const Table& other) { append(other, 0); }
  /// The rows of `other` from `first_row` on.
  void append(const Table& other, std::size_t first_row);

  // A column by name; std::logic_error when it is missing or of another type.
  const std::vector<double>& reals(std::string_view name) const;
  const std::vector<std::int64_t>& integers(std::string_view name) const;
  const std::vector<std::string>& texts(std::string_view name) const;
  // For bulk filling; keep the columns equally long.
  std::vector<double>& reals(std::string_view name);
  std::vector<std::int64_t>& integers(std::string_view name);
  std::vector<std::string>& texts(std::string_view name);

 private:
  template <class Value>
  void push(std::size_t column, const Value& value) {
    if constexpr (std::is_floating_point_v<Value>) {
      push_real(column, static_cast<double>(value));
    } else if constexpr (std::is_arithmetic_v<Value>) {
      push_integer(column, static_cast<std::int64_t>(value));
    } else {
      push_text(column, std::string(value));
    }
  }
  void push_real(std::size_t column, double value);
  void push_integer(std::size_t column, std::int64_t value);
  void push_text(std::size_t column, std::string text);
  void check_width(std::size_t width) const;
  const Column& find(std::string_view name) const;

  std::vector<Column> columns_;
};

}  // namespace reprise

extern template class std::vector<reprise::ColumnSpec>;
