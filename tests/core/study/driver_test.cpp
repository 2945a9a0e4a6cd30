#include "study/driver.h"

#include "core/study/coin_study.h"

#include <atomic>
#include <gtest/gtest.h>

namespace reprise {
namespace {

using testing::CoinStudy;

const CoinStudy study;

RunRequest request(const std::string& settings, int workers = 1, std::uint64_t seed = 5) {
  RunRequest result;
  result.study = &study;
  result.config = study.resolve("", Json::parse(settings));
  result.seed = seed;
  result.workers = workers;
  return result;
}

std::string report_text(const Report& report) {
  return write_report(report, std::nullopt).json;
}

TEST(Driver, TheReportIsTheSameForAnyNumberOfWorkers) {
  const std::string one = report_text(run_locally(request(R"({"repeats":12})")));
  for (const int workers : {2, 3, 8}) {
    EXPECT_EQ(report_text(run_locally(request(R"({"repeats":12})", workers))), one) << workers;
  }
}

TEST(Driver, SlicingChangesNoNumber) {
  RunHooks hooks;
  hooks.make_budget = [] { return std::make_unique<SingleStep>(); };
  EXPECT_EQ(report_text(run_locally(request("{}"), hooks)), report_text(run_locally(request("{}"))));
}

TEST(Driver, ClaimsAreJudgedAgainstTheConfig) {
  const Report report = run_locally(request("{}"));
  ASSERT_EQ(report.claims.size(), 2U);
  EXPECT_EQ(report.claims[0].threshold, 0.1);
  // 5000 fair tosses: |share − 1/2| > 0.1 has probability below 1e-40.
  EXPECT_EQ(report.claims[0].status, ClaimStatus::Holds);
  EXPECT_EQ(report.claims[1].status, ClaimStatus::Fails);
  EXPECT_EQ(report.claims[1].reason, "the statistic is not a finite number");
  EXPECT_EQ(report.warnings, std::vector<std::string>{"a coin was tossed"});
}

TEST(Driver, ANewRepeatChangesNoOtherTask) {
  const Report five = run_locally(request("{}"));
  const Report six = run_locally(request(R"({"repeats":6})"));
  const auto& before = five.tables.at("counts").integers("heads");
  const auto& after = six.tables.at("counts").integers("heads");
  ASSERT_EQ(before.size(), 50U);
  ASSERT_EQ(after.size(), 60U);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
}

TEST(Driver, CancelEndsTheRun) {
  std::atomic<int> asked{0};
  RunHooks hooks;
  hooks.make_budget = [] { return std::make_unique<SingleStep>(); };
  hooks.cancelled = [&] { return ++asked > 3; };
  EXPECT_THROW(run_locally(request("{}", 2), hooks), Cancelled);
}

TEST(Driver, FinishedTasksAreRestoredInsteadOfRepeated) {
  std::map<std::string, TaskOutput> kept;
  int cancel_after = 3;
  RunHooks hooks;
  hooks.finished = [&](const Stage& stage, std::int64_t index, const TaskOutput& output) {
    kept[stage.name + std::to_string(index)] = output;
    --cancel_after;
  };
  hooks.cancelled = [&] { return cancel_after <= 0; };
  EXPECT_THROW(run_locally(request("{}"), hooks), Cancelled);
  ASSERT_EQ(kept.size(), 3U);

  int repeated = 0;
  RunHooks again;
  again.restore = [&](const Stage& stage, std::int64_t index) -> std::unique_ptr<TaskOutput> {
    const auto found = kept.find(stage.name + std::to_string(index));
    return found == kept.end() ? nullptr : std::make_unique<TaskOutput>(found->second);
  };
  again.finished = [&](const Stage&, std::int64_t, const TaskOutput&) { ++repeated; };
  EXPECT_EQ(report_text(run_locally(request("{}"), again)), report_text(run_locally(request("{}"))));
  EXPECT_EQ(repeated, 3);  // two tosses and the sum
}

TEST(Driver, ArtefactsMayLieElsewhere) {
  std::map<std::string, std::vector<std::byte>> elsewhere;
  RunHooks hooks;
  hooks.store_artefact = [&](const Stage& stage, std::int64_t index, const std::string& name,
                             std::vector<std::byte> bytes) -> std::shared_ptr<const ByteSource> {
    const std::string place = stage.name + std::to_string(index) + name;
    elsewhere[place] = std::move(bytes);
    return std::make_shared<MemoryView>(std::span<const std::byte>(elsewhere[place]));
  };
  int in_memory = 0;
  hooks.finished = [&](const Stage&, std::int64_t, TaskOutput& output) {
    in_memory += static_cast<int>(output.artefacts.size());
  };
  EXPECT_EQ(report_text(run_locally(request("{}", 2), hooks)), report_text(run_locally(request("{}"))));
  EXPECT_EQ(elsewhere.size(), 5U);
  EXPECT_EQ(in_memory, 0);
}

TEST(Driver, ProgressEndsAtTheTotal) {
  RunProgress last;
  double previous = 0;
  RunHooks hooks;
  hooks.make_budget = [] { return std::make_unique<SingleStep>(); };
  hooks.progress = [&](const RunProgress& progress) {
    EXPECT_GE(progress.fraction, previous);
    previous = progress.fraction;
    last = progress;
  };
  run_locally(request("{}"), hooks);
  EXPECT_EQ(last.tasks_done, 6);
  EXPECT_EQ(last.tasks_total, 6);
  EXPECT_EQ(last.fraction, 1);
}

TEST(Driver, UnfinishedPartialsReduceWithoutVerdicts) {
  Results results;
  results.seed = 5;
  const Json config = study.resolve("", Json());
  results.plan = study.plan(config, {});
  const Report report = study.reduce(config, results);
  EXPECT_EQ(report.claims[0].status, ClaimStatus::NotEvaluated);
  EXPECT_EQ(report.claims[0].reason, "the run has not finished");
  EXPECT_EQ(report.tables.at("counts").rows(), 0U);
}

TEST(RunId, DependsOnEverythingThatChangesNumbers) {
  const Json config = study.resolve("", Json());
  InputInfos inputs;
  inputs["bias"] = {"aa", "one.csv", 10, 2};
  const std::string id = run_id(study, config, 1, inputs, portable_level);
  EXPECT_EQ(id.size(), 64U);
  EXPECT_NE(run_id(study, config, 2, inputs, portable_level), id);
  EXPECT_NE(run_id(study, study.resolve("paper", Json()), 1, inputs, portable_level), id);
  EXPECT_NE(run_id(study, config, 1, {}, portable_level), id);
  inputs["bias"].file_name = "renamed.csv";  // only the content counts
  EXPECT_EQ(run_id(study, config, 1, inputs, portable_level), id);
}

TEST(Registry, UnknownStudiesNameTheNearest) {
  Registry registry;
  registry.add_lab("toy", R"({"title":"Toy","paper":{"year":2024}})");
  registry.add(std::make_unique<CoinStudy>());
  try {
    registry.find("toy/coins");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "unknown study 'toy/coins'; nearest: toy/coin");
  }
  EXPECT_EQ(
      registry.list().dump(),
      R"([{"inputs":[{"columns":"","description":"","example":"","formats":["csv"],"name":"bias",)"
      R"("required":false}],"lab":"toy","presets":["widget","browser","paper"],"question":"Is the coin fair?",)"
      R"("study":"toy/coin","title":"Coin"}])");
  EXPECT_EQ(registry.describe(registry.find("toy/coin")).at("paper").at("year").as_integer(), 2024);
}

}  // namespace
}  // namespace reprise
