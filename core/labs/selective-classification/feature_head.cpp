// Study "What does re-order?": calibrators against a head that looks at the input. Plan, cost, report and
// what the study says about itself.
#include "labs/selective-classification/feature_head.h"

#include "classify/network.h"
#include "labs/selective-classification/network_parameters.h"
#include "labs/selective-classification/studies.h"
#include "stats/quantile.h"
#include "study/marks.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace reprise::selective {

namespace {

using Config = FeatureHeadConfig;

std::optional<double> mean_of(const Table& cells, double sigma, const std::string& method,
                              const char* column) {
  std::vector<double> values;
  for (std::size_t row = 0; row < cells.rows(); ++row) {
    if (cells.reals("sigma")[row] == sigma && cells.texts("method")[row] == method)
      values.push_back(cells.reals(column)[row]);
  }
  return values.empty() ? std::nullopt : std::optional(stats::mean(values));
}

class FeatureHead final : public StudyOf<Config> {
 public:
  FeatureHead() : StudyOf(feature_head_parameters(), feature_head_description()) {}

 protected:
  Plan plan_of(const Config& config, const InputInfos&) const override {
    Stage stage;
    stage.name = head_stage;
    stage.count = static_cast<std::int64_t>(config.sigma_list.size()) * config.repeats;
    return {stage};
  }
  Estimate estimate_of(const Config& config, const InputInfos&) const override;
  Json key_of(const Config& config, std::string_view, std::int64_t index) const override {
    return Json::object({{"sigma", config.sigma_list[static_cast<std::size_t>(index / config.repeats)]},
                         {"repeat", index % config.repeats}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    return start_head(config, config.sigma_list[static_cast<std::size_t>(index / config.repeats)],
                      index % config.repeats, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

Estimate FeatureHead::estimate_of(const Config& config, const InputInfos&) const {
  const auto n_test = static_cast<double>(config.n_test), n_head = static_cast<double>(config.n_head),
             n_train = static_cast<double>(config.n_train);
  const auto repeats = static_cast<double>(config.repeats);
  StageCost cost;
  cost.stage = head_stage;
  double longest = 0;
  for (const double sigma : config.sigma_list) {
    const double ratio = std::max(1.0, std::ceil(0.2 / sigma * 0.2 / sigma - 1e-12));
    const double posterior = n_test * 256 * ratio * (ratio > 1 ? 0.35 : 1);
    cost.special_ops += repeats * (posterior + 80 * 3 * n_head + 30 * n_head);
    cost.vector_ops += repeats * n_test * 512 * ratio;
    longest = std::max(longest, ratio);
  }
  StageCost training;
  classify::NetworkOptions base, head;
  base.widths = {2, 2};
  base.epochs = config.epochs;
  head.widths = {2, config.head_hidden, config.head_hidden, 1};
  head.epochs = config.head_epochs;
  classify::add_training_cost(base, n_train, n_head + n_test, training);
  classify::add_training_cost(head, n_head, n_test, training);
  const double tasks = repeats * static_cast<double>(config.sigma_list.size());
  cost.gemm_flops += tasks * training.gemm_flops;
  cost.vector_ops += tasks * (training.vector_ops + 1000 * n_test);
  cost.special_ops += tasks * training.special_ops;
  cost.sort_elements = tasks * 15 * n_test * std::log2(n_test);
  cost.bytes_task = 400 * n_test + 100 * (n_head + n_train) + 2e6;
  cost.longest_task_share = std::min(1.0, (1 + 0.3 * longest) / tasks);
  Estimate estimate;
  estimate.stages = {cost};
  estimate.report_bytes =
      3e4 + 600 * tasks +
      400.0 * static_cast<double>(config.sigma_list.size()) * static_cast<double>(config.coverage_points);
  return estimate;
}

void FeatureHead::fill_report(const Config& config, const Results& results, Report& report) const {
  const Table cells = results.gather(head_stage, "cells", head_cell_columns);
  const Table curves = results.gather(head_stage, "curves", head_curve_columns);
  report.tables["cells"] = cells;
  report.tables["curves"] = curves;
  Table& means = report.table("means", {{"sigma"}, {"method", ColumnType::Text}, {"e_aurc"}});
  for (const double sigma : config.sigma_list) {
    for (const std::string& method : head_methods) {
      if (const auto value = mean_of(cells, sigma, method, "e_aurc_empirical"))
        means.append_row(sigma, method, *value);
    }
  }
  const double shown = config.sigma_list.front();
  const double first =
      std::max(20.0, 0.01 * static_cast<double>(config.n_test)) / static_cast<double>(config.n_test);
  for (std::size_t row = 0; row < curves.rows(); ++row) {
    if (curves.reals("sigma")[row] != shown || curves.reals("coverage")[row] < first) continue;
    const std::string& method = curves.texts("method")[row];
    const auto add = [&](const std::string& name, const char* column) {
      report.series[name].x.push_back(curves.reals("coverage")[row]);
      report.series[name].y.push_back(curves.reals(column)[row]);
    };
    if (method == "msp") add("oracle", "oracle");
    if (method == "msp" || method == "correctness-head" || method == "oracle-eta")
      add("accuracy_" + method, "accuracy");
  }
  report.metrics["figure_sigma"] = shown;

  const Table checks = results.gather(head_stage, "checks", head_check_columns);
  if (checks.rows() == 0) return;
  const std::vector<double>& differences = checks.reals("calibration_difference");
  const std::vector<double>& excess = checks.reals("head_excess");
  report.metrics["max_calibration_difference"] = *std::max_element(differences.begin(), differences.end());
  report.metrics["min_head_excess"] = *std::min_element(excess.begin(), excess.end());
  judge(report, results, "calibration-cannot-reorder", report.metrics["max_calibration_difference"]);
  const auto gain = [&](double sigma, const char* id) {
    const auto base = mean_of(cells, sigma, "msp", "e_aurc_empirical");
    const auto head = mean_of(cells, sigma, "correctness-head", "e_aurc_empirical");
    if (base && head) judge(report, results, id, 1 - *head / *base);
  };
  gain(0.2, "head-reorders-at-low-noise");
  gain(0.3, "head-reorders-at-medium-noise");
  judge(report, results, "head-not-above-oracle", report.metrics["min_head_excess"]);
}

std::vector<Figure> figures() {
  Figure bars;
  bars.id = "gain";
  bars.question = "What can a score that looks at features gain?";
  bars.title = "Calibration leaves the gap as it is; a head that looks at the input closes much of it";
  bars.subtitle = "Mean E-AURC of five scores of the same linear classifier; lower is better";
  bars.x = axis("noise σ");
  bars.y = axis("E-AURC");
  bars.marks = {table_mark(Mark::Kind::Bars, "means", "sigma", "e_aurc", "method")};

  Figure curves;
  curves.id = "curves";
  curves.question = "How accurate is it on the share it answers?";
  curves.title = "The same answers at noise {metrics.figure_sigma:g}, in another order";
  curves.subtitle = "Share of right answers among those that each score ranks first";
  curves.x = axis("share answered");
  curves.y = axis("accuracy");
  curves.marks = {line_mark("accuracy_msp", "own confidence"), line_mark("accuracy_correctness-head", "head"),
                  line_mark("accuracy_oracle-eta", "best order", "thin"),
                  line_mark("oracle", "oracle", "dashed")};
  return {bars, curves};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec(
          "calibration-cannot-reorder",
          "Temperature and Platt scaling (with a positive slope) leave E-AURC as it is: largest change.",
          Relation::AtMost, 1e-12, "Increasing maps of the score of two classes."),
      claim_spec("head-reorders-at-low-noise", "At σ = 0.2 the head removes half or more of E-AURC: share.",
                 Relation::AtLeast, 0.5, "0.69 to 0.91 were measured."),
      claim_spec("head-reorders-at-medium-noise", "At σ = 0.3 it removes three tenths or more.",
                 Relation::AtLeast, 0.3, "0.48 to 0.66 were measured."),
      claim_spec("head-not-above-oracle",
                 "No order beats that by the true probability of being right: least excess of the head.",
                 Relation::AtLeast, -1e-12, "A bound; the tolerance is rounding."),
  };
}

}  // namespace

Parameters<FeatureHeadConfig> feature_head_parameters() {
  const std::vector<double> many = {0.1, 0.2, 0.3, 0.5};
  Parameters<Config> list;
  list.reals("sigma_list", &Config::sigma_list)
      .within(0.05, 5)
      .entries(1, 12)
      .increasing()
      .label("Noise levels σ")
      .help("Standard deviation of the blur of both moons.")
      .essential()
      .preset("browser", many)
      .preset("paper", many);
  describe_rows(list.integer("n_train", &Config::n_train), "Training points", "Of the linear classifier.",
                {2000, 10000});
  describe_rows(list.integer("n_head", &Config::n_head), "Held-out points",
                "The head, temperature and Platt are fitted on them.", {2000, 10000});
  describe_rows(list.integer("n_test", &Config::n_test), "Test points", "All scores are compared on them.",
                {10000, 100000});
  describe_count(list.integer("epochs", &Config::epochs), 1000, "Epochs", "Of the linear classifier.");
  describe_count(list.integer("head_epochs", &Config::head_epochs), 1000, "Epochs of the head",
                 "Passes over the held-out points.");
  describe_learning_rate(list.real("learning_rate", &Config::learning_rate));
  describe_learning_rate(list.real("head_learning_rate", &Config::head_learning_rate), "Of Adam.",
                         "Learning rate of the head");
  describe_count(list.integer("head_hidden", &Config::head_hidden), 256, "Hidden units of the head",
                 "In each of its two layers.");
  list.choice("head_targets", &Config::head_targets, {"correctness", "permuted"})
      .label("What the head learns")
      .help("permuted: shuffled targets, a control that must gain nothing.")
      .essential();
  describe_repeats(list.integer("repeats", &Config::repeats), "Independent samples for each noise level.",
                   {3, 10});
  describe_coverage_points(list.integer("coverage_points", &Config::coverage_points));
  return list;
}

Description feature_head_description() {
  Description about;
  about.study = "selective-classification/feature-aware-head";
  about.title = "A head that looks again";
  about.question = "What does re-order?";
  about.summary =
      "A linear classifier on two moons is sure of itself in the wrong places. Calibrating its confidence "
      "cannot change "
      "the order of its answers; a small network that looks at the input and learns where it errs can.";
  about.figures = figures();
  about.claims = claims();
  return about;
}

std::unique_ptr<Study> make_feature_head() {
  return std::make_unique<FeatureHead>();
}

}  // namespace reprise::selective
