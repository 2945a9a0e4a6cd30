// Any bytes as NPY: only InputError may come out, and rows read singly are those read together.
#include "base/error.h"
#include "data/npy.h"
#include "data/rows_estimate.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const reprise::MemoryView source(std::as_bytes(std::span(data, size)));
  try {
    const reprise::NpyReader reader(source, "fuzz.npy");
    const std::vector<double> all = reader.read_rows(0, reader.rows());
    std::vector<double> singly;
    for (std::int64_t row = 0; row < reader.rows(); ++row) {
      const std::vector<double> values = reader.read_rows(row, 1);
      singly.insert(singly.end(), values.begin(), values.end());
    }
    const std::size_t bytes = all.size() * sizeof(double);
    if (singly.size() != all.size() || (bytes > 0 && std::memcmp(singly.data(), all.data(), bytes) != 0))
      std::abort();
    const reprise::MemorySource written(reprise::write_npy(all, reader.shape()));
    const std::vector<double> again = reprise::NpyReader(written, "fuzz.npy").read_rows(0, reader.rows());
    if (again.size() != all.size() || (bytes > 0 && std::memcmp(again.data(), all.data(), bytes) != 0))
      std::abort();
  } catch (const reprise::InputError&) {
    return 0;
  }
  (void)reprise::estimate_rows(source, "fuzz.npy");
  return 0;
}
