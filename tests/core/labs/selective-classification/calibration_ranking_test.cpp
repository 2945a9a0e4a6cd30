// The study calibration-is-not-ranking: identities that hold whatever the networks learn, its control, images
// from files, and what it refuses.
#include "core/labs/study_runs.h"
#include "data/npy.h"

#include <cmath>
#include <gtest/gtest.h>
#include <map>

namespace reprise {
namespace {

using testing::metric;
using testing::verdict;

const std::string study = "calibration-is-not-ranking";

Json run(const std::string& settings, const testing::Files& files = {}) {
  return testing::run_study(study, settings, files);
}
void expect_refused(const std::string& settings, const testing::Files& files, const std::string& part) {
  const std::string message = testing::refusal(study, settings, files);
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

/// A number of one method of the first repeat.
double of_method(const Json& report, const std::string& method, const char* column) {
  const Json& table = report.at("tables").at("methods");
  for (std::size_t row = 0; row < table.at("rows").size(); ++row) {
    if (testing::cell(report, "methods", row, "method").as_string() != method) continue;
    const Json& value = testing::cell(report, "methods", row, column);
    return value.is_string() ? std::nan("") : value.as_number();
  }
  ADD_FAILURE() << "no method " << method;
  return 0;
}

TEST(CalibrationRanking, TwoClassesKeepTheirOrderUnderTemperatureAndPlatt) {
  const Json report = run(
      R"({"classes": 2, "n_train": 100, "n_val": 300, "n_test": 600, "epochs": 40, "hidden": 16,
          "methods": ["temperature", "platt", "isotonic-step", "isotonic-linear"]})");
  for (const char* method : {"temperature", "platt"}) {
    EXPECT_EQ(of_method(report, method, "e_aurc"), of_method(report, "msp", "e_aurc")) << method;
    EXPECT_NEAR(of_method(report, method, "kendall_tau"), 1, 1e-12) << method;
    EXPECT_NE(of_method(report, method, "ece"), of_method(report, "msp", "ece")) << method;
  }
  // Nothing is exchanged by a non-decreasing map; ties of isotonic regression are broken by the base order.
  for (const Json& row : report.at("tables").at("swaps").at("rows").as_array())
    EXPECT_EQ(row.as_array().at(2).as_number(), 0) << row.dump();
  EXPECT_EQ(verdict(report, "strict-monotone-invariance"), "holds");
  EXPECT_EQ(verdict(report, "isotonic-agrees-at-block-ends"), "holds");
  // With two classes the scores made of the margin order alike.
  for (const char* score : {"margin", "neg-entropy", "gini"})
    EXPECT_NEAR(of_method(report, score, "kendall_tau"), 1, 1e-3) << score;
  EXPECT_EQ(verdict(report, "ensemble-improves-ranking"), "left out");
}

TEST(CalibrationRanking, AnEnsembleOfOneGainsNothing) {
  const Json report =
      run(R"({"members": 1, "methods": ["ensemble"], "n_train": 300, "n_val": 50, "n_test": 1000,
                              "epochs": 5})");
  EXPECT_NEAR(of_method(report, "ensemble", "e_aurc_change"), 0, 1e-12);
  EXPECT_EQ(verdict(report, "ensemble-improves-ranking"), "fails");
}

TEST(CalibrationRanking, RandomAndPerfectOrders) {
  const Json report = run(R"({"methods": [], "n_train": 200, "n_val": 50, "n_test": 500, "epochs": 5})");
  EXPECT_EQ(of_method(report, "random", "auroc"), 0.5);
  EXPECT_NEAR(of_method(report, "random", "normalised_e_aurc"), 1, 1e-12);
  EXPECT_TRUE(std::isnan(of_method(report, "random", "ece")));
  EXPECT_TRUE(std::isnan(of_method(report, "max-logit", "ece")));
  EXPECT_EQ(of_method(report, "msp", "e_aurc_change"), 0);
  EXPECT_NEAR(of_method(report, "msp", "kendall_tau"), 1, 1e-12);
  EXPECT_LT(of_method(report, "oracle-eta", "e_aurc"), of_method(report, "msp", "e_aurc"));
  // The answers are the same, only their order differs.
  for (const char* method : {"msp-float32", "energy", "random", "oracle-eta"})
    EXPECT_EQ(of_method(report, method, "accuracy"), of_method(report, "msp", "accuracy")) << method;
}

TEST(CalibrationRanking, ANewMethodChangesNoOtherNumber) {
  const std::string sizes = R"("n_train": 100, "n_val": 60, "n_test": 200, "epochs": 3, "hidden": 8)";
  const Json few = run("{" + sizes + R"(, "methods": ["temperature"]})"),
             many = run("{" + sizes + R"(, "methods": ["temperature", "ensemble", "sat", "selectivenet"]})");
  for (const char* method : {"msp", "energy", "temperature"})
    EXPECT_EQ(of_method(few, method, "aurc"), of_method(many, method, "aurc")) << method;
}

TEST(CalibrationRanking, NothingToOrder) {
  // One coordinate, centres very far apart: every answer is right.
  const Json report =
      run(R"({"classes": 2, "modes": 1, "dimension": 8, "radius": 10, "n_train": 200, "n_val": 50,
                              "n_test": 100, "epochs": 20, "methods": ["temperature"]})");
  EXPECT_EQ(of_method(report, "msp", "accuracy"), 1);
  EXPECT_EQ(of_method(report, "msp", "e_aurc"), 0);
  EXPECT_TRUE(std::isnan(of_method(report, "msp", "auroc")));
  EXPECT_EQ(verdict(report, "temperature-keeps-ranking"), "left out");
  EXPECT_NE(report.at("warnings").dump().find("Every test answer is right"), std::string::npos);
}

