// Study "Which expression absorbs first?": one number format, the loss written in several ways and summed in
// several orders.
#include "labs/slingshot/arm_report.h"
#include "labs/slingshot/kernel_choice.h"
#include "labs/slingshot/studies.h"
#include "study/marks.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace reprise::slingshot {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t steps_for_spikes = 600;

struct Config : TrainingConfig {
  Config() {
    modulus = 13;
    width = 32;
    steps = 600;
  }

  std::string format = "float16";
  std::vector<std::string> forms = {"softmax",         "log_softmax", "logsumexp", "recentred",
                                    "mean_subtracted", "log1p",       "stablemax"};
  std::vector<std::string> orders = {"sequential", "reverse", "pairwise", "exact"};

  /// Every form summed sequentially, then log_softmax in the other orders.
  std::vector<Arm> arms() const {
    std::vector<Arm> list;
    const auto add = [&](const std::string& form, const std::string& order) {
      Arm arm = arm_of(format, form, order);
      const bool known =
          std::any_of(list.begin(), list.end(), [&](const Arm& other) { return other.name == arm.name; });
      if (!known) list.push_back(std::move(arm));
    };
    for (const std::string& form : forms) add(form, "sequential");
    for (const std::string& order : orders) add("log_softmax", order);
    return list;
  }
};

Parameters<Config> parameters() {
  Parameters<Config> list;
  list.choice("format", &Config::format, format_choices())
      .label("Number format")
      .help("In which every operation of the loss is rounded.")
      .essential();
  list.texts("forms", &Config::forms, form_names())
      .entries(1, 7)
      .label("Forms of the loss")
      .help("Each is trained once, with a sequential sum.")
      .preset("widget", Json(std::vector<std::string>{"log_softmax", "logsumexp", "recentred"}))
      .essential();
  list.texts("orders", &Config::orders, order_names())
      .entries(1, 6)
      .label("Orders of summation")
      .help("In each of them log_softmax is trained once.")
      .preset("widget", Json(std::vector<std::string>{"sequential"}));
  describe_network(list);
  describe_steps(list);
  describe_optimizer(list);
  describe_log(list);
  return list;
}

std::vector<Figure> figures() {
  Figure first;
  first.id = "first";
  first.question = "Which expression absorbs first?";
  first.subtitle =
      "Onset (a quarter of the samples absorbed) and first spike of every arm at repeat 0; −1: never";
  first.x = axis("arm");
  first.y = axis("step");
  first.y.low = 0;
  for (const char* column : {"onset", "first_spike"}) {
    Mark bars = table_mark(Mark::Kind::Bars, "events", "arm", column);
    bars.filter_column = "repeat";
    bars.filter_value = "0";
    bars.label = std::string(column) == "onset" ? "onset" : "first spike";
    first.marks.push_back(bars);
  }
  Figure drift;
  drift.id = "drift";
  drift.question = "Which kernel lets features drift?";
  drift.subtitle = "Norm of the mean feature of every arm";
  drift.x = axis("step");
  drift.y = axis("‖h̄‖", "", true);
  drift.marks = {table_mark(Mark::Kind::Line, "curves", "step", "h_mean_norm", "arm")};
  return {first, drift};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("logsumexp-earlier",
                 "Subtracting m + log s absorbs earlier than subtracting m, then log s: onset over onset.",
                 Relation::AtMost, 0.75, "log s vanishes beside a large m; 0.52 to 0.59 were measured."),
      claim_spec("exact-later", "A correctly rounded sum only delays absorption: onset minus onset.",
                 Relation::AtLeast, 0,
                 "Its result is still one number of the format; 7 to 29 steps were measured."),
      claim_spec(
          "repaired-no-spike",
          "Forms that keep the zero sum have no slingshots in the same format: slingshots in all of them.",
          Relation::Equal, 0, "No other thing differs from the arms that spike."),
      claim_spec("unrepaired-spikes",
                 "Every arm with softmax, log_softmax or logsumexp has: fewest slingshots among them.",
                 Relation::AtLeast, 1, "One is enough; in float16 all had some within 600 steps."),
      claim_spec("stablemax-drift",
                 "StableMax has no spike, but its features drift: ‖h̄‖ over that of recentred.",
                 Relation::AtLeast, 3, "5.8 to 6.8 were measured."),
      claim_spec("stablemax-defect",
                 "Its gradients do not sum to zero by construction: zero-sum defect at the end.",
                 Relation::AtLeast, 0.03, "0.09 to 0.13 were measured; recentred has 0."),
  };
}

Description description() {
  Description about;
  about.study = "slingshot/loss-kernels";
  about.title = "Loss kernels";
  about.question = "Which expression absorbs first?";
  about.summary =
      "The same loss can be written in several ways that agree in exact arithmetic. In one low-precision "
      "format they "
      "absorb at different steps, or never: what decides is where a number close to one is formed, and what "
      "is "
      "subtracted from it.";
  about.figures = figures();
  about.claims = claims();
  return about;
}

