// Study "Do slingshots help generalisation?": test accuracy beside the slingshots. Nothing is claimed; the
// runs that would decide it take 80,000 steps at P = 113.
#include "labs/slingshot/arm_report.h"
#include "labs/slingshot/studies.h"
#include "study/marks.h"

#include <cmath>
#include <limits>

namespace reprise::slingshot {

namespace {

constexpr std::int64_t steps_after_slingshot = 2000;

struct Config : TrainingConfig {
  Config() {
    modulus = 31;
    width = 64;
  }

  std::vector<std::string> arms = {"float32:log_softmax"};
  std::int64_t test_every = 100;
};

Parameters<Config> parameters() {
  Parameters<Config> list;
  describe_arms(list, &Config::arms).preset("paper", Json(paper_arms));
  describe_network(list);
  describe_steps(list);
  list.integer("test_every", &Config::test_every)
      .within(1, 1000000)
      .label("Test every")
      .help("Updates between two looks at both accuracies.")
      .preset("widget", 50)
      .preset("paper", 500);
  describe_optimizer(list);
  describe_log(list);
  return list;
}

const std::vector<ColumnSpec>& rise_columns() {
  static const std::vector<ColumnSpec> specs = {{"arm", ColumnType::Text},
                                                {"repeat", ColumnType::Integer},
                                                {"start", ColumnType::Integer},
                                                {"before", ColumnType::Real},
                                                {"after", ColumnType::Real}};
  return specs;
}

Description description() {
  Description about;
  about.study = "slingshot/grokking";
  about.title = "Grokking";
  about.question = "Do slingshots help generalisation?";
  about.summary =
      "Training and test accuracy of long runs, and how far test accuracy rises in the 2000 steps after each "
      "slingshot. "
      "Small moduli do not generalise within the steps of a browser run: there the curves are shown, and "
      "nothing is "
      "claimed.";
  Figure accuracies;
  accuracies.id = "accuracies";
  accuracies.question = "Do slingshots help generalisation?";
  accuracies.subtitle =
      "Training (dashed) and test accuracy at repeat 0; dots: test accuracy when a slingshot starts";
  accuracies.x = axis("updates", "", true);
  accuracies.y = axis("accuracy");
  const auto lines = [](const char* column, const char* label, const char* style) {
    Mark mark = table_mark(Mark::Kind::Line, "accuracy", "step", column, "arm");
    mark.filter_column = "repeat";
    mark.filter_value = "0";
    mark.label = label;
    mark.style = style;
    return mark;
  };
  accuracies.marks = {lines("train_accuracy", "training", "dashed"), lines("test_accuracy", "test", "solid"),
                      table_mark(Mark::Kind::Points, "rises", "start", "before", "arm")};
  Figure loss = true_loss_figure();
  loss.question = "When do the slingshots happen?";
  about.figures = {accuracies, loss};
  return about;
}

/// Test accuracy in the last row at or before `step` (first row: the earliest), of one arm and repeat.
struct Rise {
  double before = std::numeric_limits<double>::quiet_NaN();
  double after = std::numeric_limits<double>::quiet_NaN();
};

Rise rise_after(const Table& accuracy, const std::string& arm, std::int64_t repeat, std::int64_t start) {
  Rise rise;
  for (std::size_t row = 0; row < accuracy.rows(); ++row) {
    if (accuracy.texts("arm")[row] != arm || accuracy.integers("repeat")[row] != repeat) continue;
    const std::int64_t step = accuracy.integers("step")[row];
    if (step <= start || std::isnan(rise.before)) rise.before = accuracy.reals("test_accuracy")[row];
    if (step <= start + steps_after_slingshot) rise.after = accuracy.reals("test_accuracy")[row];
  }
  return rise;
}

class Grokking final : public StudyOf<Config> {
 public:
  Grokking() : StudyOf(slingshot::parameters(), slingshot::description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    check_arms("arms", config.arms, problems);
    check_training(config, problems);
  }
  Plan plan_of(const Config& config, const InputInfos&) const override {
    return arms_plan(config.arms.size(), config.repeats);
  }
  Estimate estimate_of(const Config& config, const InputInfos&) const override {
    const std::int64_t pairs = config.modulus * config.modulus;
    const double tasks = static_cast<double>(config.arms.size()) * static_cast<double>(config.repeats);
    const double looks = static_cast<double>(config.steps) / static_cast<double>(config.test_every);
    Estimate estimate;
    estimate.stages = {training_cost(arms_stage, modular_train_rows(config.modulus, config.train_fraction),
                                     config.width, config.modulus, static_cast<double>(config.steps), tasks)};
    // A look is a forward pass over all pairs: a third of a step's products.
    const double h = static_cast<double>(config.width), k = static_cast<double>(config.modulus);
    estimate.stages[0].gemm_flops += 2 * static_cast<double>(pairs) * (h * h + h * k) * looks * tasks;
    estimate.stages[0].bytes_task += 8 * static_cast<double>(pairs) * (3 * h + k);
    estimate.report_bytes =
        arm_report_bytes(config.arms.size(), config.repeats, config.steps, config.log_every) +
        100 * looks * tasks;
    return estimate;
  }
  Json key_of(const Config& config, std::string_view, std::int64_t index) const override {
    return arm_key(parse_arms(config.arms), index);
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    const auto arms = static_cast<std::int64_t>(config.arms.size());
    return start_arm(config, parse_arm(config.arms[static_cast<std::size_t>(index % arms)]), index / arms,
                     config.test_every, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

void Grokking::fill_report(const Config& config, const Results& results, Report& report) const {
  add_arm_tables(results, report);
  const Table accuracy = results.gather(arms_stage, "accuracy", accuracy_columns);
  report.tables["accuracy"] = accuracy;
  const Table& slingshots = report.tables.at("slingshots");
  Table rises(rise_columns());
  double total = 0;
  std::int64_t counted = 0;
  for (std::size_t row = 0; row < slingshots.rows(); ++row) {
    const std::string& arm = slingshots.texts("arm")[row];
    const std::int64_t repeat = slingshots.integers("repeat")[row], start = slingshots.integers("start")[row];
    const Rise rise = rise_after(accuracy, arm, repeat, start);
    rises.append_row(arm, repeat, start, rise.before, rise.after);
    if (std::isnan(rise.after - rise.before)) continue;
    total += rise.after - rise.before;
    ++counted;
  }
  report.tables["rises"] = std::move(rises);
  report.metrics["mean_rise_after_slingshot"] =
      counted > 0 ? total / static_cast<double>(counted) : std::numeric_limits<double>::quiet_NaN();
  // For the figure's lines: not a number when there was none.
  double& onset = report.metrics["onset"] = std::numeric_limits<double>::quiet_NaN();
  double& first_spike = report.metrics["first_spike"] = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Arm> arms = parse_arms(config.arms);
  const std::optional<std::size_t> test = test_arm(arms);
  const Outcomes outcomes = read_outcomes(results, arms.size());
  if (!test || outcomes.empty() || outcomes.front().size() <= *test) return;
  const ArmOutcome& arm = outcomes.front()[*test];
  if (arm.onset >= 0) onset = static_cast<double>(arm.onset);
  if (arm.first_spike >= 0) first_spike = static_cast<double>(arm.first_spike);
}

}  // namespace

std::unique_ptr<Study> make_grokking() {
  return std::make_unique<Grokking>();
}

}  // namespace reprise::slingshot
