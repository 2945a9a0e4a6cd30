// The study label-noise: labels drawn from a known posterior, its control, and what it refuses.
#include "labs/selective-classification/label_noise.h"

#include "core/labs/study_runs.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>

namespace reprise {
namespace {

using testing::cell;
using testing::metric;
using testing::verdict;

const std::string study = "label-noise";

TEST(LabelNoise, SoftenedLogitsByHand) {
  // softmax(log(1, 4, 16)/2) = (1, 2, 4)/7.
  const std::vector<double> z = {0, std::log(4.0), std::log(16.0), 5, 5, 5};
  const std::vector<double> p = selective::softened(z, 3, 2);
  const std::vector<double> expected = {1.0 / 7, 2.0 / 7, 4.0 / 7, 1.0 / 3, 1.0 / 3, 1.0 / 3};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(p[i], expected[i], 1e-15);
}

TEST(LabelNoise, LabelsByTheInverseOfTheDistribution) {
  const std::vector<double> p = {0.25, 0.5, 0.25, 0, 1, 0, 0.5, 0.25, 0.25 - 1e-16};
  EXPECT_EQ(selective::drawn_labels(p, 3, std::vector<double>{0.2499, 0, 0.9}),
            (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(selective::drawn_labels(p, 3, std::vector<double>{0.25, 0.999, 0.5}),
            (std::vector<std::int32_t>{1, 1, 1}));
  EXPECT_EQ(selective::drawn_labels(p, 3, std::vector<double>{0.75, 0.5, 0.1}),
            (std::vector<std::int32_t>{2, 1, 0}));
}

TEST(LabelNoise, DrawnLabelsFollowThePosterior) {
  Random random(1, "uniform");
  const std::size_t rows = 30000;
  std::vector<double> p, u;
  for (std::size_t i = 0; i < rows; ++i) {
    p.insert(p.end(), {0.2, 0.5, 0.3});
    u.push_back(random.uniform());
  }
  std::array<int, 3> count{};
  for (const std::int32_t label : selective::drawn_labels(p, 3, u)) ++count[static_cast<std::size_t>(label)];
  EXPECT_NEAR(count[0], 0.2 * rows, 4 * std::sqrt(0.16 * rows));
  EXPECT_NEAR(count[1], 0.5 * rows, 4 * std::sqrt(0.25 * rows));
}

TEST(LabelNoise, AlmostRandomLabelsAreNoiseWhereverOneLooks) {
  // The control: at T = 50 all images are nearly equally noisy.
  const Json report = testing::run_study(
      study, R"({"teacher_temperature_list": [50], "students": ["mlp"], "n_teacher": 300, "n_train": 300,
                 "n_test": 2000, "epochs": 4, "hidden": 16})");
  EXPECT_EQ(verdict(report, "noisy-half-has-larger-gap"), "fails");
  EXPECT_NEAR(metric(report, "noisy_over_clean"), 1, 0.3);
  EXPECT_EQ(verdict(report, "budget-adds-up"), "holds");
  EXPECT_EQ(verdict(report, "gap-grows-with-temperature"), "left out");
  // No answer is much likelier than the others: ten classes, nine tenths of noise less what the oracle is
  // spared.
  EXPECT_GT(cell(report, "cells", 0, "mean_bayes").as_number(), 0.75);
}

TEST(LabelNoise, ACertainTeacherLeavesNoNoise) {
  const Json report = testing::run_study(
      study, R"({"teacher_temperature_list": [0.05], "students": ["linear"], "n_teacher": 300, "n_train": 200,
                 "n_test": 500, "epochs": 30, "hidden": 16})");
  EXPECT_LT(cell(report, "cells", 0, "mean_bayes").as_number(), 0.01);
  EXPECT_EQ(verdict(report, "noisy-half-has-larger-gap"), "left out");
}

TEST(LabelNoise, PartsAddUpInEveryCell) {
  const Json report = testing::run_study(
      study, R"({"n_teacher": 200, "n_train": 200, "n_test": 400, "epochs": 3, "hidden": 8, "repeats": 2})");
  ASSERT_EQ(report.at("tables").at("cells").at("rows").size(), 12U);
  for (std::size_t row = 0; row < 12; ++row) {
    const auto value = [&](const char* column) { return cell(report, "cells", row, column).as_number(); };
    EXPECT_NEAR(
        value("e_aurc_population"),
        value("mean_bayes") + value("mean_approximation") + value("mean_ranking") - value("mean_discount"),
        1e-12);
  }
  EXPECT_LT(metric(report, "max_budget_residual"), 1e-12);
}

TEST(LabelNoise, WhatItRefuses) {
  const auto says = [](const std::string& settings, const std::string& part) {
    const std::string message = testing::refusal(study, settings);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  says(R"({"n_teacher": 5000, "n_train": 3000, "n_test": 4000})",
       "12000 images are asked for, the bundled data has 10000");
  says(R"({"data": "files"})", "data = files needs the input train_images");
  says(R"({"teacher_temperature_list": [2, 1]})", "teacher_temperature_list");
  says(R"({"teacher_temperature_list": [0.01]})", "teacher_temperature_list");
  says(R"({"students": []})", "students");
}

}  // namespace
}  // namespace reprise
