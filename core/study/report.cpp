#include "study/report.h"

#include "base/hash.h"
#include "base/number_text.h"
#include "data/csv.h"
#include "data/npy.h"

#include <algorithm>
#include <cmath>

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

Json to_json(const Table& table) {
  const std::size_t total = table.rows();
  const std::size_t shown = total > inline_rows_limit ? inline_rows_of_large_tables : total;
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

// The same text as table_csv, a piece at a time: a table of 10^6 rows is a file of some 200 MB, which should
// not be in memory twice. The first piece tells how much to reserve.
std::vector<std::byte> csv_bytes(const Table& table) {
  constexpr std::size_t piece_rows = 4096;
  std::vector<std::byte> bytes;
  std::string piece;
  append_csv_header(piece, table);
  for (std::size_t row = 0; row < table.rows(); row += piece_rows) {
    append_csv_rows(piece, table, row, std::min(row + piece_rows, table.rows()));
    if (row == 0) bytes.reserve(piece.size() + piece.size() / piece_rows * table.rows() / 20 * 21);
    const auto part = std::as_bytes(std::span(piece.data(), piece.size()));
    bytes.insert(bytes.end(), part.begin(), part.end());
    piece.clear();
  }
  return bytes;
}

// A table of numbers as one (rows, columns) float64 array.
std::vector<std::byte> table_npy(const Table& table) {
  std::vector<double> values;
  values.reserve(table.rows() * table.columns().size());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (const Column& column : table.columns()) {
      if (const auto* reals = std::get_if<std::vector<double>>(&column.values)) {
        values.push_back((*reals)[row]);
      } else {
        values.push_back(static_cast<double>(std::get<std::vector<std::int64_t>>(column.values)[row]));
      }
    }
  }
  return write_npy(
      values, {static_cast<std::int64_t>(table.rows()), static_cast<std::int64_t>(table.columns().size())});
}

bool all_numbers(const Table& table) {
  return std::none_of(table.columns().begin(), table.columns().end(),
                      [](const Column& column) { return column.type() == ColumnType::Text; });
}

template <class Map>
Json map_json(const Map& map) {
  Json json = Json::object();
  for (const auto& [name, value] : map) json[name] = to_json(value);
  return json;
}

}  // namespace

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

WrittenReport write_report(const Report& report, const std::optional<Provenance>& provenance) {
  WrittenReport written;
  written.files = report.files;
  for (const auto& [name, table] : report.tables) {
    if (table.rows() <= inline_rows_limit) continue;
    // The array first: making it takes its size twice, while the text is not there yet.
    if (all_numbers(table)) written.files[name + ".npy"] = {"application/x-npy", table_npy(table)};
    written.files[name + ".csv"] = {"text/csv", csv_bytes(table)};
  }
  Json files = Json::object();
  for (const auto& [name, file] : written.files) {
    files[name] = Json::object({{"media_type", file.media_type},
                                {"bytes", file.bytes.size()},
                                {"sha256", sha256_hex(std::span<const std::byte>(file.bytes))}});
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
                            {"tables", map_json(report.tables)},
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
