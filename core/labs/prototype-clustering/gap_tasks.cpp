#include "labs/prototype-clustering/gap_tasks.h"

#include "base/math.h"
#include "clustering/agreement.h"
#include "labs/prototype-clustering/certificate.h"
#include "labs/prototype-clustering/condition.h"
#include "labs/prototype-clustering/points_artefact.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "labs/prototype-clustering/report_tables.h"
#include "labs/prototype-clustering/sources.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace reprise::protoclust {

namespace {

constexpr std::string_view artefact_name = "benchmark";
constexpr double ln_ten = 2.302585092994045684;
const Loss kmeans_loss;

/// Reads or makes the points, fits or takes the labels: the benchmark that everything is compared with.
class BenchmarkStepper final : public Stepper {
 public:
  BenchmarkStepper(const GapConfig& config, TaskContext& context) : config_(config), context_(context) {
    if (config.dataset != "upload") return;
    ReadOptions options;
    options.label_column = config.label_column;
    options.standardise = config.standardise;
    options.inputs = {"labels"};
    reader_.emplace(context, options);
  }
  bool step() override {
    if (!ready_) {
      ready_ = prepare();
      return false;
    }
    if (stored_.labels.empty() && restart_ < config_.restarts) {
      Clustering found = fit_once(stored_.points, stored_.clusters, kmeans_loss,
                                  context_.random("start", {static_cast<std::uint64_t>(restart_)}));
      if (restart_ == 0 || found.loss < best_.loss) best_ = std::move(found);
      if (++restart_ < config_.restarts) return false;
      stored_.labels = std::move(best_.labels);
      stored_.clusters = compact_labels(stored_.labels);
    }
    finish();
    return true;
  }
  double progress() const override {
    return static_cast<double>(restart_) / static_cast<double>(config_.restarts);
  }

 private:
  bool prepare() {
    stored_.clusters = config_.k;
    if (reader_) {
      if (!reader_->step()) return false;
      OwnData data = reader_->take();
      stored_.points = std::move(data.points);
      if (data.labels) {
        stored_.labels = std::move(*data.labels);
        stored_.clusters = data.clusters;
      }
    } else if (config_.dataset == "gmm") {
      Random random = context_.random("sample");
      stored_.points = gaussian_groups(config_.n, config_.d, config_.k, config_.sep, {}, random).points;
    } else if (config_.dataset == "ring" || config_.dataset == "uniform") {
      Random random = context_.random("sample");
      stored_.points =
          config_.dataset == "ring" ? ring(config_.n, random) : uniform_square(config_.n, random);
    } else {
      stored_.points = bundled(config_.dataset).points;
    }
    if (stored_.labels.empty()) check_distinct(stored_.points, stored_.clusters, "k");
    stored_.center = center_columns(stored_.points);
    return true;
  }
  void finish() {
    const Points prototypes = prototypes_of(stored_.points, stored_.labels, stored_.clusters, kmeans_loss);
    std::vector<double> r(stored_.labels.size()), margins(stored_.labels.size());
    loss_margins(stored_.points, stored_.labels, prototypes, kmeans_loss, 0, stored_.points.rows, r.data(),
                 margins.data());
    const ConditionReport numbers =
        condition_report(prototypes, stored_.labels, kmeans_loss, r, margins, config_.alpha);
    Partial& partial = context_.partial();
    put_metric(partial, "benchmark_loss", numbers.loss);
    put_metric(partial, "benchmark_mean_loss", numbers.mean_loss);
    put_metric(partial, "kappa", numbers.kappa);
    put_metric(partial, "kappa_alpha", numbers.kappa_alpha);
    put_metric(partial, "kappa_rad", numbers.kappa_rad);
    put_metric(partial, "kappa_loc", numbers.kappa_loc);
    Table& points = partial.table("points", gap_point_columns());
    for (std::size_t i = 0; i < margins.size(); ++i) points.append_row(i, stored_.labels[i], margins[i]);
    context_.leave_artefact(std::string(artefact_name), to_bytes(stored_));
  }

