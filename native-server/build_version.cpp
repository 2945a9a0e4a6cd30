#include "build_version.h"

namespace reprise {

const char* const build_version = REPRISE_BUILD;

}  // namespace reprise
