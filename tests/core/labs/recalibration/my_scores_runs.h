// Runs of the study my-scores on files that a test writes.
#pragma once

#include "base/error.h"
#include "base/math.h"
#include "base/random.h"
#include "labs/recalibration/studies.h"
#include "study/driver.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace reprise::recal::testing {

inline RunRequest request_for(const Study& study, std::shared_ptr<const ByteSource> file,
                              const Json& overrides, const std::string& name = "mine.csv") {
  RunRequest request;
  request.study = &study;
  request.config = study.resolve("", overrides);
  request.inputs["scores"] = inspect_input(*file, name);
  request.resources.add_input("scores", std::move(file));
  const std::vector<Problem> problems = study.validate(request.config, request.inputs);
  if (!problems.empty()) throw InputError(problems);
  return request;
}

inline std::shared_ptr<const ByteSource> file_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return std::make_shared<MemorySource>(std::vector<std::byte>(bytes.begin(), bytes.end()));
}

inline Report run(const std::string& text, const std::string& overrides = "{}", int workers = 1,
                  const RunHooks& hooks = {}) {
  const std::unique_ptr<Study> study = make_my_scores();
  RunRequest request = request_for(*study, file_of(text), Json::parse(overrides));
  request.workers = workers;
  return run_locally(std::move(request), hooks);
}

inline std::vector<Problem> problems_of(const std::string& text, const std::string& overrides = "{}") {
  try {
    run(text, overrides);
  } catch (const InputError& error) {
    return error.problems();
  }
  ADD_FAILURE() << "no problem was found";
  return {{}};
}

inline void expect_problem(const Problem& problem, const std::string& key, const std::string& message) {
  EXPECT_EQ(problem.key, key);
  EXPECT_NE(problem.message.find(message), std::string::npos) << problem.message;
}

inline double cell(const Report& report, const std::string& table, std::size_t row,
                   const std::string& column) {
  for (const Column& one : report.tables.at(table).columns()) {
    if (one.name == column) return one.cell(row).as_number();
  }
  throw std::runtime_error("no column " + column);
}

inline std::vector<std::string> columns_of(const Report& report, const std::string& table) {
  std::vector<std::string> names;
  for (const Column& column : report.tables.at(table).columns()) names.push_back(column.name);
  return names;
}

inline bool warned(const Report& report, const std::string& part) {
  return std::any_of(report.warnings.begin(), report.warnings.end(),
                     [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

// Ten rows in the order of their score.
inline const std::string ten_rows =
    "score,label\n0.1,0\n0.2,0\n0.3,1\n0.4,0\n0.5,1\n0.6,0\n0.7,1\n0.8,1\n0.9,1\n0.95,1\n";

/// Scores σ(x), x ~ N(±1, 1) for labels 0 and 1.
inline std::string simulated(int rows, double share, std::uint64_t stream, const std::string& suffix = "",
                             bool header = true) {
  Random random(9, "my-scores", {stream});
  std::string text = header ? "score,label\n" : "";
  for (int row = 0; row < rows; ++row) {
    const bool positive = random.bernoulli(share);
    const double z = math::logistic(random.normal() + (positive ? 1 : -1));
    text += Json(z).dump() + (positive ? ",1" : ",0") + suffix + "\n";
  }
  return text;
}

}  // namespace reprise::recal::testing
