// The Report contracts of the labs as data: tests/contracts/<lab>.json, and runs of a study on one of its
// cases.
//
//   {"lab": "recalibration", "studies": {"umb-rates": {
//      "parameters": {"mu": {"type": "number", "default": 2, "exclusiveMinimum": 0, "maximum": 10}, …},
//      "presets": {"browser": {…what differs from the defaults…}, "paper": {…}},
//      "preset_problems": {"paper": [keys]},         of presets that only run with a visitor's files
//      "inputs": {"scores": {"required": true}},
//      "claims": [{"id": …, "relation": "<=", "threshold": 0.2}, …],
//      "cases": [{"name": "widget",                       the first case is a run at the defaults
//                 "set": {…}, "inputs": {"scores": "FILE beside the contract"},
//                 "metrics": […], "absent_metrics": […], "metric_values": {"rows": 80},
//                 "tables": {"risks": [columns in order]}, "rows": {"adapted": 31},
//                 "values": {"risks.method": [every distinct text of that column, in order of appearance]},
//                 "series": {"truth": ["x", "y"]}, "points": {"truth": 201},
//                 "not_judged": [claims that this case leaves out]}, …],
//      "small": {…a config that runs in a blink, for what is tested on every study…}}}}
#pragma once

#include "base/byte_source.h"
#include "base/hash.h"
#include "base/json.h"
#include "study/driver.h"
#include "study/registry.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace reprise::testing {

inline const Registry& registry() {
  static const Registry labs = make_registry();
  return labs;
}

inline std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::filesystem::path contracts_folder() {
  return std::filesystem::path(REPRISE_SOURCE_DIR) / "tests/contracts";
}

/// All contract files by lab.
inline const std::map<std::string, Json>& contracts() {
  static const std::map<std::string, Json> all = [] {
    std::map<std::string, Json> found;
    for (const auto& entry : std::filesystem::directory_iterator(contracts_folder())) {
      if (entry.path().extension() == ".json") {
        found[entry.path().stem().string()] = Json::parse(text_of_file(entry.path()));
      }
    }
    return found;
  }();
  return all;
}

/// The contract of one study, whether it is built or not.
struct ContractEntry {
  std::string study;  // "lab/study"
  const Json* contract = nullptr;

  const Study* built() const {
    for (const auto& candidate : registry().studies()) {
      if (candidate->description().study == study) return candidate.get();
    }
    return nullptr;
  }
};

inline void PrintTo(const ContractEntry& entry, std::ostream* out) {
  *out << entry.study;
}

inline std::vector<ContractEntry> contract_entries() {
  std::vector<ContractEntry> entries;
  for (const auto& [lab, contract] : contracts()) {
    for (const auto& [name, study] : contract.at("studies").as_object()) {
      entries.push_back({lab + "/" + name, &study});
    }
  }
  return entries;
}

/// "recalibration/umb-rates" as a test name: recalibration_umb_rates.
inline std::string test_name(std::string study) {
  for (char& c : study) {
    if (c == '/' || c == '-') c = '_';
  }
  return study;
}

/// Member of an object, or an empty object or array of the same kind as `none`.
inline const Json& member_or(const Json& object, std::string_view key, const Json& none) {
  const Json* found = object.find(key);
  return found == nullptr ? none : *found;
}
inline const Json no_members = Json::object();
inline const Json no_entries = Json::array();

/// The run that a case describes, with `overrides` on top of the case's own settings.
inline RunRequest request_of(const Study& study, const Json& contract_case,
                             const Json& overrides = Json::object()) {
  RunRequest request;
  request.study = &study;
  request.seed = default_seed;
  Json settings = member_or(contract_case, "set", no_members);
  for (const auto& [key, value] : overrides.as_object()) settings[key] = value;
  request.config = study.resolve("", settings);
  for (const auto& [name, file] : member_or(contract_case, "inputs", no_members).as_object()) {
    const std::string text = text_of_file(contracts_folder() / file.as_string());
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    const auto source = std::make_shared<MemorySource>(std::vector<std::byte>(begin, begin + text.size()));
    request.inputs[name] = inspect_input(*source, file.as_string());
    request.inputs[name].sha256 = sha256_hex(text);
    request.resources.add_input(name, source);
  }
  return request;
}

}  // namespace reprise::testing
