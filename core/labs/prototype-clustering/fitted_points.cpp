#include "labs/prototype-clustering/fitted_points.h"

#include "labs/prototype-clustering/sources.h"

#include <algorithm>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr std::int64_t most_plane_dims = 200;  // above it no principal components for the picture alone
const Loss kmeans_loss;

}  // namespace

FittedPoints::FittedPoints(PointsRequest request, std::int64_t restarts, TaskContext& context)
    : context_(context), source_(request, context), restarts_(restarts), reduced_(request.d_pca > 0) {}

double FittedPoints::progress() const {
  return static_cast<double>(restart_) / static_cast<double>(restarts_);
}

bool FittedPoints::step() {
  if (!ready_) {
    ready_ = source_.step();
    return false;
  }
  StoredPoints& stored = source_.stored;
  if (stored.labels.empty()) {
    if (!run_) {
      run_.emplace(stored.points, stored.clusters, kmeans_loss,
                   context_.random("start", {static_cast<std::uint64_t>(restart_)}));
      return false;
    }
    if (!run_->step()) return false;
    Clustering found = run_->take();
    run_.reset();
    if (restart_ == 0 || found.loss < best_.loss) best_ = std::move(found);
    if (++restart_ < restarts_) return false;
    stored.labels = std::move(best_.labels);
    stored.clusters = compact_labels(stored.labels);
    return false;
  }
  const bool has_plane = reduced_ || stored.points.dims <= 2 || stored.points.dims > most_plane_dims;
  if (!has_plane && !plane_search_) plane_search_.emplace(stored.points, 2);
  return !plane_search_ || plane_search_->step();
}

Points FittedPoints::plane() {
  const StoredPoints& stored = source_.stored;
  Points result(stored.points.rows, 2);
  if (plane_search_) {
    const Points directions = plane_search_->take();
    Points projected(stored.points.rows, directions.rows);
    project(stored.points, directions, 0, stored.points.rows, projected);
    for (std::int64_t i = 0; i < result.rows; ++i)
      std::copy_n(projected.row(i), directions.rows, result.row(i));
    return result;
  }
  const std::int64_t shown = std::min<std::int64_t>(2, stored.points.dims);
  for (std::int64_t i = 0; i < result.rows; ++i) {
    for (std::int64_t j = 0; j < shown; ++j)
      result.row(i)[j] = stored.points.at(i, j) + stored.center[static_cast<std::size_t>(j)];
  }
  return result;
}

}  // namespace reprise::protoclust
