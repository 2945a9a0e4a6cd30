#include "labs/prototype-clustering/equally_good_tasks.h"

#include "clustering/distances.h"
#include "labs/prototype-clustering/certificate.h"
#include "labs/prototype-clustering/fitted_points.h"
#include "labs/prototype-clustering/plateau.h"
#include "labs/prototype-clustering/points_artefact.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/report_tables.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr std::size_t most_plane_points = 5000;
const Loss kmeans_loss;

class BenchmarkStepper final : public Stepper {
 public:
  BenchmarkStepper(const EquallyGoodConfig& config, TaskContext& context)
      : context_(context), fitted_(config.points(), config.restarts, context) {}
  bool step() override {
    if (!fitted_.step()) return false;
    context_.leave_artefact("points", to_bytes(fitted_.stored()));
    StoredPoints plane;
    plane.points = fitted_.plane();
    context_.leave_artefact("plane", to_bytes(plane));
    return true;
  }
  double progress() const override { return fitted_.progress(); }

 private:
  TaskContext& context_;
  FittedPoints fitted_;
};

StoredPoints benchmark_points(const TaskContext& context) {
  return stored_points(context.artefact(benchmark_stage_name, 0, "points"));
}

/// A certificate for each gap; leaves the bounds to the searches, and the core points to what follows.
class CertifyStepper final : public Stepper {
 public:
  CertifyStepper(const EquallyGoodConfig& config, TaskContext& context)
      : reference_(reference_of(config)),
        context_(context),
        stored_(benchmark_points(context)),
        run_(stored_.points, stored_.labels, stored_.clusters, kmeans_loss, gaps_of(config)) {}
  bool step() override {
    if (!run_.step()) return false;
    const std::vector<Certificate>& certificates = run_.certificates();
    const Certificate& at = certificates[reference_];
    Partial& partial = context_.partial();
    Table& table = partial.table("bounds", bound_columns());
    StoredPoints bounds;
    bounds.points = Points(static_cast<std::int64_t>(certificates.size()), 2);
    for (std::size_t e = 0; e < certificates.size(); ++e) {
      const Certificate& one = certificates[e];
      table.append_row(one.epsilon, one.bound, name_of(one.status), one.separation_ratio);
      bounds.points.row(static_cast<std::int64_t>(e))[0] = one.bound;
      bounds.points.row(static_cast<std::int64_t>(e))[1] =
          one.status == CertificateStatus::NotCertified ? 0 : 1;
    }
    Labels core(at.core.begin(), at.core.end());
    core.resize(stored_.labels.size());
    context_.leave_artefact("bounds", to_bytes(bounds));
    context_.leave_artefact("core", to_bytes(core));
    put_metric(partial, "benchmark_loss", run_.geometry().loss);
    put_metric(partial, "separation_ratio", at.separation_ratio);
    put_metric(partial, "status_code", static_cast<double>(at.status));
    put_metric(partial, "core_points", static_cast<double>(std::count(core.begin(), core.end(), 1)));
    if (stored_.clusters == 1) partial.warn("k=1 has only one partition: nothing can change.");
    return true;
  }
  double progress() const override { return run_.progress(); }

 private:
  std::size_t reference_;
  TaskContext& context_;
  StoredPoints stored_;
  CertificateRun run_;
};

/// Every eighth search.
class SearchStepper final : public Stepper {
 public:
  SearchStepper(const EquallyGoodConfig& config, std::int64_t task, TaskContext& context)
      : config_(config),
        context_(context),
        next_(task),
        stride_(search_tasks(config)),
        reference_(reference_of(config)),
        stored_(benchmark_points(context)),
        plateau_(stored_.points, stored_.labels, stored_.clusters, gaps_of(config)) {
    const Points bounds = stored_points(context.artefact(certify_stage_name, 0, "bounds")).points;
    for (std::int64_t e = 0; e < bounds.rows; ++e) options_.ceilings.push_back(bounds.at(e, 0));
    options_.pushes = config.pushes;
    counts_.which = reference_;
    counts_.by_place = bounds.at(static_cast<std::int64_t>(reference_), 1) > 0;
    counts_.changed.resize(stored_.labels.size());
    best_.prototypes = plateau_.means;
  }
  bool step() override {
    if (!search_ && next_ < config_.searches) {
      search_.emplace(plateau_, next_, context_.random("search", {static_cast<std::uint64_t>(next_)}),
                      options_, counts_);
      return false;
    }
    if (search_) {
      if (!search_->step()) return false;
      end_search();
      if (next_ < config_.searches) return false;
    }
    leave();
    return true;
  }
  double progress() const override {
    const double part = search_ ? search_->progress() : 0;
    const double done = static_cast<double>(next_) + part * static_cast<double>(stride_);
    return std::min(1.0, done / static_cast<double>(config_.searches));
  }

 private:
  void end_search() {
    Table& attempts = context_.partial().table("attempts", attempt_columns());
    const std::vector<DifferentSolution>& farthest = search_->farthest();
    for (std::size_t e = 0; e < farthest.size(); ++e)
      attempts.append_row(next_, search_->start(), plateau_.epsilons[e], farthest[e].error, farthest[e].gap);
    const DifferentSolution& found = farthest[reference_];
    if (found.error > best_.error || (found.error == best_.error && found.gap < best_.gap)) best_ = found;
    search_.reset();
    next_ += stride_;
  }
  void leave() {
    StoredPoints best;
    best.points = best_.prototypes;
    best.center = {best_.error, best_.gap, static_cast<double>(counts_.solutions), counts_.least_gap};
    best.labels = nearest_labels(stored_.points, best_.prototypes, kmeans_loss);
    if (best_.error == 0) best.labels = stored_.labels;
    best.labels = renamed_like(best.labels, stored_.labels);
    context_.leave_artefact("farthest", to_bytes(best));
    context_.leave_artefact("changed", to_bytes(counts_.changed));
  }

