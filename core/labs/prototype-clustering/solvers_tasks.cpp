#include "labs/prototype-clustering/solvers_tasks.h"

#include "base/error.h"
#include "clustering/agreement.h"
#include "clustering/kmedoids.h"
#include "labs/prototype-clustering/exact_line.h"
#include "labs/prototype-clustering/points_artefact.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/report_tables.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr int most_sweeps = 50;
constexpr double most_line_cells = 2e7;  // n·k of the exact clustering on a line
const Loss kmeans_loss;

/// Points, or a matrix of dissimilarities in their place; and starts.
class PointsStepper final : public Stepper {
 public:
  PointsStepper(const SolversConfig& config, TaskContext& context) : config_(config), context_(context) {
    if (!context.has_input("dissimilarity")) source_.emplace(config.points(), context);
  }
  bool step() override {
    if (!source_) {
      StoredPoints matrix;
      matrix.points = read_dissimilarities(context_, config_.medoid_limit);
      matrix.clusters = config_.k;
      leave(matrix);
      return true;
    }
    if (!source_->step()) return false;
    StoredPoints starts;
    if (source_->prototypes) starts.points = std::move(*source_->prototypes);
    context_.leave_artefact("starts", to_bytes(starts));
    if (config_.has_medoids() && source_->stored.points.rows > config_.medoid_limit)
      context_.partial().warn("fasterpam and pam take the first " + std::to_string(config_.medoid_limit) +
                              " of " + std::to_string(source_->stored.points.rows) + " points.");
    leave(source_->stored);
    return true;
  }

 private:
  void leave(const StoredPoints& stored) {
    const std::int64_t rows = std::min(stored.points.rows, config_.medoid_limit);
    if (config_.has_medoids() && stored.clusters > rows)
      throw InputError(Problem{"k", std::to_string(stored.clusters), "1…" + std::to_string(rows),
                               "k=" + std::to_string(stored.clusters) + " but only " + std::to_string(rows) +
                                   " points for k-medoids; allowed: 1…" + std::to_string(rows)});
    context_.leave_artefact("points", to_bytes(stored));
  }

  SolversConfig config_;
  TaskContext& context_;
  std::optional<StudyPoints> source_;
};

StoredPoints the_points(const TaskContext& context) {
  return stored_points(context.artefact(points_stage, 0, "points"));
}

/// Every method that ends in means, from the start of one restart.
class RunsStepper final : public Stepper {
 public:
  RunsStepper(const SolversConfig& config, std::int64_t restart, TaskContext& context)
      : config_(config),
        restart_(restart),
        context_(context),
        stored_(the_points(context)),
        starts_(stored_points(context.artefact(points_stage, 0, "starts")).points) {
    const bool from_starts = starts_.rows > 0;
    if (!from_starts || restart == 0) {
      const bool reference = config.has("elkan") || config.has("hamerly") || config.has("hartigan");
      if (config.has("lloyd") || reference) jobs_.push_back("lloyd");
      for (const char* method : {"elkan", "hamerly", "hartigan"}) {
        if (config.has(method)) jobs_.push_back(method);
      }
    }
    for (const char* method : {"random", "kmeans++", "greedy"}) {
      if (config.has(method)) jobs_.push_back(method);
    }
  }
  bool step() override {
    if (next_ == jobs_.size()) {
      finish();
      return true;
    }
    const std::string& method = jobs_[next_];
    if (method == "hartigan") {
      if (sweep()) ++next_;
      return false;
    }
    if (method == "kmeans++" && starts_.rows == 0 && lloyd_.prototypes.rows > 0) {  // the same run
      put(method, lloyd_);
      ++next_;
      return false;
    }
    if (!run_) {
      run_ = begin(method);
      return false;
    }
    if (!run_->step()) return false;
    put(method, run_->take());
    run_.reset();
    ++next_;
    return false;
  }
  double progress() const override {
    return static_cast<double>(next_) / static_cast<double>(std::max<std::size_t>(1, jobs_.size()));
  }

