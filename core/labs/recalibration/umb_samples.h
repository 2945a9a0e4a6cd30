// What the studies umb-rates and optimal-bins share: their parameters, the task that draws one sample and
// fits it with every number of bins, and the table of risks.
#pragma once

#include "labs/recalibration/bin_map.h"
#include "labs/recalibration/score_models.h"
#include "stats/sort.h"
#include "study/study.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reprise::recal {

/// The simulation model of a config, by the names of the parameters.
struct ModelConfig {
  std::string model = "gauss";
  double mu = 2, p = 0.5;
  double a = 1, b = 1, c = 0;

  ScoreModel make() const { return ScoreModel::named(model, mu, p, a, b, c); }
};

struct UmbConfig : ModelConfig {
  UmbConfig() = default;  // no aggregate: GCC 12 warns of `UmbConfig{}` wrongly

  std::vector<std::int64_t> n_list = {300, 1000, 3000, 10000, 30000};
  std::vector<std::int64_t> bins_list = {4, 5, 7, 9, 13, 17, 22, 30, 40, 53, 71, 95, 126, 168, 225, 300, 400};
  std::int64_t seeds = 20;
  std::string edge_rule = "order";
  double delta = 0.1;
  double lipschitz = 20;

  /// Entries of bins_list with at least two rows a bin.
  std::vector<std::int64_t> bins_for(std::int64_t n) const;
};

/// "order", "interp" or "width".
EdgeRule edge_rule_named(const std::string& name);

/// Declares model, mu, p, a, b, c.
template <class Config>
void describe_model(Parameters<Config>& list) {
  list.choice("model", &Config::model, {"gauss", "logistic44", "beta01_4", "identity", "custom"})
      .label("Score model")
      .help("How scores and labels arise: two normal classes, or uniform scores with a known truth.")
      .essential();
  list.real("mu", &Config::mu)
      .above(0)
      .at_most(10)
      .label("Class separation μ")
      .essential()
      .help("The classes' score logits are normal around −μ and μ.")
      .only_when("model", {"gauss"});
  list.real("p", &Config::p)
      .above(0)
      .below(1)
      .label("Share of class 1")
      .help("P(Y = 1) in the Gaussian model.")
      .only_when("model", {"gauss"});
  list.real("a", &Config::a)
      .within(0, 1000)
      .label("Exponent a at 0")
      .help("Truth σ(c + a ln z − b ln(1 − z)); a ≤ ½ makes it too steep at 0 for the theory.")
      .only_when("model", {"custom"});
  list.real("b", &Config::b)
      .within(0, 1000)
      .label("Exponent b at 1")
      .help("Truth σ(c + a ln z − b ln(1 − z)).")
      .only_when("model", {"custom"});
  list.real("c", &Config::c)
      .within(-20, 20)
      .label("Offset c")
      .help("Truth σ(c + a ln z − b ln(1 − z)).")
      .only_when("model", {"custom"});
}

/// Declares everything in UmbConfig.
template <class Config>
void describe_umb(Parameters<Config>& list) {
  describe_model(list);
  list.integers("n_list", &Config::n_list)
      .within(20, 10000000)
      .entries(2, 12)
      .increasing()
      .label("Labels n")
      .help("Sample sizes.")
      .logarithmic()
      .essential()
      .preset("browser", std::vector<std::int64_t>{300, 1000, 3000, 10000, 30000, 100000, 300000})
      .preset("paper", std::vector<std::int64_t>{100, 681, 4641, 31622, 215443, 1467799, 10000000});
  list.integers("bins_list", &Config::bins_list)
      .within(2, 10000)
      .entries(3, 60)
      .increasing()
      .label("Bins B")
      .help("Numbers of bins that are tried; those above n/2 are left out.")
      .logarithmic()
      .preset("browser", std::vector<std::int64_t>{4,  5,  7,   10,  13,  17,  23,  31,  41,  55,
                                                   73, 98, 131, 175, 234, 313, 418, 559, 748, 1000})
      .preset("paper", std::vector<std::int64_t>{6, 11, 19, 34, 59, 105, 184, 324, 569, 1000});
  list.integer("seeds", &Config::seeds)
      .within(1, 1000)
      .label("Repeats")
      .essential()
      .help("Independent samples for each n.")
      .preset("paper", 10);
  list.choice("edge_rule", &Config::edge_rule, {"order", "interp", "width"})
      .label("Bin edges")
      .help("Order statistics, interpolated quantiles (the authors' code), or equal width.");
  list.real("delta", &Config::delta)
      .above(0)
      .below(1)
      .label("Failure probability δ")
      .help("The bound holds with probability at least 1 − δ.");
  list.real("lipschitz", &Config::lipschitz)
      .within(0, 1e6)
      .label("Lipschitz constant K")
      .help("Steepest slope of the truth in rank that the bound allows for; 0: only monotone, bound 2/B.");
}

/// Problems of n_list and bins_list together.
void check_umb(const UmbConfig& config, std::vector<Problem>& problems);

/// One task a (n, repeat), small n first.
Plan umb_plan(const UmbConfig& config);
inline constexpr std::string_view samples_stage = "samples";
struct UmbTask {
  std::int64_t n = 0;
  std::int64_t repeat = 0;
  Json key() const { return Json::object({{"n", n}, {"repeat", repeat}}); }
};
UmbTask umb_task(const UmbConfig& config, std::int64_t index);
Estimate umb_estimate(const UmbConfig& config, double extra_bins_share);

/// Draws and sorts one sample in slices of some milliseconds.
class SampleDrawer {
 public:
  /// Scores on `scale`: the model's own logits where the rule only looks at ranks, else probabilities.
  SampleDrawer(ScoreModel model, Random random, std::int64_t n, ScoreScale scale);
  bool step();  ///< true when the sample is ready
  double progress() const;
  SortedScores take();

 private:
  ScoreModel model_;
  Random random_;
  std::int64_t n_;
  std::int64_t drawn_ = 0;
  ScoreScale scale_;
  stats::PairSorter sorter_;
  bool sorted_ = false;
};
/// The scale on which samples of `model` are binned by `rule`.
ScoreScale sample_scale(const ScoreModel& model, EdgeRule rule);

/// What a study does with a sample beyond the common fits: called with it, in small steps, until true.
using SampleWork = std::function<bool(const SortedScores&)>;

/// The task: draw, sort, fit every number of bins, append rows to the partial's table "risks", then `more`.
std::unique_ptr<Stepper> umb_stepper(const UmbConfig& config, const UmbTask& task, TaskContext& context,
                                     SampleWork more);

/// All risks so far, by (n, bins), repeats in order.
struct RiskCell {
  std::vector<double> calibration, sharpness, risk;
};
class RiskTable {
 public:
  RiskTable(const UmbConfig& config, const Results& results);
  /// Repeats of a cell; i indexes n_list, k bins_list.
  const RiskCell& cell(std::size_t i, std::size_t k) const { return cells_[i * bins_ + k]; }
  /// For each finished repeat of n_list[i], the risks over bins_for(n) in order.
  const std::vector<std::vector<double>>& finished(std::size_t i) const { return finished_[i]; }
  /// Median risk of a cell; NaN when there is nothing.
  double median_risk(std::size_t i, std::size_t k) const;

 private:
  std::size_t bins_;
  std::vector<RiskCell> cells_;
  std::vector<std::vector<std::vector<double>>> finished_;
};

/// Adds the contract's table `risks`.
void report_risks(const UmbConfig& config, const RiskTable& table, Report& report);

}  // namespace reprise::recal
