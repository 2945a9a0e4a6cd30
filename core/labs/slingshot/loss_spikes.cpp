// Study "Does the spike need low precision?": one network trained by several loss kernels from the same
// weights on the same data.
#include "labs/slingshot/arm_report.h"
#include "labs/slingshot/studies.h"
#include "study/marks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace reprise::slingshot {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t steps_for_recurrence = 1000;

struct Config : TrainingConfig {
  Config() = default;

  std::vector<std::string> arms = {"float32:log_softmax", "float32:recentred", "float64",
                                   "bfloat16:log_softmax"};
};

Parameters<Config> parameters() {
  Parameters<Config> list;
  describe_arms(list, &Config::arms)
      .preset("widget", Json(std::vector<std::string>{"float16:log_softmax", "float16:recentred", "float64"}))
      .preset("paper", Json(paper_arms));
  describe_network(list);
  describe_steps(list);
  describe_optimizer(list);
  describe_log(list);
  return list;
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("low-precision-spikes", "The arm whose kernel can absorb has slingshots: their number.",
                 Relation::AtLeast, 1, "One is enough; 19 of 19 seeds had 1 to 4 in each of three formats."),
      claim_spec("float64-no-spike", "The same network with a float64 kernel has none.", Relation::Equal, 0,
                 "Its threshold, 36.7 nats, is not reached in these steps."),
      claim_spec(
          "repaired-no-spike",
          "Kernels that keep the zero sum in the same low precision have none: slingshots in all of them.",
          Relation::Equal, 0, "No other thing differs from the arms that spike."),
      claim_spec("absorption-before-spike",
                 "Absorption sets in before the first spike: steps between the two.", Relation::Above, 0,
                 "A cause comes first; 204 to 450 steps were measured."),
      claim_spec(
          "norm-inflation",
          "Between a tenth of the samples absorbed and the spike the mean row of the classifier grows: "
          "factor.",
          Relation::AtLeast, 3, "5.5 to 11.5 were measured; without absorption it stays within 1.35."),
      claim_spec("exponential-fit", "That growth is close to exponential: R² of a line through ln ‖w̄‖.",
                 Relation::AtLeast, 0.8, "0.89 to 0.99 were measured."),
      claim_spec("exponential-over-linear", "An exponential fits better than a line: difference of the R².",
                 Relation::AtLeast, 0.02, "0.045 to 0.082 were measured at this learning rate."),
      claim_spec("anti-alignment", "Before the spike w̄ and h̄ point in opposite directions: cosine.",
                 Relation::AtMost, -0.85, "The growing mode has cosine −1; −0.99 to −0.95 were measured."),
      claim_spec("float64-alignment", "With a float64 kernel they never do: lowest cosine from step 20 on.",
                 Relation::AtLeast, -0.8, "−0.64 to −0.07 were measured."),
      claim_spec("format-order",
                 "More bits, later onset: neighbouring pairs of formats for which that is not so.",
                 Relation::Equal, 0, "The threshold is p ln 2; two arms that are never absorbed are equal."),
      claim_spec("recurrence", "With bfloat16 the slingshot comes back: their number.", Relation::AtLeast, 2,
                 "5 to 8 in 1600 steps were measured."),
  };
}

Description description() {
  Description about;
  about.study = "slingshot/loss-spikes";
  about.title = "Loss spikes";
  about.question = "Does the spike need low precision?";
  about.summary =
      "A network learns addition modulo P and goes on long after its last mistake. Only the arithmetic of "
      "the loss "
      "differs between the arms: those in which the largest probability rounds to exactly 1 spike, those "
      "with more "
      "bits or with the zero sum of the gradients restored do not.";
  Figure loss = true_loss_figure();
  loss.title =
      "Absorption sets in at step {metrics.onset:.0f}, the first spike comes at {metrics.first_spike:.0f}";
  about.figures = {loss, means_figure(), margin_figure(), absorbed_figure()};
  about.claims = claims();
  return about;
}

/// Places of the arms that claims are about.
struct Roles {
  explicit Roles(const std::vector<Arm>& arms) : test(test_arm(arms)) {
    std::map<int, std::size_t> by_precision;
    for (std::size_t i = 0; i < arms.size(); ++i) {
      const Arm& arm = arms[i];
      if (is_repaired(arm)) repaired.push_back(i);
      if (!float64 && is_float64(arm) && !is_repaired(arm) && arm.form != CrossEntropyForm::stablemax)
        float64 = i;
      if (arm.form == CrossEntropyForm::log_softmax) by_precision.emplace(arm.format.precision, i);
      if (!bfloat16 && arm.format.name == "bfloat16" && arm.form == CrossEntropyForm::log_softmax)
        bfloat16 = i;
    }
    for (const auto& [precision, place] : by_precision) formats.push_back(place);
  }
  std::optional<std::size_t> test, float64, bfloat16;
  std::vector<std::size_t> repaired;
  std::vector<std::size_t> formats;  // under log_softmax, fewest bits first, one of each precision
};

double order_violations(const std::vector<ArmOutcome>& arms, const std::vector<std::size_t>& formats,
                        std::int64_t steps) {
  std::int64_t violations = 0;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    if (arms[formats[i]].diverged) return std::numeric_limits<double>::quiet_NaN();
    if (i == 0) continue;
    const auto onset = [&](std::size_t place) { return arms[place].onset < 0 ? steps : arms[place].onset; };
    const std::int64_t fewer = onset(formats[i - 1]), more = onset(formats[i]);
    const bool both_never = fewer == steps && more == steps;
    if (more <= fewer && !both_never) ++violations;
  }
  return static_cast<double>(violations);
}