 private:
  std::uint64_t number() const { return static_cast<std::uint64_t>(restart_); }
  Points seeds_for(const std::string& method) const {
    const Points& points = stored_.points;
    const std::int64_t clusters = stored_.clusters;
    Random random = context_.random(method == "random" || method == "greedy" ? method : "start", {number()});
    if (method == "random") return clustering::seed_random_rows(points, clusters, random);
    if (method == "greedy")
      return clustering::seed_plus_plus(points, clusters, random, clustering::greedy_candidates(clusters));
    if (method != "kmeans++" && starts_.rows > 0) return starts_;
    return clustering::seed_plus_plus(points, clusters, random);
  }
  std::unique_ptr<clustering::KMeans> begin(const std::string& method) const {
    clustering::KMeansOptions options;
    options.max_iterations = static_cast<int>(config_.max_iterations);
    if (method == "elkan") options.method = clustering::KMeansMethod::Elkan;
    if (method == "hamerly") options.method = clustering::KMeansMethod::Hamerly;
    return std::make_unique<clustering::KMeans>(stored_.points, seeds_for(method), options);
  }
  /// One sweep over Lloyd's result; true when nothing moves any more.
  bool sweep() {
    if (sweeps_ == 0) swept_ = lloyd_;
    const std::int64_t moves = clustering::hartigan_moves(stored_.points, swept_, 1);
    ++sweeps_;
    ++swept_.iterations;
    swept_.distance_evaluations += static_cast<std::uint64_t>(stored_.points.rows * stored_.clusters);
    if (moves > 0 && sweeps_ < most_sweeps) return false;
    const double rise = lloyd_.loss > 0 ? (swept_.loss - lloyd_.loss) / lloyd_.loss : swept_.loss;
    context_.partial().table("increases", increase_columns()).append_row(restart_, rise);
    put("hartigan", std::move(swept_));
    return true;
  }
  void put(const std::string& method, Clustering found) {
    std::int64_t differ = 0;
    if (method == "elkan" || method == "hamerly") {
      for (std::size_t i = 0; i < found.labels.size(); ++i) differ += found.labels[i] != lloyd_.labels[i];
    }
    if (method == "lloyd") lloyd_ = found;
    if (method == "kmeans++") plus_plus_ = found;
    if (!config_.has(method)) return;  // Lloyd as a reference only
    context_.partial()
        .table("runs", run_columns())
        .append_row(method, restart_, found.loss, found.iterations, found.distance_evaluations, differ);
    if (best_.prototypes.rows == 0 || found.loss < best_.loss) best_ = std::move(found);
  }
  void finish() {
    context_.leave_artefact("best", to_bytes(stored(best_)));
    context_.leave_artefact("plus_plus", to_bytes(stored(plus_plus_)));
  }
  static StoredPoints stored(Clustering& found) {
    StoredPoints result;
    result.clusters = found.prototypes.rows;
    result.points = std::move(found.prototypes);
    result.labels = std::move(found.labels);
    return result;
  }

  SolversConfig config_;
  std::int64_t restart_;
  TaskContext& context_;
  StoredPoints stored_;
  Points starts_;
  std::vector<std::string> jobs_;
  std::size_t next_ = 0;
  std::unique_ptr<clustering::KMeans> run_;
  Clustering lloyd_, swept_, best_, plus_plus_;
  int sweeps_ = 0;
};

/// The best of all restarts; how far every k-means++ run is from it.
class BestStepper final : public Stepper {
 public:
  BestStepper(const SolversConfig& config, TaskContext& context)
      : config_(config), context_(context), stored_(the_points(context)) {}
  bool step() override {
    if (next_ < config_.restarts) {
      StoredPoints found = result(next_++, "best");
      const double loss = loss_of(found);
      if (best_.points.rows == 0 || loss < best_loss_) {
        best_ = std::move(found);
        best_loss_ = loss;
      }
      return false;
    }
    const std::int64_t restart = next_++ - config_.restarts;
    if (config_.has("kmeans++") && restart < config_.restarts) {
      compare(restart);
      return false;
    }
    Table& labels = context_.partial().table("labels", label_columns());
    for (std::size_t i = 0; i < best_.labels.size(); ++i) labels.append_row(i, best_.labels[i]);
    for (std::int64_t c = 0; c < best_.points.rows; ++c) {  // back into the units of the points
      for (std::int64_t j = 0; j < best_.points.dims; ++j)
        best_.points.row(c)[j] += stored_.center[static_cast<std::size_t>(j)];
    }
    put_coordinates(context_.partial().table("prototypes", coordinate_columns()), best_.points);
    return true;
  }
  double progress() const override {
    return static_cast<double>(next_) / static_cast<double>(2 * config_.restarts);
  }

 private:
  StoredPoints result(std::int64_t restart, const char* name) const {
    return stored_points(context_.artefact(runs_stage, restart, name));
  }
  double loss_of(const StoredPoints& found) const {
    if (found.points.rows == 0) return std::numeric_limits<double>::infinity();
    return clustering::within_cluster_sum(stored_.points, found.points, found.labels);
  }
  void compare(std::int64_t restart) {
    const StoredPoints found = result(restart, "plus_plus");
    const double excess = loss_of(found) - best_loss_;
    context_.partial()
        .table("near_optimal", near_optimal_columns())
        .append_row(restart, excess == 0 ? 0 : excess / best_loss_,
                    clustering::misclassification(found.labels, best_.labels));
  }

