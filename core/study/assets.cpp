#include "study/assets.h"

#include <stdexcept>

namespace reprise {

const AssetInfo& bundled_asset(std::string_view name) {
  for (const AssetInfo& asset : bundled_assets()) {
    if (asset.name == name) return asset;
  }
  throw std::logic_error("no asset " + std::string(name));
}

Json to_json(const std::vector<AssetInfo>& assets) {
  Json list = Json::array();
  for (const AssetInfo& asset : assets) {
    list.push_back(Json::object({{"name", asset.name}, {"bytes", asset.bytes}, {"sha256", asset.sha256}}));
  }
  return list;
}

}  // namespace reprise
