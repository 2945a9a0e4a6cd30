// Bundled assets: data and small checkpoints of assets/<name>/ that studies read as bytes. Native programs
// have the bytes embedded (embedded_assets.h); the page fetches them when a run needs them.
#pragma once

#include "base/json.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

/// One entry of the catalogue of this build.
struct AssetInfo {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// Every asset of this build, by name (generated from the folders under assets/).
const std::vector<AssetInfo>& bundled_assets();
/// std::logic_error when there is no such asset.
const AssetInfo& bundled_asset(std::string_view name);

/// [{name, bytes, sha256}].
Json to_json(const std::vector<AssetInfo>& assets);

/// A study's declaration that it reads an asset: always, or when a parameter has one value.
struct AssetUse {
  std::string name;
  std::string parameter;  // empty: in every run
  std::string value;
};

}  // namespace reprise
