#include "labs/prototype-clustering/certificate_tasks.h"

#include "clustering/distances.h"
#include "labs/prototype-clustering/certificate.h"
#include "labs/prototype-clustering/condition.h"
#include "labs/prototype-clustering/points_artefact.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "labs/prototype-clustering/report_tables.h"
#include "labs/prototype-clustering/sources.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace reprise::protoclust {

namespace {

using Config = CertificateConfig;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view points_name = "points", labels_name = "labels";
constexpr std::size_t most_plane_points = 5000;

CertifyOptions options_of(const Config& config) {
  CertifyOptions options;
  options.grid = static_cast<int>(config.grid);
  options.max_iterations = static_cast<int>(config.max_iterations);
  return options;
}

const std::vector<ColumnSpec>& trial_columns() {
  static const std::vector<ColumnSpec> specs = {{"status", ColumnType::Integer}, {"ratio", ColumnType::Real}};
  return specs;
}

class SweepStepper final : public Stepper {
 public:
  SweepStepper(const Config& config, std::int64_t index, TaskContext& context)
      : config_(config), cell_(sweep_cell(config, index)), loss_(parse_loss(config.loss)), context_(context) {
    const auto share =
        cell_.shares.empty() ? 0 : static_cast<std::uint64_t>(std::llround(cell_.shares[0] * 1e9));
    coordinates_ = {static_cast<std::uint64_t>(config.n),    static_cast<std::uint64_t>(config.d),
                    static_cast<std::uint64_t>(cell_.k),     share,
                    static_cast<std::uint64_t>(cell_.trial), 0};
    // The same noise at every separation: the curve over separations is paired.
    Random random = context.random(
        "sample", {coordinates_[0], coordinates_[1], coordinates_[2], coordinates_[3], coordinates_[4]});
    points_ = gaussian_groups(config.n, config.d, cell_.k, cell_.separation, cell_.shares, random).points;
    center_columns(points_);
  }
  bool step() override {
    if (restart_ < config_.restarts) {
      Random random =
          context_.random("start", {coordinates_[0], coordinates_[1], coordinates_[2], coordinates_[3],
                                    coordinates_[4], static_cast<std::uint64_t>(restart_)});
      Clustering found = fit_once(points_, cell_.k, loss_, random);
      if (restart_ == 0 || found.loss < best_.loss) best_ = std::move(found);
      ++restart_;
      return false;
    }
    if (!run_) {
      clusters_ = compact_labels(best_.labels);
      run_.emplace(points_, best_.labels, clusters_, loss_, std::vector<double>{config_.eps_list.front()},
                   options_of(config_));
    }
    if (!run_->step()) return false;
    const Certificate& certificate = run_->certificates().front();
    context_.partial()
        .table("trial", trial_columns())
        .append_row(static_cast<int>(certificate.status), certificate.separation_ratio);
    return true;
  }
  double progress() const override {
    const double fitted = static_cast<double>(restart_) / static_cast<double>(config_.restarts);
    return run_ ? 0.6 + 0.4 * run_->progress() : 0.6 * fitted;
  }

 private:
  Config config_;
  SweepCell cell_;
  Loss loss_;
  TaskContext& context_;
  std::vector<std::uint64_t> coordinates_;
  Points points_;
  Clustering best_;
  std::int64_t restart_ = 0, clusters_ = 0;
  std::optional<CertificateRun> run_;
};

/// Reads, standardises (own data), centres.
class ReadStepper final : public Stepper {
 public:
  ReadStepper(const Config& config, TaskContext& context) : config_(config), context_(context) {
    if (config.source != "upload") return;
    ReadOptions options;
    options.label_column = config.label_column;
    options.standardise = config.standardise;
    options.inputs = {"labels"};
    reader_.emplace(context, options);
  }
  bool step() override {
    StoredPoints stored;
    stored.clusters = config_.k_list.front();
    if (reader_) {
      if (!reader_->step()) return false;
      OwnData data = reader_->take();
      stored.points = std::move(data.points);
      if (data.labels) {
        stored.labels = std::move(*data.labels);
        stored.clusters = data.clusters;
      } else {
        check_distinct(stored.points, stored.clusters, "k_list");
      }
    } else {
      stored.points = bundled(config_.source).points;
    }
    if (config_.enumerate && stored.points.rows > most_enumerated_rows) {
      const std::string rows = std::to_string(stored.points.rows);
      throw InputError(Problem{
          "enumerate", rows + " points", "at most 11 points",
          "enumerate tries every partition; the data has " + rows + " points, allowed are at most 11"});
    }
    stored.center = center_columns(stored.points);
    context_.leave_artefact(std::string(points_name), to_bytes(stored));
    return true;
  }

