// A run written by hand: absorption from step 30, onset at 40, a spike at 70.
#include "labs/slingshot/run_monitor.h"

#include "base/math.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::slingshot {
namespace {

StepRecord record_at(std::int64_t step) {
  StepRecord record;
  record.step = step;
  record.true_loss = 1e-4;
  record.train_accuracy = 1;
  record.absorbed = step < 30 ? 0 : step < 35 ? 0.1 : step < 40 ? 0.2 : step < 50 ? 0.3 : 0.75;
  record.w_mean_norm = step < 40 ? 1 : math::exp(0.02 * static_cast<double>(step - 40));
  record.cosine = -static_cast<double>(step) / 1000;
  if (step == 70) record.true_loss = 0.5;
  if (step == 72) record.train_accuracy = 0.5;
  return record;
}

TEST(RunMonitor, EventsOfARun) {
  RunMonitor monitor;
  for (std::int64_t step = 0; step < 120; ++step) monitor.observe(record_at(step));
  const RunSummary summary = monitor.summary();
  EXPECT_EQ(summary.first_absorption, 30);
  EXPECT_EQ(summary.onset, 40);
  EXPECT_EQ(summary.majority, 50);
  EXPECT_EQ(summary.first_spike, 70);
  ASSERT_EQ(summary.slingshots.size(), 1u);
  EXPECT_EQ(summary.slingshots[0], (Spike{70, 71, 0.5}));
  EXPECT_EQ(summary.peak_true_loss, 0.5);
  EXPECT_EQ(summary.min_train_accuracy, 0.5);
  EXPECT_NEAR(summary.norm_ratio, math::exp(0.6), 1e-12);  // step 70 over step 35, where φ first exceeds 0.1
  EXPECT_EQ(summary.cosine_before_spike, -0.065);
  EXPECT_EQ(summary.lowest_cosine, -0.119);
  EXPECT_EQ(summary.max_absorbed, 0.75);
  EXPECT_EQ(summary.window, (GrowthWindow{40, 70}));  // e^0.6 < 3: the spike ends the window
  EXPECT_NEAR(summary.growth.slope, 0.02, 1e-12);
  EXPECT_NEAR(summary.growth.r2_exponential, 1, 1e-12);
  EXPECT_EQ(summary.last.step, 119);
  EXPECT_NEAR(summary.absorbed_tail, (5 * 0.1 + 5 * 0.2 + 10 * 0.3 + 70 * 0.75) / 120, 1e-12);
}

TEST(RunMonitor, NothingHappens) {
  RunMonitor monitor;
  for (std::int64_t step = 0; step < 30; ++step) monitor.observe(record_at(step));
  const RunSummary summary = monitor.summary();
  EXPECT_EQ(summary.onset, -1);
  EXPECT_EQ(summary.first_spike, -1);
  EXPECT_TRUE(std::isnan(summary.peak_true_loss));
  EXPECT_TRUE(std::isnan(summary.norm_ratio));
  EXPECT_EQ(summary.cosine_before_spike, -0.029);  // of the last step
  EXPECT_EQ(summary.window, GrowthWindow());
  EXPECT_TRUE(std::isnan(summary.growth.slope));
}

TEST(RunMonitor, ADivergedRunHasNoSlingshots) {
  RunMonitor monitor;
  for (std::int64_t step = 0; step < 80; ++step) monitor.observe(record_at(step));
  monitor.diverged(80);
  const RunSummary summary = monitor.summary();
  EXPECT_EQ(summary.diverged_at, 80);
  EXPECT_EQ(summary.first_spike, -1);
  EXPECT_TRUE(summary.slingshots.empty());
  EXPECT_EQ(summary.onset, 40);
}

}  // namespace
}  // namespace reprise::slingshot
