// Study "When does binning beat Platt?": six methods on samples of three models, compared by their exact
// risk.
#include "base/error.h"
#include "base/math.h"
#include "labs/recalibration/calibrators.h"
#include "labs/recalibration/describe.h"
#include "labs/recalibration/population_risk.h"
#include "labs/recalibration/studies.h"
#include "labs/recalibration/umb_samples.h"
#include "stats/quantile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace reprise::recal {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view stage_name = "samples";
constexpr std::size_t curve_points = 201;

struct Config {
  Config() = default;

  std::int64_t n = 2000;
  std::int64_t seeds = 20;
  std::string well_specified_model = "logistic44";
  std::string misspecified_model = "beta01_4";
  std::string bin_count_model = "gauss";
  std::int64_t well_specified_bins = 0, misspecified_bins = 0, small_bins = 0, large_bins = 0;
  std::string edge_rule = "order";
  std::vector<std::int64_t> sweep_bins;
};

Parameters<Config> parameters() {
  const std::vector<std::string> models = {"gauss", "logistic44", "beta01_4", "identity"};
  Parameters<Config> list;
  list.integer("n", &Config::n)
      .within(20, 1000000)
      .label("Labels n")
      .help("Size of each sample.")
      .logarithmic()
      .essential()
      .preset("browser", 5000)
      .preset("paper", 5000);
  list.integer("seeds", &Config::seeds)
      .within(1, 1000)
      .label("Repeats")
      .help("Independent samples of each model.")
      .essential()
      .preset("browser", 100)
      .preset("paper", 100);
  list.choice("well_specified_model", &Config::well_specified_model, models)
      .label("Model in Platt's family")
      .help("Its truth is σ(a logit z + b) by default.");
  list.choice("misspecified_model", &Config::misspecified_model, models)
      .label("Model outside Platt's family")
      .help("Its truth bends where Platt's family cannot.");
  list.choice("bin_count_model", &Config::bin_count_model, models)
      .label("Model for the number of bins")
      .help("Compared with few bins and with the formula's number.");
  const auto bins = [&](const char* key, std::int64_t Config::*member, const char* label, const char* rule) {
    list.integer(key, member)
        .within(0, 500000)
        .label(label)
        .help(std::string("0: ") + rule + "; at most n/2.");
  };
  bins("well_specified_bins", &Config::well_specified_bins, "Bins, well specified", "round(2 n^⅓)");
  bins("misspecified_bins", &Config::misspecified_bins, "Bins, misspecified", "round(n^⅓)");
  bins("small_bins", &Config::small_bins, "Few bins", "round(n^⅓)");
  bins("large_bins", &Config::large_bins, "Many bins", "the formula (2a/v)^⅓ n^⅓");
  list.choice("edge_rule", &Config::edge_rule, {"order", "interp"})
      .label("Bin edges")
      .help("Order statistics, or interpolated quantiles as in the authors' code.")
      .preset("paper", "interp");
  list.integers("sweep_bins", &Config::sweep_bins)
      .within(1, 500000)
      .entries(0, 60)
      .increasing()
      .label("Numbers of bins to compare")
      .help("Risks of the binning methods for each; those above n/2 are left out.")
      .preset("browser", std::vector<std::int64_t>{10, 17, 34, 82, 200, 500})
      .preset("paper", std::vector<std::int64_t>{10, 20, 50, 100, 200, 500, 1000, 1995});
  return list;
}

ScoreModel model_named(const std::string& name) {
  return ScoreModel::named(name, 2, 0.5, 1, 1, 0);
}

/// The three models of the study, and the numbers of bins each is binned with.
enum class Arm { WellSpecified, Misspecified, BinCount };
constexpr std::array<const char*, 3> arm_names = {"well_specified", "misspecified", "bin_count"};

const std::string& model_of(const Config& config, Arm arm) {
  if (arm == Arm::WellSpecified) return config.well_specified_model;
  return arm == Arm::Misspecified ? config.misspecified_model : config.bin_count_model;
}

// What is asked for, or the rule, between 1 and n/2.
std::int64_t bins_or(std::int64_t asked, double rule, std::int64_t n) {
  if (asked > 0) return asked;
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(rule + 0.5), 1, n / 2);
}

