// Every study against the Report contract of its specification (tests/contracts/<lab>.json): names of
// parameters, metrics, tables, columns, series and claims, letter by letter. A study of the contract that is
// not built yet is skipped by name.
#include "core/labs/contract.h"

#include <gtest/gtest.h>
#include <set>

namespace reprise {
namespace {

using testing::ContractEntry;
using testing::member_or;
using testing::no_entries;
using testing::no_members;

class Contract : public ::testing::TestWithParam<ContractEntry> {
 protected:
  void SetUp() override {
    study_ = GetParam().built();
    if (study_ == nullptr) GTEST_SKIP() << GetParam().study << " is in the contract and not built yet";
    description_ = registry_description(*study_);
  }
  static Json registry_description(const Study& study) { return testing::registry().describe(study); }
  const Json& contract() const { return *GetParam().contract; }

  const Study* study_ = nullptr;
  Json description_;
};

template <class Object>
std::vector<std::string> keys_of(const Object& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object) keys.push_back(key);
  return keys;
}

TEST_P(Contract, Parameters) {
  const Json& wanted = contract().at("parameters");
  const Json& found = description_.at("parameters").at("properties");
  EXPECT_EQ(keys_of(found.as_object()), keys_of(wanted.as_object()));
  for (const auto& [key, parameter] : wanted.as_object()) {
    const Json* schema = found.find(key);
    if (schema == nullptr) continue;  // reported above
    for (const auto& [property, value] : parameter.as_object()) {
      const Json* actual = schema->find(property);
      ASSERT_NE(actual, nullptr) << key << " lacks " << property;
      if (!value.is_object()) {
        EXPECT_EQ(actual->dump(), value.dump()) << key << ": " << property;
        continue;
      }
      for (const auto& [inner, inner_value] : value.as_object()) {  // "items" of a list
        ASSERT_NE(actual->find(inner), nullptr) << key << " lacks " << property << "." << inner;
        EXPECT_EQ(actual->at(inner).dump(), inner_value.dump()) << key << ": " << property << "." << inner;
      }
    }
  }
}

TEST_P(Contract, Presets) {
  for (const std::string& preset : preset_names) {
    Json wanted = Json::object();
    for (const auto& [key, parameter] : contract().at("parameters").as_object())
      wanted[key] = parameter.at("default");
    for (const auto& [key, value] :
         member_or(member_or(contract(), "presets", no_members), preset, no_members).as_object())
      wanted[key] = value;
    EXPECT_EQ(description_.at("presets").at(preset).dump(), wanted.dump()) << preset;
  }
}

TEST_P(Contract, Inputs) {
  const Json& wanted = member_or(contract(), "inputs", no_members);
  ASSERT_EQ(description_.at("inputs").size(), wanted.size());
  for (const Json& input : description_.at("inputs").as_array()) {
    const Json* found = wanted.find(input.at("name").as_string());
    ASSERT_NE(found, nullptr) << input.at("name").as_string();
    EXPECT_EQ(input.at("required"), found->at("required"));
  }
}

TEST_P(Contract, Claims) {
  const Json::Array& wanted = contract().at("claims").as_array();
  const Json::Array& found = description_.at("claims").as_array();
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    for (const char* member : {"id", "relation", "threshold"}) {
      EXPECT_EQ(found[i].at(member).dump(), wanted[i].at(member).dump()) << wanted[i].at("id").as_string();
    }
  }
}

void expect_columns(const Json& report, const std::string& name, const Json& columns) {
  const Json* table = report.at("tables").find(name);
  ASSERT_NE(table, nullptr) << "table " << name;
  EXPECT_EQ(table->at("columns").dump(), columns.dump()) << "table " << name;
}

/// Distinct texts of a column, in order of appearance.
Json distinct(const Json& table, const std::string& column) {
  const Json::Array& columns = table.at("columns").as_array();
  const auto at = std::find(columns.begin(), columns.end(), Json(column)) - columns.begin();
  Json values = Json::array();
  std::set<std::string> seen;
  for (const Json& row : table.at("rows").as_array()) {
    const Json& cell = row.as_array().at(static_cast<std::size_t>(at));
    if (seen.insert(cell.as_string()).second) values.push_back(cell);
  }
  return values;
}

