// What is shifted and how, against hand calculations; the study's claims where they must hold and where they
// must not; bad input.
#include "classify/two_moons.h"
#include "core/labs/study_runs.h"
#include "data/npy.h"
#include "labs/selective-classification/corruptions.h"
#include "labs/selective-classification/mean_gap.h"
#include "labs/selective-classification/shift_data.h"
#include "study/embedded_assets.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <set>

namespace reprise::selective {
namespace {

using testing::cell;
using testing::judged;
using testing::metric;
using testing::refusal;
using testing::run_study;
using testing::verdict;

TEST(Corruptions, BlurIsTheMeanOfNineWithTheEdgeRepeated) {
  std::vector<double> one = {9, 0, 0, 0, 0, 0, 0, 0, 18};
  box_blur(one, {1, 3, 3}, 1);
  // The corner counts four times for itself, twice for its neighbours along the edge, once across.
  const std::vector<double> expected = {4, 2, 0, 2, 3, 4, 0, 4, 8};
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(one[i], expected[i], 1e-12) << i;
  std::vector<double> flat(2 * 4 * 5, 0.25);
  box_blur(flat, {2, 4, 5}, 3);
  for (const double value : flat) EXPECT_NEAR(value, 0.25, 1e-15);
  std::vector<double> same = {1, 2, 3, 4};
  box_blur(same, {1, 2, 2}, 0);
  EXPECT_EQ(same, (std::vector<double>{1, 2, 3, 4}));
}

TEST(Corruptions, ChannelsDoNotMix) {
  std::vector<double> two = {1, 1, 1, 1, 0, 0, 0, 0};
  box_blur(two, {2, 2, 2}, 2);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(two[i], i < 4 ? 1 : 0, 1e-15);
}

TEST(Corruptions, ContrastBrightnessAndNoise) {
  std::vector<double> x = {0, 0.5, 1};
  lower_contrast(x, 4);
  EXPECT_NEAR(x[0], 0.3, 1e-15);
  EXPECT_NEAR(x[1], 0.5, 1e-15);
  EXPECT_NEAR(x[2], 0.7, 1e-15);
  x = {0, 0.5, 0.95};
  brighten(x, 2);
  EXPECT_NEAR(x[0], 0.2, 1e-15);
  EXPECT_NEAR(x[1], 0.7, 1e-15);
  EXPECT_EQ(x[2], 1);
  EXPECT_EQ(pixel_noise_at(0), 0);
  EXPECT_EQ(pixel_noise_at(3), 0.2);
  EXPECT_EQ(pixel_noise_at(5), 0.45);

  std::vector<double> noisy(20000, 0.5);
  Random random(1, "noise");
  add_pixel_noise(noisy, 0.1, random);
  const double mean = std::accumulate(noisy.begin(), noisy.end(), 0.0) / 20000;
  double square = 0;
  for (const double value : noisy) square += (value - mean) * (value - mean) / 20000;
  EXPECT_NEAR(mean, 0.5, 0.004);                // 5 standard errors are 0.0035
  EXPECT_NEAR(std::sqrt(square), 0.1, 0.0025);  // 5 standard errors
  EXPECT_GE(*std::min_element(noisy.begin(), noisy.end()), 0);
  EXPECT_LE(*std::max_element(noisy.begin(), noisy.end()), 1);
}

TEST(MeanGapBootstrap, TwoRowsHaveAKnownLaw) {
  // A wrong answer ahead of a right one. Both draws the same: no gap. One of each (probability ½): accuracies
  // 0, ½ against an oracle of 1, ½, a mean gap of ½.
  const RankedOutcomes outcomes(std::vector<double>{2, 1}, std::vector<std::uint8_t>{0, 1});
  MeanGapBootstrap bootstrap(outcomes);
  int halves = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    Random random(1, "bootstrap", {i});
    const double gap = bootstrap.draw(random);
    EXPECT_TRUE(gap == 0 || gap == 0.5) << gap;
    halves += gap == 0.5 ? 1 : 0;
  }
  EXPECT_NEAR(halves / 4000.0, 0.5, 0.04);  // 5 standard errors
}

TEST(MeanGapBootstrap, EqualScoresAreAveragedAndAPerfectScoreHasNoGap) {
  Random random(1, "bootstrap");
  MeanGapBootstrap perfect(
      RankedOutcomes(std::vector<double>{3, 2, 1, 0}, std::vector<std::uint8_t>{1, 1, 0, 0}));
  for (int i = 0; i < 20; ++i) EXPECT_NEAR(perfect.draw(random), 0, 1e-15);
  // All scores equal: the curve is flat at K/2, against 1, K/2: a gap of ½ for K = 1, else none.
  MeanGapBootstrap tied(RankedOutcomes(std::vector<double>{1, 1}, std::vector<std::uint8_t>{0, 1}));
  std::set<double> seen;
  for (int i = 0; i < 40; ++i) seen.insert(tied.draw(random));
  EXPECT_EQ(seen, (std::set<double>{0, 0.25}));
}

ShiftConfig small_config(const std::string& shift, std::vector<double> severities) {
  ShiftConfig config;
  config.shift = shift;
  config.severity_list = std::move(severities);
  config.n_train = 60;
  config.n_val = 50;
  config.n_test = 80;
  return config;
}

TEST(ShiftedMoons, RotationTurnsAboutTheCentreAndKeepsThePosterior) {
  const Resources resources;
  TaskContext context(1, {}, resources);
  const auto data = moons_under_shift(small_config("rotation", {0, 90}), 0, context);
  while (!data->prepare()) {
  }
  const std::vector<double> before = data->test_x(0, 0, 80), after = data->test_x(1, 0, 80);
  const classify::TwoMoonsPosterior eta(0.25);
  for (std::size_t i = 0; i < 80; ++i) {
    // A quarter turn: (u, v) → (−v, u).
    EXPECT_NEAR(after[2 * i], 0.5 - (before[2 * i + 1] - 0.25), 1e-12);
    EXPECT_NEAR(after[2 * i + 1], 0.25 + (before[2 * i] - 0.5), 1e-12);
    EXPECT_EQ(data->posterior(1)[i], eta(before[2 * i], before[2 * i + 1]));
  }
  const std::vector<double> piece = data->test_x(1, 30, 2);
  EXPECT_TRUE(std::equal(piece.begin(), piece.end(), after.begin() + 60));
}

TEST(ShiftedMoons, NoiseGrowsAlongTheSameDrawsAndThePosteriorIsThatOfTheNewLaw) {
  const Resources resources;
  TaskContext context(1, {}, resources);
  const auto data = moons_under_shift(small_config("noise", {0, 0.25, 0.5}), 0, context);
  while (!data->prepare()) {
  }
  const std::vector<double> x0 = data->test_x(0, 0, 80), x1 = data->test_x(1, 0, 80),
                            x2 = data->test_x(2, 0, 80);
  const classify::TwoMoonsPosterior eta(0.75);
  for (std::size_t i = 0; i < 160; ++i) EXPECT_NEAR(x2[i] - x1[i], x1[i] - x0[i], 1e-12);
  for (std::size_t i = 0; i < 80; ++i) EXPECT_EQ(data->posterior(2)[i], eta(x2[2 * i], x2[2 * i + 1]));
}

TEST(ShiftedMoons, AugmentedRowsAreTurnedByUpTo45DegreesAnewInEveryEpoch) {
  const Resources resources;
  TaskContext context(1, {}, resources);
  const auto data = moons_under_shift(small_config("rotation", {0, 10}), 0, context);
  const std::vector<std::int32_t> rows = {3, 7, 3};
  const std::vector<float> first = data->augmented(rows, 0), second = data->augmented(rows, 1);
  EXPECT_EQ(first[0], first[4]);
  EXPECT_NE(first[0], second[0]);
  for (std::size_t j = 0; j < 2; ++j) {
    const auto row = static_cast<std::size_t>(rows[j]);
    const double u = data->train_x()[2 * row] - 0.5, v = data->train_x()[2 * row + 1] - 0.25;
    const double p = static_cast<double>(first[2 * j]) - 0.5,
                 q = static_cast<double>(first[2 * j + 1]) - 0.25;
    EXPECT_NEAR(std::hypot(p, q), std::hypot(u, v), 1e-6);
    EXPECT_GE((u * p + v * q) / std::hypot(u, v) / std::hypot(p, q), std::sqrt(0.5) - 1e-6);
  }
}

TEST(ShiftedImages, OneDrawOfNoiseServesAllSeverities) {
  ShiftConfig config = small_config("gaussian-noise", {0, 1, 2});
  config.data = "fashion-mnist";
  Resources resources;
  resources.add_asset("fashion-mnist", std::make_shared<MemoryView>(embedded_asset("fashion-mnist")));
  TaskContext context(1, {}, resources);
  const auto data = images_under_shift(config, 0, context);
  while (!data->prepare()) {
  }
  const std::vector<double> x0 = data->test_x(0, 0, 80), x1 = data->test_x(1, 0, 80),
                            x2 = data->test_x(2, 0, 80);
  ASSERT_EQ(x0.size(), 80U * 196U);
  const double black = -0.286 / 0.35, white = (1 - 0.286) / 0.35;
  std::size_t compared = 0;
  for (std::size_t i = 0; i < x0.size(); ++i) {
    EXPECT_GE(x2[i], black - 1e-12);
    EXPECT_LE(x2[i], white + 1e-12);
    if (x2[i] <= black || x2[i] >= white || x1[i] <= black || x1[i] >= white) continue;  // clipped
    EXPECT_NEAR(x2[i] - x0[i], 2 * (x1[i] - x0[i]), 1e-12);  // standard deviations 0.06 and 0.12
    ++compared;
  }
  EXPECT_GT(compared, 4000U);
  EXPECT_TRUE(data->posterior(1).empty());
  EXPECT_EQ(data->classes(), 10);
}

std::string npy(const std::vector<double>& values, const std::vector<std::int64_t>& shape) {
  const std::vector<std::byte> bytes = write_npy(values, shape);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// 120 training and 60 test images of 3 × 2 × 2, two classes that differ in brightness; corrupted copies,
/// channels last, are lighter by 0.02 a level.
testing::Files image_files(std::size_t corrupted_rows = 300, double first_label = 0) {
  std::vector<double> train, test, corrupted(12 * corrupted_rows), train_label, test_label, labels;
  Random random(3, "images");
  const auto image = [&](std::vector<double>& x, std::size_t i) {
    for (int j = 0; j < 12; ++j) x.push_back(0.3 * random.uniform() + (i % 2 == 0 ? 0.1 : 0.35));
  };
  for (std::size_t i = 0; i < 120; ++i) {
    image(train, i);
    train_label.push_back(static_cast<double>(i % 2));
  }
  for (std::size_t i = 0; i < 60; ++i) {
    image(test, i);
    test_label.push_back(static_cast<double>(i % 2));
  }
  for (std::size_t row = 0; row < corrupted_rows; ++row) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      for (std::size_t place = 0; place < 4; ++place)
        corrupted[12 * row + 3 * place + channel] =
            test[12 * (row % 60) + 4 * channel + place] + 0.02 * static_cast<double>(row / 60 + 1);
    }
    labels.push_back(test_label[row % 60]);
  }
  labels[0] = first_label;
  const auto rows = static_cast<std::int64_t>(corrupted_rows);
  return {{"train_images.npy", npy(train, {120, 3, 2, 2})},    {"train_labels.npy", npy(train_label, {120})},
          {"test_images.npy", npy(test, {60, 3, 2, 2})},       {"test_labels.npy", npy(test_label, {60})},
          {"corruption.npy", npy(corrupted, {rows, 2, 2, 3})}, {"labels.npy", npy(labels, {rows})}};
}

