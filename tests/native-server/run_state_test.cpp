// Ranges of tasks and the sizes of leases, against sets and hand calculation.

#include "engine/run_state.h"

#include <gtest/gtest.h>
#include <random>
#include <set>

namespace reprise {
namespace {

std::set<std::int64_t> members(const RangeSet& ranges) {
  std::set<std::int64_t> all;
  for (const auto& [first, last] : ranges.ranges()) {
    for (std::int64_t i = first; i <= last; ++i) all.insert(i);
  }
  return all;
}

TEST(RangeSet, AgreesWithASetOfIntegers) {
  std::mt19937 random(1);
  RangeSet ranges;
  std::set<std::int64_t> reference;
  for (int step = 0; step < 5000; ++step) {
    const std::int64_t first = random() % 60;
    const std::int64_t last = first + static_cast<std::int64_t>(random() % 8) - 1;
    const bool insert = random() % 2 == 0;
    for (std::int64_t i = first; i <= last; ++i) {
      if (insert) {
        reference.insert(i);
      } else {
        reference.erase(i);
      }
    }
    if (insert) {
      ranges.insert(first, last);
    } else {
      ranges.erase(first, last);
    }
    ASSERT_EQ(members(ranges), reference);
    ASSERT_EQ(ranges.count(), static_cast<std::int64_t>(reference.size()));
    // Merged: no two ranges touch.
    std::int64_t previous = -10;
    for (const auto& [low, high] : ranges.ranges()) {
      ASSERT_GT(low, previous + 1);
      ASSERT_LE(low, high);
      previous = high;
    }
    const std::int64_t probe = random() % 70;
    ASSERT_EQ(ranges.contains(probe), reference.count(probe) == 1);
  }
}

TEST(RangeSet, TakesFromTheFront) {
  RangeSet ranges(3, 9);
  ranges.erase(6);
  EXPECT_EQ(ranges.take_front(2), std::pair(std::int64_t{3}, std::int64_t{2}));
  EXPECT_EQ(ranges.take_front(10), std::pair(std::int64_t{5}, std::int64_t{1}));
  EXPECT_EQ(ranges.take_front(10), std::pair(std::int64_t{7}, std::int64_t{3}));
  EXPECT_EQ(ranges.take_front(10).second, 0);
}

// One unit of special work a second: a stage's cost in special_ops is its time in seconds.
Estimate estimate_of(double train_seconds, double test_seconds) {
  StageCost train, test;
  train.stage = "train";
  train.special_ops = train_seconds;
  test.stage = "test";
  test.special_ops = test_seconds;
  Estimate estimate;
  estimate.stages = {train, test};
  return estimate;
}

Speeds unit_speed() {
  Speeds speeds;
  speeds.special_ops = 1;
  return speeds;
}

const Plan plan = {{"train", 1000, {}, "cpu", 1}, {"test", 10, {"train"}, "cpu", 1}};

TEST(RunState, LeasesHoldAboutASecondOfWork) {
  RunState run(plan, estimate_of(100, 100), unit_speed());  // 0.1 s and 10 s a task
  const auto span = run.take(2);
  ASSERT_TRUE(span);
  EXPECT_EQ(span->stage, "train");
  EXPECT_EQ(span->first, 0);
  EXPECT_EQ(span->count, 10);
  // Measured: tasks are a tenth of that.
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(run.finish("train", i, 0.01));
  EXPECT_FALSE(run.finish("train", 0, 0.01));
  EXPECT_EQ(run.take(2)->count, 100);
  EXPECT_EQ(run.tasks_done(), 10);
  EXPECT_NEAR(run.remaining_seconds(), 990 * 0.01 + 100, 1e-9);
  EXPECT_NEAR(run.fraction(), 10 * 0.1 / 200, 1e-12);
  EXPECT_NEAR(run.share_of_task("test"), 10.0 / 200, 1e-12);
}

TEST(RunState, AStageWaitsForTheOnesItNeeds) {
  RunState run(plan, estimate_of(100, 100), unit_speed());
  run.restore({{"train", 0, 997}, {"gone", 0, 5}, {"test", 8, 400}});
  EXPECT_EQ(run.tasks_done(), 998 + 2);
  EXPECT_EQ(run.take(1)->count, 1);  // two are left: half a share each
  EXPECT_EQ(run.take(1)->first, 999);
  EXPECT_FALSE(run.has_waiting());
  EXPECT_FALSE(run.take(1));
  run.finish("train", 998, 0.1);
  run.give_back({"train", 999, 1});
  EXPECT_EQ(run.take(1)->first, 999);
  run.finish("train", 999, 0.1);
  const auto span = run.take(4);  // 10 s each: one at a time
  EXPECT_EQ(span->stage, "test");
  EXPECT_EQ(span->count, 1);
  for (int i = 0; i < 8; ++i) run.finish("test", i, 10);
  EXPECT_TRUE(run.all_done());
  EXPECT_EQ(run.fraction(), 1);
  EXPECT_EQ(run.finished_ranges(), (std::vector<TaskRange>{{"train", 0, 999}, {"test", 0, 9}}));
  run.lose("train", 500);
  EXPECT_FALSE(run.all_done());
  EXPECT_TRUE(run.take_one("train", 500));
  EXPECT_FALSE(run.take_one("train", 500));
}

TEST(RunState, EveryTaskIsHandedOutOnce) {
  RunState run({{"only", 12345, {}, "cpu", 1}}, {}, {});
  std::set<std::int64_t> seen;
  while (const auto span = run.take(3)) {
    for (std::int64_t i = span->first; i < span->first + span->count; ++i) {
      EXPECT_TRUE(seen.insert(i).second);
      run.finish("only", i, 0.001);
    }
  }
  EXPECT_EQ(seen.size(), 12345U);
  EXPECT_TRUE(run.all_done());
}

}  // namespace
}  // namespace reprise
