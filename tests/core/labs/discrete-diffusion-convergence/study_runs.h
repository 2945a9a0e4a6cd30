// Runs of this lab's studies with a visitor's files as inputs.
#pragma once

#include "core/labs/contract.h"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace reprise::testing {

using Files = std::vector<std::pair<std::string, std::string>>;  // input name, bytes

inline RunRequest request_for(const std::string& study, const std::string& settings,
                              const Files& files = {}) {
  RunRequest request;
  request.study = &registry().find("discrete-diffusion-convergence/" + study);
  request.seed = 1;
  request.config = request.study->resolve("", Json::parse(settings));
  for (const auto& [name, text] : files) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    const auto source = std::make_shared<MemorySource>(std::vector<std::byte>(begin, begin + text.size()));
    request.inputs[name] = inspect_input(*source, name + (name == "score" ? ".npy" : ".csv"));
    request.resources.add_input(name, source);
  }
  return request;
}

inline Json run_study(const std::string& study, const std::string& settings, const Files& files = {}) {
  RunRequest request = request_for(study, settings, files);
  const std::string problems = to_json(request.study->validate(request.config, request.inputs)).dump();
  EXPECT_EQ(problems, "[]");
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

inline std::string verdict(const Json& report, const std::string& id) {
  for (const Json& one : report.at("claims").as_array()) {
    if (one.at("id").as_string() == id) return one.at("status").as_string();
  }
  return "not listed";
}

}  // namespace reprise::testing
