// Any bytes as IDX: only InputError may come out, and rows read singly are those read together.
#include "base/error.h"
#include "data/idx.h"
#include "data/rows_estimate.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const reprise::MemoryView source(std::as_bytes(std::span(data, size)));
  try {
    const reprise::IdxReader reader(source, "fuzz.idx");
    const std::vector<double> all = reader.read_rows(0, reader.rows());
    std::vector<double> singly;
    for (std::int64_t row = 0; row < reader.rows(); ++row) {
      const std::vector<double> values = reader.read_rows(row, 1);
      singly.insert(singly.end(), values.begin(), values.end());
    }
    const std::size_t bytes = all.size() * sizeof(double);
    if (singly.size() != all.size() || (bytes > 0 && std::memcmp(singly.data(), all.data(), bytes) != 0))
      std::abort();
  } catch (const reprise::InputError&) {
    return 0;
  }
  (void)reprise::estimate_rows(source, "fuzz.idx");
  return 0;
}