  GapConfig config_;
  TaskContext& context_;
  std::optional<OwnDataReader> reader_;
  StoredPoints stored_;
  bool ready_ = false;
  std::int64_t restart_ = 0;
  Clustering best_;
};

/// The benchmark as later stages see it.
struct Benchmark {
  explicit Benchmark(const TaskContext& context)
      : stored(stored_points(context.artefact(benchmark_stage, 0, artefact_name))),
        prototypes(prototypes_of(stored.points, stored.labels, stored.clusters, kmeans_loss)),
        loss(assigned_loss(stored.points, prototypes, stored.labels, kmeans_loss)) {}
  StoredPoints stored;
  Points prototypes;
  double loss = 0;
};

/// One of the three kinds of solutions.
class CandidateStepper final : public Stepper {
 public:
  CandidateStepper(const GapConfig& config, std::int64_t kind, TaskContext& context)
      : kind_(kind), context_(context), benchmark_(context) {
    wanted_ = config.candidates / 3 + (kind < config.candidates % 3 ? 1 : 0);
    const auto values = static_cast<double>(benchmark_.stored.points.values.size());
    deviation_ = std::sqrt(benchmark_.loss / values);
  }
  bool step() override {
    const Points& points = benchmark_.stored.points;
    const std::int64_t clusters = benchmark_.stored.clusters;
    const auto number = static_cast<std::uint64_t>(runs_++);
    if (kind_ == 0) {
      Random random = context_.random("random_rows", {number});
      clustering::KMeans run(points, clustering::seed_random_rows(points, clusters, random), {});
      for (bool done = false; !done && made_ < wanted_;) {
        const Points before = run.state().prototypes;  // the labels belong to these
        done = run.iterate(clustering::one_by_one);
        put("iterate", done ? run.state().prototypes : before, run.state().labels);
      }
    } else if (kind_ == 1) {
      Random random = context_.random("perturbed", {number});
      Points moved = benchmark_.prototypes;
      const double size = deviation_ * math::exp(ln_ten * (-3 + 3.3 * random.uniform()));
      for (double& value : moved.values) value += size * random.normal();
      put("perturbed", moved, nearest_labels(points, moved, kmeans_loss));
    } else {
      Random random = context_.random("plus_plus", {number});
      const Clustering found =
          clustering::kmeans(points, clustering::seed_plus_plus(points, clusters, random));
      put("converged", found.prototypes, found.labels);
    }
    return made_ == wanted_;
  }
  double progress() const override { return static_cast<double>(made_) / static_cast<double>(wanted_); }

 private:
  void put(const char* kind, const Points& prototypes, const Labels& labels) {
    const double loss = assigned_loss(benchmark_.stored.points, prototypes, labels, kmeans_loss);
    const clustering::Agreement compared = clustering::agreement(labels, benchmark_.stored.labels);
    context_.partial()
        .table("candidates", candidate_columns())
        .append_row(kind, (loss - benchmark_.loss) / benchmark_.loss, compared.error,
                    compared.balanced_error);
    ++made_;
  }

  std::int64_t kind_;
  TaskContext& context_;
  Benchmark benchmark_;
  std::int64_t wanted_ = 0, made_ = 0, runs_ = 0;
  double deviation_ = 0;  // root mean squared deviation a coordinate
};

/// Certificates for each ε, and label corruptions with fixed prototypes.
class BoundsStepper final : public Stepper {
 public:
  BoundsStepper(const GapConfig& config, TaskContext& context)
      : config_(config),
        context_(context),
        benchmark_(context),
        run_(benchmark_.stored.points, benchmark_.stored.labels, benchmark_.stored.clusters, kmeans_loss,
             config.eps_list) {}
  bool step() override {
    if (!certified_) {
      certified_ = run_.step();
      if (!certified_) return false;
      Table& table = context_.partial().table("certificate", gap_certificate_columns());
      for (const Certificate& certificate : run_.certificates())
        table.append_row(certificate.epsilon, name_of(certificate.status), certificate.bound);
      if (benchmark_.stored.clusters > 1) measure();
      return config_.corruptions == 0 || benchmark_.stored.clusters == 1;
    }
    corrupt(++corruption_);
    return corruption_ == config_.corruptions;
  }
  double progress() const override { return certified_ ? 0.7 : 0.7 * run_.progress(); }