const char* const from_files =
    R"({"data":"files","shift":"corruption","severity_list":[0,1,5],"n_train":60,"n_val":50,"n_test":60,"epochs":30})";

TEST(ShiftedFiles, CorruptedImagesBelongToTheirTestImages) {
  const RunRequest request = testing::request_for("shift", from_files, image_files());
  TaskContext context(1, request.inputs, request.resources);
  ShiftConfig config = small_config("corruption", {0, 1, 5});
  config.data = "files";
  config.n_test = 60;
  const auto pixels = pixels_of_files(config, 0, context);
  EXPECT_EQ(pixels->shape().channels, 3);
  EXPECT_EQ(pixels->classes(), 2);
  for (std::size_t row = 0; row < 60; ++row) {
    const std::vector<double> clean = pixels->read(2, row), third = pixels->read_corrupted(row, 3);
    for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(third[i] - clean[i], 0.06, 1e-12);
  }
}

TEST(ShiftedFiles, TheStudyRunsOnThem) {
  const Json report = run_study("shift", from_files, image_files());
  EXPECT_GT(cell(report, "cells", 0, "accuracy").as_number(), 0.9);
  EXPECT_LT(cell(report, "cells", 2, "accuracy").as_number(),
            cell(report, "cells", 0, "accuracy").as_number());
  EXPECT_FALSE(judged(report, "gap-grows-with-shift"));
  EXPECT_EQ(verdict(report, "temperature-cannot-repair-shift"), "holds");
  const std::string blurred =
      R"({"data":"files","shift":"blur","severity_list":[0,1],"n_train":60,"n_val":50,"n_test":60})";
  EXPECT_TRUE(judged(run_study("shift", blurred, image_files()), "temperature-cannot-repair-shift"));
}