struct BinNumbers {
  std::int64_t well_specified, misspecified, small, large;
};

// `large` is 0 when the formula has no value and none was asked for.
BinNumbers bin_numbers(const Config& config) {
  const double root = math::pow(static_cast<double>(config.n), 1.0 / 3.0);
  BinNumbers numbers{bins_or(config.well_specified_bins, 2 * root, config.n),
                     bins_or(config.misspecified_bins, root, config.n),
                     bins_or(config.small_bins, root, config.n), config.large_bins};
  if (numbers.large > 0) return numbers;
  const double constant = model_named(config.bin_count_model).constants().optimal_bins_constant();
  numbers.large = std::isfinite(constant) ? bins_or(0, constant * root, config.n) : 0;
  return numbers;
}

std::vector<std::int64_t> bins_of(const BinNumbers& numbers, Arm arm) {
  if (arm == Arm::WellSpecified) return {numbers.well_specified};
  if (arm == Arm::Misspecified) return {numbers.misspecified};
  return numbers.small == numbers.large ? std::vector<std::int64_t>{numbers.small}
                                        : std::vector<std::int64_t>{numbers.small, numbers.large};
}

std::vector<std::int64_t> sweep_of(const Config& config) {
  std::vector<std::int64_t> bins;
  for (const std::int64_t count : config.sweep_bins) {
    if (count <= config.n / 2) bins.push_back(count);
  }
  return bins;
}

struct Task {
  Arm arm;
  std::int64_t repeat;
};
Task task_of(std::int64_t index) {
  return {static_cast<Arm>(index % 3), index / 3};
}

const std::vector<ColumnSpec>& risk_columns() {
  static const std::vector<ColumnSpec> columns = {
      {"arm", ColumnType::Integer},   {"method", ColumnType::Text},      {"bins", ColumnType::Integer},
      {"sweep", ColumnType::Integer}, {"calibration", ColumnType::Real}, {"sharpness", ColumnType::Real}};
  return columns;
}

const std::vector<ColumnSpec>& curve_columns() {
  static const std::vector<ColumnSpec> columns = {{"score", ColumnType::Real},
                                                  {"truth", ColumnType::Real},
                                                  {"platt", ColumnType::Real},
                                                  {"uniform_mass", ColumnType::Real}};
  return columns;
}

/// Scaling-binning as a step function of the score: its bins are those of Platt's output.
BinMap on_score_scale(const ScalingBinning& hybrid) {
  const std::size_t bins = hybrid.bins.bins();
  BinMap map;
  map.rule = hybrid.bins.rule;
  map.scale = ScoreScale::Logit;
  const double infinity = std::numeric_limits<double>::infinity();
  map.edges.push_back(-infinity);
  const bool falling = hybrid.platt.slope < 0;  // then the bins run the other way
  for (std::size_t b = 0; b < bins; ++b) {
    const std::size_t from = falling ? bins - 1 - b : b;
    map.value.push_back(hybrid.bins.value[from]);
    map.count.push_back(hybrid.bins.count[from]);
    if (b + 1 == bins) break;
    const double edge = hybrid.bins.edges[falling ? from : from + 1];
    map.edges.push_back((math::logit(edge) - hybrid.platt.intercept) / hybrid.platt.slope);
  }
  map.edges.push_back(infinity);
  return map;
}

/// One sample of one model: every method's exact risk.
class ArmStepper final : public Stepper {
 public:
  ArmStepper(const Config& config, Task task, TaskContext& context)
      : config_(config),
        task_(task),
        context_(context),
        rule_(edge_rule_named(config.edge_rule)),
        model_(model_named(model_of(config, task.arm))),
        bins_(bins_of(bin_numbers(config), task.arm)),
        sweep_(sweep_of(config)),
        drawer_(model_,
                context.random("sample",
                               {static_cast<std::uint64_t>(config.n), static_cast<std::uint64_t>(task.repeat),
                                static_cast<std::uint64_t>(task.arm)}),
                config.n, model_.scale()) {}

