// Study "Where does each format absorb?": one sample whose margin grows until the true class's gradient is
// exactly zero, beside the closed form.
#include "labs/slingshot/absorption_threshold.h"

#include "base/math.h"
#include "labs/slingshot/absorption.h"
#include "labs/slingshot/kernel_choice.h"
#include "labs/slingshot/sample_probe.h"
#include "labs/slingshot/studies.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace reprise::slingshot {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::string_view sweep_stage = "sweep";
constexpr std::string_view search_stage = "search";
constexpr std::int64_t kernel_values_per_step = 20'000;
constexpr std::int64_t many_classes = 100;  // of the claim order-effect
constexpr double far_logit = 1000;          // of the claim logsumexp-shift
constexpr int least_bits_of_order_claim = 8;

using Config = AbsorptionConfig;

bool is_plain(CrossEntropyForm form) {
  return form == CrossEntropyForm::softmax || form == CrossEntropyForm::log_softmax ||
         form == CrossEntropyForm::logsumexp;
}

/// What a task of the second stage searches: the rows of the table, then what the claims need.
struct Searches {
  explicit Searches(const Config& config) {
    std::vector<std::int64_t> class_counts = {2};
    if (config.num_classes != 2) class_counts.push_back(config.num_classes);
    for (const std::string& format : format_names()) {
      for (const std::int64_t classes : class_counts) {
        for (const std::int64_t true_index : {std::int64_t{0}, classes - 1}) {
          list.push_back({arm_of(format, config.form, config.order), classes, true_index, config.max_logit});
        }
      }
    }
    table_rows = list.size();
    own = add(config.sample());
    pair = add({config.arm(), 2, 0, 0});
    const Arm sequential = arm_of(config.format, config.form, "sequential");
    if (sequential.format.precision >= least_bits_of_order_claim && is_plain(sequential.form)) {
      first = add({sequential, many_classes, 0, 0});
      last = add({sequential, many_classes, many_classes - 1, 0});
    }
    near_zero = add({parse_arm("float32:logsumexp"), 2, 0, 0});
    far_away = add({parse_arm("float32:logsumexp"), 2, 0, far_logit});
  }

  std::size_t add(EqualLogits sample) {
    list.push_back(std::move(sample));
    return list.size() - 1;
  }

  std::vector<EqualLogits> list;
  std::size_t table_rows = 0;
  std::size_t own = 0, pair = 0, near_zero = 0, far_away = 0;
  std::optional<std::size_t> first, last;
};

const std::vector<ColumnSpec>& sweep_columns() {
  static const std::vector<ColumnSpec> specs = {{"margin", ColumnType::Real},
                                                {"p_true", ColumnType::Real},
                                                {"loss", ColumnType::Real},
                                                {"gradient_true", ColumnType::Real},
                                                {"gradient_wrong", ColumnType::Real},
                                                {"gradient_wrong_sum", ColumnType::Real},
                                                {"zero_sum_defect", ColumnType::Real},
                                                {"exact_gradient_true", ColumnType::Real}};
  return specs;
}

const std::vector<ColumnSpec>& search_columns() {
  static const std::vector<ColumnSpec> specs = {{"margin", ColumnType::Real}};
  return specs;
}

class SweepStepper final : public Stepper {
 public:
  SweepStepper(const Config& config, TaskContext& context)
      : config_(config), sample_(config.sample()), context_(context) {}

  bool step() override {
    const std::int64_t most = std::max<std::int64_t>(1, kernel_values_per_step / config_.num_classes);
    const std::int64_t end = std::min(config_.points, next_ + most);
    Table& table = context_.partial().table("sweep", sweep_columns());
    for (; next_ < end; ++next_) append(table, next_);
    return next_ == config_.points;
  }
  double progress() const override {
    return static_cast<double>(next_) / static_cast<double>(config_.points);
  }

 private:
  void append(Table& table, std::int64_t i) const {
    const double margin =
        static_cast<double>(i) * config_.max_margin / static_cast<double>(config_.points - 1);
    const SampleResult result = kernel_at(sample_, margin);
    const auto y = static_cast<std::size_t>(config_.true_index);
    double wrong = 0, sum = 0, sizes = 0;
    for (std::size_t k = 0; k < result.gradient.size(); ++k) {
      sum += result.gradient[k];
      sizes += std::fabs(result.gradient[k]);
      if (k != y) wrong += result.gradient[k];
    }
    const double others = static_cast<double>(config_.num_classes - 1) * math::exp(-margin);
    table.append_row(margin, probability_at(sample_, margin), result.loss, result.gradient[y],
                     result.gradient[y == 0 ? 1 : 0], wrong, sizes > 0 ? std::fabs(sum) / sizes : 0.0,
                     -others / (1 + others));
  }

