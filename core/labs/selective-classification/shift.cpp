// Study "What does distribution shift add?": the same test rows under a growing shift. Plan, cost and report.
#include "labs/selective-classification/shift.h"

#include "base/number_text.h"
#include "classify/network.h"
#include "data/fashion_mnist.h"
#include "labs/selective-classification/studies.h"
#include "labs/selective-classification/training_sample.h"
#include "stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace reprise::selective {

namespace {

using Config = ShiftConfig;

const std::vector<std::string> moon_shifts = {"rotation", "noise"};
const std::vector<std::string> image_shifts = {"gaussian-noise", "blur", "contrast", "brightness"};
const std::vector<std::string> file_shifts = {"gaussian-noise", "blur", "contrast", "brightness",
                                              "corruption"};
constexpr double largest_rotation = 90, largest_noise = 5, largest_level = 5;

/// Rows of `cells` of one severity and model, over repeats.
std::vector<double> values_at(const Table& cells, double severity, const std::string& model,
                              const char* column) {
  std::vector<double> values;
  for (std::size_t row = 0; row < cells.rows(); ++row) {
    if (cells.reals("severity")[row] == severity && cells.texts("model")[row] == model)
      values.push_back(cells.reals(column)[row]);
  }
  return values;
}

std::optional<double> mean_at(const Table& cells, double severity, const std::string& model,
                              const char* column) {
  const std::vector<double> values = values_at(cells, severity, model, column);
  return values.empty() ? std::nullopt : std::optional(stats::mean(values));
}

class Shift final : public StudyOf<Config> {
 public:
  Shift() : StudyOf(shift_parameters(), shift_description()) {}

