#include "study/cost.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace reprise {
namespace {

// Two stages by hand: 100 units at 10/s, evenly divisible; then 40 units at 10/s, of which one task has half.
Estimate two_stages() {
  StageCost even, lopsided;
  even.stage = "even";
  even.vector_ops = 100;
  even.bytes_task = 5;
  even.bytes_shared = 3;
  even.longest_task_share = 0.01;
  lopsided.stage = "lopsided";
  lopsided.sort_elements = 40;
  lopsided.longest_task_share = 0.5;
  return {{even, lopsided}, 7};
}

TEST(Cost, StagesFollowEachOtherAndTheLongestTaskBoundsTheSpeedUp) {
  Speeds speeds;
  speeds.vector_ops = 10;
  speeds.sort_elements = 10;
  EXPECT_DOUBLE_EQ(predicted_seconds(two_stages(), speeds, 1), 10 + 4);
  EXPECT_DOUBLE_EQ(predicted_seconds(two_stages(), speeds, 2), 5 + 2);
  EXPECT_DOUBLE_EQ(predicted_seconds(two_stages(), speeds, 10), 1 + 2);
}

TEST(Cost, MemoryIsThatOfTheLargestStage) {
  EXPECT_EQ(predicted_memory(two_stages(), 1), 3 + 5 + 7);
  EXPECT_EQ(predicted_memory(two_stages(), 4), 3 + 20 + 7);
}

TEST(Cost, JsonReadsBackTheSame) {
  EXPECT_EQ(Estimate::from_json(two_stages().to_json()).to_json(), two_stages().to_json());
  const Speeds speeds{1, 2, 3, 4, 5};
  EXPECT_EQ(Speeds::from_json(speeds.to_json()).to_json(), speeds.to_json());
}

TEST(Cost, EveryCalibrationKindDoesWork) {
  for (const std::string& kind : calibration_kinds) EXPECT_GT(calibration_work(kind), 1e4) << kind;
  EXPECT_THROW(calibration_work("wishes"), InputError);
}

}  // namespace
}  // namespace reprise
