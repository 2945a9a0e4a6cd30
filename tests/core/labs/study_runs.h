// Runs of the studies of the lab under test (REPRISE_LAB, set for each lab's test program), with a visitor's
// files.
#pragma once

#include "core/labs/contract.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace reprise::testing {

/// Input and contents. The name may carry the file's ending ("score.npy"); without one it is a CSV file.
using Files = std::vector<std::pair<std::string, std::string>>;

inline RunRequest request_for(const std::string& study, const std::string& settings,
                              const Files& files = {}) {
  RunRequest request;
  request.study = &registry().find(REPRISE_LAB "/" + study);
  request.seed = 1;
  request.config = request.study->resolve("", Json::parse(settings));
  for (const auto& [file, text] : files) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    const auto source = std::make_shared<MemorySource>(std::vector<std::byte>(begin, begin + text.size()));
    const std::size_t dot = file.find('.');
    const std::string name = file.substr(0, dot);
    request.inputs[name] = inspect_input(*source, dot == std::string::npos ? file + ".csv" : file);
    request.resources.add_input(name, source);
  }
  return request;
}

/// The report of a run that the study accepts.
inline Json run_study(const std::string& study, const std::string& settings, const Files& files = {}) {
  RunRequest request = request_for(study, settings, files);
  EXPECT_EQ(to_json(request.study->validate(request.config, request.inputs)).dump(), "[]");
  return Json::parse(write_report(run_locally(std::move(request)), std::nullopt).json);
}

/// What the study says of a config or an input that it cannot use.
inline std::string refusal(const std::string& study, const std::string& settings, const Files& files = {}) {
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
  for (const Json& one : report.at("claims").as_array()) {
    if (one.at("id").as_string() == id) return true;
  }
  return false;
}

inline const Json& claim(const Json& report, const std::string& id) {
  for (const Json& one : report.at("claims").as_array()) {
    if (one.at("id").as_string() == id) return one;
  }
  throw std::runtime_error("the report judges no claim " + id);
}

/// "holds", "fails"; "left out" when the report does not judge the claim.
inline std::string verdict(const Json& report, const std::string& id) {
  return judged(report, id) ? claim(report, id).at("status").as_string() : "left out";
}

/// A cell of a table.
inline const Json& cell(const Json& report, const char* table, std::size_t row, const char* column) {
  const Json& found = report.at("tables").at(table);
  const Json::Array& columns = found.at("columns").as_array();
  const auto at = std::find(columns.begin(), columns.end(), Json(column)) - columns.begin();
  return found.at("rows").as_array().at(row).as_array().at(static_cast<std::size_t>(at));
}

}  // namespace reprise::testing
