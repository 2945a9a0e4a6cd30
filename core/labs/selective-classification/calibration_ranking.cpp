// Study "Does calibration help abstention?": plan, cost and report. Networks are trained in one stage, all
// scores of a repeat are judged in the next.
#include "labs/selective-classification/calibration_ranking.h"

#include "classify/error_head.h"
#include "data/fashion_mnist.h"
#include "labs/selective-classification/studies.h"
#include "stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

namespace reprise::selective {

namespace {

using Config = CalibrationConfig;

/// Mean over repeats; nothing when a method was not asked for, or a value is not a number.
std::optional<double> mean_of(const Table& methods, const std::string& method, const char* column) {
  std::vector<double> values;
  for (std::size_t row = 0; row < methods.rows(); ++row) {
    if (methods.texts("method")[row] != method) continue;
    values.push_back(methods.reals(column)[row]);
    if (std::isnan(values.back())) return std::nullopt;
  }
  return values.empty() ? std::nullopt : std::optional(stats::mean(values));
}

/// When only the files know them.
constexpr std::int64_t assumed_classes = 10;

class CalibrationRanking final : public StudyOf<Config> {
 public:
  CalibrationRanking() : StudyOf(calibration_parameters(), calibration_description()) {}

 protected:
  void check(const Config& config, const InputInfos& inputs, std::vector<Problem>& problems) const override;
  Plan plan_of(const Config& config, const InputInfos&) const override {
    Stage networks, scores;
    networks.name = networks_stage;
    networks.count = config.repeats * static_cast<std::int64_t>(networks_of(config).size());
    scores.name = scores_stage;
    scores.count = config.repeats;
    scores.needs = {std::string(networks_stage)};
    return {networks, scores};
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override;
  Json key_of(const Config& config, std::string_view stage, std::int64_t index) const override {
    if (stage == scores_stage) return Json::object({{"repeat", index}});
    const std::vector<std::string> networks = networks_of(config);
    const auto count = static_cast<std::int64_t>(networks.size());
    return Json::object(
        {{"repeat", index / count}, {"network", networks[static_cast<std::size_t>(index % count)]}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    if (stage == scores_stage) return start_scores(config, index, context);
    const auto count = static_cast<std::int64_t>(networks_of(config).size());
    return start_network(config, index / count, static_cast<std::size_t>(index % count), context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

void CalibrationRanking::check(const Config& config, const InputInfos& inputs,
                               std::vector<Problem>& problems) const {
  if (looks_at_images(config.model) && config.data == "kblobs")
    problems.push_back({"model", config.model, "linear, mlp; with images all",
                        "model: " + config.model +
                            " looks at images and data = kblobs has none; allowed are linear and mlp, or "
                            "data = fashion-mnist or files"});
  if (config.data == "fashion-mnist")
    check_fashion_rows(config.n_train + config.n_val + config.n_test, "n_train + n_val + n_test", problems);
  if (config.data == "files") check_image_inputs(inputs, problems);
}

Estimate CalibrationRanking::estimate_of(const Config& config, const InputInfos& inputs) const {
  const auto n_train = static_cast<double>(config.n_train), n_val = static_cast<double>(config.n_val),
             n_test = static_cast<double>(config.n_test), repeats = static_cast<double>(config.repeats);
  const bool blobs = config.data == "kblobs";
  const nn::ImageSize image = expected_image(config.data, inputs);
  const std::int64_t width = blobs ? config.dimension : image.channels * image.height * image.width;
  const std::int64_t classes = blobs ? config.classes : assumed_classes;
  const double rows = n_train + n_val + n_test, numbers = rows * static_cast<double>(width);
  const auto outputs = static_cast<double>(classes);
  StageCost networks;
  networks.stage = networks_stage;
  double longest = 0;
  for (const std::string& name : networks_of(config)) {
    StageCost one;
    classify::add_training_cost(network_options(config, name, width, image, classes), n_train, n_val + n_test,
                                one);
    // Drawing or reading the rows.
    one.special_ops += blobs ? numbers : 0;
    one.vector_ops += 6 * numbers;
    if (name == "sat") one.special_ops += n_train * static_cast<double>(config.epochs) * outputs;
    networks.gemm_flops += repeats * one.gemm_flops;
    networks.vector_ops += repeats * one.vector_ops;
    networks.special_ops += repeats * one.special_ops;
    longest += 1;
  }
  const classify::NetworkOptions member = network_options(config, "member 1", width, image, classes);
  networks.bytes_task =
      12 * numbers + 16 * (n_val + n_test) * outputs + classify::training_bytes(member) + 4e6;
  networks.bytes_shared = config.data == "kblobs" ? 0 : 2e6 + 1e5 * static_cast<double>(inputs.size());
  networks.longest_task_share = std::min(1.0, 1.2 / (longest * repeats));

  StageCost scores;
  scores.stage = scores_stage;
  const double heads = (config.uses("correctness-head") ? 1 : 0) + (config.uses("loss-predictor") ? 1 : 0);
  const std::int64_t seen = member.size().features + classes + 1;
  classify::HeadOptions head;
  head.epochs = config.head_epochs;
  StageCost one_head;
  classify::add_training_cost(classify::head_network(head, static_cast<std::size_t>(seen)), n_val, n_test,
                              one_head);
  const double methods = 9 + static_cast<double>(config.methods.size());
  scores.gemm_flops = repeats * heads * one_head.gemm_flops;
  scores.vector_ops = repeats * (heads * one_head.vector_ops + methods * 400 * n_test);
  scores.special_ops = repeats * (heads * one_head.special_ops + 85 * n_val * (outputs + 1) +
                                  n_test * outputs * (8 + 2 * static_cast<double>(config.members)));
  scores.sort_elements = repeats * methods * 6 * n_test * std::log2(n_test);
  scores.bytes_task = 8 * (n_val + n_test) * (3 * outputs + 2 * static_cast<double>(seen) + 20) + 4e6;
  scores.longest_task_share = 1 / repeats;
  Estimate estimate;
  estimate.stages = {networks, scores};
  estimate.report_bytes = 2e4 + repeats * methods * 250 +
                          methods * (100.0 * static_cast<double>(config.coverage_points) +
                                     100.0 * static_cast<double>(config.bins) + 2500);
  return estimate;
}

/// One point a method: how its calibration error and its E-AURC compare with those of the plain score.
void put_trade(const Table& methods, Report& report) {
  Table& trade =
      report.table("trade", {{"method", ColumnType::Text}, {"ece_ratio"}, {"e_aurc_change_percent"}});
  const auto base = mean_of(methods, "msp", "ece");
  if (!base || *base <= 0) return;
  for (const char* method :
       {"temperature", "platt", "isotonic-step", "isotonic-linear", "uniform-mass", "ensemble", "sat-sr"}) {
    const auto ece = mean_of(methods, method, "ece"), change = mean_of(methods, method, "e_aurc_change");
    if (ece && change) trade.append_row(method, *ece / *base, 100 * *change);
  }
}

void put_series(const Config& config, const Table& curves, const Table& reliability, Report& report) {
  const auto n_test = static_cast<double>(config.n_test);
  const double first = std::max(20.0, 0.01 * n_test) / n_test;
  for (std::size_t row = 0; row < curves.rows(); ++row) {
    const double coverage = curves.reals("coverage")[row];
    if (coverage < first) continue;
    const std::string& method = curves.texts("method")[row];
    const auto add = [&](const std::string& name, const char* column) {
      report.series[name].x.push_back(coverage);
      report.series[name].y.push_back(curves.reals(column)[row]);
    };
    if (method == "msp") add("oracle", "oracle");
    for (const char* shown : {"msp", "temperature", "ensemble", "sat-sr"}) {
      if (method == shown) add("accuracy_" + method, "accuracy");
    }
  }
  for (std::size_t row = 0; row < reliability.rows(); ++row) {
    const std::string& method = reliability.texts("method")[row];
    if (reliability.integers("count")[row] == 0 ||
        (method != "msp" && method != "temperature" && method != "ensemble"))
      continue;
    report.series["reliability_" + method].x.push_back(reliability.reals("confidence")[row]);
    report.series["reliability_" + method].y.push_back(reliability.reals("accuracy")[row]);
  }
}

void CalibrationRanking::fill_report(const Config& config, const Results& results, Report& report) const {
  const Table methods = results.gather(scores_stage, "methods", calibration_method_columns);
  const Table fits = results.gather(scores_stage, "fits", calibration_fit_columns);
  const Table checks = results.gather(scores_stage, "checks", calibration_check_columns);
  const Table curves = results.gather(scores_stage, "curves", calibration_curve_columns);
  const Table reliability = results.gather(scores_stage, "reliability", calibration_reliability_columns);
  report.tables["methods"] = methods;
  report.tables["fits"] = fits;
  report.tables["curves"] = curves;
  report.tables["reliability"] = reliability;
  report.tables["swaps"] = results.gather(scores_stage, "swaps", calibration_swap_columns);
  put_trade(methods, report);
  put_series(config, curves, reliability, report);

  const auto put = [&](const char* name, const char* method, const char* column) {
    const auto value = mean_of(methods, method, column);
    if (value) report.metrics[name] = *value;
    return value;
  };
  const auto ece_msp = put("ece_msp", "msp", "ece"),
             ece_temperature = put("ece_temperature", "temperature", "ece");
  auto msp = put("e_aurc_msp", "msp", "e_aurc");
  const auto temperature = put("e_aurc_temperature", "temperature", "e_aurc"),
             ensemble = put("e_aurc_ensemble", "ensemble", "e_aurc");
  put("e_aurc_sat_sr", "sat-sr", "e_aurc");
  put("e_aurc_random", "random", "e_aurc");
  if (checks.rows() == 0) return;
  if (msp && *msp <= 0) msp.reset();  // every order is perfect: nothing to compare
  const auto largest = [](const std::vector<double>& values) {
    return *std::max_element(values.begin(), values.end());
  };
  judge(report, results, "strict-monotone-invariance", largest(checks.reals("invariance")));
  if (ece_msp && ece_temperature && *ece_msp >= 0.04)
    judge(report, results, "temperature-improves-calibration", *ece_msp / *ece_temperature);
  if (temperature && msp)
    judge(report, results, "temperature-keeps-ranking", std::fabs(*temperature / *msp - 1));
  if (ensemble && msp) {
    const double members = stats::mean(fits.reals("member_mean_e_aurc"));
    judge(report, results, "ensemble-improves-ranking", *ensemble / members - 1);
  }
  if (!std::isnan(checks.reals("block_end_difference").front()))
    judge(report, results, "isotonic-agrees-at-block-ends", largest(checks.reals("block_end_difference")));
  if (const auto change = mean_of(methods, "isotonic-step", "e_aurc_change"))
    judge(report, results, "isotonic-cost-is-small", std::fabs(*change));
}

}  // namespace

bool CalibrationConfig::uses(std::string_view method) const {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

SampleChoice CalibrationConfig::sample() const {
  SampleChoice choice;
  choice.data = data;
  choice.n_train = n_train;
  choice.n_val = n_val;
  choice.n_test = n_test;
  choice.classes = classes;
  choice.modes = modes;
  choice.dimension = dimension;
  choice.radius = radius;
  return choice;
}

std::unique_ptr<Study> make_calibration_ranking() {
  return std::make_unique<CalibrationRanking>();
}

}  // namespace reprise::selective