  SolversConfig config_;
  TaskContext& context_;
  StoredPoints stored_, best_;
  double best_loss_ = 0;
  std::int64_t next_ = 0;
};

/// fasterpam and pam from the same random medoids.
class MedoidsStepper final : public Stepper {
 public:
  MedoidsStepper(const SolversConfig& config, std::int64_t restart, TaskContext& context)
      : restart_(restart), context_(context) {
    StoredPoints stored = the_points(context);
    if (context.has_input("dissimilarity")) {
      distances_.rows = stored.points.rows;
      distances_.values = std::move(stored.points.values);
    } else {
      distances_ = clustering::euclidean_dissimilarities(stored.points, config.medoid_limit);
    }
    Random random = context.random("medoids", {static_cast<std::uint64_t>(restart)});
    start_ = clustering::random_medoids(distances_.rows, stored.clusters, random);
    for (const char* method : {"fasterpam", "pam"}) {
      if (config.has(method)) methods_.push_back(method);
    }
  }
  bool step() override {
    const std::string& method = methods_[next_];
    if (!search_) {
      const bool first = method == "fasterpam";
      search_.emplace(distances_, start_, first ? clustering::SwapRule::First : clustering::SwapRule::Best);
      return false;
    }
    if (!search_->step()) return false;
    const double best_swap = method == "fasterpam" ? search_->best_swap() : 0;
    const clustering::Medoids found = search_->take();
    search_.reset();
    Partial& partial = context_.partial();
    partial.table("runs", run_columns())
        .append_row(method, restart_, found.loss, found.swaps, found.lookups, 0);
    if (method == "fasterpam")
      partial.table("best_swaps", increase_columns()).append_row(restart_, best_swap);
    std::vector<double> loss(found.rows.size());
    for (std::size_t i = 0; i < found.labels.size(); ++i) {
      const auto cluster = static_cast<std::size_t>(found.labels[i]);
      loss[cluster] += distances_.row(static_cast<std::int64_t>(i))[found.rows[cluster]];
    }
    Table& medoids = partial.table("medoids", medoid_columns());
    for (std::size_t c = 0; c < loss.size(); ++c)
      medoids.append_row(method, restart_, c, found.rows[c], loss[c]);
    return ++next_ == methods_.size();
  }

 private:
  std::int64_t restart_;
  TaskContext& context_;
  clustering::Dissimilarities distances_;
  std::vector<std::int64_t> start_;
  std::vector<std::string> methods_;
  std::size_t next_ = 0;
  std::optional<clustering::MedoidSearch> search_;
};

void cluster_line(TaskContext& context) {
  const StoredPoints stored = the_points(context);
  if (stored.points.dims != 1) return;
  if (static_cast<double>(stored.points.rows * stored.clusters) > most_line_cells) {
    context.partial().warn("Exact clustering on the line takes at most 20,000,000 points times clusters.");
    return;
  }
  const ExactLine exact = exact_line(stored.points.values, {}, stored.clusters, kmeans_loss);
  put_metric(context.partial(), "exact_1d_loss", exact.loss.back());
}

}  // namespace

const std::vector<ColumnSpec>& run_columns() {
  static const std::vector<ColumnSpec> specs = {{"method", ColumnType::Text},
                                                {"restart", ColumnType::Integer},
                                                {"loss", ColumnType::Real},
                                                {"iterations", ColumnType::Integer},
                                                {"distance_evaluations", ColumnType::Integer},
                                                {"labels_differ", ColumnType::Integer}};
  return specs;
}
const std::vector<ColumnSpec>& increase_columns() {
  static const std::vector<ColumnSpec> specs = {{"restart", ColumnType::Integer},
                                                {"change", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& medoid_columns() {
  static const std::vector<ColumnSpec> specs = {{"method", ColumnType::Text},
                                                {"restart", ColumnType::Integer},
                                                {"cluster", ColumnType::Integer},
                                                {"row", ColumnType::Integer},
                                                {"loss", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& near_optimal_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"restart", ColumnType::Integer}, {"gap", ColumnType::Real}, {"error", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& label_columns() {
  static const std::vector<ColumnSpec> specs = {{"index", ColumnType::Integer},
                                                {"label", ColumnType::Integer}};
  return specs;
}

std::unique_ptr<Stepper> start_solvers_task(const SolversConfig& config, std::string_view stage,
                                            std::int64_t index, TaskContext& context) {
  if (stage == points_stage) return std::make_unique<PointsStepper>(config, context);
  if (stage == runs_stage) return std::make_unique<RunsStepper>(config, index, context);
  if (stage == medoids_stage) return std::make_unique<MedoidsStepper>(config, index, context);
  if (stage == best_stage) return std::make_unique<BestStepper>(config, context);
  return simple_task([&context] { cluster_line(context); });
}

}  // namespace reprise::protoclust
