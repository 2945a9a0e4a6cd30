// Study "Imbalance against robustness": from which distance on a small cluster is seen, or outliers take a
// prototype, for each loss. Atoms exactly, discs by sampling.
#include "labs/prototype-clustering/loss_tradeoff.h"

#include "base/error.h"
#include "base/math.h"
#include "clustering/agreement.h"
#include "labs/prototype-clustering/atoms.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/studies.h"
#include "stats/regression.h"
#include "study/study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr std::string_view atoms_stage = "atoms";  // a task a loss
constexpr std::string_view discs_stage = "discs";  // a task a loss, share and distance
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double atom_low = 1.05, atom_high = 1e4, disc_low = 2.05, disc_high = 20;
constexpr int atom_distances = 24;
constexpr int random_starts = 3;
constexpr double pi = 3.14159265358979323846;
constexpr double slope_share = 0.05, slope_reach = 0.01;  // shares that slopes use; how far down they must go
constexpr std::size_t slope_points = 3;
constexpr double law_margin = 0.1;  // relative, around the limit of a capped loss

const std::vector<ColumnSpec>& threshold_columns() {
  static const std::vector<ColumnSpec> specs = {{"loss", ColumnType::Text},
                                                {"share", ColumnType::Real},
                                                {"measured", ColumnType::Real},
                                                {"closed_form", ColumnType::Real},
                                                {"relative_error", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& recovery_columns() {
  static const std::vector<ColumnSpec> specs = {{"loss", ColumnType::Text},
                                                {"share", ColumnType::Real},
                                                {"distance", ColumnType::Real},
                                                {"recovered", ColumnType::Real}};
  return specs;
}

double geometric(double low, double high, std::int64_t index, std::int64_t count) {
  const double place = static_cast<double>(index) / static_cast<double>(count - 1);
  return low * math::exp(place * math::log(high / low));
}

AtomInstance instance_of(const TradeoffConfig& config) {
  return config.instance == "outlier" ? AtomInstance::Outlier : AtomInstance::TwoAtom;
}

double relative_error(double measured, double closed) {
  return std::isinf(measured) ? measured - closed : std::fabs(measured - closed) / closed;
}

void solve_atoms(const TradeoffConfig& config, std::int64_t index, TaskContext& context) {
  const std::string& name = config.losses[static_cast<std::size_t>(index)];
  const Loss loss = parse_loss(name, "losses");
  const AtomInstance instance = instance_of(config);
  Table& thresholds = context.partial().table("thresholds", threshold_columns());
  Table& recovery = context.partial().table("recovery", recovery_columns());
  for (const double share : config.shares) {
    const double measured = measured_threshold(instance, loss, share);
    const double closed = closed_form_threshold(instance, loss, share);
    const bool beyond = std::isinf(measured) && closed > 1e6;  // farther than the search goes
    const double error = beyond ? std::numeric_limits<double>::quiet_NaN() : relative_error(measured, closed);
    thresholds.append_row(name, share, measured, closed, error);
    for (std::int64_t i = 0; i < atom_distances; ++i) {
      const double distance = geometric(atom_low, atom_high, i, atom_distances);
      const bool alone = far_atom_alone(instance, loss, share, distance);
      recovery.append_row(name, share, distance, alone == (instance == AtomInstance::TwoAtom) ? 1 : 0);
    }
  }
}

/// Samples at one distance, clustered with one loss.
class DiscsStepper final : public Stepper {
 public:
  DiscsStepper(const TradeoffConfig& config, std::int64_t index, TaskContext& context)
      : config_(config), context_(context) {
    const auto shares = static_cast<std::int64_t>(config.shares.size());
    distance_ = geometric(disc_low, disc_high, index % config.distance_points, config.distance_points);
    share_ = config.shares[static_cast<std::size_t>(index / config.distance_points % shares)];
    name_ = config.losses[static_cast<std::size_t>(index / config.distance_points / shares)];
    loss_ = parse_loss(name_, "losses");
    small_ = std::max<std::int64_t>(2, static_cast<std::int64_t>(share_ * static_cast<double>(config.n)));
  }
  bool step() override {
    recovered_ += recovers(trial_) ? 1 : 0;
    if (++trial_ < config_.trials) return false;
    context_.partial()
        .table("recovery", recovery_columns())
        .append_row(name_, share_, distance_,
                    static_cast<double>(recovered_) / static_cast<double>(config_.trials));
    return true;
  }
  double progress() const override {
    return static_cast<double>(trial_) / static_cast<double>(config_.trials);
  }

 private:
  /// The same discs at every distance and share: the first points are moved.
  Points sample(std::int64_t trial) const {
    Random random = context_.random("discs", {static_cast<std::uint64_t>(trial)});
    Points points(config_.n, 2);
    for (std::int64_t i = 0; i < config_.n; ++i) {
      const double radius = std::sqrt(random.uniform()), angle = 2 * pi * random.uniform();
      points.row(i)[0] = radius * math::cos(angle) + (i < small_ ? distance_ : 0);
      points.row(i)[1] = radius * math::sin(angle);
    }
    return points;
  }
  bool recovers(std::int64_t trial) const {
    const Points points = sample(trial);
    Labels truth(static_cast<std::size_t>(config_.n));
    std::fill_n(truth.begin(), small_, 1);
    Clustering best = lloyd(points, prototypes_of(points, truth, 2, loss_), loss_);
    for (int start = 0; start < random_starts; ++start) {
      Random random = context_.random("random_rows",
                                      {static_cast<std::uint64_t>(trial), static_cast<std::uint64_t>(start)});
      Clustering found = lloyd(points, clustering::seed_random_rows(points, 2, random), loss_);
      if (found.loss < best.loss) best = std::move(found);
    }
    return clustering::misclassification(best.labels, truth) == 0;
  }

  TradeoffConfig config_;
  TaskContext& context_;
  std::string name_;
  Loss loss_;
  double distance_ = 0, share_ = 0;
  std::int64_t small_ = 0, trial_ = 0, recovered_ = 0;
};

class TradeoffStudy final : public StudyOf<TradeoffConfig> {
 public:
  TradeoffStudy() : StudyOf(tradeoff_parameters(), tradeoff_description()) {}

 protected:
  void check(const TradeoffConfig& config, const InputInfos&, std::vector<Problem>& problems) const override {
    for (const std::string& name : config.losses) {
      try {
        if (!parse_loss(name, "losses").manhattan()) continue;
        problems.push_back(
            {"losses", name, std::string(loss_names),
             "losses: '" + name + "' is kmedians on a line; allowed: " + std::string(loss_names)});
      } catch (const InputError& error) {
        problems.insert(problems.end(), error.problems().begin(), error.problems().end());
      }
    }
    for (const double share : config.shares) {
      if (config.discs() && share * static_cast<double>(config.n) >= static_cast<double>(config.n) / 2)
        problems.push_back({"shares", "", "below 1/2", "shares: the small cluster is not the smaller one"});
    }
  }
  Plan plan_of(const TradeoffConfig& config, const InputInfos&) const override {
    const std::size_t losses = config.losses.size();
    Stage stage;
    stage.name = config.discs() ? discs_stage : atoms_stage;
    stage.count = static_cast<std::int64_t>(config.discs() ? losses * config.shares.size() : losses);
    if (config.discs()) stage.count *= config.distance_points;
    stage.batch_hint = config.discs() ? 4 : 1;
    return {stage};
  }
  Estimate estimate_of(const TradeoffConfig& config, const InputInfos&) const override {
    constexpr double starts = 4, iterations = 10, median_steps = 30;
    const auto losses = static_cast<double>(config.losses.size());
    const auto shares = static_cast<double>(config.shares.size());
    const auto n = static_cast<double>(config.n), distances = static_cast<double>(config.distance_points);
    StageCost cost;
    cost.stage = config.discs() ? discs_stage : atoms_stage;
    cost.bytes_task = 1e6 + 200 * n;
    if (config.discs()) {
      double each = 0;
      for (const std::string& name : config.losses)
        each += name == "kmeans" || name == "power:2" ? 20 : 12 * median_steps;
      cost.vector_ops =
          shares * distances * static_cast<double>(config.trials) * starts * iterations * n * each;
      cost.special_ops = losses * shares * distances * static_cast<double>(config.trials) * n * 2;
      cost.longest_task_share = std::min(1.0, 3 / (shares * distances));
    } else {
      cost.vector_ops = losses * shares * 80 * 8000;
      cost.special_ops = losses * shares * 80 * 60;
      cost.longest_task_share = std::min(1.0, 2 / losses);
    }
    Estimate estimate;
    estimate.stages = {cost};
    estimate.report_bytes = 3000 + losses * shares * (200 + 60 * std::max(24.0, distances));
    return estimate;
  }
  Json key_of(const TradeoffConfig& config, std::string_view, std::int64_t index) const override {
    if (!config.discs()) return Json::object({{"loss", config.losses[static_cast<std::size_t>(index)]}});
    const auto shares = static_cast<std::int64_t>(config.shares.size());
    return Json::object(
        {{"distance", index % config.distance_points},
         {"share", config.shares[static_cast<std::size_t>(index / config.distance_points % shares)]},
         {"loss", config.losses[static_cast<std::size_t>(index / config.distance_points / shares)]}});
  }
  std::unique_ptr<Stepper> start_task(const TradeoffConfig& config, std::string_view stage,
                                      std::int64_t index, TaskContext& context) const override {
    if (stage == discs_stage) return std::make_unique<DiscsStepper>(config, index, context);
    return simple_task([config, index, &context] { solve_atoms(config, index, context); });
  }
  void fill_report(const TradeoffConfig& config, const Results& results, Report& report) const override;

 private:
  static Table thresholds_of_discs(const TradeoffConfig& config, const Table& recovery);
  void judge_atoms(const TradeoffConfig& config, const Results& results, const Table& thresholds,
                   Report& report) const;
};

/// The smallest distance at which at least half of the samples are recovered.
Table TradeoffStudy::thresholds_of_discs(const TradeoffConfig& config, const Table& recovery) {
  Table thresholds(threshold_columns());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::string& name : config.losses) {
    for (const double share : config.shares) {
      double least = infinity;
      for (std::size_t row = 0; row < recovery.rows(); ++row) {
        if (recovery.texts("loss")[row] == name && recovery.reals("share")[row] == share &&
            recovery.reals("recovered")[row] >= 0.5)
          least = std::min(least, recovery.reals("distance")[row]);
      }
      thresholds.append_row(name, share, least, nan, nan);
    }
  }
  return thresholds;
}

struct Slope {
  double slope = std::numeric_limits<double>::quiet_NaN();
  std::size_t points = 0;
  double least_share = infinity;
};

Slope slope_of(const Table& thresholds, const std::string& name) {
  std::vector<double> x, y;
  Slope result;
  for (std::size_t row = 0; row < thresholds.rows(); ++row) {
    const double share = thresholds.reals("share")[row], measured = thresholds.reals("measured")[row];
    if (thresholds.texts("loss")[row] != name || share > slope_share || !std::isfinite(measured)) continue;
    x.push_back(math::log(share));
    y.push_back(math::log(measured - 1));
    result.least_share = std::min(result.least_share, share);
  }
  result.points = x.size();
  if (x.size() >= 2) result.slope = stats::fit_line(x, y).coefficients[1];
  return result;
}

void TradeoffStudy::fill_report(const TradeoffConfig& config, const Results& results, Report& report) const {
  const std::string_view stage = config.discs() ? discs_stage : atoms_stage;
  const Table recovery = results.gather(stage, "recovery", recovery_columns());
  report.table("recovery", recovery_columns()).append(recovery);
  const Table thresholds = config.discs() ? thresholds_of_discs(config, recovery)
                                          : results.gather(stage, "thresholds", threshold_columns());
  report.table("thresholds", threshold_columns()).append(thresholds);
  Table& first = report.table(
      "recovery_first",
      {{"share", ColumnType::Real}, {"distance", ColumnType::Real}, {"recovered", ColumnType::Real}});
  for (std::size_t row = 0; row < recovery.rows(); ++row) {
    if (recovery.texts("loss")[row] == config.losses.front())
      first.append_row(recovery.reals("share")[row], recovery.reals("distance")[row],
                       recovery.reals("recovered")[row]);
  }
  const std::vector<ColumnSpec> shown = {
      {"loss", ColumnType::Text}, {"share", ColumnType::Real}, {"measured", ColumnType::Real}};
  Table& finite = report.table("finite_thresholds", shown);
  Table& closed = report.table("closed_forms", {shown[0], shown[1], {"closed_form", ColumnType::Real}});
  for (std::size_t row = 0; row < thresholds.rows(); ++row) {
    const double measured = thresholds.reals("measured")[row], form = thresholds.reals("closed_form")[row];
    const std::string& name = thresholds.texts("loss")[row];
    const double share = thresholds.reals("share")[row];
    if (std::isfinite(measured)) finite.append_row(name, share, measured);
    if (std::isfinite(form)) closed.append_row(name + ", closed form", share, form);
  }
  Table& slopes = report.table(
      "slopes", {{"loss", ColumnType::Text}, {"slope", ColumnType::Real}, {"points", ColumnType::Integer}});
  for (const std::string& name : config.losses) {
    const Slope of = slope_of(thresholds, name);
    slopes.append_row(name, of.slope, of.points);
  }
  if (!config.discs()) {
    judge_atoms(config, results, thresholds, report);
    return;
  }
  double by_means = std::numeric_limits<double>::quiet_NaN(), by_medians = by_means;
  const double least_share = *std::min_element(config.shares.begin(), config.shares.end());
  for (std::size_t row = 0; row < thresholds.rows(); ++row) {
    if (thresholds.reals("share")[row] != least_share) continue;
    const Loss loss = parse_loss(thresholds.texts("loss")[row]);
    if (loss.squared()) by_means = thresholds.reals("measured")[row];
    if (loss.linear()) by_medians = thresholds.reals("measured")[row];
  }
  if (std::isnan(by_means) || std::isnan(by_medians)) return;
  report.metrics["discs_ratio"] = by_medians / by_means;
  judge(report, results, "discs-ratio", by_medians / by_means);
}

void TradeoffStudy::judge_atoms(const TradeoffConfig& config, const Results& results, const Table& thresholds,
                                Report& report) const {
  double error = -1;
  std::int64_t disagree = 0;
  bool capped = false;
  for (std::size_t row = 0; row < thresholds.rows(); ++row) {
    const Loss loss = parse_loss(thresholds.texts("loss")[row]);
    const double share = thresholds.reals("share")[row], measured = thresholds.reals("measured")[row];
    if (loss.squared() || loss.kind == LossKind::Power || loss.linear())
      error = std::max(error, thresholds.reals("relative_error")[row]);
    if (loss.kind != LossKind::Capped || loss.par < 2) continue;
    capped = true;
    const double limit = 1 / (1 + loss.par * loss.par);
    if (std::fabs(share - limit) <= law_margin * limit) continue;
    disagree += std::isfinite(measured) != (share > limit) ? 1 : 0;
  }
  if (error >= 0) judge(report, results, "closed-form", error);
  const auto judge_slope = [&](const char* claim, bool (Loss::*is)() const, double slope) {
    for (const std::string& name : config.losses) {
      const Slope of = slope_of(thresholds, name);
      if (!(parse_loss(name).*is)() || of.points < slope_points || of.least_share > slope_reach) continue;
      judge(report, results, claim, std::fabs(of.slope - slope));
      return;
    }
  };
  judge_slope("slope-kmeans", &Loss::squared, -0.5);
  judge_slope("slope-kmedians", &Loss::linear, -1);
  if (capped && config.instance == "two-atom")
    judge(report, results, "capped-blind", static_cast<double>(disagree));
}

}  // namespace

std::unique_ptr<Study> make_loss_tradeoff() {
  return std::make_unique<TradeoffStudy>();
}

}  // namespace reprise::protoclust
