// Any bytes as safetensors: only InputError may come out, and what was read is written and read again the
// same.
#include "base/error.h"
#include "data/safetensors.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

using reprise::Safetensors;
using reprise::Tensor;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  try {
    const Safetensors parsed = Safetensors::parse(file);
    std::size_t bytes = 0;
    for (const Tensor& tensor : parsed.tensors()) {
      bytes += tensor.bytes.size();
      if (parsed.find(tensor.name) != &tensor) std::abort();
      try {
        (void)reprise::floats_of(tensor);
      } catch (const reprise::InputError&) {
        // Another type; the others are read the same way.
      }
    }
    if (bytes > size) std::abort();
    const std::vector<std::byte> written = reprise::write_safetensors(parsed.tensors(), parsed.metadata());
    const Safetensors again = Safetensors::parse(written);
    if (reprise::write_safetensors(again.tensors(), again.metadata()) != written) std::abort();
  } catch (const reprise::InputError&) {
    return 0;
  }
  return 0;
}