  bool step() override {
    switch (phase_) {
      case Phase::Draw:
        if (drawer_.step()) prepare();
        break;
      case Phase::Platt:
        if (fit(platt_fitter_)) finish_platt();
        break;
      case Phase::Temperature:
        if (fit(temperature_fitter_)) finish_temperature();
        break;
      case Phase::Isotonic:
        judge_isotonic();
        phase_ = Phase::Bins;
        break;
      case Phase::Bins:
        if (next_ < bins_.size() + sweep_.size()) {
          const bool sweep = next_ >= bins_.size();
          judge_bins(sweep ? sweep_[next_ - bins_.size()] : bins_[next_], sweep);
          ++next_;
        } else {
          put_curves();
          phase_ = Phase::Done;
        }
        break;
      case Phase::Done:
        break;
    }
    return phase_ == Phase::Done;
  }

  double progress() const override {
    if (phase_ == Phase::Draw) return 0.3 * drawer_.progress();
    const double fits = static_cast<double>(next_) / static_cast<double>(bins_.size() + sweep_.size());
    return phase_ < Phase::Bins ? 0.3 + 0.1 * static_cast<double>(phase_) : 0.6 + 0.4 * fits;
  }

 private:
  enum class Phase { Draw, Platt, Temperature, Isotonic, Bins, Done };

  void prepare() {
    sample_ = drawer_.take();
    const std::span<const double> scores = sample_.scores();
    labels_.resize(scores.size());
    logits_.resize(scores.size());
    std::vector<double> probabilities(scores.size());
    for (std::size_t row = 0; row < scores.size(); ++row) {
      const std::int64_t rows = static_cast<std::int64_t>(row);
      labels_[row] = static_cast<std::uint8_t>(sample_.positives(rows + 1) - sample_.positives(rows));
      logits_[row] = logit_of_score(scores[row], sample_.scale());
      probabilities[row] = probability_of_score(scores[row], sample_.scale());
    }
    probabilities_ = SortedScores::from_sorted(std::move(probabilities), labels_, ScoreScale::Probability);
    begin(platt_fitter_, "platt");
    phase_ = Phase::Platt;
  }

  // A method that cannot be fitted (one class only) has NaN as its risk; the report says so.
  template <class Fitter>
  void begin(std::optional<Fitter>& fitter, const char* method) {
    try {
      fitter.emplace(logits_, labels_, sample_.scale());
    } catch (const InputError& error) {
      put(method, 0, false, nan, nan);
      context_.partial().warn(std::string(method) + " could not be fitted to some sample: " + error.what());
    }
  }
  template <class Fitter>
  static bool fit(std::optional<Fitter>& fitter) {
    return !fitter || fitter->step();
  }

  void finish_platt() {
    if (platt_fitter_) {
      platt_ = platt_fitter_->result();
      put_curve("platt", [&](double t) { return (*platt_)(t); });
    }
    begin(temperature_fitter_, "temperature");
    phase_ = Phase::Temperature;
  }

  void finish_temperature() {
    if (temperature_fitter_) {
      const Temperature temperature = temperature_fitter_->result();
      put_curve("temperature", [&](double t) { return temperature(t); });
    }
    phase_ = Phase::Isotonic;
  }

  void put_curve(const char* method, const std::function<double(double)>& map) {
    put(method, 0, false, population_risk(map, model_, 0).calibration, 0);
  }

  // Quadrature between the knots, where the map is flat or linear in z.
  void judge_isotonic() {
    const Isotonic isotonic = fit_isotonic(probabilities_);
    std::vector<double> knots = {model_.lowest()};
    for (std::size_t block = 0; block < isotonic.value.size(); ++block) {
      knots.push_back(model_.coordinate(isotonic.first[block], ScoreScale::Probability));
      knots.push_back(model_.coordinate(isotonic.last[block], ScoreScale::Probability));
    }
    knots.push_back(model_.highest());
    static const stats::QuadratureRule rule = stats::gauss_legendre(8);
    double risk = 0;
    for (std::size_t k = 0; k + 1 < knots.size(); ++k) {
      risk += model_.integrate(rule, knots[k], knots[k + 1], [&](double t) {
        const double error = isotonic(probability_of_score(t, model_.scale())) - model_.truth(t);
        return model_.density(t) * error * error;
      });
    }
    put("isotonic", 0, false, risk, 0);
  }

