#include "study/partial.h"

#include "base/error.h"
#include "base/json.h"
#include "data/safetensors.h"

#include <stdexcept>

namespace reprise {

namespace {

constexpr std::string_view warnings_table = "warnings";
constexpr std::string_view layout_key = "reprise.tables";

std::string_view type_name(ColumnType type) {
  switch (type) {
    case ColumnType::Real:
      return "real";
    case ColumnType::Integer:
      return "integer";
    case ColumnType::Text:
      return "text";
  }
  throw std::logic_error("unknown column type");
}

ColumnType type_of(std::string_view name) {
  if (name == "real") return ColumnType::Real;
  if (name == "integer") return ColumnType::Integer;
  if (name == "text") return ColumnType::Text;
  throw InputError("a partial has a column of the unknown type '" + std::string(name) + "'");
}

// Text columns are stored as their bytes, one after the other, and the end of each.
struct PackedText {
  std::vector<std::uint8_t> bytes;
  std::vector<std::int64_t> ends;
};

PackedText pack(const std::vector<std::string>& texts) {
  PackedText packed;
  for (const std::string& text : texts) {
    packed.bytes.insert(packed.bytes.end(), text.begin(), text.end());
    packed.ends.push_back(static_cast<std::int64_t>(packed.bytes.size()));
  }
  return packed;
}

std::vector<std::string> unpack(const std::vector<std::uint8_t>& bytes,
                                const std::vector<std::int64_t>& ends) {
  std::vector<std::string> texts;
  std::int64_t begin = 0;
  for (const std::int64_t end : ends) {
    if (end < begin || end > static_cast<std::int64_t>(bytes.size())) {
      throw InputError("a partial has a text column with broken offsets");
    }
    texts.emplace_back(bytes.begin() + begin, bytes.begin() + end);
    begin = end;
  }
  return texts;
}

}  // namespace

Table& Partial::table(std::string_view name, const std::vector<ColumnSpec>& specs) {
  const auto found = tables_.find(name);
  if (found != tables_.end()) return found->second;
  return tables_.emplace(std::string(name), Table(specs)).first->second;
}

const Table* Partial::find(std::string_view name) const {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : &found->second;
}

bool Partial::empty() const {
  for (const auto& [name, table] : tables_) {
    if (table.rows() > 0) return false;
  }
  return true;
}

void Partial::warn(std::string_view sentence) {
  table(warnings_table, {{"text", ColumnType::Text}}).append_row(sentence);
}

void Partial::append(const Partial& other) {
  for (const auto& [name, rows] : other.tables_) table(name, rows.specs()).append(rows);
}

Partial Partial::take_new_rows() {
  Partial fresh;
  for (const auto& [name, rows] : tables_) {
    std::size_t& taken = taken_[name];
    if (rows.rows() > taken) {
      fresh.table(name, rows.specs()).append(rows, taken);
      taken = rows.rows();
    }
  }
  return fresh;
}

std::vector<std::byte> Partial::to_bytes() const {
  std::vector<Tensor> tensors;
  std::vector<PackedText> packed;  // keeps the bytes that tensors view
  Json layout = Json::array();
  std::size_t text_columns = 0;
  for (const auto& [name, table] : tables_) {
    for (const Column& column : table.columns()) text_columns += column.type() == ColumnType::Text;
  }
  packed.reserve(text_columns);
  for (const auto& [name, table] : tables_) {
    Json columns = Json::array();
    for (const Column& column : table.columns()) {
      columns.push_back(Json::object({{"name", column.name}, {"type", type_name(column.type())}}));
      const std::string tensor_name = name + "/" + column.name;
      const auto rows = static_cast<std::int64_t>(column.size());
      if (const auto* reals = std::get_if<std::vector<double>>(&column.values)) {
        tensors.push_back(tensor_of<double>(tensor_name, *reals, {rows}));
      } else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&column.values)) {
        tensors.push_back(tensor_of<std::int64_t>(tensor_name, *integers, {rows}));
      } else {
        packed.push_back(pack(std::get<std::vector<std::string>>(column.values)));
        const PackedText& text = packed.back();
        tensors.push_back(
            tensor_of<std::uint8_t>(tensor_name, text.bytes, {static_cast<std::int64_t>(text.bytes.size())}));
        tensors.push_back(tensor_of<std::int64_t>(tensor_name + "/ends", text.ends, {rows}));
      }
    }
    layout.push_back(Json::object({{"name", name}, {"columns", columns}}));
  }
  return write_safetensors(tensors, {{std::string(layout_key), layout.dump()}});
}

Partial Partial::from_bytes(std::span<const std::byte> bytes) {
  const Safetensors file = Safetensors::parse(bytes, "partial");
  const auto layout = file.metadata().find(std::string(layout_key));
  if (layout == file.metadata().end()) throw InputError("a partial lacks its table layout");
  Partial partial;
  const Json tables = Json::parse(layout->second);
  for (const Json& entry : tables.as_array()) {
    const std::string& name = entry.at("name").as_string();
    std::vector<ColumnSpec> specs;
    for (const Json& column : entry.at("columns").as_array()) {
      specs.push_back({column.at("name").as_string(), type_of(column.at("type").as_string())});
    }
    Table& table = partial.table(name, specs);
    for (const ColumnSpec& spec : specs) {
      const std::string tensor_name = name + "/" + spec.name;
      switch (spec.type) {
        case ColumnType::Real:
          table.reals(spec.name) = values_of<double>(file.at(tensor_name));
          break;
        case ColumnType::Integer:
          table.integers(spec.name) = values_of<std::int64_t>(file.at(tensor_name));
          break;
        case ColumnType::Text:
          table.texts(spec.name) = unpack(values_of<std::uint8_t>(file.at(tensor_name)),
                                          values_of<std::int64_t>(file.at(tensor_name + "/ends")));
          break;
      }
    }
    for (const Column& column : table.columns()) {
      if (column.size() != table.rows()) throw InputError("a partial has columns of different lengths");
    }
  }
  return partial;
}

}  // namespace reprise
