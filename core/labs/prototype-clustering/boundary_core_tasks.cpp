#include "labs/prototype-clustering/boundary_core_tasks.h"

#include "base/math.h"
#include "labs/prototype-clustering/condition.h"
#include "labs/prototype-clustering/fitted_points.h"
#include "labs/prototype-clustering/points_artefact.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/report_tables.h"
#include "labs/prototype-clustering/tube.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr double ln_ten = 2.302585092994045684;
constexpr double alpha = 0.01;  // of kappa_alpha
constexpr std::int64_t deciles = 10;
constexpr double bin_edges[] = {0, 0.1, 0.25, 0.5, 0.75, 1};
const Loss kmeans_loss;

/// The clustering that solutions are compared with, and the points in a plane for the picture.
class ReferenceStepper final : public Stepper {
 public:
  ReferenceStepper(const BoundaryConfig& config, TaskContext& context)
      : context_(context), fitted_(config.points(), config.restarts, context) {}
  bool step() override {
    if (!fitted_.step()) return false;
    const StoredPoints& stored = fitted_.stored();
    const Points means = prototypes_of(stored.points, stored.labels, stored.clusters, kmeans_loss);
    const ConditionReport numbers = condition(stored.points, stored.labels, means, kmeans_loss, alpha);
    put_metric(context_.partial(), "benchmark_loss", numbers.loss);
    put_metric(context_.partial(), "kappa_alpha", numbers.kappa_alpha);
    context_.leave_artefact("reference", to_bytes(stored));
    StoredPoints given;
    if (fitted_.prototypes()) given.points = std::move(*fitted_.prototypes());
    context_.leave_artefact("given", to_bytes(given));
    StoredPoints in_plane;
    in_plane.points = fitted_.plane();
    context_.leave_artefact("plane", to_bytes(in_plane));
    return true;
  }
  double progress() const override { return fitted_.progress(); }

 private:
  TaskContext& context_;
  FittedPoints fitted_;
};

StoredPoints reference_artefact(const TaskContext& context, const char* name) {
  return stored_points(context.artefact(reference_stage, 0, name));
}

/// Every eighth solution: its gap, its errors, its tube.
class SolutionsStepper final : public Stepper {
 public:
  SolutionsStepper(const BoundaryConfig& config, std::int64_t task, TaskContext& context)
      : config_(config),
        context_(context),
        next_(task),
        total_(solutions_of(config, context.inputs())),
        stride_(solution_tasks(config, context.inputs())),
        reference_(reference_artefact(context, "reference")),
        given_(reference_artefact(context, "given").points),
        means_(prototypes_of(reference_.points, reference_.labels, reference_.clusters, kmeans_loss)),
        loss_(assigned_loss(reference_.points, means_, reference_.labels, kmeans_loss)),
        tubes_(reference_.points, reference_.labels, means_),
        errors_(reference_.labels.size()),
        inside_(reference_.labels.size()) {
    deviation_ = std::sqrt(loss_ / static_cast<double>(reference_.points.values.size()));
  }
  bool step() override {
    if (run_) {
      if (!run_->step()) return false;
      const Clustering found = run_->take();
      run_.reset();
      put(found.prototypes, found.labels);
    } else if (next_ < total_) {
      begin();
    }
    if (next_ < total_) return false;
    context_.leave_artefact("errors", to_bytes(errors_));
    context_.leave_artefact("inside", to_bytes(inside_));
    return true;
  }
  double progress() const override {
    return static_cast<double>(std::min(next_, total_)) /
           static_cast<double>(std::max<std::int64_t>(1, total_));
  }