  void judge_bins(std::int64_t bins, bool sweep) {
    const SortedScores& sample = sample_scale(model_, rule_) == model_.scale() ? sample_ : probabilities_;
    const BinMap mass = fit_histogram(sample, bins, rule_, TiePolicy::Merge);
    if (!sweep && !uniform_mass_) uniform_mass_ = mass;
    put_bins("uniform_mass", bins, sweep, mass);
    put_bins("uniform_width", bins, sweep,
             fit_histogram(probabilities_, bins, EdgeRule::UniformWidth, TiePolicy::KeepEmptyInterpolate));
    if (!platt_) {
      put("scaling_binning", bins, sweep, nan, nan);
      return;
    }
    if (fitted_.size() == 0) make_fitted();
    put_bins("scaling_binning", bins, sweep,
             on_score_scale(fit_scaling_binning(*platt_, fitted_, bins, rule_, TiePolicy::Merge)));
  }

  // Platt's outputs in ascending order.
  void make_fitted() {
    std::vector<double> outputs(logits_.size());
    for (std::size_t row = 0; row < outputs.size(); ++row) {
      outputs[row] = math::logistic(platt_->slope * logits_[row] + platt_->intercept);
    }
    fitted_ = SortedScores(outputs, labels_);
  }

  void put_bins(const char* method, std::int64_t bins, bool sweep, const BinMap& map) {
    const Risk risk = population_risk(map, model_, 0);
    put(method, bins, sweep, risk.calibration, risk.sharpness);
  }

  void put(const char* method, std::int64_t bins, bool sweep, double calibration, double sharpness) {
    context_.partial()
        .table("risks", risk_columns())
        .append_row(static_cast<std::int64_t>(task_.arm), method, bins, sweep ? 1 : 0, calibration,
                    sharpness);
  }

  void put_curves() {
    if (task_.arm != Arm::Misspecified || task_.repeat > 0) return;
    Table& rows = context_.partial().table("curves", curve_columns());
    for (std::size_t k = 0; k < curve_points; ++k) {
      const double z = static_cast<double>(k) / static_cast<double>(curve_points - 1);
      const double t = model_.coordinate(z, ScoreScale::Probability);
      const double binned = (*uniform_mass_)(uniform_mass_->scale == ScoreScale::Probability ? z : t);
      // At the ends Platt is evaluated in the limit, which clipping of probabilities does.
      rows.append_row(z, model_.truth(t), platt_ ? (*platt_)(t) : nan, binned);
    }
  }

  Config config_;
  Task task_;
  TaskContext& context_;
  EdgeRule rule_;
  ScoreModel model_;
  std::vector<std::int64_t> bins_, sweep_;
  SampleDrawer drawer_;
  Phase phase_ = Phase::Draw;
  SortedScores sample_, probabilities_, fitted_;
  std::vector<double> logits_;
  std::vector<std::uint8_t> labels_;
  std::optional<PlattFitter> platt_fitter_;
  std::optional<TemperatureFitter> temperature_fitter_;
  std::optional<Platt> platt_;
  std::optional<BinMap> uniform_mass_;
  std::size_t next_ = 0;
};

/// Risks of one method in one arm with one number of bins, over the repeats.
struct Cell {
  std::vector<double> calibration, sharpness, risk;
};
struct CellKey {
  std::int64_t sweep, arm;
  std::string method;
  std::int64_t bins;
  bool operator<(const CellKey& other) const {
    return std::tie(sweep, arm, method, bins) < std::tie(other.sweep, other.arm, other.method, other.bins);
  }
};
using Cells = std::map<CellKey, Cell>;

Cells gather_cells(const Results& results) {
  Cells cells;
  const Table rows = results.gather(stage_name, "risks", risk_columns());
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    Cell& cell = cells[{rows.integers("sweep")[row], rows.integers("arm")[row], rows.texts("method")[row],
                        rows.integers("bins")[row]}];
    const double calibration = rows.reals("calibration")[row];
    const double sharpness = rows.reals("sharpness")[row];
    cell.calibration.push_back(calibration);
    cell.sharpness.push_back(sharpness);
    cell.risk.push_back(calibration + sharpness);
  }
  return cells;
}

const std::vector<std::string> methods = {"platt",         "scaling_binning", "uniform_mass",
                                          "uniform_width", "temperature",     "isotonic"};
