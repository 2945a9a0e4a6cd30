#include "study/table.h"

#include <stdexcept>
#include <utility>

template class std::vector<reprise::ColumnSpec>;

namespace reprise {

Column::Column(const Column& other) = default;
Column::Column(Column&& other) noexcept = default;
Column& Column::operator=(const Column& other) = default;
Column& Column::operator=(Column&& other) noexcept = default;
Column::~Column() = default;

Column::Column(const ColumnSpec& spec) : name(spec.name) {
  switch (spec.type) {
    case ColumnType::Real:
      values = std::vector<double>();
      break;
    case ColumnType::Integer:
      values = std::vector<std::int64_t>();
      break;
    case ColumnType::Text:
      values = std::vector<std::string>();
      break;
  }
}

std::size_t Column::size() const {
  return std::visit([](const auto& list) { return list.size(); }, values);
}

Json Column::cell(std::size_t row) const {
  return std::visit([row](const auto& list) { return Json(list[row]); }, values);
}

Table::Table(const std::vector<ColumnSpec>& specs) {
  columns_.reserve(specs.size());
  for (const ColumnSpec& spec : specs) columns_.emplace_back(spec);
}

std::vector<ColumnSpec> Table::specs() const {
  std::vector<ColumnSpec> result;
  for (const Column& column : columns_) result.push_back({column.name, column.type()});
  return result;
}

void Table::append(const Table& other, std::size_t first_row) {
  if (columns_.size() != other.columns_.size()) throw std::logic_error("tables with different columns");
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name != other.columns_[i].name) throw std::logic_error("tables with different columns");
    std::visit(
        [&](auto& mine) {
          const auto* theirs = std::get_if<std::decay_t<decltype(mine)>>(&other.columns_[i].values);
          if (theirs == nullptr) throw std::logic_error("column " + columns_[i].name + " has another type");
          mine.insert(mine.end(), theirs->begin() + static_cast<std::ptrdiff_t>(first_row), theirs->end());
        },
        columns_[i].values);
  }
}

void Table::push_real(std::size_t column, double value) {
  if (auto* reals = std::get_if<std::vector<double>>(&columns_[column].values)) {
    reals->push_back(value);
  } else {
    push_integer(column, static_cast<std::int64_t>(value));
  }
}

void Table::push_integer(std::size_t column, std::int64_t value) {
  if (auto* integers = std::get_if<std::vector<std::int64_t>>(&columns_[column].values)) {
    integers->push_back(value);
  } else if (auto* reals = std::get_if<std::vector<double>>(&columns_[column].values)) {
    reals->push_back(static_cast<double>(value));
  } else {
    throw std::logic_error("a number for the text column " + columns_[column].name);
  }
}

void Table::push_text(std::size_t column, std::string text) {
  auto* texts = std::get_if<std::vector<std::string>>(&columns_[column].values);
  if (texts == nullptr) throw std::logic_error("text for the number column " + columns_[column].name);
  texts->push_back(std::move(text));
}

void Table::check_width(std::size_t width) const {
  if (width != columns_.size()) throw std::logic_error("a row of another width than its table");
}

const Column& Table::find(std::string_view name) const {
  for (const Column& column : columns_) {
    if (column.name == name) return column;
  }
  throw std::logic_error("no column " + std::string(name));
}

namespace {

template <class T>
const std::vector<T>& values_as(const Column& column) {
  const auto* values = std::get_if<std::vector<T>>(&column.values);
  if (values == nullptr) throw std::logic_error("column " + column.name + " has another type");
  return *values;
}

}  // namespace

const std::vector<double>& Table::reals(std::string_view name) const {
  return values_as<double>(find(name));
}
const std::vector<std::int64_t>& Table::integers(std::string_view name) const {
  return values_as<std::int64_t>(find(name));
}
const std::vector<std::string>& Table::texts(std::string_view name) const {
  return values_as<std::string>(find(name));
}
std::vector<double>& Table::reals(std::string_view name) {
  return const_cast<std::vector<double>&>(std::as_const(*this).reals(name));
}
std::vector<std::int64_t>& Table::integers(std::string_view name) {
  return const_cast<std::vector<std::int64_t>&>(std::as_const(*this).integers(name));
}
std::vector<std::string>& Table::texts(std::string_view name) {
  return const_cast<std::vector<std::string>&>(std::as_const(*this).texts(name));
}

}  // namespace reprise