class LossSpikes final : public StudyOf<Config> {
 public:
  LossSpikes() : StudyOf(slingshot::parameters(), slingshot::description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    check_arms("arms", config.arms, problems);
    check_training(config, problems);
  }
  Plan plan_of(const Config& config, const InputInfos&) const override {
    return arms_plan(config.arms.size(), config.repeats);
  }
  Estimate estimate_of(const Config& config, const InputInfos&) const override {
    Estimate estimate;
    estimate.stages = {
        training_cost(arms_stage, modular_train_rows(config.modulus, config.train_fraction), config.width,
                      config.modulus, static_cast<double>(config.steps),
                      static_cast<double>(config.arms.size()) * static_cast<double>(config.repeats))};
    estimate.report_bytes =
        arm_report_bytes(config.arms.size(), config.repeats, config.steps, config.log_every);
    return estimate;
  }
  Json key_of(const Config& config, std::string_view, std::int64_t index) const override {
    return arm_key(parse_arms(config.arms), index);
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    const auto arms = static_cast<std::int64_t>(config.arms.size());
    return start_arm(config, parse_arm(config.arms[static_cast<std::size_t>(index % arms)]), index / arms, 0,
                     context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;

 private:
  void judge_test_arm(const Results& results, const Outcomes& outcomes, std::size_t test,
                      Report& report) const;
};

void LossSpikes::judge_test_arm(const Results& results, const Outcomes& outcomes, std::size_t test,
                                Report& report) const {
  const auto least = [&](auto statistic) {
    return worst_repeat(results, outcomes, Worst::smallest,
                        [&](const std::vector<ArmOutcome>& arms) { return statistic(arms[test]); });
  };
  judge(report, results, "absorption-before-spike", least([](const ArmOutcome& arm) {
          if (arm.onset < 0 || arm.first_spike < 0) return -infinity;
          return static_cast<double>(arm.first_spike - arm.onset);
        }));
  judge(report, results, "norm-inflation", least([](const ArmOutcome& arm) {
          return arm.first_spike < 0 || std::isnan(arm.norm_ratio) ? 0.0 : arm.norm_ratio;
        }));
  judge(report, results, "exponential-fit", least([](const ArmOutcome& arm) {
          return arm.diverged || std::isnan(arm.r2_exponential) ? 0.0 : arm.r2_exponential;
        }));
  judge(report, results, "exponential-over-linear", least([](const ArmOutcome& arm) {
          return arm.diverged || std::isnan(arm.r2_exponential) ? -1.0 : arm.r2_exponential - arm.r2_linear;
        }));
  judge(report, results, "anti-alignment",
        worst_repeat(results, outcomes, Worst::largest, [&](const std::vector<ArmOutcome>& arms) {
          return arms[test].first_spike < 0 ? 1.0 : arms[test].cosine_before_spike;
        }));
}

void LossSpikes::fill_report(const Config& config, const Results& results, Report& report) const {
  add_arm_tables(results, report);
  const Roles roles(parse_arms(config.arms));
  const Outcomes outcomes = read_outcomes(results, config.arms.size());
  if (roles.test && !outcomes.empty() && outcomes.front().size() > *roles.test) {
    const ArmOutcome& arm = outcomes.front()[*roles.test];
    report.metrics["onset"] = static_cast<double>(arm.onset);
    report.metrics["first_spike"] = static_cast<double>(arm.first_spike);
    report.metrics["slingshots"] = static_cast<double>(arm.slingshots);
  }

  const auto judged = [&](const char* id, Worst worst, auto statistic) {
    judge(report, results, id, worst_repeat(results, outcomes, worst, statistic));
  };
  if (roles.test) {
    judged("low-precision-spikes", Worst::smallest, [&](const std::vector<ArmOutcome>& arms) {
      return static_cast<double>(arms[*roles.test].slingshots);
    });
  }
  if (roles.float64) {
    judged("float64-no-spike", Worst::largest,
           [&](const std::vector<ArmOutcome>& arms) { return slingshots_or_nan(arms[*roles.float64]); });
  }
  if (!roles.repaired.empty()) {
    judged("repaired-no-spike", Worst::largest, [&](const std::vector<ArmOutcome>& arms) {
      double total = 0;
      for (const std::size_t place : roles.repaired) total += slingshots_or_nan(arms[place]);
      return total;
    });
  }
  if (roles.test) judge_test_arm(results, outcomes, *roles.test, report);
  if (roles.float64) {
    judged("float64-alignment", Worst::smallest, [&](const std::vector<ArmOutcome>& arms) {
      const ArmOutcome& arm = arms[*roles.float64];
      return arm.diverged ? std::numeric_limits<double>::quiet_NaN() : arm.lowest_cosine;
    });
  }
  if (roles.formats.size() >= 2) {
    judged("format-order", Worst::largest, [&](const std::vector<ArmOutcome>& arms) {
      return order_violations(arms, roles.formats, config.steps);
    });
  }
  if (roles.bfloat16 && config.steps >= steps_for_recurrence) {
    judged("recurrence", Worst::smallest, [&](const std::vector<ArmOutcome>& arms) {
      return static_cast<double>(arms[*roles.bfloat16].slingshots);
    });
  }
}

}  // namespace

std::unique_ptr<Study> make_loss_spikes() {
  return std::make_unique<LossSpikes>();
}

}  // namespace reprise::slingshot