 protected:
  void check(const Config& config, const InputInfos& inputs, std::vector<Problem>& problems) const override {
    check_shift(config, inputs, problems);
  }
  Plan plan_of(const Config& config, const InputInfos&) const override {
    Stage stage;
    stage.name = shift_stage;
    stage.count = config.repeats * static_cast<std::int64_t>(shift_models.size());
    return {stage};
  }
  Estimate estimate_of(const Config& config, const InputInfos&) const override;
  Json key_of(const Config&, std::string_view, std::int64_t index) const override {
    return Json::object({{"repeat", repeat_of(index)}, {"model", model_of(index)}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    return start_shift(config, repeat_of(index), model_of(index), context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;

 private:
  static std::int64_t repeat_of(std::int64_t index) {
    return index / static_cast<std::int64_t>(shift_models.size());
  }
  static const std::string& model_of(std::int64_t index) {
    return shift_models[static_cast<std::size_t>(index) % shift_models.size()];
  }
  void judge_cells(const Config& config, const Results& results, const Table& cells, Report& report) const;
};

/// Pixels of an image: as bundled, or as many as bytes of a row of the training file.
std::int64_t image_pixels(const Config& config, const InputInfos& inputs) {
  const auto found = inputs.find("train_images");
  if (config.data != "files" || found == inputs.end() || found->second.rows <= 0)
    return FashionImages::pixels;
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(found->second.bytes) / found->second.rows, 1,
                                  3072);
}

Estimate Shift::estimate_of(const Config& config, const InputInfos& files) const {
  const auto n_train = static_cast<double>(config.n_train), n_val = static_cast<double>(config.n_val),
             n_test = static_cast<double>(config.n_test), epochs = static_cast<double>(config.epochs);
  const auto severities = static_cast<double>(config.severity_list.size());
  const auto repeats = static_cast<double>(config.repeats);
  const std::int64_t inputs = config.on_moons() ? 2 : image_pixels(config, files);
  const std::int64_t classes = config.on_moons() ? 2 : FashionImages::classes;
  const auto width = static_cast<double>(inputs);
  StageCost task;
  classify::NetworkOptions network;
  network.widths = {inputs, config.hidden, config.hidden, classes};
  network.epochs = config.epochs;
  network.batch = shift_batch;
  classify::add_training_cost(network, n_train, n_val + severities * n_test, task);
  if (config.on_moons()) {
    const bool own = config.shift == "noise";
    for (std::size_t s = 0; s < (own ? config.severity_list.size() : 1); ++s) {
      const double sigma = config.sigma + (own ? config.severity_list[s] : 0);
      const double ratio = std::max(1.0, std::ceil(0.2 / sigma * 0.2 / sigma - 1e-12));
      task.special_ops += n_test * 256 * ratio * (ratio > 1 ? 0.35 : 1);
      task.vector_ops += n_test * 512 * ratio;
    }
    task.special_ops += 60 * epochs * n_train / 2;  // half of the tasks turn their rows, a stream each
  } else {
    task.special_ops += epochs * n_train * (0.25 * width + 60) / 2;
    task.special_ops += config.shift == "gaussian-noise" ? severities * n_test * width : 0;
    task.vector_ops += (config.shift == "blur" ? 40 : 8) * severities * n_test * width + 4e6;
  }
  task.vector_ops += 400 * severities * n_test;
  task.special_ops += 30 * severities * n_test + 80 * n_val * static_cast<double>(classes);
  task.sort_elements = 4 * severities * n_test * std::log2(n_test);
  const double bootstrap = static_cast<double>(shift_replicates) * severities * n_test * 150;
  StageCost cost;
  cost.stage = shift_stage;
  const double tasks = 2 * repeats;
  cost.gemm_flops = tasks * task.gemm_flops;
  cost.vector_ops = tasks * task.vector_ops + 2 * bootstrap;
  cost.special_ops = tasks * task.special_ops;
  cost.sort_elements = tasks * task.sort_elements;
  cost.bytes_task = (n_train + n_val) * (12 * width + 60) +
                    n_test * (300 + 8 * static_cast<double>(classes)) + severities * n_test * 33 +
                    (config.on_moons() ? 2e6 : 1e7);
  cost.bytes_shared = config.on_moons() ? 0 : 1e6;
  const double one = task.vector_ops + 10 * task.special_ops + task.gemm_flops;
  cost.longest_task_share = std::min(1.0, (one + bootstrap) / (tasks * one + 2 * bootstrap));
  Estimate estimate;
  estimate.stages = {cost};
  estimate.report_bytes =
      2e4 + severities * (600 * tasks + 260 * static_cast<double>(config.coverage_points) + 900);
  return estimate;
}

void add_growth(const Config& config, const Table& cells, Report& report) {
  for (const std::string& model : shift_models) {
    Series& series = report.series["gap_vs_severity_" + model];
    for (const double severity : config.severity_list) {
      const std::vector<double> gaps = values_at(cells, severity, model, "e_aurc_empirical");
      if (gaps.empty()) continue;
      series.x.push_back(severity);
      series.y.push_back(stats::mean(gaps));
      series.y_low.push_back(*std::min_element(gaps.begin(), gaps.end()));
      series.y_high.push_back(*std::max_element(gaps.begin(), gaps.end()));
    }
  }
  if (!config.on_moons()) return;
  Table& causes = report.table(
      "causes", {{"severity"}, {"model", ColumnType::Text}, {"cause", ColumnType::Text}, {"value"}});
  for (const double severity : config.severity_list) {
    for (const std::string& model : shift_models) {
      const auto add = [&](const char* cause, const char* column, double sign) {
        if (const auto value = mean_at(cells, severity, model, column))
          causes.append_row(severity, model, cause, sign * *value);
      };
      add("label noise", "mean_bayes", 1);
      add("wrong class", "mean_approximation", 1);
      add("wrong order", "mean_ranking", 1);
      add("oracle discount", "mean_discount", -1);
    }
  }
}

/// Curves of the plain model without shift and at the largest severity, of the augmented one there, too;
/// without the first few rows, whose accuracy is mostly chance.
void add_curve_series(const Config& config, const Table& curves, Report& report) {
  const auto n = static_cast<double>(config.n_test);
  const double least = std::max(20.0, 0.01 * n) / n;
  const double largest = config.severity_list.back();
  for (std::size_t row = 0; row < curves.rows(); ++row) {
    const double severity = curves.reals("severity")[row], c = curves.reals("coverage")[row];
    const bool plain = curves.texts("model")[row] == "plain";
    if (c < least || (severity != largest && !(plain && severity == 0))) continue;
    const auto add = [&](const std::string& name, const char* column) {
      report.series[name].x.push_back(c);
      report.series[name].y.push_back(curves.reals(column)[row]);
    };
    if (severity == 0) {
      add("accuracy_unshifted", "accuracy");
    } else {
      add(plain ? "accuracy_shifted_plain" : "accuracy_shifted_augmented", "accuracy");
      if (plain) add("oracle_shifted_plain", "oracle");
    }
  }
}

void Shift::judge_cells(const Config& config, const Results& results, const Table& cells,
                        Report& report) const {
  const double largest = config.severity_list.back();
  const bool on_images = !config.on_moons();
  const auto gap = [&](double severity, const char* model) {
    return mean_at(cells, severity, model, "e_aurc_empirical");
  };

  const bool grows = config.on_moons() || config.shift == "gaussian-noise" || config.shift == "blur";
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; grows && i < config.severity_list.size(); ++i) {
    const double before = config.severity_list[i - 1], after = config.severity_list[i];
    if (on_images && before < 1) continue;
    if (const auto low = gap(before, "plain"), high = gap(after, "plain"); low && high)
      least = std::min(least, *high - *low);
  }
  if (std::isfinite(least)) judge(report, results, "gap-grows-with-shift", least);

  const auto clean = gap(0, "plain"), shifted = gap(largest, "plain"), augmented = gap(largest, "augmented");
  const bool strong = on_images ? largest == largest_level : config.shift == "rotation" && largest >= 40;
  if (strong && clean && shifted) judge(report, results, "strong-shift-multiplies-gap", *shifted / *clean);
  if (config.on_moons()) {
    const auto growth = [&](const char* column) -> std::optional<double> {
      const auto low = mean_at(cells, 0, "plain", column), high = mean_at(cells, largest, "plain", column);
      if (!low || !high) return std::nullopt;
      return *high - *low;
    };
    if (const auto order = growth("mean_ranking"), all = growth("e_aurc_population"); order && all)
      judge(report, results, "growth-is-ranking", *order / *all);
    if (config.shift == "rotation" && shifted && augmented)
      judge(report, results, "augmentation-reduces-shifted-gap", 1 - *augmented / *shifted);
  }
}

void Shift::fill_report(const Config& config, const Results& results, Report& report) const {
  const Table cells = results.gather(shift_stage, "cells", shift_cell_columns);
  const Table curves = results.gather(shift_stage, "curves", shift_curve_columns);
  report.tables["cells"] = cells;
  report.tables["curves"] = curves;
  report.tables["shift_term"] = results.gather(shift_stage, "shift_term", shift_term_columns);
  add_growth(config, cells, report);
  add_curve_series(config, curves, report);
  report.metrics["largest_severity"] = config.severity_list.back();

  const auto plain = mean_at(cells, 0, "plain", "e_aurc_empirical"),
             augmented = mean_at(cells, 0, "augmented", "e_aurc_empirical");
  if (plain && augmented) report.metrics["clean_price"] = *augmented - *plain;
  judge_cells(config, results, cells, report);
  const Table checks = results.gather(shift_stage, "checks", shift_check_columns);
  if (checks.rows() == 0) return;
  const std::vector<double>& differences = checks.reals("temperature_difference");
  report.metrics["temperature_difference"] = *std::max_element(differences.begin(), differences.end());
  if (checks.integers("classes")[0] == 2)
    judge(report, results, "temperature-cannot-repair-shift", report.metrics["temperature_difference"]);
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void check_severities(const Config& config, std::vector<Problem>& problems) {
  const std::vector<double>& list = config.severity_list;
  if (list.front() != 0) {
    problems.push_back({"severity_list", number_to_text(list.front()), "0 first",
                        "severity_list begins with " + number_to_text(list.front()) +
                            "; it must begin with 0, the data without shift"});
  }
  const bool levels = config.shift != "rotation" && config.shift != "noise";
  const double largest = config.shift == "rotation" ? largest_rotation
                         : config.shift == "noise"  ? largest_noise
                                                    : largest_level;
  for (const double severity : list) {
    if (severity <= largest && (!levels || severity == std::floor(severity))) continue;
    const std::string allowed = levels ? "0, 1, 2, 3, 4, 5" : "0…" + number_to_text(largest);
    problems.push_back({"severity_list", number_to_text(severity), allowed,
                        "severity_list: " + number_to_text(severity) +
                            "; allowed with shift = " + config.shift + ": " + allowed});
  }
}

}  // namespace

void check_shift(const ShiftConfig& config, const InputInfos& inputs, std::vector<Problem>& problems) {
  const std::vector<std::string>& allowed = config.on_moons()        ? moon_shifts
                                            : config.data == "files" ? file_shifts
                                                                     : image_shifts;
  if (std::find(allowed.begin(), allowed.end(), config.shift) == allowed.end()) {
    problems.push_back({"shift", config.shift, listed(allowed),
                        "shift = " + config.shift + " does not exist for data = " + config.data +
                            "; allowed: " + listed(allowed)});
  }
  check_severities(config, problems);
  if (config.data == "files") check_image_inputs(inputs, problems);
  if (config.data == "files" && config.shift == "corruption" && inputs.count("corruption") == 0) {
    problems.push_back({"shift", "corruption", "another shift, or the input corruption",
                        "shift = corruption needs the input corruption (NPY); it was not given"});
  }
  const std::int64_t wanted = config.n_train + config.n_val + config.n_test;
  if (config.data == "fashion-mnist" && wanted > FashionImages::rows) {
    const std::string most = std::to_string(FashionImages::rows);
    problems.push_back(
        {"n_train", std::to_string(config.n_train), "at most " + most + " images in all",
         "n_train + n_val + n_test = " + std::to_string(wanted) + " images; the bundled set has " + most});
  }
}

std::unique_ptr<Study> make_shift() {
  return std::make_unique<Shift>();
}

}  // namespace reprise::selective