/// `rows` images of 2 × 2 in two classes: bright on the left, bright on the right; every seventh is turned.
std::string idx_images(int rows) {
  std::string text("\0\0\x08\x03\0\0", 6);
  text += static_cast<char>(rows >> 8);
  text += static_cast<char>(rows & 255);
  text += std::string("\0\0\0\x02\0\0\0\x02", 8);
  for (int i = 0; i < rows; ++i) {
    const int bright = 120 + i % 17 * 7;
    const bool left = (i % 2 == 0) != (i % 7 == 0);
    for (int pixel = 0; pixel < 4; ++pixel)
      text += static_cast<char>((pixel % 2 == 0) == left ? bright : 255 - bright);
  }
  return text;
}
std::string idx_labels(int rows, int classes = 2) {
  std::string text("\0\0\x08\x01\0\0", 6);
  text += static_cast<char>(rows >> 8);
  text += static_cast<char>(rows & 255);
  for (int i = 0; i < rows; ++i) text += static_cast<char>(i % classes);
  return text;
}

const std::string files_settings =
    R"({"data": "files", "n_train": 100, "n_val": 60, "n_test": 100, "epochs": 100, "hidden": 8,
        "methods": ["temperature", "ensemble"]})";
testing::Files idx_files(int train_rows, int test_rows) {
  return {{"train_images.idx", idx_images(train_rows)},
          {"train_labels.idx", idx_labels(train_rows)},
          {"test_images.idx", idx_images(test_rows)},
          {"test_labels.idx", idx_labels(test_rows)}};
}

TEST(CalibrationRanking, TrainsOnAVisitorsImages) {
  const Json report = run(files_settings, idx_files(300, 140));
  // The turned images look like the other class: 6/7 is the best that can be.
  EXPECT_NEAR(of_method(report, "msp", "accuracy"), 6.0 / 7, 0.1);
  EXPECT_EQ(of_method(report, "msp-float32", "accuracy"), of_method(report, "msp", "accuracy"));
}

TEST(CalibrationRanking, ImagesThatCannotBeUsed) {
  expect_refused(files_settings, {}, "data = files needs the input train_images");
  expect_refused(files_settings, idx_files(150, 140),
                 "n_train + n_val: 160 images are asked for, train_images.idx holds 150");
  expect_refused(files_settings, idx_files(300, 90),
                 "n_test: 100 images are asked for, test_images.idx holds 90");
  testing::Files files = idx_files(300, 140);
  files[1].second = idx_labels(299);
  expect_refused(files_settings, files, "holds 299 labels, train_images.idx 300 images");
  files = idx_files(300, 140);
  files[3].second = idx_labels(140, 3);
  expect_refused(files_settings, files, "row 3: label 2; the training labels are 0…1");
  files = idx_files(300, 140);
  files[0].second[2] = '\x0D';
  expect_refused(files_settings, files, "magic number 0x00000D03; expected 0x00000803");
  files = idx_files(300, 140);
  files[2].second = "x";
  expect_refused(files_settings, files, "test_images.idx: only 1 bytes");
  files = idx_files(300, 140);
  files.erase(files.begin() + 1);
  expect_refused(files_settings, files, "train_labels");
}

TEST(CalibrationRanking, ImagesOfAnotherSizeThanThoseOfTraining) {
  testing::Files files = idx_files(300, 140);
  const std::vector<std::byte> wide = write_npy(std::vector<double>(140 * 6, 0.5), {140, 6});
  files[2] = {"test_images.npy", {reinterpret_cast<const char*>(wide.data()), wide.size()}};
  expect_refused(files_settings, files, "images of 6 pixels; those of train_images.idx have 4");
}

TEST(CalibrationRanking, RefusesWhatItCannotUse) {
  expect_refused(R"({"data": "fashion-mnist", "n_train": 5000, "n_val": 2000, "n_test": 4000})", {},
                 "11000 images are asked for, the bundled data has 10000");
  expect_refused(R"({"sat_momentum": 1.5})", {}, "sat_momentum");
  expect_refused(R"({"methods": ["magic"]})", {}, "methods");
}

}  // namespace
}  // namespace reprise
