// The result of a run and its one writer: sorted keys, shortest round-trip numbers. Page, server and command
// line pass its bytes through.
#pragma once

#include "base/json.h"
#include "study/description.h"
#include "study/stored_table.h"
#include "study/table.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reprise {

enum class ClaimStatus { Holds, Fails, NotEvaluated };

struct Claim {
  std::string id;
  std::string statement;
  double statistic = 0;
  Relation relation = Relation::AtMost;
  double threshold = 0;
  double threshold_high = 0;
  ClaimStatus status = ClaimStatus::NotEvaluated;
  std::string reason;  // why it was not evaluated, or why it fails without a number
  std::optional<std::pair<double, double>> uncertainty;
  std::vector<Claim> parts;

  // Compiled once, in report.cpp: hundreds of files would each carry a copy.
  Claim();
  ~Claim();
  Claim(const Claim& other);
  Claim(Claim&& other) noexcept;
  Claim& operator=(const Claim& other);
  Claim& operator=(Claim&& other) noexcept;

  Json to_json() const;
};

struct Series {
  std::vector<double> x, y;
  std::vector<double> y_low, y_high;  // empty, or as long as x
};

/// values in row-major order of dims.
struct Grid {
  std::vector<std::string> dims;
  std::map<std::string, std::vector<double>> coords;
  std::vector<double> values;
};

struct ReportFile {
  std::string media_type;
  std::vector<std::byte> bytes;
};

/// Who computed a report, added by the engine; never part of what must be the same everywhere.
struct Provenance {
  std::string run_id, engine, level, device, build;
  std::int64_t tasks = 0;
  double seconds = 0;
};

struct Report {
  std::string study;
  int revision = 1;
  std::uint64_t seed = 0;
  Json config;
  std::map<std::string, double> metrics;
  std::map<std::string, Table> tables;
  std::map<std::string, StoredTable> stored_tables;  // of more than inline_rows_limit rows
  std::map<std::string, Series> series;
  std::map<std::string, Grid> grids;
  std::map<std::string, ReportFile> files;
  std::vector<Claim> claims;
  std::vector<std::string> warnings;  // written only when there are any

  Report();
  ~Report();
  Report(const Report& other);
  Report(Report&& other) noexcept;
  Report& operator=(const Report& other);
  Report& operator=(Report&& other) noexcept;

  /// Table by its name, created with these columns.
  Table& table(std::string_view name, const std::vector<ColumnSpec>& specs);
  bool all_claims_hold() const;
};

/// Tables above this many rows become files (CSV and NPY) with only their first rows inline.
inline constexpr std::size_t inline_rows_limit = 20000;
inline constexpr std::size_t inline_rows_of_large_tables = 1000;

/// Where the bytes of a report's files go while they are made, a piece at a time; several files may be open
/// at once.
class FileSink {
 public:
  virtual ~FileSink() = default;
  virtual void append(const std::string& file, std::span<const std::byte> bytes) = 0;
  virtual void finish(const std::string& file) = 0;
};

/// A report as files: report.json's text, and the bytes behind its "files" (large tables included).
struct WrittenReport {
  std::string json;
  std::string
      result_sha256;  ///< of the JSON without provenance: the same for every engine when study is exact
  std::map<std::string, ReportFile> files;  ///< without their bytes when a sink has taken them
};

/// With a sink, files of any length need a few MB of memory; what the sink throws ends the writing.
WrittenReport write_report(const Report& report, const std::optional<Provenance>& provenance,
                           FileSink* sink = nullptr);
/// One table as CSV text (header, then rows; numbers as in the report).
std::string table_csv(const Table& table);

}  // namespace reprise

extern template class std::vector<reprise::Claim>;
