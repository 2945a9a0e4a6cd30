// How many rows an input has, without reading it all: what the cost model asks before a run.
#pragma once

#include "base/byte_source.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace reprise {

/// Rows of an NPY or IDX file (exact, from its header) or a CSV file (name ends in .csv; without the header
/// row; exact up to 64 kB, beyond that from the mean length of the lines in the first 64 kB). Nothing for
/// other files and for those that cannot be read; never throws InputError.
std::optional<std::int64_t> estimate_rows(const ByteSource& source, std::string_view file_name);

}  // namespace reprise
