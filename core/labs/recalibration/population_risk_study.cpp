// Study "What is the exact risk of this map under this model?": no random numbers. All closed-form quantities
// of a model, the bound for n labels and B bins, and the risk of the user's map or of the model's own
// equal-mass bins.
#include "base/math.h"
#include "labs/recalibration/bounds.h"
#include "labs/recalibration/describe.h"
#include "labs/recalibration/map_file.h"
#include "labs/recalibration/population_risk.h"
#include "labs/recalibration/studies.h"
#include "labs/recalibration/umb_samples.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace reprise::recal {

namespace {

constexpr std::string_view stage_name = "evaluate";
constexpr std::size_t bins_per_step = 2000;  // about 5 ms
constexpr std::size_t curve_points = 201;    // scores 0, 0.005, …, 1
constexpr std::size_t most_bars = 1000;      // figures show no more bins than that

struct Config : ModelConfig {
  Config() = default;

  double delta = 0.1;
  double lipschitz = 20;
  std::int64_t n = 1000;
  std::int64_t bins = 10;
  bool floor = true;
};

Parameters<Config> parameters() {
  Parameters<Config> list;
  describe_model(list);
  list.real("delta", &Config::delta)
      .above(0)
      .below(1)
      .label("Failure probability δ")
      .help("The bound holds with probability at least 1 − δ.");
  list.real("lipschitz", &Config::lipschitz)
      .within(0, 1e6)
      .label("Lipschitz constant K")
      .help("Steepest slope of the truth in rank that the bound allows for; 0: only monotone, bound 2/B.");
  list.integer("n", &Config::n)
      .within(2, 1000000000)
      .label("Labels n")
      .help("For the formulas and the bound; at least 2·bins.")
      .logarithmic()
      .essential();
  list.integer("bins", &Config::bins)
      .within(1, 100000)
      .label("Bins B")
      .help("Equal-mass bins of the model, and bins of the bound.")
      .logarithmic()
      .essential();
  list.boolean("floor", &Config::floor)
      .label("Whole rows per bin")
      .help("Use ⌊n/B⌋ in the bound; else n/B as in the authors' code.");
  return list;
}

const std::vector<ColumnSpec>& metric_columns() {
  static const std::vector<ColumnSpec> columns = {{"name", ColumnType::Text}, {"value", ColumnType::Real}};
  return columns;
}

const std::vector<ColumnSpec>& bin_columns() {
  static const std::vector<ColumnSpec> columns = {
      {"lower", ColumnType::Real},         {"upper", ColumnType::Real},
      {"value", ColumnType::Real},         {"mass", ColumnType::Real},
      {"truth", ColumnType::Real},         {"calibration_term", ColumnType::Real},
      {"sharpness_term", ColumnType::Real}};
  return columns;
}

const std::vector<ColumnSpec>& curve_columns() {
  static const std::vector<ColumnSpec> columns = {
      {"score", ColumnType::Real}, {"truth", ColumnType::Real}, {"map", ColumnType::Real}};
  return columns;
}

class EvaluateStepper final : public Stepper {
 public:
  EvaluateStepper(const Config& config, TaskContext& context)
      : config_(config), context_(context), model_(config.make()) {
    if (!context.has_input("map")) return;
    reader_.emplace(context.input("map"), context.inputs().at("map").file_name);
  }

  bool step() override {
    switch (phase_) {
      case Phase::Constants:
        put_model();
        put_bound();
        phase_ = Phase::Map;
        break;
      case Phase::Map:
        if (make_map()) phase_ = Phase::Bins;
        break;
      case Phase::Bins:
        if (judge_bins()) phase_ = Phase::Curves;
        break;
      case Phase::Curves:
        put_curves();
        phase_ = Phase::Done;
        break;
      case Phase::Done:
        break;
    }
    return phase_ == Phase::Done;
  }

  double progress() const override {
    const double bins = static_cast<double>(std::max<std::int64_t>(config_.bins, 1));
    return phase_ < Phase::Bins ? 0.1 : std::min(1.0, 0.1 + 0.9 * static_cast<double>(next_) / bins);
  }

 private:
  enum class Phase { Constants, Map, Bins, Curves, Done };

  void put(const char* name, double value) {
    context_.partial().table("metrics", metric_columns()).append_row(name, value);
  }

  void put_model() {
    const ModelConstants constants = model_.constants();
    const double n = static_cast<double>(config_.n);
    bayes_ = constants.bayes_mse;
    put("positive_rate", constants.positive_rate);
    put("second_moment", constants.second_moment);
    put("bayes_mse", constants.bayes_mse);
    put("rank_slope_energy", constants.rank_slope_energy);
    put("max_rank_slope", constants.max_rank_slope);
    put("optimal_bins_constant", constants.optimal_bins_constant());
    put("optimal_bins", constants.optimal_bins_constant() * math::pow(n, 1.0 / 3.0));
    put("optimal_risk", constants.optimal_risk(n));
    put("label_shift_kappa", constants.label_shift_kappa);
  }