 private:
  void begin() {
    const Points& points = reference_.points;
    if (given_.rows > 0) {
      put(given_, nearest_labels(points, given_, kmeans_loss));
      return;
    }
    const auto number = static_cast<std::uint64_t>(next_);
    if (config_.solutions == "lloyd") {
      Random random = context_.random("plus_plus", {number});
      clustering::KMeansOptions options;
      if (config_.lloyd_iterations > 0) options.max_iterations = static_cast<int>(config_.lloyd_iterations);
      run_ = std::make_unique<clustering::KMeans>(
          points, clustering::seed_plus_plus(points, reference_.clusters, random), options);
      return;
    }
    Random random = context_.random("perturbed", {number});
    Points moved = means_;
    const double size = deviation_ * math::exp(ln_ten * (-2.5 + 2.2 * random.uniform()));
    for (double& value : moved.values) value += size * random.normal();
    put(moved, nearest_labels(points, moved, kmeans_loss));
  }
  void put(const Points& prototypes, const Labels& labels) {
    const double loss = assigned_loss(reference_.points, prototypes, labels, kmeans_loss);
    const double gap = loss == loss_ ? 0 : (loss - loss_) / loss_;
    const std::int64_t number = next_;
    next_ += stride_;
    if (given_.rows == 0 && !(gap <= config_.max_gap)) return;
    const Tube tube = tubes_.compare(prototypes, labels);
    std::int64_t errors = 0, inside = 0, outside = 0;
    for (std::size_t i = 0; i < errors_.size(); ++i) {
      errors_[i] += tube.error[i];
      inside_[i] += tube.inside[i];
      errors += tube.error[i];
      inside += tube.inside[i];
      outside += tube.error[i] > tube.inside[i] ? 1 : 0;
    }
    const auto rows = static_cast<double>(errors_.size());
    context_.partial()
        .table("solutions", solution_columns())
        .append_row(number, gap, static_cast<double>(errors) / rows,
                    *std::max_element(tube.shifts.begin(), tube.shifts.end()),
                    static_cast<double>(inside) / rows, errors, outside);
  }

  BoundaryConfig config_;
  TaskContext& context_;
  std::int64_t next_, total_, stride_;
  StoredPoints reference_;
  Points given_, means_;
  double loss_ = 0, deviation_ = 0;
  TubeReference tubes_;
  Labels errors_, inside_;  // counts over solutions
  std::unique_ptr<clustering::KMeans> run_;
};

/// Errors by rank of the distance margin.
class TallyStepper final : public Stepper {
 public:
  TallyStepper(const BoundaryConfig& config, TaskContext& context)
      : context_(context), tasks_(solution_tasks(config, context.inputs())) {}
  bool step() override {
    if (task_ < tasks_) {
      add(errors_, "errors");
      add(inside_, "inside");
      ++task_;
      return false;
    }
    finish();
    return true;
  }