std::optional<std::size_t> find_arm(const std::vector<Arm>& arms, CrossEntropyForm form,
                                    SumOrder order = SumOrder::sequential) {
  for (std::size_t i = 0; i < arms.size(); ++i) {
    if (arms[i].form == form && arms[i].order == order) return i;
  }
  return std::nullopt;
}

bool is_plain(CrossEntropyForm form) {
  return form == CrossEntropyForm::softmax || form == CrossEntropyForm::log_softmax ||
         form == CrossEntropyForm::logsumexp;
}

class LossKernels final : public StudyOf<Config> {
 public:
  LossKernels() : StudyOf(slingshot::parameters(), slingshot::description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    check_training(config, problems);
  }
  Plan plan_of(const Config& config, const InputInfos&) const override {
    return arms_plan(config.arms().size(), config.repeats);
  }
  Estimate estimate_of(const Config& config, const InputInfos&) const override {
    const std::size_t arms = config.arms().size();
    Estimate estimate;
    estimate.stages = {training_cost(arms_stage, modular_train_rows(config.modulus, config.train_fraction),
                                     config.width, config.modulus, static_cast<double>(config.steps),
                                     static_cast<double>(arms) * static_cast<double>(config.repeats))};
    estimate.report_bytes = arm_report_bytes(arms, config.repeats, config.steps, config.log_every);
    return estimate;
  }
  Json key_of(const Config& config, std::string_view, std::int64_t index) const override {
    return arm_key(config.arms(), index);
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    const std::vector<Arm> arms = config.arms();
    const auto count = static_cast<std::int64_t>(arms.size());
    return start_arm(config, arms[static_cast<std::size_t>(index % count)], index / count, 0, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

void LossKernels::fill_report(const Config& config, const Results& results, Report& report) const {
  add_arm_tables(results, report);
  const std::vector<Arm> arms = config.arms();
  const Outcomes outcomes = read_outcomes(results, arms.size());
  const auto judged = [&](const char* id, Worst worst, auto statistic) {
    judge(report, results, id, worst_repeat(results, outcomes, worst, statistic));
  };
  using Row = std::vector<ArmOutcome>;
  const auto plain = find_arm(arms, CrossEntropyForm::log_softmax);
  const auto logsumexp = find_arm(arms, CrossEntropyForm::logsumexp);
  const auto exact = find_arm(arms, CrossEntropyForm::log_softmax, SumOrder::exact);
  const auto stablemax = find_arm(arms, CrossEntropyForm::stablemax);
  const auto recentred = find_arm(arms, CrossEntropyForm::recentred);
  if (plain && logsumexp) {
    judged("logsumexp-earlier", Worst::largest, [&](const Row& row) {
      const std::int64_t early = row[*logsumexp].onset, late = row[*plain].onset;
      return early < 0 || late <= 0 ? infinity : static_cast<double>(early) / static_cast<double>(late);
    });
  }
  if (plain && exact) {
    judged("exact-later", Worst::smallest, [&](const Row& row) {
      const std::int64_t sequential = row[*plain].onset;
      if (sequential < 0 || row[*exact].diverged) return -infinity;
      const std::int64_t later = row[*exact].onset < 0 ? config.steps : row[*exact].onset;
      return static_cast<double>(later - sequential);
    });
  }
  if (std::any_of(arms.begin(), arms.end(), is_repaired)) {
    judged("repaired-no-spike", Worst::largest, [&](const Row& row) {
      double total = 0;
      for (std::size_t i = 0; i < arms.size(); ++i) {
        if (is_repaired(arms[i])) total += slingshots_or_nan(row[i]);
      }
      return total;
    });
  }
  const bool any_plain =
      std::any_of(arms.begin(), arms.end(), [](const Arm& arm) { return is_plain(arm.form); });
  if (any_plain && config.steps >= steps_for_spikes) {
    judged("unrepaired-spikes", Worst::smallest, [&](const Row& row) {
      double fewest = infinity;
      for (std::size_t i = 0; i < arms.size(); ++i) {
        if (is_plain(arms[i].form)) fewest = std::min(fewest, static_cast<double>(row[i].slingshots));
      }
      return fewest;
    });
  }
  const auto finite_end = [](const ArmOutcome& arm, double value) {
    return arm.diverged ? std::numeric_limits<double>::quiet_NaN() : value;
  };
  if (stablemax && recentred) {
    judged("stablemax-drift", Worst::smallest, [&](const Row& row) {
      return finite_end(row[*stablemax], row[*stablemax].final_h_mean_norm) /
             finite_end(row[*recentred], row[*recentred].final_h_mean_norm);
    });
  }
  if (stablemax) {
    judged("stablemax-defect", Worst::smallest, [&](const Row& row) {
      return finite_end(row[*stablemax], row[*stablemax].final_zero_sum_defect);
    });
  }
}

}  // namespace

std::unique_ptr<Study> make_loss_kernels() {
  return std::make_unique<LossKernels>();
}

}  // namespace reprise::slingshot
