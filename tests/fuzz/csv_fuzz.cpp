// Any bytes as CSV: only InputError may come out, and the rows must not depend on how the file is cut into
// chunks. The first byte chooses the chunk.
#include "base/error.h"
#include "data/csv.h"
#include "data/rows_estimate.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct Outcome {
  std::string rows;  // written again as CSV
  std::string error;
  bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view text, std::size_t chunk_bytes,
             reprise::CsvHeader header = reprise::CsvHeader::present) {
  Outcome outcome;
  const reprise::MemoryView source(text);
  try {
    reprise::CsvReader reader(source, "fuzz.csv", chunk_bytes, header);
    reprise::CsvWriter writer(outcome.rows);
    for (const std::string& name : reader.columns()) writer.text(name);
    writer.end_row();
    while (reader.next_row()) {
      for (std::size_t i = 0; i < reader.columns().size(); ++i) writer.text(reader.field(i));
      writer.end_row();
      try {
        (void)reader.number(0);
      } catch (const reprise::InputError&) {
        // Most fields are no numbers; the message is all that is wanted of them.
      }
    }
    if (reader.bytes_read() != text.size()) std::abort();
  } catch (const reprise::InputError& error) {
    outcome.error = error.what();
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = read(text, std::size_t{1} << 20U);
  const Outcome pieces = read(text, 1U + data[0] % 32U);
  if (whole != pieces) std::abort();
  const auto absent = reprise::CsvHeader::absent;
  if (read(text, std::size_t{1} << 20U, absent) != read(text, 1U + data[0] % 32U, absent)) std::abort();
  // What was read and written again reads the same. A second byte order mark is part of the first name, and
  // would be the first one of the written file.
  const bool comparable = whole.error.empty() && !whole.rows.starts_with("\xEF\xBB\xBF") && size <= 4096;
  if (comparable && read(whole.rows, 4096) != whole) std::abort();
  (void)reprise::estimate_rows(reprise::MemoryView(text), "fuzz.csv");
  return 0;
}
