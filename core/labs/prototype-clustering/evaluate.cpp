// Study "What are the numbers of this clustering?": exact quantities of own data, and closed-form thresholds.
#include "labs/prototype-clustering/evaluate.h"

#include "clustering/agreement.h"
#include "labs/prototype-clustering/condition.h"
#include "labs/prototype-clustering/exact_line.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "labs/prototype-clustering/report_tables.h"
#include "labs/prototype-clustering/studies.h"
#include "stats/quantile.h"
#include "study/study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr std::string_view stage_name = "evaluate";
constexpr std::int64_t most_silhouette_rows = 20'000;
constexpr std::int64_t most_line_label_rows = 200'000;
constexpr std::int64_t most_searched_line_rows = 500;  // losses whose interval cost is a search
constexpr double operations_per_step = 1e7;
constexpr int histogram_bins = 40;

const std::vector<ColumnSpec>& cluster_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"cluster", ColumnType::Integer}, {"size", ColumnType::Integer}, {"loss", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& point_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"index", ColumnType::Integer}, {"label", ColumnType::Integer}, {"nearest", ColumnType::Integer},
      {"distance", ColumnType::Real}, {"margin", ColumnType::Real},   {"silhouette", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& bound_columns() {
  static const std::vector<ColumnSpec> specs = {{"gap", ColumnType::Real},
                                                {"points", ColumnType::Integer},
                                                {"fraction", ColumnType::Real},
                                                {"kappa_bound", ColumnType::Real},
                                                {"alpha_bound", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& line_columns() {
  static const std::vector<ColumnSpec> specs = {{"k", ColumnType::Integer}, {"loss", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& line_label_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"index", ColumnType::Integer}, {"k", ColumnType::Integer}, {"label", ColumnType::Integer}};
  return specs;
}

class EvaluateStepper final : public Stepper {
 public:
  EvaluateStepper(const EvaluateConfig& config, TaskContext& context)
      : config_(config), loss_(parse_loss(config.loss)), context_(context) {
    ReadOptions options;
    options.label_column = config.label_column;
    options.weight_column = config.weight_column;
    options.standardise = config.standardise;
    options.inputs = {"labels", "reference_labels", "prototypes"};
    reader_.emplace(context, options);
  }

  bool step() override {
    if (reader_) {
      if (!reader_->step()) return false;
      data_ = reader_->take();
      reader_.reset();
      begin();
      return false;
    }
    if (benchmark_ && next_row_ < data_.points.rows) return measure_rows();
    if (benchmark_ && silhouettes_.size() < labels_.size() && data_.points.rows <= most_silhouette_rows)
      return measure_silhouettes();
    if (benchmark_) finish();
    if (data_.points.dims == 1) cluster_line();
    return true;
  }
  double progress() const override {
    if (reader_ || data_.points.rows == 0) return 0;
    return 0.3 + 0.3 * static_cast<double>(next_row_) / static_cast<double>(data_.points.rows);
  }

 private:
  void begin() {
    benchmark_ = data_.labels.has_value() || data_.prototypes.has_value();
    if (!benchmark_) {
      if (data_.points.dims == 1) return;
      throw InputError(Problem{"labels", "neither labels nor prototypes",
                               "labels, label_column or prototypes",
                               "data of several columns needs a clustering; allowed: the input 'labels', a "
                               "label_column, or the input 'prototypes'"});
    }
    if (data_.labels) {
      labels_ = *data_.labels;
      prototypes_ =
          data_.prototypes ? *data_.prototypes : prototypes_of(data_.points, labels_, data_.clusters, loss_);
    } else {
      prototypes_ = *data_.prototypes;
      labels_ = nearest_labels(data_.points, prototypes_, loss_);
      drop_empty_prototypes();
    }
    nearest_ = nearest_labels(data_.points, prototypes_, loss_);
    r_.resize(labels_.size());
    margins_.resize(labels_.size());
  }
  void drop_empty_prototypes() {
    const auto sizes = clustering::cluster_sizes(labels_, prototypes_.rows);
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      if (sizes[c] == 0)
        context_.partial().warn("No point is nearest to prototype " + std::to_string(c) +
                                "; its share is 0 and kappa_loc infinite.");
    }
  }
  bool measure_rows() {
    const double each = 4 * static_cast<double>(prototypes_.rows * data_.points.dims) + 50;
    const std::int64_t last = std::min(
        data_.points.rows,
        next_row_ + std::max<std::int64_t>(64, static_cast<std::int64_t>(operations_per_step / each)));
    loss_margins(data_.points, labels_, prototypes_, loss_, next_row_, last, r_.data(), margins_.data());
    next_row_ = last;
    return false;
  }
  bool measure_silhouettes() {
    const auto first = static_cast<std::int64_t>(silhouettes_.size());
    const double each = 3 * static_cast<double>(data_.points.rows * data_.points.dims) + 50;
    const std::int64_t last =
        std::min(data_.points.rows,
                 first + std::max<std::int64_t>(1, static_cast<std::int64_t>(operations_per_step / each)));
    const std::vector<double> some = silhouettes(data_.points, labels_, prototypes_.rows, first, last);
    silhouettes_.insert(silhouettes_.end(), some.begin(), some.end());
    return false;
  }
  void finish() {
    const std::int64_t clusters = prototypes_.rows;
    const auto rows = static_cast<double>(labels_.size());
    Partial& partial = context_.partial();
    const ConditionReport numbers =
        condition_report(prototypes_, labels_, loss_, r_, margins_, config_.alpha);
    put_condition(partial, numbers);
    const bool has_silhouettes = silhouettes_.size() == labels_.size();
    if (has_silhouettes) {
      put_metric(partial, "silhouette", stats::mean(silhouettes_));
    } else {
      partial.warn("Silhouettes compare all pairs of points; they are left out above 20,000 points.");
    }
    if (data_.reference) {
      const clustering::Agreement compared = clustering::agreement(labels_, *data_.reference);
      put_metric(partial, "error", compared.error);
      put_metric(partial, "balanced_error", compared.balanced_error);
      put_metric(partial, "adjusted_rand_index", clustering::adjusted_rand_index(labels_, *data_.reference));
    }
    put_coordinates(partial.table("prototypes", coordinate_columns()), prototypes_);
    const auto sizes = clustering::cluster_sizes(labels_, clusters);
    std::vector<double> cost(static_cast<std::size_t>(clusters));
    for (std::size_t i = 0; i < labels_.size(); ++i)
      cost[static_cast<std::size_t>(labels_[i])] += loss_.psi(r_[i]);
    Table& cluster_table = partial.table("clusters", cluster_columns());
    for (std::size_t c = 0; c < cost.size(); ++c) cluster_table.append_row(c, sizes[c], cost[c]);
    Table& points = partial.table("points", point_columns());
    for (std::size_t i = 0; i < labels_.size(); ++i)
      points.append_row(i, labels_[i], nearest_[i], r_[i], margins_[i],
                        has_silhouettes ? silhouettes_[i] : std::numeric_limits<double>::quiet_NaN());
    std::vector<double> sorted = margins_;
    std::sort(sorted.begin(), sorted.end());
    Table& bounds = partial.table("fixed_prototype_bound", bound_columns());
    for (const double gap : config_.gaps) {
      const std::int64_t count = fixed_prototype_bound(sorted, gap * numbers.loss, numbers.loss);
      bounds.append_row(gap, count, static_cast<double>(count) / rows, numbers.kappa * gap,
                        config_.alpha + numbers.kappa_alpha * gap);
    }
  }
  void cluster_line() {
    Partial& partial = context_.partial();
    if (loss_.kind == LossKind::Capped) {
      partial.warn(
          "No exact clustering on the line for the capped loss: its clusters need not be intervals.");
      return;
    }
    const bool searched = !loss_.squared() && !loss_.linear() && !loss_.manhattan();
    if (searched && data_.points.rows > most_searched_line_rows) {
      partial.warn("Exact clustering on the line with this loss takes at most 500 points; it is left out.");
      return;
    }
    const std::int64_t most = clustering::distinct_rows(data_.points, config_.k_max);
    const ExactLine exact = exact_line(data_.points.values, data_.weights, most, loss_);
    Table& losses = partial.table("exact_1d", line_columns());
    Table& labels = partial.table("exact_1d_labels", line_label_columns());
    const bool lists = data_.points.rows <= most_line_label_rows;
    if (!lists) partial.warn("The labels of the exact clusterings are listed up to 200,000 points only.");
    for (std::size_t k = 1; k <= exact.loss.size(); ++k) {
      losses.append_row(k, exact.loss[k - 1]);
      for (std::size_t i = 0; lists && i < exact.labels[k - 1].size(); ++i)
        labels.append_row(i, k, exact.labels[k - 1][i]);
    }
  }

  EvaluateConfig config_;
  Loss loss_;
  TaskContext& context_;
  std::optional<OwnDataReader> reader_;
  OwnData data_;
  bool benchmark_ = false;
  Labels labels_, nearest_;
  Points prototypes_;
  std::vector<double> r_, margins_, silhouettes_;
  std::int64_t next_row_ = 0;
};

class EvaluateStudy final : public StudyOf<EvaluateConfig> {
 public:
  EvaluateStudy() : StudyOf(evaluate_parameters(), evaluate_description()) {}

 protected:
  void check(const EvaluateConfig& config, const InputInfos& inputs,
             std::vector<Problem>& problems) const override {
    check_loss(config.loss, problems);
    check_inputs(inputs, config.label_column, problems);
  }
  Plan plan_of(const EvaluateConfig&, const InputInfos&) const override {
    Stage stage;
    stage.name = stage_name;
    return {stage};
  }
  Estimate estimate_of(const EvaluateConfig& config, const InputInfos& inputs) const override {
    const InputSize size = size_of_data(inputs);
    constexpr double clusters = 8;  // unknown until the labels are read
    StageCost cost;
    cost.stage = stage_name;
    cost.vector_ops = 1000 + 30 * size.bytes + 3 * clusters * size.values + 100 * size.rows;
    if (size.rows <= most_silhouette_rows)
      cost.vector_ops += 3 * size.rows * size.values + 10 * size.rows * size.rows;
    if (size.values < 2.5 * size.rows)  // perhaps one column: the exact line
      cost.vector_ops += 10 * static_cast<double>(config.k_max) * size.rows * std::log2(size.rows + 2);
    cost.sort_elements = size.rows * std::log2(size.rows + 2);
    cost.bytes_task = 24 * size.values + 120 * size.rows + 1e6;
    cost.bytes_shared = size.bytes;
    Estimate estimate;
    estimate.stages = {cost};
    estimate.report_bytes = 5000 + 90 * std::min(size.rows, 20000.0);
    return estimate;
  }
  Json key_of(const EvaluateConfig&, std::string_view, std::int64_t) const override {
    return Json::object({{"task", stage_name}});
  }
  std::unique_ptr<Stepper> start_task(const EvaluateConfig& config, std::string_view, std::int64_t,
                                      TaskContext& context) const override {
    if (!context.has_input("data")) return simple_task([] {});
    return std::make_unique<EvaluateStepper>(config, context);
  }
  void fill_report(const EvaluateConfig& config, const Results& results, Report& report) const override;
};

void EvaluateStudy::fill_report(const EvaluateConfig& config, const Results& results, Report& report) const {
  const auto copy = [&](const char* name, const std::vector<ColumnSpec>& specs) -> Table {
    const Table rows = results.gather(stage_name, name, specs);
    report.table(name, specs).append(rows);
    return rows;
  };
  copy_metrics(results, stage_name, report);
  copy("prototypes", coordinate_columns());
  copy("clusters", cluster_columns());
  const Table points = copy("points", point_columns());
  const Table bounds = copy("fixed_prototype_bound", bound_columns());
  copy("exact_1d", line_columns());
  copy("exact_1d_labels", line_label_columns());
  Table& closed = report.table("closed_form", {{"power", ColumnType::Real},
                                               {"share", ColumnType::Real},
                                               {"two_atom", ColumnType::Real},
                                               {"outlier", ColumnType::Real}});
  for (const double power : config.powers) {
    for (const double share : config.shares)
      closed.append_row(power, share, two_atom_threshold(power, share), outlier_threshold(power, share));
  }
  report.series["margin_histogram"] = histogram(points.reals("margin"), histogram_bins);
  report.series["fixed_prototype_bound"] = step_line(bounds.reals("gap"), bounds.reals("fraction"));
  report.series["alpha_bound"] = {bounds.reals("gap"), bounds.reals("alpha_bound"), {}, {}};
  const auto least = report.metrics.find("min_margin");
  if (least == report.metrics.end() || !(least->second > 0)) return;
  double excess = -std::numeric_limits<double>::infinity();
  for (std::size_t row = 0; row < bounds.rows(); ++row) {
    const double forms = std::min(bounds.reals("kappa_bound")[row], bounds.reals("alpha_bound")[row]);
    excess = std::max(excess, bounds.reals("fraction")[row] - forms);
  }
  judge(report, results, "fixed-prototype-forms", excess);
}

}  // namespace

std::unique_ptr<Study> make_evaluate() {
  return std::make_unique<EvaluateStudy>();
}

}  // namespace reprise::protoclust
