#include "data/rows_estimate.h"

#include "base/error.h"
#include "data/csv.h"
#include "data/idx.h"
#include "data/npy.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace reprise {
namespace {

constexpr std::size_t sample_bytes = 65'536;

/// `extension` in lower case; the name's own case does not matter.
bool ends_with(std::string_view name, std::string_view extension) {
  if (name.size() < extension.size()) return false;
  const std::string_view end = name.substr(name.size() - extension.size());
  return std::equal(end.begin(), end.end(), extension.begin(),
                    [](char c, char lower) { return (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) == lower; });
}

std::optional<std::int64_t> estimate_csv_rows(const ByteSource& source, std::string_view file_name) {
  std::vector<std::byte> sample(sample_bytes);
  sample.resize(source.read(0, sample));
  const bool whole = source.size() <= sample.size();
  const MemoryView view{std::span<const std::byte>(sample)};
  CsvReader reader(view, std::string(file_name));
  const std::uint64_t data_begin = reader.bytes_read();
  std::int64_t rows = 0;
  std::uint64_t data_end = data_begin;
  try {
    while (reader.next_row()) {
      // The sample's last row is usually cut off; it counts only where the file ends.
      if (reader.bytes_read() == sample.size() && !whole) break;
      data_end = reader.bytes_read();
      ++rows;
    }
  } catch (const InputError&) {
    if (whole) return std::nullopt;  // else the row that was cut off
  }
  if (whole || rows == 0) return whole ? std::optional<std::int64_t>(rows) : std::nullopt;
  const double mean = static_cast<double>(data_end - data_begin) / static_cast<double>(rows);
  return std::llround(static_cast<double>(source.size() - data_begin) / mean);
}

}  // namespace

std::optional<std::int64_t> estimate_rows(const ByteSource& source, std::string_view file_name) {
  try {
    if (ends_with(file_name, ".npy")) return NpyReader(source, std::string(file_name)).rows();
    if (ends_with(file_name, ".csv")) return estimate_csv_rows(source, file_name);
    if (IdxReader::recognises(source)) return IdxReader(source, std::string(file_name)).rows();
  } catch (const InputError&) {
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace reprise
