// Runs of this lab's studies with a visitor's text files as inputs.
#pragma once

#include "core/labs/contract.h"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace reprise::testing {

using TextFiles = std::vector<std::pair<std::string, std::string>>;  // input name, contents

inline RunRequest request_for(const std::string& study, const std::string& settings,
                              const TextFiles& files = {}) {
  RunRequest request;
  request.study = &registry().find("selective-classification/" + study);
  request.seed = 1;
  request.config = request.study->resolve("", Json::parse(settings));
  for (const auto& [name, text] : files) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    const auto source = std::make_shared<MemorySource>(std::vector<std::byte>(begin, begin + text.size()));
    request.inputs[name] = inspect_input(*source, name + ".csv");
    request.resources.add_input(name, source);
  }
  return request;
}

inline Json run_study(const std::string& study, const std::string& settings, const TextFiles& files = {}) {
  return Json::parse(write_report(run_locally(request_for(study, settings, files)), std::nullopt).json);
}

/// What the study says of a config or an input that it cannot use.
inline std::string refusal(const std::string& study, const std::string& settings,
                           const TextFiles& files = {}) {
  try {
    RunRequest request = request_for(study, settings, files);
    const std::vector<Problem> problems = request.study->validate(request.config, request.inputs);
    if (!problems.empty()) return problems.front().message;
    run_locally(std::move(request));
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

inline double metric(const Json& report, const char* name) {
  return report.at("metrics").at(name).as_number();
}

inline bool judged(const Json& report, const std::string& id) {
  for (const Json& claim : report.at("claims").as_array()) {
    if (claim.at("id").as_string() == id) return true;
  }
  return false;
}
inline std::string verdict(const Json& report, const std::string& id) {
  for (const Json& claim : report.at("claims").as_array()) {
    if (claim.at("id").as_string() == id) return claim.at("status").as_string();
  }
  return "left out";
}

/// A cell of a table.
inline const Json& cell(const Json& report, const char* table, std::size_t row, const char* column) {
  const Json& found = report.at("tables").at(table);
  const Json::Array& columns = found.at("columns").as_array();
  const auto at = std::find(columns.begin(), columns.end(), Json(column)) - columns.begin();
  return found.at("rows").as_array().at(row).as_array().at(static_cast<std::size_t>(at));
}

}  // namespace reprise::testing