TEST(ShiftedFiles, BadFilesAreNamed) {
  EXPECT_EQ(refusal("shift", from_files),
            "data = files needs the input train_images (IDX, CIFAR binary or NPY); it was not given");
  EXPECT_EQ(refusal("shift", from_files, image_files(240)),
            "corruption.npy: 240 images; five levels of the 60 of test_images.npy are 300");
  EXPECT_EQ(refusal("shift", from_files, image_files(300, 1)),
            "labels.npy, row 1: label 1; the same test image has label 0");
  testing::Files without = image_files();
  without.erase(without.begin() + 4);
  EXPECT_EQ(refusal("shift", from_files, without),
            "shift = corruption needs the input corruption (NPY); it was not given");
  EXPECT_EQ(refusal("shift", R"({"data":"files","shift":"blur","severity_list":[0,1]})", image_files()),
            "n_train + n_val: 2000 images are asked for, train_images.npy holds 120");
  EXPECT_EQ(refusal("shift", R"({"data":"files"})", image_files()),
            "shift = rotation does not exist for data = files; allowed: gaussian-noise, blur, contrast, "
            "brightness, corruption");
}

const char* const quick = R"("n_train":300,"n_val":100,"n_test":2000,"epochs":20)";

std::string settings(const std::string& more) {
  return "{" + std::string(quick) + more + "}";
}

