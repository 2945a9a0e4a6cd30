// The log that log-audit looks at when no file is given.
#pragma once

#include <string_view>

namespace reprise::slingshot {

/// CSV with a header: every step of arm float16:log_softmax of loss-spikes, preset widget, seed 0, to a few
/// digits. Written by make_example_log.mjs.
std::string_view example_log();

}  // namespace reprise::slingshot