void expect_metrics(const Json& contract_case, const Json& report) {
  const Json& metrics = report.at("metrics");
  for (const Json& name : member_or(contract_case, "metrics", no_entries).as_array()) {
    EXPECT_NE(metrics.find(name.as_string()), nullptr) << "metric " << name.as_string();
  }
  for (const Json& name : member_or(contract_case, "absent_metrics", no_entries).as_array()) {
    EXPECT_EQ(metrics.find(name.as_string()), nullptr)
        << "metric " << name.as_string() << " should not be there";
  }
  for (const auto& [name, value] : member_or(contract_case, "metric_values", no_members).as_object()) {
    ASSERT_NE(metrics.find(name), nullptr) << "metric " << name;
    EXPECT_EQ(metrics.at(name).dump(), value.dump()) << "metric " << name;
  }
}

void expect_tables(const Json& contract_case, const Json& report) {
  for (const auto& [name, columns] : member_or(contract_case, "tables", no_members).as_object())
    expect_columns(report, name, columns);
  for (const auto& [name, rows] : member_or(contract_case, "rows", no_members).as_object())
    EXPECT_EQ(report.at("tables").at(name).at("rows_total").dump(), rows.dump()) << "table " << name;
  for (const auto& [place, values] : member_or(contract_case, "values", no_members).as_object()) {
    const std::string table = place.substr(0, place.find('.'));
    EXPECT_EQ(distinct(report.at("tables").at(table), place.substr(table.size() + 1)).dump(), values.dump())
        << place;
  }
}

void expect_series(const Json& contract_case, const Json& report) {
  for (const auto& [name, parts] : member_or(contract_case, "series", no_members).as_object()) {
    const Json* series = report.at("series").find(name);
    ASSERT_NE(series, nullptr) << "series " << name;
    for (const Json& part : parts.as_array()) {
      ASSERT_NE(series->find(part.as_string()), nullptr)
          << "series " << name << " lacks " << part.as_string();
      EXPECT_GT(series->at(part.as_string()).size(), 0U) << "series " << name << "." << part.as_string();
    }
  }
  for (const auto& [name, count] : member_or(contract_case, "points", no_members).as_object())
    EXPECT_EQ(static_cast<std::int64_t>(report.at("series").at(name).at("x").size()), count.as_integer())
        << name;
}

/// Every declared claim is judged, in the contract's order, but those that the case leaves out.
void expect_claims(const Json& contract, const Json& contract_case, const Json& report) {
  const Json::Array& left_out = member_or(contract_case, "not_judged", no_entries).as_array();
  std::vector<std::string> wanted, judged;
  for (const Json& claim : contract.at("claims").as_array()) {
    if (std::find(left_out.begin(), left_out.end(), claim.at("id")) == left_out.end())
      wanted.push_back(claim.at("id").as_string());
  }
  for (const Json& claim : report.at("claims").as_array()) {
    if (claim.at("status").as_string() != "not_evaluated") judged.push_back(claim.at("id").as_string());
  }
  EXPECT_EQ(judged, wanted);
}

TEST_P(Contract, Reports) {
  for (const Json& contract_case : contract().at("cases").as_array()) {
    SCOPED_TRACE(GetParam().study + ", case: " + contract_case.at("name").as_string());
    RunRequest request = testing::request_of(*study_, contract_case);
    request.workers = 2;
    ASSERT_EQ(to_json(study_->validate(request.config, request.inputs)).dump(), "[]");
    const Json report = Json::parse(write_report(run_locally(std::move(request)), std::nullopt).json);
    expect_metrics(contract_case, report);
    expect_tables(contract_case, report);
    expect_series(contract_case, report);
    expect_claims(contract(), contract_case, report);
  }
}

INSTANTIATE_TEST_SUITE_P(Labs, Contract, ::testing::ValuesIn(testing::contract_entries()),
                         [](const auto& entry) { return testing::test_name(entry.param.study); });

TEST(Contracts, EveryStudyOfThisBuildHasOne) {
  std::set<std::string> known;
  for (const ContractEntry& entry : testing::contract_entries()) known.insert(entry.study);
  for (const auto& study : testing::registry().studies()) {
    EXPECT_TRUE(known.count(study->description().study))
        << study->description().study << " is not in tests/contracts/" << study->description().lab()
        << ".json";
  }
}

}  // namespace
}  // namespace reprise