 private:
  Config config_;
  TaskContext& context_;
  std::optional<OwnDataReader> reader_;
};

class FitStepper final : public Stepper {
 public:
  FitStepper(const Config& config, std::int64_t restart, TaskContext& context)
      : context_(context),
        stored_(stored_points(context.artefact(read_stage, 0, points_name))),
        run_(stored_.points, stored_.clusters, parse_loss(config.loss),
             context.random("start", {static_cast<std::uint64_t>(restart)})) {}
  bool step() override {
    if (!run_.step()) return false;
    context_.leave_artefact(std::string(labels_name), to_bytes(run_.take().labels));
    return true;
  }

 private:
  TaskContext& context_;
  StoredPoints stored_;
  FitRun run_;
};

class CertifyStepper final : public Stepper {
 public:
  CertifyStepper(const Config& config, TaskContext& context)
      : config_(config),
        loss_(parse_loss(config.loss)),
        context_(context),
        data_(stored_points(context.artefact(read_stage, 0, points_name))) {
    if (data_.labels.empty()) choose_fit();
    run_.emplace(data_.points, data_.labels, data_.clusters, loss_, config.eps_list, options_of(config));
  }
  bool step() override {
    if (!certified_) {
      certified_ = run_->step();
      return false;
    }
    put_certificates();
    put_clusters();
    put_points();
    return true;
  }
  double progress() const override { return run_->progress(); }

 private:
  /// The labels of the restart with the least loss, the first among equals.
  void choose_fit() {
    double least = std::numeric_limits<double>::infinity();
    Labels best;
    for (std::int64_t restart = 0; restart < config_.restarts; ++restart) {
      Labels labels = stored_labels(context_.artefact(fit_stage, restart, labels_name));
      Labels compact = labels;
      const std::int64_t clusters = compact_labels(compact);
      const double loss =
          assigned_loss(data_.points, prototypes_of(data_.points, compact, clusters, loss_), compact, loss_);
      if (loss >= least) continue;
      least = loss;
      best = std::move(compact);
      data_.clusters = clusters;
    }
    data_.labels = std::move(best);
  }
  void put_certificates() {
    const auto& certificates = run_->certificates();
    const CertificateGeometry& geometry = run_->geometry();
    const Certificate& first = certificates.front();
    Partial& partial = context_.partial();
    std::vector<double> enumerated(certificates.size(), not_a_number);
    if (config_.enumerate)
      enumerated = enumerated_max_error(data_.points, data_.labels, data_.clusters, config_.eps_list);
    put_metric(partial, "loss", geometry.loss);
    put_metric(partial, "status_code", static_cast<double>(first.status));
    put_metric(partial, "bound", first.bound);
    put_metric(partial, "separation_ratio", first.separation_ratio);
    put_metric(partial, "error_term", first.error_term);
    put_metric(partial, "smallest_center_distance", geometry.smallest_center_distance);
    if (config_.enumerate) put_metric(partial, "enumerated_max_error", enumerated.front());
    std::vector<double> subspace(certificates.size(), not_a_number);
    if (loss_.squared()) {
      const SubspaceCertificate spectral(data_.points, data_.labels, data_.clusters, geometry.loss);
      for (std::size_t e = 0; e < subspace.size(); ++e)
        subspace[e] = spectral.bound(config_.eps_list[e]).bound;
      const SubspaceBound at_first = spectral.bound(config_.eps_list.front());
      put_metric(partial, "lower_bound", at_first.lower_bound);
      put_metric(partial, "gap_upper", at_first.gap_upper);
      put_metric(partial, "subspace_epsilon", at_first.epsilon);
      put_metric(partial, "subspace_bound", at_first.bound);
    }
    Table& table = partial.table("certificate", certificate_columns());
    for (std::size_t e = 0; e < certificates.size(); ++e)
      table.append_row(certificates[e].epsilon, name_of(certificates[e].status), certificates[e].bound,
                       certificates[e].separation_ratio, subspace[e], enumerated[e]);
    Table& history = partial.table("history", clustering_tables()[3].second);
    for (std::size_t i = 0; i < first.history.size(); ++i) history.append_row(i + 1, first.history[i]);
    if (data_.clusters == 1) partial.warn("k=1 has only one partition: bound 0.");
  }
  void put_clusters() {
    const CertificateGeometry& geometry = run_->geometry();
    const Certificate& first = run_->certificates().front();
    Partial& partial = context_.partial();
    Table& clusters = partial.table("clusters", clustering_tables()[1].second);
    for (std::size_t j = 0; j < geometry.sizes.size(); ++j)
      clusters.append_row(j, geometry.sizes[j], geometry.sse[j],
                          loss_.squared() ? geometry.lambda_first[j] : not_a_number,
                          loss_.squared() ? geometry.lambda_sum[j] : not_a_number, first.radius_generic[j],
                          loss_.squared() ? first.radius_spectral[j] : not_a_number, first.radius_final[j],
                          first.uncertain[j]);
    Points centers = geometry.prototypes;
    for (std::int64_t c = 0; c < centers.rows; ++c) {
      for (std::int64_t j = 0; j < centers.dims; ++j)
        centers.row(c)[j] += data_.center[static_cast<std::size_t>(j)];
    }
    put_coordinates(partial.table("centers", coordinate_columns()), centers);
  }
  void put_points() {
    const CertificateGeometry& geometry = run_->geometry();
    const Certificate& first = run_->certificates().front();
    std::vector<double> r(data_.labels.size()), margins(data_.labels.size());
    loss_margins(data_.points, data_.labels, geometry.prototypes, loss_, 0, data_.points.rows, r.data(),
                 margins.data());
    Partial& partial = context_.partial();
    Table& points = partial.table("points", clustering_tables()[4].second);
    Table& plane = partial.table("plane", clustering_tables()[5].second);
    for (std::size_t i = 0; i < data_.labels.size(); ++i) {
      points.append_row(i, data_.labels[i], margins[i], first.core[i]);
      if (i >= most_plane_points) continue;
      const double* row = data_.points.row(static_cast<std::int64_t>(i));
      plane.append_row(row[0] + data_.center[0], data_.points.dims > 1 ? row[1] + data_.center[1] : 0.0,
                       first.core[i] != 0 ? "safe" : "may change");
    }
  }

