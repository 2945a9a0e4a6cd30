// What holds for every study of every lab: slicing and the number of workers change no byte, descriptions are
// complete, figures refer to what the report has, estimates match the plan, every preset is valid.
#include "core/labs/contract.h"

#include <cmath>
#include <gtest/gtest.h>
#include <regex>
#include <set>

namespace reprise {
namespace {

using testing::ContractEntry;
using testing::member_or;
using testing::no_members;

std::vector<std::string> built_studies() {
  std::vector<std::string> names;
  for (const auto& study : testing::registry().studies()) names.push_back(study->description().study);
  return names;
}

class EveryStudy : public ::testing::TestWithParam<std::string> {
 protected:
  const Study& study() const { return testing::registry().find(GetParam()); }
  const Json& contract() const {
    for (const ContractEntry& entry : testing::contract_entries()) {
      if (entry.study == GetParam()) return *entry.contract;
    }
    throw std::runtime_error(GetParam() + " has no contract in tests/contracts");
  }
  const Json& first_case() const { return contract().at("cases").as_array().front(); }
  /// A run that takes a moment.
  RunRequest small_request() const {
    return testing::request_of(study(), first_case(), member_or(contract(), "small", no_members));
  }
  Json first_report() const {
    return Json::parse(
        write_report(run_locally(testing::request_of(study(), first_case())), std::nullopt).json);
  }
};

std::string report_text(RunRequest request, const RunHooks& hooks = {}) {
  return write_report(run_locally(std::move(request), hooks), std::nullopt).json;
}

TEST_P(EveryStudy, SlicingChangesNoByte) {
  RunHooks single_steps;
  single_steps.make_budget = [] { return std::make_unique<SingleStep>(); };
  EXPECT_EQ(report_text(small_request(), single_steps), report_text(small_request()));
}

TEST_P(EveryStudy, TheNumberOfWorkersChangesNoByte) {
  const std::string one = report_text(small_request());
  for (const int workers : {2, 3}) {
    RunRequest request = small_request();
    request.workers = workers;
    EXPECT_EQ(report_text(std::move(request)), one) << workers << " workers";
  }
}

TEST_P(EveryStudy, AnotherSeedIsAnotherRun) {
  RunRequest request = small_request();
  request.seed = 12345;
  const Json report = Json::parse(report_text(std::move(request)));
  EXPECT_EQ(report.at("seed").as_integer(), 12345);
}

TEST_P(EveryStudy, UnfinishedRunsReduceWithoutVerdicts) {
  const RunRequest request = small_request();
  Results nothing;
  nothing.seed = request.seed;
  nothing.inputs = request.inputs;
  nothing.plan = study().plan(request.config, request.inputs);
  const Json report = Json::parse(write_report(study().reduce(request.config, nothing), std::nullopt).json);
  for (const Json& claim : report.at("claims").as_array()) {
    EXPECT_EQ(claim.at("status").as_string(), "not_evaluated") << claim.at("id").as_string();
  }
}

TEST_P(EveryStudy, PresetsAreValid) {
  const RunRequest request = testing::request_of(study(), first_case());
  for (const std::string& preset : preset_names) {
    const Json config = study().resolve(preset, Json::object());
    // A preset for a visitor's files is refused without them: the contract says which keys.
    const Json expected =
        member_or(member_or(contract(), "preset_problems", no_members), preset, testing::no_entries);
    Json keys = Json::array();
    for (const Problem& problem : study().validate(config, request.inputs)) keys.push_back(problem.key);
    EXPECT_EQ(keys.dump(), expected.dump()) << preset;
  }
}

TEST_P(EveryStudy, TaskKeysAreStableAndDistinct) {
  const RunRequest request = small_request();
  for (const Stage& stage : study().plan(request.config, request.inputs)) {
    std::set<std::string> keys;
    for (std::int64_t index = 0; index < stage.count; ++index)
      keys.insert(study().task_key(request.config, stage.name, index).dump());
    EXPECT_EQ(static_cast<std::int64_t>(keys.size()), stage.count) << stage.name;
  }
}

TEST_P(EveryStudy, EstimatesCoverThePlan) {
  const RunRequest request = testing::request_of(study(), first_case());
  for (const std::string& preset : preset_names) {
    const Json config = study().resolve(preset, member_or(first_case(), "set", no_members));
    const Plan plan = study().plan(config, request.inputs);
    const Estimate estimate = study().estimate(config, request.inputs);
    ASSERT_EQ(estimate.stages.size(), plan.size()) << preset;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      const StageCost& cost = estimate.stages[i];
      EXPECT_EQ(cost.stage, plan[i].name) << preset;
      EXPECT_GT(
          cost.gemm_flops + cost.vector_ops + cost.special_ops + cost.sort_elements + cost.bytes_touched, 0)
          << preset;
      EXPECT_GT(cost.bytes_task, 0) << preset;
      EXPECT_GT(cost.longest_task_share, 0) << preset;
      EXPECT_LE(cost.longest_task_share, 1) << preset;
    }
    EXPECT_GT(estimate.report_bytes, 0) << preset;
  }
}

TEST_P(EveryStudy, TheReportIsNotLargerThanEstimated) {
  const RunRequest request = testing::request_of(study(), first_case());
  const Estimate estimate = study().estimate(request.config, request.inputs);
  const double written = static_cast<double>(first_report().dump().size());
  EXPECT_LE(written, 3 * estimate.report_bytes + 20000);
  EXPECT_LE(written, 5e6);
}

TEST_P(EveryStudy, TheDescriptionIsComplete) {
  const std::string text = testing::registry().describe(study()).dump();
  const Json description = Json::parse(text);
  EXPECT_EQ(description.dump(), text);
  for (const char* member : {"title", "question", "summary"})
    EXPECT_FALSE(description.at(member).as_string().empty()) << member;
  EXPECT_GE(description.at("revision").as_integer(), 1);
  for (const auto& [key, parameter] : description.at("parameters").at("properties").as_object()) {
    EXPECT_FALSE(parameter.at("title").as_string().empty()) << key;
    EXPECT_NE(parameter.at("title").as_string(), key) << key << " has no label";
    EXPECT_NE(parameter.find("description"), nullptr) << key << " has no help";
  }
  std::set<std::string> names;
  for (const Json& claim : description.at("claims").as_array()) {
    EXPECT_TRUE(names.insert("claim " + claim.at("id").as_string()).second) << claim.at("id").as_string();
    EXPECT_FALSE(claim.at("statement").as_string().empty()) << claim.at("id").as_string();
    EXPECT_FALSE(claim.at("why").as_string().empty()) << claim.at("id").as_string();
  }
  for (const Json& figure : description.at("figures").as_array()) {
    EXPECT_TRUE(names.insert("figure " + figure.at("id").as_string()).second) << figure.at("id").as_string();
    EXPECT_FALSE(figure.at("question").as_string().empty()) << figure.at("id").as_string();
    EXPECT_FALSE(figure.at("subtitle").as_string().empty()) << figure.at("id").as_string();
    EXPECT_FALSE(figure.at("x").at("label").as_string().empty()) << figure.at("id").as_string();
    EXPECT_FALSE(figure.at("y").at("label").as_string().empty()) << figure.at("id").as_string();
    EXPECT_GT(figure.at("marks").size(), 0U) << figure.at("id").as_string();
  }
}

/// Names in a title: {metrics.name:format} and {config.name}.
void expect_known_names(const Json& report, const std::string& title, const std::string& where) {
  const std::regex place(R"(\{([^{}]*)\})");
  const std::regex form(R"((metrics|config)\.(\w+)(:[^}]+)?)");
  for (auto at = std::sregex_iterator(title.begin(), title.end(), place); at != std::sregex_iterator();
       ++at) {
    const std::string inside = (*at)[1];
    std::smatch parts;
    ASSERT_TRUE(std::regex_match(inside, parts, form)) << where << ": {" << inside << "}";
    EXPECT_NE(report.at(parts[1].str()).find(parts[2].str()), nullptr) << where << ": {" << inside << "}";
  }
}

void expect_number(const Json& report, const Json& at, const std::string& where) {
  if (const Json* metric = at.find("metric")) {
    EXPECT_NE(report.at("metrics").find(metric->as_string()), nullptr)
        << where << ": " << metric->as_string();
  }
  if (const Json* key = at.find("config")) {
    EXPECT_NE(report.at("config").find(key->as_string()), nullptr) << where << ": " << key->as_string();
  }
}

void expect_table_columns(const Json& report, const Json& mark, const std::string& where) {
  const Json* table = report.at("tables").find(mark.at("table").as_string());
  ASSERT_NE(table, nullptr) << where << ": table " << mark.at("table").as_string();
  std::vector<std::string> wanted;
  for (const char* role : {"x", "y", "low", "high", "color", "group"}) {
    if (const Json* column = mark.find(role)) wanted.push_back(column->as_string());
  }
  if (const Json* filter = mark.find("filter")) wanted.push_back(filter->at("column").as_string());
  const Json::Array& columns = table->at("columns").as_array();
  for (const std::string& column : wanted) {
    EXPECT_NE(std::find(columns.begin(), columns.end(), Json(column)), columns.end())
        << where << ": column " << column << " of table " << mark.at("table").as_string();
  }
  if (const Json* filter = mark.find("filter"); filter && filter->at("value").as_string() != "max") {
    const auto at = std::find(columns.begin(), columns.end(), filter->at("column")) - columns.begin();
    const Json::Array& rows = table->at("rows").as_array();
    EXPECT_TRUE(std::any_of(rows.begin(), rows.end(),
                            [&](const Json& row) {
                              const Json& cell = row.as_array().at(static_cast<std::size_t>(at));
                              const std::string& value = filter->at("value").as_string();
                              return cell.is_string() ? cell.as_string() == value : cell.dump() == value;
                            }))
        << where << ": no row where " << filter->dump();
  }
}

void expect_series_parts(const Json& report, const Json& mark, const std::string& where) {
  const Json* series = report.at("series").find(mark.at("series").as_string());
  ASSERT_NE(series, nullptr) << where << ": series " << mark.at("series").as_string();
  EXPECT_GT(series->at("x").size(), 0U)
      << where << ": series " << mark.at("series").as_string() << " is empty";
  if (mark.at("kind").as_string() == "band") {
    EXPECT_NE(series->find("y_low"), nullptr) << where << ": a band needs y_low";
    EXPECT_NE(series->find("y_high"), nullptr) << where << ": a band needs y_high";
  }
}

TEST_P(EveryStudy, FiguresReferToWhatTheReportHas) {
  const Json description = testing::registry().describe(study());
  const Json report = first_report();
  for (const Json& figure : description.at("figures").as_array()) {
    const std::string where = "figure " + figure.at("id").as_string();
    expect_known_names(report, figure.at("title").as_string(), where);
    for (const Json& mark : figure.at("marks").as_array()) {
      const std::string kind = mark.at("kind").as_string();
      const int sources =
          (mark.find("series") != nullptr) + (mark.find("table") != nullptr) + (mark.find("grid") != nullptr);
      const bool reference = kind == "rule" || kind == "slope" || kind == "diagonal";
      EXPECT_EQ(sources, reference ? 0 : 1) << where << ": " << mark.dump();
      if (mark.find("series")) expect_series_parts(report, mark, where);
      if (mark.find("table")) expect_table_columns(report, mark, where);
      if (const Json* grid = mark.find("grid")) {
        EXPECT_NE(report.at("grids").find(grid->as_string()), nullptr)
            << where << ": grid " << grid->as_string();
      }
      if (const Json* at = mark.find("at")) expect_number(report, *at, where);
      if (kind == "rule" || kind == "slope") {
        EXPECT_NE(mark.find("at"), nullptr) << where;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Labs, EveryStudy, ::testing::ValuesIn(built_studies()),
                         [](const auto& entry) { return testing::test_name(entry.param); });

}  // namespace
}  // namespace reprise
