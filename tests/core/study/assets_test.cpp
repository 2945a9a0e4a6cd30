// Bundled assets: the catalogue, what is embedded, and how a declared asset reaches a task and the run's
// identity.
#include "study/assets.h"

#include "base/hash.h"
#include "study/driver.h"
#include "study/embedded_assets.h"

#include <gtest/gtest.h>

namespace reprise {
namespace {

struct WeighConfig {
  std::string data = "none";
  bool asks_anyway = false;
};

Parameters<WeighConfig> weigh_parameters() {
  Parameters<WeighConfig> list;
  list.choice("data", &WeighConfig::data, {"none", "fashion-mnist"});
  list.boolean("asks_anyway", &WeighConfig::asks_anyway);
  return list;
}

Description weigh_description(const std::string& asset) {
  Description description;
  description.study = "toy/weigh";
  description.assets = {{asset, "data", "fashion-mnist"}};
  return description;
}

/// Reports the size of the asset that it reads.
class WeighStudy final : public StudyOf<WeighConfig> {
 public:
  explicit WeighStudy(const std::string& asset = "fashion-mnist")
      : StudyOf(weigh_parameters(), weigh_description(asset)) {}

 private:
  Plan plan_of(const WeighConfig&, const InputInfos&) const override { return {{"weigh", 1, {}, "cpu", 1}}; }
  Estimate estimate_of(const WeighConfig&, const InputInfos&) const override { return {}; }
  Json key_of(const WeighConfig&, std::string_view, std::int64_t) const override { return Json::object(); }
  std::unique_ptr<Stepper> start_task(const WeighConfig& config, std::string_view, std::int64_t,
                                      TaskContext& context) const override {
    return simple_task([&context, config] {
      if (config.data == "none" && !config.asks_anyway) return;
      context.partial()
          .table("sizes", {{"bytes"}})
          .append_row(static_cast<double>(context.asset("fashion-mnist").size()));
    });
  }
  void fill_report(const WeighConfig&, const Results& results, Report& report) const override {
    report.tables["sizes"] = results.gather("weigh", "sizes", {{"bytes"}});
  }
};

Json config_of(const Study& study, const std::string& settings) {
  return study.resolve("", Json::parse(settings));
}

Report run(const Study& study, const std::string& settings) {
  RunRequest request;
  request.study = &study;
  request.config = config_of(study, settings);
  return run_locally(std::move(request));
}

TEST(Assets, TheCatalogueDescribesWhatIsEmbedded) {
  for (const AssetInfo& asset : bundled_assets()) {
    const std::vector<std::byte> bytes = read_all(embedded_asset(asset.name));
    EXPECT_EQ(bytes.size(), asset.bytes) << asset.name;
    EXPECT_EQ(sha256_hex(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())),
              asset.sha256)
        << asset.name;
  }
  // sha256sum of the four parts, one after the other
  EXPECT_EQ(bundled_asset("fashion-mnist").sha256,
            "ebac100e7c714886f5e792d2925e81e3ca8222ffed5dfbe7b613f6a8e124bd13");
  EXPECT_THROW(bundled_asset("nothing"), std::logic_error);
  EXPECT_THROW(embedded_asset("nothing"), std::logic_error);
}

TEST(Assets, ADeclaredAssetReachesTheTaskWhenItsConfigNeedsIt) {
  const WeighStudy study;
  EXPECT_EQ(run(study, R"({"data":"fashion-mnist"})").tables.at("sizes").reals("bytes"),
            std::vector<double>{985000});
  EXPECT_EQ(run(study, "{}").tables.at("sizes").rows(), 0U);
  EXPECT_THROW(run(study, R"({"asks_anyway":true})"), std::logic_error);
}

TEST(Assets, OnlyTheConfigThatNeedsItAsksForIt) {
  const WeighStudy study;
  EXPECT_TRUE(study.needed_assets(config_of(study, "{}")).empty());
  const auto needed = study.needed_assets(config_of(study, R"({"data":"fashion-mnist"})"));
  ASSERT_EQ(needed.size(), 1U);
  EXPECT_EQ(to_json(needed).dump(),
            R"([{"bytes":985000,"name":"fashion-mnist","sha256":)"
            R"("ebac100e7c714886f5e792d2925e81e3ca8222ffed5dfbe7b613f6a8e124bd13"}])");
  const WeighStudy wrong("nothing");
  EXPECT_THROW(wrong.needed_assets(config_of(wrong, R"({"data":"fashion-mnist"})")), std::logic_error);
}

TEST(Assets, TheHashBelongsToTheIdentityOfTheRun) {
  const WeighStudy study;
  const auto id = [&](const std::string& data, const std::string& inputs) {
    const std::string text = R"({"config":{"asks_anyway":false,"data":")" + data + R"("},"inputs":)" +
                             inputs + R"(,"level":"portable","revision":1,"seed":1,"study":"toy/weigh"})";
    EXPECT_EQ(run_id(study, config_of(study, R"({"data":")" + data + R"("})"), 1, {}, portable_level),
              sha256_hex(text));
  };
  id("none", "{}");
  id("fashion-mnist",
     R"({"assets/fashion-mnist":"ebac100e7c714886f5e792d2925e81e3ca8222ffed5dfbe7b613f6a8e124bd13"})");
}

TEST(Assets, TheDescriptionSaysWhenItIsNeeded) {
  EXPECT_EQ(WeighStudy().description().to_json(Json::object()).at("assets").dump(),
            R"([{"name":"fashion-mnist","when":{"data":"fashion-mnist"}}])");
}

TEST(Assets, WhatIsThereAlreadyStays) {
  const WeighStudy study;
  Resources resources;
  resources.add_asset("fashion-mnist", std::make_shared<MemorySource>(std::vector<std::byte>(3)));
  add_embedded_assets(study, config_of(study, R"({"data":"fashion-mnist"})"), resources);
  EXPECT_EQ(resources.asset("fashion-mnist")->size(), 3U);
  EXPECT_EQ(resources.asset("other"), nullptr);
}

}  // namespace
}  // namespace reprise
