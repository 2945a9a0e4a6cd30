#include "engine/protocol.h"

namespace reprise {

Json ranges_to_json(const RangeSet& ranges) {
  Json list = Json::array();
  for (const auto& [first, last] : ranges.ranges())
    list.push_back(Json(Json::Array{Json(first), Json(last)}));
  return list;
}

RangeSet ranges_from_json(const Json& json) {
  RangeSet ranges;
  for (const Json& pair : json.as_array()) {
    ranges.insert(pair.as_array().at(0).as_integer(), pair.as_array().at(1).as_integer());
  }
  return ranges;
}

std::vector<Problem> problems_from_json(const Json& json) {
  std::vector<Problem> problems;
  for (const Json& entry : json.as_array()) {
    problems.push_back({entry.at("key").as_string(), entry.at("value").as_string(),
                        entry.at("allowed").as_string(), entry.at("message").as_string()});
  }
  return problems;
}

std::string text_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::Input:
      return "input";
    case FailureKind::Memory:
      return "memory";
    case FailureKind::Internal:
      break;
  }
  return "internal";
}

FailureKind failure_kind_of(const std::string& text) {
  if (text == "input") return FailureKind::Input;
  return text == "memory" ? FailureKind::Memory : FailureKind::Internal;
}

Json Lease::to_json() const {
  Json paths = Json::object();
  for (const auto& [name, path] : input_paths) paths[name] = path;
  Json json = Json::object({{"type", is_reduction() ? "reduce" : "tasks"},
                            {"lease", number},
                            {"token", token},
                            {"study", study},
                            {"config", config},
                            {"seed", seed},
                            {"inputs", reprise::to_json(inputs)},
                            {"input_paths", std::move(paths)},
                            {"folder", folder}});
  if (is_reduction()) {
    Json ranges = Json::object();
    for (const auto& [name, set] : finished) ranges[name] = ranges_to_json(set);
    Json hands = Json::object();
    for (const auto& [name, indices] : live) hands[name] = Json(indices);
    json["tasks"] = std::move(ranges);
    json["live"] = std::move(hands);
    json["complete"] = complete;
    json["seconds"] = seconds;
  } else {
    json["stage"] = stage;
    json["first"] = first;
    json["count"] = count;
  }
  return json;
}

Lease Lease::from_json(const Json& json) {
  Lease lease;
  lease.number = json.at("lease").as_integer();
  lease.token = json.at("token").as_string();
  lease.study = json.at("study").as_string();
  lease.config = json.at("config");
  lease.seed = static_cast<std::uint64_t>(json.at("seed").as_integer());
  lease.inputs = input_infos_from_json(json.at("inputs"));
  for (const auto& [name, path] : json.at("input_paths").as_object())
    lease.input_paths[name] = path.as_string();
  lease.folder = json.at("folder").as_string();
  if (json.at("type").as_string() == "tasks") {
    lease.stage = json.at("stage").as_string();
    lease.first = json.at("first").as_integer();
    lease.count = json.at("count").as_integer();
    return lease;
  }
  for (const auto& [name, ranges] : json.at("tasks").as_object())
    lease.finished[name] = ranges_from_json(ranges);
  for (const auto& [name, indices] : json.at("live").as_object()) {
    for (const Json& index : indices.as_array()) lease.live[name].push_back(index.as_integer());
  }
  lease.complete = json.at("complete").as_bool();
  lease.seconds = json.at("seconds").as_number();
  return lease;
}

}  // namespace reprise
