// The body of POST jobs and POST …/estimate: {"study", "preset"?, "config"?, "seed"?, "inputs"?}.
#pragma once

#include "http/message.h"
#include "store/store.h"
#include "study/registry.h"

#include <cstdint>
#include <string>

namespace reprise {

struct RunRequestBody {
  const Study* study = nullptr;
  std::string preset;
  Json config;  // full and valid
  std::uint64_t seed = default_seed;
  InputInfos inputs;
};

/// The body as a JSON object. HttpError 400 with line and column when it is no JSON.
Json parse_body(const Request& request);

/// Reads and checks a run; InputError with everything that is wrong with it. `study` is given when the path
/// names it, else nullptr. Inputs are SHA-256 of datasets in the store; with `described_inputs` they may also
/// be {file_name, bytes, rows} of files that are not here yet.
RunRequestBody read_run_request(const Json& body, const Registry& registry, const Study* study, Store& store,
                                bool described_inputs);

}  // namespace reprise