  EquallyGoodConfig config_;
  TaskContext& context_;
  std::int64_t next_, stride_;
  std::size_t reference_;
  StoredPoints stored_;
  Plateau plateau_;
  PlateauOptions options_;
  ChangeCounts counts_;
  DifferentSolution best_;
  std::optional<PlateauSearch> search_;
};

/// The most different solution of all searches at the reference gap, point by point.
class GatherStepper final : public Stepper {
 public:
  GatherStepper(const EquallyGoodConfig& config, TaskContext& context)
      : context_(context), tasks_(search_tasks(config)) {}
  bool step() override {
    if (task_ < tasks_) {
      add();
      ++task_;
      return false;
    }
    finish();
    return true;
  }

 private:
  void add() {
    StoredPoints found = stored_points(context_.artefact(search_stage_name, task_, "farthest"));
    const Labels changed = stored_labels(context_.artefact(search_stage_name, task_, "changed"));
    changed_.resize(changed.size());
    for (std::size_t i = 0; i < changed.size(); ++i) changed_[i] += changed[i];
    solutions_ += found.center[2];
    least_gap_ = std::min(least_gap_, found.center[3]);
    const bool farther = task_ == 0 || found.center[0] > farthest_.center[0] ||
                         (found.center[0] == farthest_.center[0] && found.center[1] < farthest_.center[1]);
    if (farther) farthest_ = std::move(found);
  }
  void finish() {
    const StoredPoints stored = benchmark_points(context_);
    const Points plane = stored_points(context_.artefact(benchmark_stage_name, 0, "plane")).points;
    const Labels core = stored_labels(context_.artefact(certify_stage_name, 0, "core"));
    Partial& partial = context_.partial();
    Table& points = partial.table("points", equal_point_columns());
    Table& shown = partial.table("plane", equal_plane_columns());
    std::int64_t changing = 0, core_changing = 0;
    for (std::size_t i = 0; i < core.size(); ++i) {
      points.append_row(i, stored.labels[i], farthest_.labels[i], changed_[i], core[i]);
      changing += changed_[i] > 0 ? 1 : 0;
      core_changing += changed_[i] > 0 && core[i] > 0 ? 1 : 0;
    }
    for (const char* state : {"core", "undecided", "can change"}) {  // what can change is drawn last
      for (std::size_t i = 0; i < std::min(core.size(), most_plane_points); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        const std::string_view is = changed_[i] > 0 ? "can change" : core[i] > 0 ? "core" : "undecided";
        if (is == state) shown.append_row(plane.at(row, 0), plane.at(row, 1), is);
      }
    }
    put_metric(partial, "least_gap", least_gap_);
    put_metric(partial, "solutions_within_gap", solutions_);
    put_metric(partial, "changed_points", static_cast<double>(changing));
    put_metric(partial, "core_changed", static_cast<double>(core_changing));
  }

  TaskContext& context_;
  std::int64_t tasks_, task_ = 0;
  StoredPoints farthest_;
  Labels changed_;
  double solutions_ = 0, least_gap_ = 0;
};

}  // namespace

std::vector<double> gaps_of(const EquallyGoodConfig& config) {
  std::vector<double> gaps = config.eps_list;
  gaps.push_back(config.max_gap);
  std::sort(gaps.begin(), gaps.end());
  gaps.erase(std::unique(gaps.begin(), gaps.end()), gaps.end());
  return gaps;
}

std::size_t reference_of(const EquallyGoodConfig& config) {
  const std::vector<double> gaps = gaps_of(config);
  return static_cast<std::size_t>(std::find(gaps.begin(), gaps.end(), config.max_gap) - gaps.begin());
}

std::int64_t search_tasks(const EquallyGoodConfig& config) {
  return std::min(config.searches, most_search_tasks);
}

const std::vector<ColumnSpec>& bound_columns() {
  static const std::vector<ColumnSpec> specs = {{"epsilon", ColumnType::Real},
                                                {"bound", ColumnType::Real},
                                                {"status", ColumnType::Text},
                                                {"separation_ratio", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& attempt_columns() {
  static const std::vector<ColumnSpec> specs = {{"search", ColumnType::Integer},
                                                {"start", ColumnType::Text},
                                                {"epsilon", ColumnType::Real},
                                                {"error", ColumnType::Real},
                                                {"gap", ColumnType::Real}};
  return specs;
}
const std::vector<ColumnSpec>& equal_point_columns() {
  static const std::vector<ColumnSpec> specs = {{"index", ColumnType::Integer},
                                                {"label", ColumnType::Integer},
                                                {"farthest_label", ColumnType::Integer},
                                                {"changed", ColumnType::Integer},
                                                {"core", ColumnType::Integer}};
  return specs;
}
const std::vector<ColumnSpec>& equal_plane_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"x", ColumnType::Real}, {"y", ColumnType::Real}, {"state", ColumnType::Text}};
  return specs;
}

std::unique_ptr<Stepper> start_equally_good_task(const EquallyGoodConfig& config, std::string_view stage,
                                                 std::int64_t index, TaskContext& context) {
  if (stage == benchmark_stage_name) return std::make_unique<BenchmarkStepper>(config, context);
  if (stage == certify_stage_name) return std::make_unique<CertifyStepper>(config, context);
  if (stage == search_stage_name) return std::make_unique<SearchStepper>(config, index, context);
  return std::make_unique<GatherStepper>(config, context);
}

}  // namespace reprise::protoclust