TEST(Shift, WithMoreNoiseTheOrderIsNotToBlame) {
  const Json report = run_study("shift", R"({"shift":"noise","severity_list":[0,0.35]})");
  EXPECT_EQ(verdict(report, "gap-grows-with-shift"), "holds");
  EXPECT_EQ(verdict(report, "growth-is-ranking"), "fails");
  EXPECT_FALSE(judged(report, "strong-shift-multiplies-gap"));
  EXPECT_FALSE(judged(report, "augmentation-reduces-shifted-gap"));
  EXPECT_EQ(verdict(report, "temperature-cannot-repair-shift"), "holds");
}

TEST(Shift, ANewSeverityChangesNoOtherRow) {
  const Json two = run_study("shift", settings(R"(,"severity_list":[0,40])"));
  const Json three = run_study("shift", settings(R"(,"severity_list":[0,20,40])"));
  for (const std::size_t model : {0, 1}) {
    for (const char* column : {"accuracy", "e_aurc_empirical", "mean_ranking", "ece"}) {
      EXPECT_EQ(cell(two, "cells", 2 * model, column), cell(three, "cells", 3 * model, column));
      EXPECT_EQ(cell(two, "cells", 2 * model + 1, column), cell(three, "cells", 3 * model + 2, column));
    }
  }
  EXPECT_TRUE(judged(two, "strong-shift-multiplies-gap"));
  EXPECT_FALSE(
      judged(run_study("shift", settings(R"(,"severity_list":[0,30])")), "strong-shift-multiplies-gap"));
}