  void put_bound() {
    const Bound bound = umb_bound(config_.n, config_.bins, config_.delta, config_.lipschitz, config_.floor);
    put("bound_calibration", bound.calibration);
    put("bound_sharpness", bound.sharpness);
    put("bound_sharpness_sharp", sharp_sharpness_bound(config_.bins, config_.lipschitz));
    put("bound_total", bound.total);
    put("bound_bins",
        static_cast<double>(bound_minimiser(config_.n, config_.delta, config_.lipschitz, config_.floor)));
    put("n_required_exact", static_cast<double>(bound.n_required_exact));
    put("n_required_chernoff", static_cast<double>(bound.n_required_chernoff));
  }

  // The user's map, or edges of equal mass (values follow with the bins' truths); true when complete.
  bool make_map() {
    if (reader_) {
      if (!reader_->step(bins_per_step)) return false;
      map_ = reader_->take();
      edges_ = model_edges(map_, model_);
      return true;
    }
    if (edges_.empty()) edges_.push_back(model_.lowest());
    for (std::size_t k = 0; k < bins_per_step && edges_.size() < static_cast<std::size_t>(config_.bins);
         ++k) {
      edges_.push_back(
          model_.quantile(static_cast<double>(edges_.size()) / static_cast<double>(config_.bins)));
    }
    if (edges_.size() < static_cast<std::size_t>(config_.bins)) return false;
    edges_.push_back(model_.highest());
    for (const double edge : edges_) map_.edges.push_back(model_.gaussian() ? math::logistic(edge) : edge);
    return true;
  }

  bool judge_bins() {
    Table& rows = context_.partial().table("bins", bin_columns());
    const std::size_t bins = edges_.size() - 1;
    for (const std::size_t end = std::min(bins, next_ + bins_per_step); next_ < end; ++next_) {
      const double low = edges_[next_];
      const double high = edges_[next_ + 1];
      if (!reader_) {
        const Mass mass = model_.mass(low, high);
        map_.value.push_back(mass.positive / mass.all);
      }
      const double value = map_.value[next_];
      const BinRisk risk = bin_risk(low, high, value, model_);
      rows.append_row(map_.edges[next_], map_.edges[next_ + 1], value, risk.mass, risk.truth,
                      risk.calibration, risk.sharpness);
      calibration_ += risk.calibration;
      sharpness_ += risk.sharpness;
      brier_ += brier_of_bin(low, high, value, model_);
    }
    if (next_ < bins) return false;
    put("calibration_risk", calibration_);
    put("sharpness_risk", sharpness_);
    put("risk", calibration_ + sharpness_);
    put("brier", brier_);
    return true;
  }

  void put_curves() {
    Table& rows = context_.partial().table("curves", curve_columns());
    for (std::size_t k = 0; k < curve_points; ++k) {
      const double score = static_cast<double>(k) / static_cast<double>(curve_points - 1);
      rows.append_row(score, model_.truth(model_.coordinate(score, ScoreScale::Probability)), map_(score));
    }
  }

