// The bytes of the bundled assets inside a native program. WebAssembly has none: there the page supplies
// them.
#pragma once

#include "base/byte_source.h"
#include "study/study.h"

#include <string_view>

namespace reprise {

/// std::logic_error when there is no such asset.
MemoryView embedded_asset(std::string_view name);

/// Adds the assets that a run of this study needs and that `resources` lacks.
void add_embedded_assets(const Study& study, const Json& config, Resources& resources);

}  // namespace reprise
