#include "study/report.h"

#include "base/hash.h"
#include "base/number_text.h"
#include "data/csv.h"
#include "data/npy.h"

#include <algorithm>
#include <cmath>

template class std::vector<reprise::Claim>;

namespace reprise {

namespace {

Json numbers(const std::vector<double>& values) {
  return Json(values);
}

Json to_json(const Series& series) {
  Json json = Json::object({{"x", numbers(series.x)}, {"y", numbers(series.y)}});
  if (!series.y_low.empty()) json["y_low"] = numbers(series.y_low);
  if (!series.y_high.empty()) json["y_high"] = numbers(series.y_high);
  return json;
}

Json to_json(const Grid& grid) {
  Json coords = Json::object();
  for (const auto& [name, values] : grid.coords) coords[name] = numbers(values);
  return Json::object(
      {{"dims", Json(grid.dims)}, {"coords", std::move(coords)}, {"values", numbers(grid.values)}});
}

Json table_json(const Table& table, std::size_t shown, std::size_t total) {
  Json columns = Json::array();
  for (const Column& column : table.columns()) columns.push_back(column.name);
  Json rows = Json::array();
  for (std::size_t row = 0; row < shown; ++row) {
    Json cells = Json::array();
    for (const Column& column : table.columns()) cells.push_back(column.cell(row));
    rows.push_back(std::move(cells));
  }
  return Json::object({{"columns", std::move(columns)}, {"rows", std::move(rows)}, {"rows_total", total}});
}

Json to_json(const Table& table) {
  const std::size_t total = table.rows();
  return table_json(table, total > inline_rows_limit ? inline_rows_of_large_tables : total, total);
}

void append_csv_header(std::string& text, const Table& table) {
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    if (i > 0) text += ',';
    text += csv_field(table.columns()[i].name);
  }
  text += '\n';
}

void append_csv_rows(std::string& text, const Table& table, std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    for (std::size_t i = 0; i < table.columns().size(); ++i) {
      if (i > 0) text += ',';
      const Column& column = table.columns()[i];
      if (const auto* reals = std::get_if<std::vector<double>>(&column.values)) {
        append_number(text, (*reals)[row]);
      } else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&column.values)) {
        append_number(text, (*integers)[row]);
      } else {
        text += csv_field(std::get<std::vector<std::string>>(column.values)[row]);
      }
    }
    text += '\n';
  }
}

constexpr std::size_t piece_rows = 4096;

// Rows as a (rows, columns) float64 array, without its header.
void append_array_rows(std::vector<double>& values, const Table& table, std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    for (const Column& column : table.columns()) {
      if (const auto* reals = std::get_if<std::vector<double>>(&column.values)) {
        values.push_back((*reals)[row]);
      } else {
        values.push_back(static_cast<double>(std::get<std::vector<std::int64_t>>(column.values)[row]));
      }
    }
  }
}

// Keeps the files in memory.
class MemorySink final : public FileSink {
 public:
  explicit MemorySink(std::map<std::string, ReportFile>& files) : files_(files) {}
  void append(const std::string& file, std::span<const std::byte> bytes) override {
    std::vector<std::byte>& all = files_[file].bytes;
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  void finish(const std::string&) override {}

 private:
  std::map<std::string, ReportFile>& files_;
};

// Files on their way to a sink, with what the report says of each.
class FileWriter {
 public:
  FileWriter(std::map<std::string, ReportFile>& files, FileSink& sink) : files_(files), sink_(sink) {}

  void begin(const std::string& file, const std::string& media_type) {
    files_[file].media_type = media_type;
    open_.emplace(file, Open());
  }
  void append(const std::string& file, std::span<const std::byte> bytes) {
    Open& open = open_.at(file);
    open.hash.update(bytes);
    open.bytes += bytes.size();
    sink_.append(file, bytes);
  }
  void finish(const std::string& file) {
    Open& open = open_.at(file);
    sink_.finish(file);
    listing_[file] = Json::object(
        {{"media_type", files_[file].media_type}, {"bytes", open.bytes}, {"sha256", open.hash.hex()}});
    open_.erase(file);
  }
  /// {name: {media_type, bytes, sha256}} of all finished files.
  Json listing() const { return listing_; }

 private:
  struct Open {
    Sha256 hash;
    std::uint64_t bytes = 0;
  };
  std::map<std::string, ReportFile>& files_;
  FileSink& sink_;
  std::map<std::string, Open> open_;
  Json listing_ = Json::object();
};

// The two files of a large table, written side by side from pieces of it.
class TableFiles {
 public:
  /// `head`: any rows of the table, for its columns.
  TableFiles(FileWriter& writer, const std::string& name, const Table& head, std::size_t rows)
      : writer_(writer), csv_(name + ".csv"), npy_(name + ".npy"), numbers_(all_numbers(head)) {
    writer_.begin(csv_, "text/csv");
    append_csv_header(text_, head);
    if (!numbers_) return;
    writer_.begin(npy_, "application/x-npy");
    writer_.append(npy_, npy_header({static_cast<std::int64_t>(rows),
                                     static_cast<std::int64_t>(head.columns().size())}));
  }
  void append(const Table& table, std::size_t begin, std::size_t end) {
    append_csv_rows(text_, table, begin, end);
    writer_.append(csv_, std::as_bytes(std::span(text_.data(), text_.size())));
    text_.clear();
    if (!numbers_) return;
    values_.clear();
    append_array_rows(values_, table, begin, end);
    writer_.append(npy_, std::as_bytes(std::span(values_)));
  }
  void finish() {
    writer_.finish(csv_);
    if (numbers_) writer_.finish(npy_);
  }

