#include "study/parameters.h"

#include "core/study/coin_study.h"

#include <gtest/gtest.h>

namespace reprise {
namespace {

using testing::CoinStudy;

const std::vector<Parameter>& parameters() {
  static const CoinStudy study;
  return study.description().parameters;
}

std::vector<std::string> keys_of(const std::vector<Problem>& problems) {
  std::vector<std::string> keys;
  for (const Problem& problem : problems) keys.push_back(problem.key);
  return keys;
}

TEST(Parameters, AllProblemsComeAtOnce) {
  const Json config =
      Json::parse(R"({"tosses":0,"repeats":2.5,"p":1,"sizes":[3,3],"side":"edge","fair":1,"colour":"red"})");
  EXPECT_EQ(keys_of(check_config(parameters(), config)),
            (std::vector<std::string>{"colour", "tosses", "repeats", "p", "sizes", "side", "fair"}));
}

TEST(Parameters, MessagesNameWhatWasFoundAndWhatIsAllowed) {
  const auto problems = check_config(parameters(), Json::parse(R"({"tosses":1000001,"sizes":[1,200]})"));
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].message, "tosses: found 1000001; allowed: an integer 1…1000000");
  EXPECT_EQ(problems[1].message,
            "sizes: entry 2 is 200; allowed: integers 1…100, 1–4 entries, strictly increasing");
}

TEST(Parameters, NonFiniteNumbersAreRefused) {
  Json config = Json::object();
  config["p"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(keys_of(check_config(parameters(), config)), std::vector<std::string>{"p"});
  config["p"] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(keys_of(check_config(parameters(), config)), std::vector<std::string>{"p"});
  config["p"] = "NaN";
  EXPECT_EQ(keys_of(check_config(parameters(), config)), std::vector<std::string>{"p"});
}

TEST(Parameters, IntegersOfAnyWrittenFormAreAccepted) {
  EXPECT_TRUE(check_config(parameters(), Json::parse(R"({"tosses":1e3,"repeats":4.0})")).empty());
}

TEST(Parameters, OpenEndsExcludeTheirBound) {
  EXPECT_FALSE(check_config(parameters(), Json::parse(R"({"p":0})")).empty());
  EXPECT_TRUE(check_config(parameters(), Json::parse(R"({"p":5e-324})")).empty());
  EXPECT_EQ((Range{0, 1, true, true}.text()), "(0, 1)");
  EXPECT_EQ((Range{0, 1, true, false}.text()), "(0, 1]");
}

TEST(Parameters, PresetsReplaceDefaults) {
  const CoinStudy study;
  EXPECT_EQ(study.resolve("", Json()).at("tosses").as_integer(), 1000);
  EXPECT_EQ(study.resolve("widget", Json()), study.resolve("", Json()));
  EXPECT_EQ(study.resolve("paper", Json()).at("tosses").as_integer(), 5000);
  EXPECT_EQ(study.resolve("paper", Json::parse(R"({"tosses":7})")).at("tosses").as_integer(), 7);
  EXPECT_THROW(study.resolve("huge", Json()), InputError);
}

TEST(Parameters, SettingsAreJsonWhereTheyParseElseText) {
  EXPECT_EQ(setting_value(parameters(), "tosses", "12"), Json(12));
  EXPECT_EQ(setting_value(parameters(), "side", "tails"), Json("tails"));
  EXPECT_EQ(setting_value(parameters(), "sizes", "1,2,30").dump(), "[1,2,30]");
  EXPECT_EQ(setting_value(parameters(), "sizes", "[4,5]").dump(), "[4,5]");
  EXPECT_EQ(setting_value(parameters(), "sizes", "7").dump(), "[7]");
  EXPECT_EQ(setting_value(parameters(), "sizes", "").dump(), "[]");
  EXPECT_EQ(setting_value(parameters(), "side", "12"), Json("12"));
  EXPECT_EQ(setting_value(parameters(), "sizes", "1,x").dump(), R"([1,"x"])");
}

TEST(Parameters, SchemaDescribesTheForm) {
  const Json schema = config_schema(parameters());
  EXPECT_EQ(schema.at("$schema").as_string(), "https://json-schema.org/draft/2020-12/schema");
  const Json& p = schema.at("properties").at("p");
  EXPECT_EQ(
      p.dump(),
      R"json({"default":0.5,"exclusiveMaximum":1,"exclusiveMinimum":0,"title":"Probability of heads",)json"
      R"json("type":"number","x-allowed":"a number (0, 1)","x-order":2})json");
  const Json& sizes = schema.at("properties").at("sizes");
  EXPECT_EQ(sizes.at("items").dump(), R"({"maximum":100,"minimum":1,"type":"integer"})");
  EXPECT_EQ(sizes.at("maxItems").as_integer(), 4);
}

struct Words {
  std::string column = "loss";
  std::vector<std::string> forms = {"softmax"};
  std::vector<std::string> arms = {"float64"};
};

std::vector<Parameter> words() {
  Parameters<Words> list;
  list.text("column", &Words::column);
  list.texts("forms", &Words::forms, {"softmax", "log1p"}).entries(1, 2);
  list.texts("arms", &Words::arms).entries(1, 3).allowed_text("format:form");
  return list.list();
}

TEST(Parameters, Texts) {
  EXPECT_TRUE(
      check_config(words(), Json::parse(R"({"column":"a b","forms":["log1p"],"arms":["x","y"]})")).empty());
  const auto problems =
      check_config(words(), Json::parse(R"({"column":"","forms":["relu"],"arms":["x",3]})"));
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].message, "column: found \"\"; allowed: a text of 1 to 200 characters");
  EXPECT_EQ(problems[1].message, "forms: entry 1 is \"relu\"; allowed: softmax, log1p; 1–2 entries");
  EXPECT_EQ(problems[2].message, "arms: entry 2 is 3; allowed: format:form, 1–3 entries");
  EXPECT_FALSE(check_config(words(), Json::parse(R"({"arms":[]})")).empty());
  EXPECT_EQ(setting_value(words(), "column", "12"), Json("12"));
  EXPECT_EQ(setting_value(words(), "arms", "float64,3").dump(), R"(["float64","3"])");
  EXPECT_EQ(setting_value(words(), "arms", R"(["a"])").dump(), R"(["a"])");
  const Json schema = config_schema(words());
  EXPECT_EQ(schema.at("properties").at("forms").at("items").dump(),
            R"({"enum":["softmax","log1p"],"type":"string"})");
  EXPECT_EQ(schema.at("properties").at("column").at("type").as_string(), "string");
}

TEST(Study, CrossParameterRulesAndInputsAreReportedTogether) {
  const CoinStudy study;
  InputInfos inputs;
  inputs["weights"] = {"", "w.csv", 3, 1};
  const auto problems = study.validate(study.resolve("", Json::parse(R"({"p":0.25})")), inputs);
  EXPECT_EQ(keys_of(problems), (std::vector<std::string>{"weights", "p"}));
  EXPECT_EQ(problems[0].message, "unknown input 'weights'; allowed: bias");
}

TEST(Study, AnIncompleteConfigNamesWhatIsMissing) {
  const CoinStudy study;
  EXPECT_EQ(keys_of(study.validate(
                Json::parse(R"({"tosses":3,"repeats":1,"p":0.5,"sizes":[1],"side":"heads"})"), {})),
            (std::vector<std::string>{"fair", "tolerance"}));
}

}  // namespace
}  // namespace reprise