  Config config_;
  EqualLogits sample_;
  TaskContext& context_;
  std::int64_t next_ = 0;
};

class SearchStepper final : public Stepper {
 public:
  SearchStepper(const EqualLogits& sample, TaskContext& context) : search_(sample), context_(context) {}
  bool step() override {
    if (!search_.step()) return false;
    context_.partial().table("found", search_columns()).append_row(search_.margin());
    return true;
  }
  double progress() const override { return search_.progress(); }

 private:
  AbsorptionSearch search_;
  TaskContext& context_;
};

class AbsorptionThresholdStudy final : public StudyOf<Config> {
 public:
  AbsorptionThresholdStudy()
      : StudyOf(absorption_threshold_parameters(), absorption_threshold_description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    if (config.true_index < config.num_classes) return;
    const std::string allowed = "0…" + std::to_string(config.num_classes - 1);
    problems.push_back({"true_index", std::to_string(config.true_index), allowed,
                        "true_index: " + std::to_string(config.true_index) + " with " +
                            std::to_string(config.num_classes) + " classes; allowed: " + allowed});
  }
  Plan plan_of(const Config& config, const InputInfos&) const override {
    Stage sweep;
    sweep.name = sweep_stage;
    Stage search;
    search.name = search_stage;
    search.count = static_cast<std::int64_t>(Searches(config).list.size());
    return {sweep, search};
  }
  Estimate estimate_of(const Config& config, const InputInfos&) const override;
  Json key_of(const Config& config, std::string_view stage, std::int64_t index) const override {
    if (stage == sweep_stage) return Json::object({{"sweep", config.form}});
    const EqualLogits sample = Searches(config).list.at(static_cast<std::size_t>(index));
    return Json::object({{"search", index},
                         {"format", std::string(sample.arm.format.name)},
                         {"num_classes", sample.num_classes},
                         {"true_index", sample.true_index}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    if (stage == sweep_stage) return std::make_unique<SweepStepper>(config, context);
    return std::make_unique<SearchStepper>(Searches(config).list.at(static_cast<std::size_t>(index)),
                                           context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
  Json probe_of(const Config& config, std::string_view name, const Json& arguments) const override {
    if (name == "sample") return probe_sample(arguments);
    return StudyOf::probe_of(config, name, arguments);
  }

 private:
  void judge_claims(const Config& config, const Results& results, const Searches& searches,
                    const std::vector<double>& found, Report& report) const;
};

// One value through an emulated kernel is worth about four special functions.
constexpr double special_ops_a_value = 4;

double values_of(const EqualLogits& sample) {
  const AbsorptionThreshold threshold = absorption_threshold(sample.arm.format, sample.num_classes);
  const double until = is_plain(sample.arm.form)
                           ? threshold.all_equal_exact
                           : std::min(threshold.zero_underflow, static_cast<double>(search_points) / 256);
  return until * search_steps_per_nat * static_cast<double>(sample.num_classes);
}

Estimate AbsorptionThresholdStudy::estimate_of(const Config& config, const InputInfos&) const {
  StageCost sweep;
  sweep.stage = sweep_stage;
  sweep.special_ops =
      2 * special_ops_a_value * static_cast<double>(config.points) * static_cast<double>(config.num_classes);
  sweep.bytes_task = 1e5 + 64 * static_cast<double>(config.points);
  StageCost search;
  search.stage = search_stage;
  double total = 0, longest = 0;
  for (const EqualLogits& sample : Searches(config).list) {
    const double values = values_of(sample);
    total += values;
    longest = std::max(longest, values);
  }
  search.special_ops = special_ops_a_value * total;
  search.longest_task_share = longest / total;
  search.bytes_task = 1e5;
  Estimate estimate;
  estimate.stages = {sweep, search};
  estimate.report_bytes = 10000 + 280 * static_cast<double>(std::min<std::int64_t>(config.points, 20000));
  return estimate;
}

double ulp(double x, const FloatFormat& format) {
  return std::ldexp(1.0, std::max(std::ilogb(x), format.least_exponent) - format.precision + 1);
}

/// Sweep points of [first, underflow − 1) where the true gradient is not zero or another is not positive.
double zero_exceptions(const Config& config, double first, const Table& sweep) {
  if (first < 0) return infinity;
  const double end = absorption_threshold(config.arm().format, config.num_classes).zero_underflow - 1;
  std::int64_t exceptions = 0, points = 0;
  for (std::size_t row = 0; row < sweep.rows(); ++row) {
    const double margin = sweep.reals("margin")[row];
    if (margin < first || margin >= end) continue;
    ++points;
    // All wrong classes have equal logits, so one positive gradient is all positive.
    exceptions += sweep.reals("gradient_true")[row] != 0 || !(sweep.reals("gradient_wrong")[row] > 0) ? 1 : 0;
  }
  return points == 0 ? infinity : static_cast<double>(exceptions);
}

void AbsorptionThresholdStudy::judge_claims(const Config& config, const Results& results,
                                            const Searches& searches, const std::vector<double>& found,
                                            Report& report) const {
  const FloatFormat format = config.arm().format;
  const double formula = absorption_threshold(format, 2).single;
  const double pair = found[searches.pair];
  judge(report, results, "threshold-formula",
        pair < 0 ? infinity : std::fabs(pair - formula) - ulp(formula, format) / 2);
  if (searches.first && searches.last) {
    const double first = found[*searches.first], last = found[*searches.last];
    const double shift = math::log(static_cast<double>(many_classes - 1));
    judge(report, results, "order-effect",
          first < 0 || last < 0 ? infinity : std::fabs(last - first - shift));
  }
  judge(report, results, "exact-zero",
        zero_exceptions(config, found[searches.own], results.gather(sweep_stage, "sweep", sweep_columns())));
  judge(report, results, "logsumexp-shift", found[searches.near_zero] - found[searches.far_away]);
}

void AbsorptionThresholdStudy::fill_report(const Config& config, const Results& results,
                                           Report& report) const {
  const Searches searches(config);
  const AbsorptionThreshold threshold = absorption_threshold(config.arm().format, config.num_classes);
  report.metrics["threshold_formula"] = threshold.single;
  report.metrics["underflow_margin"] = threshold.zero_underflow;

  const Table sweep = results.gather(sweep_stage, "sweep", sweep_columns());
  report.table("sweep", sweep_columns()).append(sweep);
  std::vector<double> size_true = sweep.reals("gradient_true");
  for (double& value : size_true) value = std::fabs(value);
  report.series["gradient_true"] = {sweep.reals("margin"), std::move(size_true), {}, {}};
  for (const char* name : {"gradient_wrong_sum", "zero_sum_defect"}) {
    report.series[name] = {sweep.reals("margin"), sweep.reals(name), {}, {}};
  }

  // Searches finish in any order; until then their rows are missing.
  std::vector<double> found(searches.list.size(), std::numeric_limits<double>::quiet_NaN());
  if (const auto stage = results.partials.find(search_stage); stage != results.partials.end()) {
    for (const auto& [index, partial] : stage->second) {
      const Table* rows = partial.find("found");
      if (rows != nullptr && rows->rows() > 0)
        found.at(static_cast<std::size_t>(index)) = rows->reals("margin")[0];
    }
  }
  Table& thresholds = report.table("thresholds", {{"format", ColumnType::Text},
                                                  {"num_classes", ColumnType::Integer},
                                                  {"true_index", ColumnType::Integer},
                                                  {"formula", ColumnType::Real},
                                                  {"first_absorbed", ColumnType::Real}});
  for (std::size_t row = 0; row < searches.table_rows; ++row) {
    if (std::isnan(found[row])) continue;
    const EqualLogits& sample = searches.list[row];
    thresholds.append_row(std::string(sample.arm.format.name), sample.num_classes, sample.true_index,
                          absorption_threshold(sample.arm.format, sample.num_classes).single, found[row]);
  }
  report.metrics["first_absorbed"] = found[searches.own];
  judge_claims(config, results, searches, found, report);
}

}  // namespace

std::unique_ptr<Study> make_absorption_threshold() {
  return std::make_unique<AbsorptionThresholdStudy>();
}

}  // namespace reprise::slingshot