 private:
  void add(Labels& sums, const char* name) const {
    const Labels counts = stored_labels(context_.artefact(solutions_stage, task_, name));
    sums.resize(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) sums[i] += counts[i];
  }
  void finish() {
    const StoredPoints reference = reference_artefact(context_, "reference");
    const Points plane = reference_artefact(context_, "plane").points;
    const Points means = prototypes_of(reference.points, reference.labels, reference.clusters, kmeans_loss);
    const TubeReference tubes(reference.points, reference.labels, means);
    std::vector<double> margins;
    for (std::int64_t i = 0; i < reference.points.rows; ++i) margins.push_back(tubes.distance_margin(i));
    Partial& partial = context_.partial();
    Table& points = partial.table("points", boundary_point_columns());
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      points.append_row(i, plane.at(row, 0), plane.at(row, 1), reference.labels[i], margins[i], errors_[i],
                        inside_[i]);
    }
    std::vector<std::size_t> order(margins.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return margins[a] < margins[b]; });
    const auto sum_of = [&](std::size_t first, std::size_t last) {
      std::int64_t sum = 0;
      for (std::size_t rank = first; rank < last; ++rank) sum += errors_[order[rank]];
      return sum;
    };
    // Rank r belongs to decile ⌊10 r/n⌋, and to the bin whose edges hold r/n.
    const std::size_t n = order.size();
    const auto first_rank = [n](double share) {
      return static_cast<std::size_t>(std::ceil(share * static_cast<double>(n) - 1e-9));
    };
    Table& by_decile = partial.table("deciles", decile_columns());
    for (std::int64_t decile = 0; decile < deciles; ++decile) {
      const std::size_t first = (static_cast<std::size_t>(decile) * n + 9) / 10;
      const std::size_t last = (static_cast<std::size_t>(decile + 1) * n + 9) / 10;
      const double nan = std::numeric_limits<double>::quiet_NaN();
      by_decile.append_row(decile, last > first ? margins[order[first]] : nan,
                           last > first ? margins[order[last - 1]] : nan, sum_of(first, last), last - first);
    }
    Table& by_bin = partial.table("bins", bin_columns());
    for (std::size_t bin = 0; bin + 1 < std::size(bin_edges); ++bin) {
      const std::size_t first = first_rank(bin_edges[bin]), last = first_rank(bin_edges[bin + 1]);
      by_bin.append_row(bin_edges[bin], bin_edges[bin + 1], sum_of(first, last), last - first);
    }
    Table& running = partial.table("cumulated", cumulated_columns());
    constexpr int marks = 100;
    std::int64_t sum = 0;
    std::size_t rank = 0;
    for (int mark = 0; mark <= marks; ++mark) {
      const std::size_t until = first_rank(static_cast<double>(mark) / marks);
      for (; rank < until; ++rank) sum += errors_[order[rank]];
      running.append_row(static_cast<double>(mark) / marks, sum);
    }
  }

  TaskContext& context_;
  std::int64_t tasks_, task_ = 0;
  Labels errors_, inside_;
};

}  // namespace

std::int64_t solutions_of(const BoundaryConfig& config, const InputInfos& inputs) {
  return inputs.find("prototypes") != inputs.end() ? 1 : config.perturbations;
}
std::int64_t solution_tasks(const BoundaryConfig& config, const InputInfos& inputs) {
  return std::min(most_solution_tasks, solutions_of(config, inputs));
}

const std::vector<ColumnSpec>& solution_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"index", ColumnType::Integer},       {"gap", ColumnType::Real},
      {"error", ColumnType::Real},          {"largest_shift", ColumnType::Real},
      {"tube_fraction", ColumnType::Real},  {"errors", ColumnType::Integer},
      {"outside_tube", ColumnType::Integer}};
  return specs;
}
const std::vector<ColumnSpec>& boundary_point_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"index", ColumnType::Integer}, {"x", ColumnType::Real},      {"y", ColumnType::Real},
      {"label", ColumnType::Integer}, {"margin", ColumnType::Real}, {"errors", ColumnType::Integer},
      {"tube", ColumnType::Integer}};
  return specs;
}
const std::vector<ColumnSpec>& decile_columns() {
  static const std::vector<ColumnSpec> specs = {{"decile", ColumnType::Integer},
                                                {"margin_low", ColumnType::Real},
                                                {"margin_high", ColumnType::Real},
                                                {"errors", ColumnType::Integer},
                                                {"points", ColumnType::Integer}};
  return specs;
}
const std::vector<ColumnSpec>& bin_columns() {
  static const std::vector<ColumnSpec> specs = {{"quantile_low", ColumnType::Real},
                                                {"quantile_high", ColumnType::Real},
                                                {"errors", ColumnType::Integer},
                                                {"points", ColumnType::Integer}};
  return specs;
}
const std::vector<ColumnSpec>& cumulated_columns() {
  static const std::vector<ColumnSpec> specs = {{"quantile", ColumnType::Real},
                                                {"errors", ColumnType::Integer}};
  return specs;
}

std::unique_ptr<Stepper> start_boundary_task(const BoundaryConfig& config, std::string_view stage,
                                             std::int64_t index, TaskContext& context) {
  if (stage == reference_stage) return std::make_unique<ReferenceStepper>(config, context);
  if (stage == solutions_stage) return std::make_unique<SolutionsStepper>(config, index, context);
  return std::make_unique<TallyStepper>(config, context);
}

}  // namespace reprise::protoclust