  Config config_;
  TaskContext& context_;
  ScoreModel model_;
  std::optional<MapReader> reader_;
  Phase phase_ = Phase::Constants;
  BinMap map_;
  std::vector<double> edges_;  // in the model's coordinate
  std::size_t next_ = 0;
  double bayes_ = 0, calibration_ = 0, sharpness_ = 0, brier_ = 0;
};

std::vector<Figure> figures() {
  Figure bars;
  bars.id = "where";
  bars.question = "Where is the risk?";
  bars.title = "Calibration costs {metrics.calibration_risk:.2g}, grouping {metrics.sharpness_risk:.2g}";
  bars.subtitle = "What each bin adds to the risk, at the middle of the bin";
  bars.x = axis("score");
  bars.y = axis("part of the risk", "squared probability");
  Mark calibration = line_mark("calibration_terms", "calibration", "");
  calibration.kind = Mark::Kind::Bars;
  Mark sharpness = line_mark("sharpness_terms", "sharpness", "");
  sharpness.kind = Mark::Kind::Bars;
  bars.marks = {calibration, sharpness};

  Figure lines;
  lines.id = "map";
  lines.question = "What does the map look like?";
  lines.title = "The map misses the truth by {metrics.risk:.2g} in the mean square";
  lines.subtitle = "Truth of the model and answer of the map";
  lines.x = axis("score");
  lines.y = axis("probability of label 1");
  lines.x.low = lines.y.low = 0;
  lines.x.high = lines.y.high = 1;
  Mark diagonal;
  diagonal.kind = Mark::Kind::Diagonal;
  diagonal.style = "muted";
  diagonal.label = "score as it is";
  lines.marks = {line_mark("truth", "truth h*"), line_mark("map", "map"), diagonal};
  return {bars, lines};
}

Description description() {
  Description about;
  about.study = "recalibration/population-risk";
  about.title = "Exact risk of a map";
  about.question = "What is the exact risk of this map under this model?";
  about.summary =
      "Everything that has a closed form: constants of a score model, its best number of bins, the "
      "finite-sample "
      "bound and how many labels it asks for, and the exact risk of a recalibration map, bin by bin. Load a "
      "map of "
      "your own, or look at the model's ideal equal-mass bins.";
  InputSpec map;
  map.name = "map";
  map.formats = {"csv"};
  map.description = "A recalibration map as bins of the score.";
  map.columns =
      "lower, upper: ends of a bin on the score scale, from 0 to 1 without gaps; value: its answer in [0, "
      "1].";
  map.example = "lower,upper,value\n0,0.5,0.2\n0.5,1,0.8\n";
  about.inputs = {map};
  about.figures = figures();
  about.claims = {
      claim_spec("decomposition-identity",
                 "Brier score by direct quadrature = calibration + sharpness + Bayes.", Relation::AtMost,
                 1e-9, "An identity: only rounding and quadrature may differ."),
      claim_spec("no-better-than-bayes", "No map of the score beats the truth: Brier score − Bayes MSE.",
                 Relation::AtLeast, -1e-12, "Zero for the truth itself; the margin is for rounding."),
  };
  return about;
}

class PopulationRisk final : public StudyOf<Config> {
 public:
  PopulationRisk() : StudyOf(parameters(), recal::description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override {
    if (config.n >= 2 * config.bins) return;
    problems.push_back({"bins", std::to_string(config.bins), "1…" + std::to_string(config.n / 2),
                        "bins=" + std::to_string(config.bins) + " needs at least " +
                            std::to_string(2 * config.bins) + " labels, got n=" + std::to_string(config.n) +
                            "; allowed 1…" + std::to_string(config.n / 2)});
  }
  Plan plan_of(const Config&, const InputInfos&) const override {
    Stage stage;
    stage.name = stage_name;
    return {stage};
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override {
    double bins = static_cast<double>(config.bins);
    const auto map = inputs.find("map");
    if (map != inputs.end()) bins = std::max(1.0, static_cast<double>(map->second.rows));
    StageCost cost;
    cost.stage = stage_name;
    // The constants' grids and quadratures, the sample-size condition, then masses, 24 nodes and, for the
    // ideal map's edges, a bisection a bin.
    const bool gaussian = config.model == "gauss";
    cost.special_ops =
        250000 + 2000 * std::sqrt(static_cast<double>(config.bins)) + bins * (gaussian ? 500 : 250);
    cost.bytes_task = 200 * bins + 1e6;
    Estimate estimate;
    estimate.stages.push_back(cost);
    estimate.report_bytes = 120 * std::min(bins, 20000.0) + 2e4;
    return estimate;
  }
  Json key_of(const Config&, std::string_view, std::int64_t) const override { return Json::object(); }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t,
                                      TaskContext& context) const override {
    return std::make_unique<EvaluateStepper>(config, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

void PopulationRisk::fill_report(const Config&, const Results& results, Report& report) const {
  const Table metrics = results.gather(stage_name, "metrics", metric_columns());
  for (std::size_t row = 0; row < metrics.rows(); ++row) {
    report.metrics[metrics.texts("name")[row]] = metrics.reals("value")[row];
  }
  const Table bins = results.gather(stage_name, "bins", bin_columns());
  report.table("bins", bin_columns()).append(bins);
  Series& calibration = report.series["calibration_terms"];
  Series& sharpness = report.series["sharpness_terms"];
  for (std::size_t row = 0; row < bins.rows() && bins.rows() <= most_bars; ++row) {
    const double middle = (bins.reals("lower")[row] + bins.reals("upper")[row]) / 2;
    calibration.x.push_back(middle);
    calibration.y.push_back(bins.reals("calibration_term")[row]);
    sharpness.x.push_back(middle);
    sharpness.y.push_back(bins.reals("sharpness_term")[row]);
  }
  const Table curves = results.gather(stage_name, "curves", curve_columns());
  report.series["truth"] = {curves.reals("score"), curves.reals("truth"), {}, {}};
  report.series["map"] = {curves.reals("score"), curves.reals("map"), {}, {}};

  const auto metric = [&](const char* name) {
    const auto found = report.metrics.find(name);
    return found == report.metrics.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
  };
  const double parts = metric("calibration_risk") + metric("sharpness_risk") + metric("bayes_mse");
  judge(report, results, "decomposition-identity", std::fabs(metric("brier") - parts));
  judge(report, results, "no-better-than-bayes", metric("brier") - metric("bayes_mse"));
}

}  // namespace

std::unique_ptr<Study> make_population_risk() {
  return std::make_unique<PopulationRisk>();
}

}  // namespace reprise::recal
