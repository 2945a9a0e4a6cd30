#include "api/run_request.h"

#include "api/api.h"

#include <algorithm>

namespace reprise {

namespace {

std::string shortened(const Json& value) {
  std::string text = value.dump();
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

void append(std::vector<Problem>& problems, const std::vector<Problem>& more) {
  problems.insert(problems.end(), more.begin(), more.end());
}

// Unknown keys of the body itself.
void check_keys(const Json& body, const std::vector<std::string>& keys, std::vector<Problem>& problems) {
  std::string allowed;
  for (const std::string& key : keys) allowed += (allowed.empty() ? "" : ", ") + key;
  for (const auto& [key, value] : body.as_object()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    problems.push_back({key, shortened(value), allowed, "unknown key '" + key + "'; allowed: " + allowed});
  }
}

std::string text_member(const Json& body, const std::string& key, std::vector<Problem>& problems) {
  const Json* value = body.find(key);
  if (value == nullptr || value->is_null()) return "";
  if (value->is_string()) return value->as_string();
  problems.push_back({key, shortened(*value), "a string", key + " must be a string"});
  return "";
}

std::uint64_t read_seed(const Json& body, std::vector<Problem>& problems) {
  const Json* value = body.find("seed");
  if (value == nullptr || value->is_null()) return default_seed;
  if (value->is_number()) {
    try {
      const std::int64_t seed = value->as_integer();
      if (seed >= 0 && seed <= static_cast<std::int64_t>(largest_seed))
        return static_cast<std::uint64_t>(seed);
    } catch (const InputError&) {
      // no integer: told below
    }
  }
  const std::string allowed = "an integer 0…" + std::to_string(largest_seed);
  problems.push_back({"seed", shortened(*value), allowed, "seed must be " + allowed});
  return default_seed;
}

// One entry of "inputs": the hash of a dataset, or the description of a file.
std::optional<InputInfo> read_input(const std::string& name, const Json& value, Store& store, bool described,
                                    std::vector<Problem>& problems) {
  if (described && value.is_object()) {
    InputInfo info;
    info.sha256 = text_member(value, "sha256", problems);
    info.file_name = text_member(value, "file_name", problems);
    for (const auto& [key, place] : {std::pair("bytes", 0), std::pair("rows", 1)}) {
      const Json* number = value.find(key);
      const double count = number != nullptr && number->is_number() ? number->as_number() : 0;
      if (!(count >= 0 && count <= 9e15)) {
        problems.push_back({name, shortened(*number), "a count", std::string(key) + " must be a count"});
      } else if (place == 0) {
        info.bytes = static_cast<std::uint64_t>(count);
      } else {
        info.rows = static_cast<std::int64_t>(count);
      }
    }
    return info;
  }
  const std::string allowed = "the SHA-256 of a dataset on this server";
  if (!value.is_string() || !is_hexadecimal(value.as_string(), 64)) {
    problems.push_back({name, shortened(value), allowed, "input '" + name + "' must be " + allowed});
    return std::nullopt;
  }
  const std::optional<DatasetRecord> dataset = store.find_dataset(value.as_string());
  if (dataset) return dataset->info;
  problems.push_back(
      {name, value.as_string(), allowed,
       "input '" + name + "': there is no dataset " + value.as_string() + " here; upload it first"});
  return std::nullopt;
}

const Study* find_study(const Registry& registry, const Json& body, std::vector<Problem>& problems) {
  const std::string name = text_member(body, "study", problems);
  const Json* member = body.find("study");
  if (member == nullptr || !member->is_string()) {
    if (member == nullptr) {
      problems.push_back({"study", "", "lab/study", "study is missing: the id of a study, lab/study"});
    }
    return nullptr;
  }
  try {
    return &registry.find(name);
  } catch (const InputError& error) {
    append(problems, error.problems());
    return nullptr;
  }
}

// Problems of inputs alone, when the config cannot be judged.
void check_inputs(const Study& study, const InputInfos& inputs, std::vector<Problem>& problems) {
  for (const Problem& problem : study.validate(Json::object(), inputs)) {
    const auto& specs = study.description().inputs;
    const bool declared = std::any_of(specs.begin(), specs.end(),
                                      [&](const InputSpec& spec) { return spec.name == problem.key; });
    if (declared || inputs.count(problem.key) > 0) problems.push_back(problem);
  }
}

}  // namespace

Json parse_body(const Request& request) {
  Json body;
  try {
    body = Json::parse(request.body);
  } catch (const InputError& error) {
    throw HttpError(400, "malformed-json", std::string("the body is no JSON: ") + error.what());
  }
  if (!body.is_object()) throw HttpError(422, "invalid-input", "the body must be a JSON object");
  return body;
}

RunRequestBody read_run_request(const Json& body, const Registry& registry, const Study* study, Store& store,
                                bool described_inputs) {
  std::vector<Problem> problems;
  RunRequestBody run;
  std::vector<std::string> keys = {"preset", "config", "seed", "inputs"};
  if (study == nullptr) keys.insert(keys.begin(), "study");
  check_keys(body, keys, problems);
  run.study = study != nullptr ? study : find_study(registry, body, problems);
  run.preset = text_member(body, "preset", problems);
  run.seed = read_seed(body, problems);
  const Json* inputs = body.find("inputs");
  if (inputs != nullptr && inputs->is_object()) {
    for (const auto& [name, value] : inputs->as_object()) {
      // A wrong one is told once: as long as its name is known it counts as given.
      run.inputs[name] = read_input(name, value, store, described_inputs, problems).value_or(InputInfo{});
    }
  } else if (inputs != nullptr && !inputs->is_null()) {
    problems.push_back(
        {"inputs", shortened(*inputs), "an object", "inputs must be an object {name: SHA-256}"});
  }
  if (run.study != nullptr) {
    const Json* config = body.find("config");
    const bool inputs_are_sound = problems.empty();
    try {
      run.config = run.study->resolve(run.preset, config != nullptr ? *config : Json());
      if (inputs_are_sound) {
        append(problems, run.study->validate(run.config, run.inputs));
      } else {
        check_inputs(*run.study, run.inputs, problems);
      }
    } catch (const InputError& error) {
      append(problems, error.problems());
      check_inputs(*run.study, run.inputs, problems);
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  return run;
}

}  // namespace reprise
