// Study "Is it noise or the model?": plan, cost and report.
#include "labs/selective-classification/label_noise.h"

#include "data/fashion_mnist.h"
#include "labs/selective-classification/studies.h"
#include "stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

namespace reprise::selective {

namespace {

using Config = LabelNoiseConfig;

/// Mean over repeats.
std::optional<double> mean_of(const Table& cells, double temperature, const std::string& student,
                              const char* column) {
  std::vector<double> values;
  for (std::size_t row = 0; row < cells.rows(); ++row) {
    if (cells.reals("teacher_temperature")[row] == temperature && cells.texts("student")[row] == student)
      values.push_back(cells.reals(column)[row]);
  }
  return values.empty() ? std::nullopt : std::optional(stats::mean(values));
}

/// Least step of a student's means from one temperature to the next; nothing with a single one.
std::optional<double> least_increase(const Config& config, const Table& cells, const char* column) {
  std::optional<double> least, before;
  for (const double temperature : config.teacher_temperature_list) {
    const auto now = mean_of(cells, temperature, "mlp", column);
    if (!now) return std::nullopt;
    if (before) least = std::min(least.value_or(*now - *before), *now - *before);
    before = now;
  }
  return least;
}

class LabelNoise final : public StudyOf<Config> {
 public:
  LabelNoise() : StudyOf(label_noise_parameters(), label_noise_description()) {}

