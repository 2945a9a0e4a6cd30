#include "study/partial.h"

#include "base/error.h"
#include "base/json.h"

#include <algorithm>
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

// Table names and their columns, from the metadata of a partial.
std::vector<std::pair<std::string, std::vector<ColumnSpec>>> layout_of(
    const std::map<std::string, std::string>& metadata) {
  const auto layout = metadata.find(std::string(layout_key));
  if (layout == metadata.end()) throw InputError("a partial lacks its table layout");
  std::vector<std::pair<std::string, std::vector<ColumnSpec>>> tables;
  const Json list = Json::parse(layout->second);
  for (const Json& entry : list.as_array()) {
    std::vector<ColumnSpec> specs;
    for (const Json& column : entry.at("columns").as_array()) {
      specs.push_back({column.at("name").as_string(), type_of(column.at("type").as_string())});
    }
    tables.emplace_back(entry.at("name").as_string(), std::move(specs));
  }
  return tables;
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
  Partial partial;
  for (const auto& [name, specs] : layout_of(file.metadata())) {
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

PartialReader::PartialReader(const ByteSource& source)
    : source_(source), index_(read_safetensors_index(source, "partial")) {
  for (auto& [name, specs] : layout_of(index_.metadata)) specs_[name] = std::move(specs);
}

std::vector<ColumnSpec> PartialReader::specs(std::string_view table) const {
  const auto found = specs_.find(table);
  return found == specs_.end() ? std::vector<ColumnSpec>{} : found->second;
}

const TensorInfo& PartialReader::tensor(const std::string& name) const {
  if (const TensorInfo* info = index_.find(name)) return *info;
  throw InputError("a partial lacks its column '" + name + "'");
}

std::size_t PartialReader::rows(std::string_view table) const {
  const std::vector<ColumnSpec> columns = specs(table);
  if (columns.empty()) return 0;
  const bool text = columns.front().type == ColumnType::Text;
  const TensorInfo& info = tensor(std::string(table) + "/" + columns.front().name + (text ? "/ends" : ""));
  return static_cast<std::size_t>(info.bytes / bytes_per_element(info.type));
}

Table PartialReader::read(std::string_view name, std::size_t first, std::size_t count) const {
  const std::vector<ColumnSpec> columns = specs(name);
  Table table(columns);
  for (const ColumnSpec& spec : columns) {
    const std::string tensor_name = std::string(name) + "/" + spec.name;
    if (spec.type == ColumnType::Real) {
      table.reals(spec.name) = read_values<double>(source_, tensor(tensor_name), first, count);
    } else if (spec.type == ColumnType::Integer) {
      table.integers(spec.name) = read_values<std::int64_t>(source_, tensor(tensor_name), first, count);
    } else {
      // Where the text before the first row ends, then the ends of the rows that are wanted.
      const std::size_t before = std::min<std::size_t>(first, 1);
      std::vector<std::int64_t> ends =
          read_values<std::int64_t>(source_, tensor(tensor_name + "/ends"), first - before, count + before);
      const std::int64_t begin = before > 0 ? ends.front() : 0;
      if (before > 0) ends.erase(ends.begin());
      const std::int64_t end = ends.empty() ? begin : ends.back();
      if (begin < 0 || end < begin) throw InputError("a partial has a text column with broken offsets");
      for (std::int64_t& one : ends) one -= begin;
      table.texts(spec.name) =
          unpack(read_values<std::uint8_t>(source_, tensor(tensor_name), static_cast<std::uint64_t>(begin),
                                           static_cast<std::uint64_t>(end - begin)),
                 ends);
    }
  }
  return table;
}

}  // namespace reprise
