// The study `label-noise` in parts: config, teachers, students on labels that a teacher draws, report.
#pragma once

#include "classify/network.h"
#include "labs/selective-classification/training_sample.h"
#include "study/study.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::selective {

struct LabelNoiseConfig {
  LabelNoiseConfig() = default;

  std::string data = "fashion-mnist";
  std::vector<double> teacher_temperature_list = {1, 2, 3};
  std::vector<std::string> students = {"linear", "mlp"};
  std::int64_t n_teacher = 1500;
  std::int64_t n_train = 1500;
  std::int64_t n_test = 2000;
  std::int64_t hidden = 32;
  std::int64_t epochs = 8;
  std::int64_t repeats = 1;
  std::int64_t coverage_points = 100;

  /// The teacher's images are the training part, the student's the validation part.
  SampleChoice sample() const;
};

Parameters<LabelNoiseConfig> label_noise_parameters();
Description label_noise_description();

classify::NetworkOptions teacher_options(const LabelNoiseConfig& config, std::int64_t inputs,
                                         std::int64_t classes);
classify::NetworkOptions student_options(const LabelNoiseConfig& config, const std::string& student,
                                         std::int64_t inputs, const nn::ImageSize& image,
                                         std::int64_t classes);

/// softmax(logits/temperature), row by row.
std::vector<double> softened(std::span<const double> logits, std::size_t classes, double temperature);
/// A label for each row of a posterior [n × classes]: the first class at which the running sum passes that
/// row's uniform number in [0, 1).
std::vector<std::int32_t> drawn_labels(std::span<const double> posterior, std::size_t classes,
                                       std::span<const double> uniform);

inline constexpr std::string_view teachers_stage = "teachers";
inline constexpr std::string_view students_stage = "students";
/// Trains a teacher on images of its own and leaves its logits for the student's images.
std::unique_ptr<Stepper> start_teacher(const LabelNoiseConfig& config, std::int64_t repeat,
                                       TaskContext& context);
/// One student at one temperature: labels are drawn, the network trained, its gap taken apart.
std::unique_ptr<Stepper> start_student(const LabelNoiseConfig& config, double temperature,
                                       const std::string& student, std::int64_t repeat, TaskContext& context);
inline constexpr const char* teacher_train_logits = "train_logits";
inline constexpr const char* teacher_test_logits = "test_logits";

inline const std::vector<ColumnSpec> teacher_columns = {{"repeat", ColumnType::Integer}, {"accuracy"}};
inline const std::vector<ColumnSpec> label_noise_cell_columns = {{"teacher_temperature"},
                                                                 {"student", ColumnType::Text},
                                                                 {"repeat", ColumnType::Integer},
                                                                 {"accuracy"},
                                                                 {"e_aurc_empirical"},
                                                                 {"e_aurc_population"},
                                                                 {"mean_bayes"},
                                                                 {"mean_approximation"},
                                                                 {"mean_ranking"},
                                                                 {"mean_discount"},
                                                                 {"e_aurc_clean_half"},
                                                                 {"e_aurc_noisy_half"}};
inline const std::vector<ColumnSpec> label_noise_curve_columns = {{"teacher_temperature"},
                                                                  {"student", ColumnType::Text},
                                                                  {"coverage"},
                                                                  {"accuracy"},
                                                                  {"oracle"},
                                                                  {"gap"},
                                                                  {"bayes"},
                                                                  {"approximation"},
                                                                  {"ranking"},
                                                                  {"discount"}};
inline const std::vector<ColumnSpec> label_noise_check_columns = {{"budget_residual"}};

}  // namespace reprise::selective
