// Convolutional networks in the studies that train: on the bundled images and on a visitor's files, from the
// first row to the report.
#include "core/labs/study_runs.h"
#include "data/npy.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace reprise {
namespace {

const std::string calibration = "calibration-is-not-ranking", noise = "label-noise";

/// A number of one method of the first repeat.
double of_method(const Json& report, const std::string& method, const char* column) {
  for (std::size_t row = 0; row < report.at("tables").at("methods").at("rows").size(); ++row) {
    if (testing::cell(report, "methods", row, "method").as_string() != method) continue;
    const Json& value = testing::cell(report, "methods", row, column);
    return value.is_string() ? std::nan("") : value.as_number();
  }
  ADD_FAILURE() << "no method " << method;
  return 0;
}

std::string npy_text(const std::vector<double>& values, const std::vector<std::int64_t>& shape) {
  const std::vector<std::byte> data = write_npy(values, shape);
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

std::vector<double> alternating_labels(int rows) {
  std::vector<double> labels;
  for (int i = 0; i < rows; ++i) labels.push_back(i % 2);
  return labels;
}

/// Colour images of two classes: stripes along x, stripes along y; each with a phase of its own.
std::vector<double> stripes(int rows, int side) {
  std::vector<double> pixels;
  for (int i = 0; i < rows; ++i) {
    for (int channel = 0; channel < 3; ++channel) {
      for (int p = 0; p < side * side; ++p) {
        const int across = i % 2 == 0 ? p / side : p % side;
        pixels.push_back((across + i / 2) % 2 == 0 ? 0.9 - 0.1 * channel : 0.1);
      }
    }
  }
  return pixels;
}

testing::Files npy_files(int rows, int side) {
  return {{"train_images.npy", npy_text(stripes(rows, side), {rows, 3, side, side})},
          {"train_labels.npy", npy_text(alternating_labels(rows), {rows})},
          {"test_images.npy", npy_text(stripes(rows, side), {rows, 3, side, side})},
          {"test_labels.npy", npy_text(alternating_labels(rows), {rows})}};
}

/// The same as CIFAR-10 publishes its batches: a label, then three planes of 32 × 32 bytes.
std::string cifar_batch(int rows) {
  const std::vector<double> pixels = stripes(rows, 32);
  std::string text;
  for (int i = 0; i < rows; ++i) {
    text += static_cast<char>(i % 2);
    for (int p = 0; p < 3072; ++p)
      text += static_cast<char>(std::lround(255 * pixels[static_cast<std::size_t>(3072 * i + p)]));
  }
  return text;
}

std::string report_of(const std::string& study, const std::string& settings, const testing::Files& files,
                      int workers) {
  RunRequest request = testing::request_for(study, settings, files);
  request.workers = workers;
  return write_report(run_locally(std::move(request)), std::nullopt).json;
}

TEST(Convolutional, EveryMethodTrainsOnTheBundledImages) {
  const std::string settings =
      R"({"data": "fashion-mnist", "model": "cnn", "n_train": 400, "n_val": 100, "n_test": 300, "epochs": 6,
          "learning_rate": 0.005, "members": 2, "head_epochs": 5, "methods": ["temperature", "platt",
          "isotonic-step", "ensemble", "sat", "correctness-head", "loss-predictor", "selectivenet"]})";
  const std::string text = report_of(calibration, settings, {}, 1);
  EXPECT_EQ(report_of(calibration, settings, {}, 4), text);
  const Json report = Json::parse(text);
  for (const char* method : {"msp", "ensemble", "sat-sr"})
    EXPECT_GT(of_method(report, method, "accuracy"), 0.55) << method;
  for (const char* method : {"sat-abstain", "selectivenet", "correctness-head", "loss-predictor"})
    EXPECT_GT(of_method(report, method, "auroc"), 0) << method;
  EXPECT_EQ(testing::verdict(report, "strict-monotone-invariance"), "holds");
  EXPECT_EQ(testing::verdict(report, "isotonic-agrees-at-block-ends"), "holds");
}

TEST(Convolutional, CifarRecordsAreImages) {
  const testing::Files files = {{"train_images.bin", cifar_batch(120)}, {"test_images.bin", cifar_batch(60)}};
  const Json report = testing::run_study(
      calibration,
      R"({"data": "files", "model": "cnn", "n_train": 60, "n_val": 50, "n_test": 60, "epochs": 12,
          "batch_size": 16, "learning_rate": 0.003, "methods": ["temperature"]})",
      files);
  EXPECT_EQ(of_method(report, "msp", "accuracy"), 1);
}