 protected:
  void check(const Config& config, const InputInfos& inputs, std::vector<Problem>& problems) const override;
  Plan plan_of(const Config& config, const InputInfos&) const override {
    Stage teachers, students;
    teachers.name = teachers_stage;
    teachers.count = config.repeats;
    students.name = students_stage;
    students.count = config.repeats * static_cast<std::int64_t>(config.students.size()) *
                     static_cast<std::int64_t>(config.teacher_temperature_list.size());
    students.needs = {std::string(teachers_stage)};
    return {teachers, students};
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override;
  Json key_of(const Config& config, std::string_view stage, std::int64_t index) const override {
    if (stage == teachers_stage) return Json::object({{"repeat", index}});
    const Cell cell(config, index);
    return Json::object(
        {{"teacher_temperature", cell.temperature}, {"student", cell.student}, {"repeat", cell.repeat}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    if (stage == teachers_stage) return start_teacher(config, index, context);
    const Cell cell(config, index);
    return start_student(config, cell.temperature, cell.student, cell.repeat, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;

 private:
  struct Cell {
    Cell(const Config& config, std::int64_t index)
        : repeat(index % config.repeats),
          student(config.students[static_cast<std::size_t>(index / config.repeats) % config.students.size()]),
          temperature(config.teacher_temperature_list[static_cast<std::size_t>(index / config.repeats) /
                                                      config.students.size()]) {}
    std::int64_t repeat;
    std::string student;
    double temperature;
  };
};

void LabelNoise::check(const Config& config, const InputInfos& inputs, std::vector<Problem>& problems) const {
  if (config.data == "fashion-mnist")
    check_fashion_rows(config.n_teacher + config.n_train + config.n_test, "n_teacher + n_train + n_test",
                       problems);
  if (config.data == "files") check_image_inputs(inputs, problems);
}

Estimate LabelNoise::estimate_of(const Config& config, const InputInfos& inputs) const {
  const nn::ImageSize image = expected_image(config.data, inputs);
  const std::int64_t width = image.channels * image.height * image.width;
  const std::int64_t classes = FashionImages::classes;
  const auto n_teacher = static_cast<double>(config.n_teacher), n_train = static_cast<double>(config.n_train),
             n_test = static_cast<double>(config.n_test), repeats = static_cast<double>(config.repeats),
             temperatures = static_cast<double>(config.teacher_temperature_list.size());
  const auto pixels = static_cast<double>(width);
  StageCost teachers;
  teachers.stage = teachers_stage;
  classify::add_training_cost(teacher_options(config, width, classes), n_teacher, n_train + n_test, teachers);
  teachers.gemm_flops *= repeats;
  teachers.vector_ops = repeats * (teachers.vector_ops + 6 * pixels * (n_teacher + n_train + n_test));
  teachers.special_ops *= repeats;
  teachers.bytes_task = 12 * pixels * (n_teacher + n_train + n_test) + 4e6;
  teachers.bytes_shared = 2e6 + 1e5 * static_cast<double>(inputs.size());
  teachers.longest_task_share = 1 / repeats;

  StageCost students;
  students.stage = students_stage;
  double longest = 0, training = 0;
  for (const std::string& student : config.students) {
    StageCost one;
    classify::add_training_cost(student_options(config, student, width, image, classes), n_train, n_test,
                                one);
    one.vector_ops += 6 * pixels * (n_train + n_test) + 600 * n_test;
    one.special_ops += 2 * static_cast<double>(classes) * (n_train + n_test);
    training =
        std::max(training, classify::training_bytes(student_options(config, student, width, image, classes)));
    students.gemm_flops += repeats * temperatures * one.gemm_flops;
    students.vector_ops += repeats * temperatures * one.vector_ops;
    students.special_ops += repeats * temperatures * one.special_ops;
    longest = std::max(longest, one.vector_ops + one.gemm_flops);
  }
  const double tasks = repeats * temperatures * static_cast<double>(config.students.size());
  students.sort_elements = tasks * 6 * n_test * std::log2(n_test);
  students.bytes_task = 12 * pixels * (n_train + n_test) + 400 * n_test + training + 4e6;
  students.bytes_shared = teachers.bytes_shared;
  const double all = students.vector_ops + students.gemm_flops;
  students.longest_task_share = all > 0 ? std::min(1.0, longest / all) : 1;
  Estimate estimate;
  estimate.stages = {teachers, students};
  estimate.report_bytes =
      3e4 + 400 * tasks + 220 * tasks / repeats * static_cast<double>(config.coverage_points);
  return estimate;
}

void put_figures(const Config& config, const Table& cells, Report& report) {
  Table& causes = report.table(
      "causes",
      {{"teacher_temperature"}, {"student", ColumnType::Text}, {"cause", ColumnType::Text}, {"value"}});
  Table& halves = report.table(
      "halves",
      {{"teacher_temperature"}, {"student", ColumnType::Text}, {"half", ColumnType::Text}, {"e_aurc"}});
  Table& gaps =
      report.table("gaps", {{"teacher_temperature"}, {"student", ColumnType::Text}, {"e_aurc_population"}});
  for (const double temperature : config.teacher_temperature_list) {
    for (const std::string& student : config.students) {
      const auto mean = [&](const char* column) { return mean_of(cells, temperature, student, column); };
      if (!mean("mean_bayes")) continue;
      causes.append_row(temperature, student, "label noise", *mean("mean_bayes"));
      causes.append_row(temperature, student, "wrong class", *mean("mean_approximation"));
      causes.append_row(temperature, student, "wrong order", *mean("mean_ranking"));
      causes.append_row(temperature, student, "oracle discount", -*mean("mean_discount"));
      halves.append_row(temperature, student, "cleaner half", *mean("e_aurc_clean_half"));
      halves.append_row(temperature, student, "noisier half", *mean("e_aurc_noisy_half"));
      gaps.append_row(temperature, student, *mean("e_aurc_population"));
    }
  }
}

void LabelNoise::fill_report(const Config& config, const Results& results, Report& report) const {
  const Table teachers = results.gather(teachers_stage, "teachers", teacher_columns);
  const Table cells = results.gather(students_stage, "cells", label_noise_cell_columns);
  const Table checks = results.gather(students_stage, "checks", label_noise_check_columns);
  report.tables["cells"] = cells;
  report.tables["curves"] = results.gather(students_stage, "curves", label_noise_curve_columns);
  put_figures(config, cells, report);
  if (teachers.rows() > 0) report.metrics["teacher_accuracy"] = stats::mean(teachers.reals("accuracy"));
  if (checks.rows() == 0) return;
  const std::vector<double>& residuals = checks.reals("budget_residual");
  report.metrics["max_budget_residual"] = *std::max_element(residuals.begin(), residuals.end());
  judge(report, results, "budget-adds-up", report.metrics["max_budget_residual"]);

  const double lowest = config.teacher_temperature_list.front();
  const auto linear = mean_of(cells, lowest, "linear", "e_aurc_population"),
             mlp = mean_of(cells, lowest, "mlp", "e_aurc_population");
  if (linear && mlp) report.metrics["linear_over_mlp_gap"] = *linear / *mlp;
  if (const auto step = least_increase(config, cells, "mean_bayes"))
    judge(report, results, "bayes-term-grows-with-temperature", *step);
  if (const auto step = least_increase(config, cells, "e_aurc_empirical"))
    judge(report, results, "gap-grows-with-temperature", *step);
  const auto clean = mean_of(cells, lowest, "mlp", "e_aurc_clean_half"),
             noisy = mean_of(cells, lowest, "mlp", "e_aurc_noisy_half");
  if (clean && noisy) {
    report.metrics["noisy_over_clean"] = *noisy / *clean;
    judge(report, results, "noisy-half-has-larger-gap", *noisy / *clean);
  }
}

}  // namespace

SampleChoice LabelNoiseConfig::sample() const {
  SampleChoice choice;
  choice.data = data;
  choice.n_train = n_teacher;
  choice.n_val = n_train;
  choice.n_test = n_test;
  return choice;
}

std::unique_ptr<Study> make_label_noise() {
  return std::make_unique<LabelNoise>();
}

}  // namespace reprise::selective