 private:
  static bool all_numbers(const Table& table) {
    return std::none_of(table.columns().begin(), table.columns().end(),
                        [](const Column& column) { return column.type() == ColumnType::Text; });
  }

  FileWriter& writer_;
  std::string csv_, npy_;
  bool numbers_;
  std::string text_;
  std::vector<double> values_;
};

// All files of a report: its own, and those of its large tables.
Json write_files(const Report& report, std::map<std::string, ReportFile>& files, FileSink& sink) {
  FileWriter writer(files, sink);
  for (const auto& [name, file] : report.files) {
    writer.begin(name, file.media_type);
    writer.append(name, file.bytes);
    writer.finish(name);
  }
  for (const auto& [name, table] : report.tables) {
    if (table.rows() <= inline_rows_limit) continue;
    TableFiles table_files(writer, name, table, table.rows());
    for (std::size_t row = 0; row < table.rows(); row += piece_rows)
      table_files.append(table, row, std::min(row + piece_rows, table.rows()));
    table_files.finish();
  }
  for (const auto& [name, table] : report.stored_tables) {
    TableFiles table_files(writer, name, Table(table.specs), table.rows);
    visit_rows(table, piece_rows, [&](const Table& piece) { table_files.append(piece, 0, piece.rows()); });
    table_files.finish();
  }
  return writer.listing();
}

template <class Map>
Json map_json(const Map& map) {
  Json json = Json::object();
  for (const auto& [name, value] : map) json[name] = to_json(value);
  return json;
}

}  // namespace

Claim::Claim() = default;
Claim::~Claim() = default;
Claim::Claim(const Claim& other) = default;
Claim::Claim(Claim&& other) noexcept = default;
Claim& Claim::operator=(const Claim& other) = default;
Claim& Claim::operator=(Claim&& other) noexcept = default;

Report::Report() = default;
Report::~Report() = default;
Report::Report(const Report& other) = default;
Report::Report(Report&& other) noexcept = default;
Report& Report::operator=(const Report& other) = default;
Report& Report::operator=(Report&& other) noexcept = default;

Json Claim::to_json() const {
  Json json = Json::object({{"id", id},
                            {"statement", statement},
                            {"statistic", statistic},
                            {"relation", text_of(relation)},
                            {"threshold", threshold}});
  if (relation == Relation::Within) {
    json["threshold"] = Json(std::vector<double>{threshold, threshold_high});
  }
  switch (status) {
    case ClaimStatus::Holds:
      json["status"] = "holds";
      json["holds"] = true;
      break;
    case ClaimStatus::Fails:
      json["status"] = "fails";
      json["holds"] = false;
      break;
    case ClaimStatus::NotEvaluated:
      json["status"] = "not_evaluated";
      json["holds"] = nullptr;
      break;
  }
  if (!reason.empty()) json["reason"] = reason;
  if (uncertainty) json["uncertainty"] = Json(std::vector<double>{uncertainty->first, uncertainty->second});
  if (!parts.empty()) {
    Json list = Json::array();
    for (const Claim& part : parts) list.push_back(part.to_json());
    json["parts"] = std::move(list);
  }
  return json;
}

Table& Report::table(std::string_view name, const std::vector<ColumnSpec>& specs) {
  const auto found = tables.find(std::string(name));
  if (found != tables.end()) return found->second;
  return tables.emplace(std::string(name), Table(specs)).first->second;
}

bool Report::all_claims_hold() const {
  return std::all_of(claims.begin(), claims.end(),
                     [](const Claim& claim) { return claim.status == ClaimStatus::Holds; });
}

std::string table_csv(const Table& table) {
  std::string text;
  append_csv_header(text, table);
  append_csv_rows(text, table, 0, table.rows());
  return text;
}

WrittenReport write_report(const Report& report, const std::optional<Provenance>& provenance,
                           FileSink* sink) {
  WrittenReport written;
  MemorySink memory(written.files);
  Json files = write_files(report, written.files, sink != nullptr ? *sink : memory);
  Json tables = map_json(report.tables);
  for (const auto& [name, table] : report.stored_tables) {
    const Table head = first_rows(table, inline_rows_of_large_tables);
    tables[name] = table_json(head, head.rows(), table.rows);
  }
  Json claims = Json::array();
  for (const Claim& claim : report.claims) claims.push_back(claim.to_json());
  Json metrics = Json::object();
  for (const auto& [name, value] : report.metrics) metrics[name] = value;

  Json json = Json::object({{"study", report.study},
                            {"revision", report.revision},
                            {"seed", report.seed},
                            {"config", report.config},
                            {"metrics", std::move(metrics)},
                            {"tables", std::move(tables)},
                            {"series", map_json(report.series)},
                            {"grids", map_json(report.grids)},
                            {"images", Json::object()},
                            {"files", std::move(files)},
                            {"claims", std::move(claims)}});
  if (!report.warnings.empty()) json["warnings"] = Json(report.warnings);

  written.json = json.dump();
  written.result_sha256 = sha256_hex(written.json);
  if (provenance) {
    json["provenance"] = Json::object({{"run_id", provenance->run_id},
                                       {"engine", provenance->engine},
                                       {"level", provenance->level},
                                       {"device", provenance->device},
                                       {"build", provenance->build},
                                       {"tasks", provenance->tasks},
                                       {"seconds", provenance->seconds},
                                       {"result_sha256", written.result_sha256}});
    written.json = json.dump();
  }
  written.json += '\n';
  return written;
}

}  // namespace reprise