 private:
  void measure() {
    const auto rows = benchmark_.stored.labels.size();
    std::vector<double> r(rows);
    margins_.resize(rows);
    loss_margins(benchmark_.stored.points, benchmark_.stored.labels, benchmark_.prototypes, kmeans_loss, 0,
                 benchmark_.stored.points.rows, r.data(), margins_.data());
    order_.resize(rows);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [this](std::size_t a, std::size_t b) { return margins_[a] < margins_[b]; });
    for (const std::size_t i : order_) sorted_.push_back(margins_[i]);
  }
  double move_cost(std::size_t i, std::int64_t target) const {
    const Points& points = benchmark_.stored.points;
    const double* row = points.row(static_cast<std::int64_t>(i));
    return clustering::squared_distance(row, benchmark_.prototypes.row(target), points.dims) -
           clustering::squared_distance(row, benchmark_.prototypes.row(benchmark_.stored.labels[i]),
                                        points.dims);
  }
  void corrupt(std::int64_t number) {
    Random random = context_.random("corruption", {static_cast<std::uint64_t>(number)});
    const auto rows = static_cast<std::uint64_t>(order_.size());
    const auto moved = static_cast<std::size_t>(1 + random.below(std::max<std::uint64_t>(1, rows / 3)));
    double gap = 0;
    const bool smallest = number % 2 == 1;
    if (smallest) {
      for (std::size_t i = 0; i < moved; ++i) gap += sorted_[i];
    } else {
      std::vector<std::size_t> rest(order_.size());
      std::iota(rest.begin(), rest.end(), std::size_t{0});
      for (std::size_t i = 0; i < moved; ++i) {
        std::swap(rest[i], rest[i + static_cast<std::size_t>(random.below(rows - i))]);
        auto target = static_cast<std::int64_t>(
            random.below(static_cast<std::uint64_t>(benchmark_.stored.clusters - 1)));
        if (target >= benchmark_.stored.labels[rest[i]]) ++target;
        gap += move_cost(rest[i], target);
      }
    }
    context_.partial()
        .table("corruptions", corruption_columns())
        .append_row(smallest ? "smallest-margin" : "random", moved, gap / benchmark_.loss,
                    fixed_prototype_bound(sorted_, gap, benchmark_.loss));
  }

  GapConfig config_;
  TaskContext& context_;
  Benchmark benchmark_;
  CertificateRun run_;
  bool certified_ = false;
  std::int64_t corruption_ = 0;
  std::vector<double> margins_, sorted_;
  std::vector<std::size_t> order_;
};

void measure_separation(const GapConfig& config, std::int64_t index, TaskContext& context) {
  const double separation = config.sep_sweep[static_cast<std::size_t>(index)];
  Random random = context.random("sweep_sample");  // the same noise at every separation
  Points points = gaussian_groups(config.n, config.d, config.k, separation, {}, random).points;
  center_columns(points);
  Clustering best;
  for (std::int64_t restart = 0; restart < config.restarts; ++restart) {
    Clustering found = fit_once(points, config.k, kmeans_loss,
                                context.random("sweep_start", {static_cast<std::uint64_t>(restart)}));
    if (restart == 0 || found.loss < best.loss) best = std::move(found);
  }
  const std::int64_t clusters = compact_labels(best.labels);
  const ConditionReport numbers =
      condition(points, best.labels, prototypes_of(points, best.labels, clusters, kmeans_loss), kmeans_loss,
                config.alpha);
  context.partial()
      .table("conditions", condition_columns())
      .append_row(separation, numbers.kappa, numbers.kappa_alpha, numbers.kappa_rad, numbers.kappa_loc);
}

}  // namespace

const std::vector<ColumnSpec>& candidate_columns() {
  static const std::vector<ColumnSpec> specs = {{"kind", ColumnType::Text},
                                                {"gap", ColumnType::Real},
                                                {"error", ColumnType::Real},
                                                {"balanced_error", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& gap_certificate_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"epsilon", ColumnType::Real}, {"status", ColumnType::Text}, {"bound", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& corruption_columns() {
  static const std::vector<ColumnSpec> specs = {{"kind", ColumnType::Text},
                                                {"moved", ColumnType::Integer},
                                                {"gap", ColumnType::Real},
                                                {"bound_points", ColumnType::Integer}};
  return specs;
}
const std::vector<ColumnSpec>& condition_columns() {
  static const std::vector<ColumnSpec> specs = {{"sep", ColumnType::Real},
                                                {"kappa", ColumnType::Real},
                                                {"kappa_alpha", ColumnType::Real},
                                                {"kappa_rad", ColumnType::Real},
                                                {"kappa_loc", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& gap_point_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"index", ColumnType::Integer}, {"label", ColumnType::Integer}, {"margin", ColumnType::Real}};
  return specs;
}

std::unique_ptr<Stepper> start_gap_task(const GapConfig& config, std::string_view stage, std::int64_t index,
                                        TaskContext& context) {
  if (stage == benchmark_stage) return std::make_unique<BenchmarkStepper>(config, context);
  if (stage == candidates_stage) return std::make_unique<CandidateStepper>(config, index, context);
  if (stage == bounds_stage) return std::make_unique<BoundsStepper>(config, context);
  return simple_task([config, index, &context] { measure_separation(config, index, context); });
}

}  // namespace reprise::protoclust