bool has_bins(const std::string& method) {
  return method == "scaling_binning" || method == "uniform_mass" || method == "uniform_width";
}

const Cell* find_cell(const Cells& cells, std::int64_t sweep, Arm arm, const std::string& method,
                      std::int64_t bins) {
  const auto found = cells.find({sweep, static_cast<std::int64_t>(arm), method, has_bins(method) ? bins : 0});
  return found == cells.end() ? nullptr : &found->second;
}

double mean_risk(const Cells& cells, Arm arm, const std::string& method, std::int64_t bins) {
  const Cell* cell = find_cell(cells, 0, arm, method, bins);
  return cell == nullptr ? nan : stats::mean(cell->risk);
}

// 90th percentile; NaN when any value is.
double ninetieth(const std::vector<double>& values) {
  for (const double value : values) {
    if (std::isnan(value)) return nan;
  }
  return stats::quantile(values, 0.9);
}

/// 90th percentiles of the risk over 100 samples with n = 5000 in the authors' notebook outputs; NaN where
/// none.
double published(const Config& config, const std::string& model, const std::string& method,
                 std::int64_t bins) {
  if (config.n != 5000) return nan;
  struct Entry {
    const char* model;
    const char* method;
    std::int64_t bins;
    double thousandths;
  };
  static constexpr std::array<Entry, 12> entries = {{{"logistic44", "platt", 0, 0.122},
                                                     {"logistic44", "scaling_binning", 34, 0.315},
                                                     {"logistic44", "uniform_mass", 34, 0.839},
                                                     {"logistic44", "uniform_width", 34, 0.855},
                                                     {"beta01_4", "uniform_mass", 17, 0.797},
                                                     {"beta01_4", "uniform_width", 17, 0.810},
                                                     {"beta01_4", "scaling_binning", 17, 3.360},
                                                     {"beta01_4", "platt", 0, 3.682},
                                                     {"gauss", "uniform_mass", 17, 4.363},
                                                     {"gauss", "scaling_binning", 17, 4.345},
                                                     {"gauss", "platt", 0, 0.062},
                                                     {"gauss", "uniform_width", 17, 0.507}}};
  for (const Entry& entry : entries) {
    if (model == entry.model && method == entry.method && bins == entry.bins) return entry.thousandths / 1000;
  }
  return nan;
}

class Calibrators final : public StudyOf<Config> {
 public:
  Calibrators() : StudyOf(parameters(), calibrators_description()) {}

