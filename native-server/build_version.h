// Which build computed a report: the version and the commit, set by the build.
#pragma once

namespace reprise {

extern const char* const build_version;

}  // namespace reprise