TEST(Convolutional, LabelsBesideCifarRecordsReplaceTheirs) {
  // Turned round in training alone: then every answer is wrong.
  std::vector<double> turned;
  for (const double label : alternating_labels(120)) turned.push_back(1 - label);
  const testing::Files files = {{"train_images.bin", cifar_batch(120)},
                                {"train_labels.npy", npy_text(turned, {120})},
                                {"test_images.bin", cifar_batch(60)}};
  const Json report = testing::run_study(
      calibration,
      R"({"data": "files", "model": "cnn", "n_train": 60, "n_val": 50, "n_test": 60, "epochs": 12,
          "batch_size": 16, "learning_rate": 0.003, "methods": []})",
      files);
  EXPECT_EQ(of_method(report, "msp", "accuracy"), 0);
}

TEST(Convolutional, ResidualNetworksFromFirstRowToReport) {
  for (const auto& [model, side] : {std::pair{"resnet18", 12}, {"wrn50", 8}}) {
    const std::string settings = std::string(R"({"data": "files", "model": ")") + model +
                                 R"(", "n_train": 50, "n_val": 50, "n_test": 50, "epochs": 1,
                                    "batch_size": 50, "methods": ["temperature"]})";
    const Json report = testing::run_study(calibration, settings, npy_files(100, side));
    EXPECT_GE(of_method(report, "msp", "accuracy"), 0) << model;
    EXPECT_EQ(testing::verdict(report, "strict-monotone-invariance"), "holds") << model;
    EXPECT_EQ(of_method(report, "temperature", "accuracy"), of_method(report, "msp", "accuracy")) << model;
  }
}

TEST(Convolutional, AStudentOfLabelNoise) {
  const std::string settings =
      R"({"students": ["mlp", "cnn"], "n_teacher": 200, "n_train": 200, "n_test": 200, "epochs": 4,
          "hidden": 16, "teacher_temperature_list": [1, 3]})";
  const std::string text = report_of(noise, settings, {}, 1);
  EXPECT_EQ(report_of(noise, settings, {}, 4), text);
  const Json report = Json::parse(text);
  EXPECT_EQ(report.at("tables").at("cells").at("rows").size(), 4U);
  EXPECT_EQ(testing::verdict(report, "budget-adds-up"), "holds");
  // Another student changes nothing of the first one's rows.
  const Json alone = testing::run_study(
      noise, R"({"students": ["mlp"], "n_teacher": 200, "n_train": 200, "n_test": 200, "epochs": 4,
                 "hidden": 16, "teacher_temperature_list": [1, 3]})");
  EXPECT_EQ(report.at("tables").at("cells").at("rows").as_array().front().dump(),
            alone.at("tables").at("cells").at("rows").as_array().front().dump());
}

TEST(Convolutional, WhatIsNoImage) {
  for (const char* model : {"cnn", "resnet18", "wrn50"}) {
    const std::string message = testing::refusal(calibration, std::string(R"({"model": ")") + model + "\"}");
    EXPECT_NE(message.find("data = kblobs has none; allowed are linear and mlp"), std::string::npos)
        << message;
  }
  const std::string sizes = R"("n_train": 50, "n_val": 50, "n_test": 50, "epochs": 1)";
  const auto says = [&](const std::string& model, const testing::Files& files, const std::string& part) {
    const std::string message = testing::refusal(
        calibration, R"({"data": "files", "model": ")" + model + "\", " + sizes + "}", files);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  says("cnn", npy_files(100, 3), "cnn: images of 3 × 3 pixels; allowed are 4 × 4 and more");
  says("resnet18", npy_files(100, 7), "resnet18: images of 7 × 7 pixels; allowed are 8 × 8 and more");
  says("wrn50", npy_files(100, 7), "wrn50: images of 7 × 7 pixels; allowed are 8 × 8 and more");
  testing::Files rows = npy_files(100, 4);
  for (const std::size_t images : {0U, 2U}) rows[images].second = npy_text(stripes(100, 4), {100, 48});
  says("cnn", rows, "cnn needs images with channels, height and width; rows of numbers have none");
  const std::string message = testing::refusal(
      noise, R"({"data": "files", "students": ["cnn"], "n_teacher": 50, "n_train": 50, "n_test": 50})", rows);
  EXPECT_NE(message.find("cnn needs images"), std::string::npos) << message;
}

}  // namespace
}  // namespace reprise
