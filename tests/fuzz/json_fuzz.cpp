// Any bytes as JSON: only InputError may come out, and the canonical text of what was read is a fixed point.
#include "base/error.h"
#include "base/json.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const std::string canonical = reprise::Json::parse(text).dump();
    if (reprise::Json::parse(canonical).dump() != canonical) std::abort();
  } catch (const reprise::InputError&) {
    return 0;
  }
  return 0;
}
