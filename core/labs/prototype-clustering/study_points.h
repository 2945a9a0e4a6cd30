// The points that a study clusters: generated, bundled or the visitor's own, centred, perhaps projected on
// their principal components.
#pragma once

#include "labs/prototype-clustering/points_artefact.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "labs/prototype-clustering/scatter.h"
#include "study/study.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reprise::protoclust {

struct PointsRequest {
  std::string dataset;  ///< gmm, ring, uniform, iris, wine, digits, fashion-mnist, upload
  std::int64_t n = 0;   ///< generated points; first rows of digits and fashion-mnist
  std::int64_t d = 2;   ///< of gmm
  std::int64_t k = 2;
  std::int64_t d_pca = 0;  ///< principal components that are kept; 0: all coordinates as they are
  double sep = 0;          ///< of gmm
  std::string label_column;
  bool standardise = true;          ///< upload only
  std::vector<std::string> inputs;  ///< besides data: labels, prototypes, starts
};

/// Directions of largest variance of centred points, [count × dims], as rows; fewer where the data have no
/// more. Signs as the eigenvalue iteration leaves them.
class PrincipalDirections {
 public:
  /// `points` outlive it.
  PrincipalDirections(const clustering::Points& points, std::int64_t count);
  bool step();
  clustering::Points take();

 private:
  const clustering::Points& points_;
  std::int64_t count_;
  std::vector<std::int64_t> rows_;
  std::vector<double> origin_;
  Scatter scatter_;
  clustering::Points directions_;
};
/// Coordinates along the directions, rows [first, last) of `points` into `result`.
void project(const clustering::Points& points, const clustering::Points& directions, std::int64_t first,
             std::int64_t last, clustering::Points& result);

/// Makes or reads them in steps. `stored.center` is what was subtracted, all zero after a projection;
/// `clusters` counts the labels, the given prototypes, or is k. InputError for more clusters than distinct
/// points.
class StudyPoints {
 public:
  StudyPoints(PointsRequest request, TaskContext& context);
  bool step();

  StoredPoints stored;
  std::optional<clustering::Points> prototypes;  ///< or starts, in the same coordinates

 private:
  bool begin();
  void subtract_means();
  bool reduce();

  PointsRequest request_;
  TaskContext& context_;
  std::optional<OwnDataReader> reader_;
  std::unique_ptr<PrincipalDirections> search_;
  std::optional<clustering::Points> directions_;
  clustering::Points reduced_;
  std::int64_t next_row_ = 0;
  bool ready_ = false;
};

/// Problems that the data set and the inputs of a study have with each other.
void check_points(const PointsRequest& request, const InputInfos& inputs, std::vector<Problem>& problems);
/// Rows, coordinates and bytes read, for estimates.
struct PointsSize {
  double n = 0, d = 0, raw_d = 0, bytes = 0;
};
PointsSize size_of_points(const PointsRequest& request, const InputInfos& inputs);

}  // namespace reprise::protoclust
