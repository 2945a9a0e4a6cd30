// `reprise worker`, a hidden subcommand: a process that takes leases from stdin and reports on stdout, one
// JSON text a line (engine/protocol.h). The server starts and ends it.
#pragma once

namespace reprise {

class Registry;

/// Works until stdin ends; returns the exit code.
int work();
/// The same for other studies than those of this build.
int work(const Registry& registry);

}  // namespace reprise
