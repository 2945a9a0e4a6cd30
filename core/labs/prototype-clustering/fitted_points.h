// The points of a study with the clustering that solutions are compared with: labels of the visitor's own, or
// the best of several fits; and where the points lie in a picture.
#pragma once

#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/study_points.h"

#include <cstdint>
#include <optional>

namespace reprise::protoclust {

class FittedPoints {
 public:
  /// Fit t draws from the stream ("start", {t}). `context` outlives it.
  FittedPoints(PointsRequest request, std::int64_t restarts, TaskContext& context);
  bool step();              ///< true when all is there
  double progress() const;  ///< in [0, 1]

  StoredPoints& stored() { return source_.stored; }  ///< with labels, every cluster occupied
  std::optional<clustering::Points>& prototypes() { return source_.prototypes; }
  /// [n × 2]: the first two principal components where there are 3 to 200 coordinates or the data are
  /// components already, else the first two coordinates in the units of the data. Once, at the end.
  clustering::Points plane();

 private:
  TaskContext& context_;
  StudyPoints source_;
  std::int64_t restarts_, restart_ = 0;
  bool ready_ = false, reduced_;
  std::optional<FitRun> run_;
  Clustering best_;
  std::optional<PrincipalDirections> plane_search_;
};

}  // namespace reprise::protoclust