TEST(Shift, TheDifferenceIsThatOfTheGapsAndLiesInItsInterval) {
  const Json report = run_study("shift", settings(R"(,"severity_list":[0,40])"));
  const double difference = cell(report, "shift_term", 0, "gap_difference").as_number();
  EXPECT_EQ(difference, cell(report, "cells", 1, "e_aurc_empirical").as_number() -
                            cell(report, "cells", 0, "e_aurc_empirical").as_number());
  EXPECT_LT(cell(report, "shift_term", 0, "low").as_number(), difference);
  EXPECT_GT(cell(report, "shift_term", 0, "high").as_number(), difference);
  EXPECT_EQ(metric(report, "clean_price"), cell(report, "cells", 2, "e_aurc_empirical").as_number() -
                                               cell(report, "cells", 0, "e_aurc_empirical").as_number());
}

TEST(Shift, ImagesHaveNoKnownCausesAndOnlyClaimsThatNeedNone) {
  const std::string images =
      R"(,"data":"fashion-mnist","shift":"blur","severity_list":[0,1,5],"epochs":10,"learning_rate":0.002,"n_train":2000)";
  const Json report = run_study("shift", R"({"n_val":100,"n_test":1000)" + images + "}");
  EXPECT_EQ(cell(report, "cells", 0, "mean_ranking").as_string(), "NaN");
  EXPECT_TRUE(judged(report, "gap-grows-with-shift"));
  EXPECT_TRUE(judged(report, "strong-shift-multiplies-gap"));
  EXPECT_FALSE(judged(report, "growth-is-ranking"));
  EXPECT_FALSE(judged(report, "augmentation-reduces-shifted-gap"));
  EXPECT_FALSE(judged(report, "temperature-cannot-repair-shift"));
  EXPECT_EQ(report.at("tables").find("causes"), nullptr);
  // Blur takes accuracy away.
  EXPECT_LT(cell(report, "cells", 2, "accuracy").as_number(),
            cell(report, "cells", 0, "accuracy").as_number() - 0.05);
}

TEST(Shift, BadInputIsNamed) {
  EXPECT_EQ(refusal("shift", R"({"severity_list":[10,20]})"),
            "severity_list begins with 10; it must begin with 0, the data without shift");
  EXPECT_NE(refusal("shift", R"({"severity_list":[0,20,10]})").find("increasing"), std::string::npos);
  EXPECT_EQ(refusal("shift", R"({"shift":"noise","severity_list":[0,6]})"),
            "severity_list: 6; allowed with shift = noise: 0…5");
  EXPECT_EQ(refusal("shift", R"({"data":"fashion-mnist","shift":"blur","severity_list":[0,1.5]})"),
            "severity_list: 1.5; allowed with shift = blur: 0, 1, 2, 3, 4, 5");
  EXPECT_EQ(refusal("shift", R"({"shift":"blur","severity_list":[0,1]})"),
            "shift = blur does not exist for data = two-moons; allowed: rotation, noise");
  EXPECT_EQ(
      refusal("shift", R"({"data":"fashion-mnist","shift":"blur","severity_list":[0,1],"n_train":6000})"),
      "n_train + n_val + n_test = 11000 images; the bundled set has 10000");
  EXPECT_NE(refusal("shift", R"({"sigma":0.01})").find("0.05"), std::string::npos);
}

}  // namespace
}  // namespace reprise::selective
