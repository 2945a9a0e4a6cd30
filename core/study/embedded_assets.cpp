#include "study/embedded_assets.h"

#include <memory>

namespace reprise {

void add_embedded_assets(const Study& study, const Json& config, Resources& resources) {
  for (const AssetInfo& asset : study.needed_assets(config)) {
    if (resources.asset(asset.name) == nullptr)
      resources.add_asset(asset.name, std::make_shared<MemoryView>(embedded_asset(asset.name)));
  }
}

}  // namespace reprise