 protected:
  void check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const override;
  Plan plan_of(const Config& config, const InputInfos&) const override {
    Stage stage;
    stage.name = stage_name;
    stage.count = 3 * config.seeds;
    return {stage};
  }
  Estimate estimate_of(const Config& config, const InputInfos&) const override;
  Json key_of(const Config&, std::string_view, std::int64_t index) const override {
    const Task task = task_of(index);
    return Json::object({{"arm", arm_names[static_cast<std::size_t>(task.arm)]}, {"repeat", task.repeat}});
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view, std::int64_t index,
                                      TaskContext& context) const override {
    return std::make_unique<ArmStepper>(config, task_of(index), context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
};

void Calibrators::check(const Config& config, const InputInfos&, std::vector<Problem>& problems) const {
  const auto check_bins = [&](const char* key, std::int64_t bins) {
    if (bins <= config.n / 2) return;
    const std::string allowed = "0…" + std::to_string(config.n / 2);
    problems.push_back({key, std::to_string(bins), allowed,
                        std::string(key) + "=" + std::to_string(bins) + " needs at least " +
                            std::to_string(2 * bins) + " labels, got n=" + std::to_string(config.n) +
                            "; allowed " + allowed});
  };
  check_bins("well_specified_bins", config.well_specified_bins);
  check_bins("misspecified_bins", config.misspecified_bins);
  check_bins("small_bins", config.small_bins);
  check_bins("large_bins", config.large_bins);
  if (config.large_bins == 0 && bin_numbers(config).large == 0) {
    problems.push_back({"large_bins", "0", "1…" + std::to_string(config.n / 2),
                        "large_bins=0 asks for the formula's number, which " + config.bin_count_model +
                            " does not have (a is infinite); allowed: 1…" + std::to_string(config.n / 2)});
  }
}

Estimate Calibrators::estimate_of(const Config& config, const InputInfos&) const {
  const double n = static_cast<double>(config.n);
  const BinNumbers numbers = bin_numbers(config);
  double bins =
      static_cast<double>(numbers.well_specified + numbers.misspecified + numbers.small + numbers.large);
  double fits = 4;
  for (const std::int64_t count : sweep_of(config)) {
    bins += 3 * static_cast<double>(count);
    fits += 3;
  }
  const double tasks = 3 * static_cast<double>(config.seeds);
  StageCost cost;
  cost.stage = stage_name;
  // Draws, about fifteen Newton passes, three kinds of bins, quadratures of the smooth maps.
  cost.special_ops =
      tasks * (45 * n + 30000) + 3 * static_cast<double>(config.seeds) * (40 * bins + 8000 * fits);
  cost.sort_elements = tasks * 1.5 * n * math::log(n) / math::log(2);
  cost.bytes_task = 100 * n + 1e6;
  cost.longest_task_share = 1 / tasks;
  Estimate estimate;
  estimate.stages.push_back(cost);
  estimate.report_bytes = 2e4 + 200.0 * 9 * static_cast<double>(config.sweep_bins.size());
  return estimate;
}

void report_risks(const Config& config, const BinNumbers& numbers, const Cells& cells, Report& report) {
  Table& risks = report.table("risks", {{"model", ColumnType::Text},
                                        {"method", ColumnType::Text},
                                        {"bins", ColumnType::Integer},
                                        {"calibration_mean", ColumnType::Real},
                                        {"sharpness_mean", ColumnType::Real},
                                        {"risk_mean", ColumnType::Real},
                                        {"calibration_p90", ColumnType::Real},
                                        {"sharpness_p90", ColumnType::Real},
                                        {"risk_p90", ColumnType::Real},
                                        {"mse_p90", ColumnType::Real},
                                        {"published_p90", ColumnType::Real}});
  Table& cases = report.table(
      "cases", {{"case", ColumnType::Text}, {"method", ColumnType::Text}, {"risk_mean", ColumnType::Real}});
  for (const Arm arm : {Arm::WellSpecified, Arm::Misspecified, Arm::BinCount}) {
    const std::string& model = model_of(config, arm);
    const double bayes = model_named(model).constants().bayes_mse;
    const std::vector<std::int64_t> all_bins = bins_of(numbers, arm);
    for (const std::int64_t bins : all_bins) {
      for (const std::string& method : methods) {
        const Cell* cell = find_cell(cells, 0, arm, method, bins);
        if (cell == nullptr) continue;
        const double risk = stats::mean(cell->risk);
        cases.append_row(model + ", " + std::to_string(bins) + " bins", method, risk);
        // Maps without bins once only.
        if (!has_bins(method) && bins != all_bins.front()) continue;
        const std::int64_t shown = has_bins(method) ? bins : 0;
        const double risk_p90 = ninetieth(cell->risk);
        risks.append_row(model, method, shown, stats::mean(cell->calibration), stats::mean(cell->sharpness),
                         risk, ninetieth(cell->calibration), ninetieth(cell->sharpness), risk_p90,
                         bayes + risk_p90, published(config, model, method, shown));
      }
    }
  }
}

void report_sweep(const Config& config, const BinNumbers& numbers, const Cells& cells, Report& report) {
  Table& sweep = report.table("sweep", {{"model", ColumnType::Text},
                                        {"method", ColumnType::Text},
                                        {"bins", ColumnType::Integer},
                                        {"calibration_mean", ColumnType::Real},
                                        {"sharpness_mean", ColumnType::Real},
                                        {"risk_mean", ColumnType::Real}});
  Table& ranking = report.table(
      "ranking",
      {{"method", ColumnType::Text}, {"bins", ColumnType::Integer}, {"risk_mean", ColumnType::Real}});
  for (const Arm arm : {Arm::WellSpecified, Arm::Misspecified, Arm::BinCount}) {
    for (const std::string& method : methods) {
      if (!has_bins(method)) continue;
      std::map<std::int64_t, double> by_bins;
      for (const std::int64_t bins : sweep_of(config)) {
        const Cell* cell = find_cell(cells, 1, arm, method, bins);
        if (cell == nullptr) continue;
        by_bins[bins] = stats::mean(cell->risk);
        sweep.append_row(model_of(config, arm), method, bins, stats::mean(cell->calibration),
                         stats::mean(cell->sharpness), by_bins[bins]);
      }
      if (arm != Arm::BinCount) continue;
      for (const std::int64_t bins : bins_of(numbers, arm))
        by_bins[bins] = mean_risk(cells, arm, method, bins);
      for (const auto& [bins, risk] : by_bins) ranking.append_row(method, bins, risk);
    }
  }
}

void Calibrators::fill_report(const Config& config, const Results& results, Report& report) const {
  const Cells cells = gather_cells(results);
  const BinNumbers numbers = bin_numbers(config);
  report_risks(config, numbers, cells, report);
  report_sweep(config, numbers, cells, report);
  const Table curves = results.gather(stage_name, "curves", curve_columns());
  report.series["curve_truth"] = {curves.reals("score"), curves.reals("truth"), {}, {}};
  report.series["curve_platt"] = {curves.reals("score"), curves.reals("platt"), {}, {}};
  report.series["curve_uniform_mass"] = {curves.reals("score"), curves.reals("uniform_mass"), {}, {}};
  if (sweep_of(config).size() < config.sweep_bins.size()) {
    report.warnings.push_back("sweep_bins: entries above n/2 = " + std::to_string(config.n / 2) +
                              " are left out");
  }

  const auto risk = [&](Arm arm, const char* method, std::int64_t bins) {
    return mean_risk(cells, arm, method, bins);
  };
  const auto mass_over_width = [&](Arm arm, std::int64_t bins) {
    return risk(arm, "uniform_mass", bins) / risk(arm, "uniform_width", bins);
  };
  auto& metrics = report.metrics;
  const std::int64_t well = numbers.well_specified;
  const double hybrid = risk(Arm::WellSpecified, "scaling_binning", well);
  metrics["well_specified_platt_over_hybrid"] = risk(Arm::WellSpecified, "platt", well) / hybrid;
  metrics["well_specified_hybrid_over_umb"] = hybrid / risk(Arm::WellSpecified, "uniform_mass", well);
  metrics["misspecified_umb_over_platt"] =
      risk(Arm::Misspecified, "uniform_mass", numbers.misspecified) / risk(Arm::Misspecified, "platt", 0);
  const double well_difference = std::fabs(mass_over_width(Arm::WellSpecified, well) - 1);
  const double misspecified_difference =
      std::fabs(mass_over_width(Arm::Misspecified, numbers.misspecified) - 1);
  // Written so that NaN of either stays.
  metrics["equal_mass_vs_equal_width"] = misspecified_difference <= well_difference
                                             ? well_difference
                                             : misspecified_difference + 0 * well_difference;
  metrics["small_over_large_bins"] =
      risk(Arm::BinCount, "uniform_mass", numbers.small) / risk(Arm::BinCount, "uniform_mass", numbers.large);
  const double at_small = mass_over_width(Arm::BinCount, numbers.small);
  const double at_large = 1 / mass_over_width(Arm::BinCount, numbers.large);
  metrics["rank_reversal"] = at_small <= at_large ? at_small : at_large + 0 * at_small;
  metrics["small_bins_used"] = static_cast<double>(numbers.small);
  metrics["large_bins_used"] = static_cast<double>(numbers.large);

  judge(report, results, "platt-beats-hybrid-when-well-specified",
        metrics["well_specified_platt_over_hybrid"]);
  judge(report, results, "hybrid-beats-binning-when-well-specified",
        metrics["well_specified_hybrid_over_umb"]);
  judge(report, results, "binning-beats-platt-when-misspecified", metrics["misspecified_umb_over_platt"]);
  judge(report, results, "equal-mass-like-equal-width", metrics["equal_mass_vs_equal_width"]);
  judge(report, results, "more-bins-repair-gauss", metrics["small_over_large_bins"]);
  judge(report, results, "rank-reversal-with-bins", metrics["rank_reversal"]);
}

}  // namespace

std::unique_ptr<Study> make_calibrators() {
  return std::make_unique<Calibrators>();
}

}  // namespace reprise::recal