  Config config_;
  Loss loss_;
  TaskContext& context_;
  StoredPoints data_;
  std::optional<CertificateRun> run_;
  bool certified_ = false;
};

}  // namespace

std::size_t sweep_groups(const Config& config) {
  return config.shares.empty() ? config.k_list.size() : config.shares.size();
}

std::int64_t sweep_tasks(const Config& config) {
  return static_cast<std::int64_t>(sweep_groups(config) * config.sep_list.size()) * config.trials;
}

SweepCell sweep_cell(const Config& config, std::int64_t index) {
  SweepCell cell;
  cell.trial = index % config.trials;
  const auto rest = static_cast<std::size_t>(index / config.trials);
  cell.separation = config.sep_list[rest % config.sep_list.size()];
  const std::size_t group = rest / config.sep_list.size();
  if (config.shares.empty()) {
    cell.k = config.k_list[group];
  } else {
    cell.shares = {config.shares[group]};
  }
  return cell;
}

bool has_labels(const Config& config, const InputInfos& inputs) {
  return config.source == "upload" && (!config.label_column.empty() || inputs.find("labels") != inputs.end());
}

const std::vector<ColumnSpec>& certificate_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"epsilon", ColumnType::Real},        {"status", ColumnType::Text},
      {"bound", ColumnType::Real},          {"separation_ratio", ColumnType::Real},
      {"subspace_bound", ColumnType::Real}, {"enumerated_max_error", ColumnType::Real}};
  return specs;
}

const std::vector<std::pair<std::string, std::vector<ColumnSpec>>>& clustering_tables() {
  static const std::vector<std::pair<std::string, std::vector<ColumnSpec>>> tables = {
      {"certificate", certificate_columns()},
      {"clusters",
       {{"cluster", ColumnType::Integer},
        {"size", ColumnType::Integer},
        {"sse", ColumnType::Real},
        {"lambda_1", ColumnType::Real},
        {"lambda_sum", ColumnType::Real},
        {"radius_generic", ColumnType::Real},
        {"radius_spectral", ColumnType::Real},
        {"radius_final", ColumnType::Real},
        {"uncertain", ColumnType::Integer}}},
      {"centers", coordinate_columns()},
      {"history", {{"iteration", ColumnType::Integer}, {"uncertain", ColumnType::Integer}}},
      {"points",
       {{"index", ColumnType::Integer},
        {"label", ColumnType::Integer},
        {"margin", ColumnType::Real},
        {"core", ColumnType::Integer}}},
      {"plane", {{"x", ColumnType::Real}, {"y", ColumnType::Real}, {"state", ColumnType::Text}}}};
  return tables;
}

std::unique_ptr<Stepper> start_sweep_task(const Config& config, std::int64_t index, TaskContext& context) {
  return std::make_unique<SweepStepper>(config, index, context);
}

std::unique_ptr<Stepper> start_read_task(const Config& config, TaskContext& context) {
  return std::make_unique<ReadStepper>(config, context);
}

std::unique_ptr<Stepper> start_fit_task(const Config& config, std::int64_t restart, TaskContext& context) {
  return std::make_unique<FitStepper>(config, restart, context);
}

std::unique_ptr<Stepper> start_certify_task(const Config& config, TaskContext& context) {
  return std::make_unique<CertifyStepper>(config, context);
}

}  // namespace reprise::protoclust
