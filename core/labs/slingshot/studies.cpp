#include "labs/slingshot/studies.h"

#include "study/registry.h"

namespace reprise {

void register_slingshot(Registry&) {}

}  // namespace reprise
