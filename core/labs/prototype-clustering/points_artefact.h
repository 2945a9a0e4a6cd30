// Points and labels as bytes between stages.
#pragma once

#include "clustering/points.h"
#include "study/study.h"

#include <string_view>
#include <vector>

namespace reprise::protoclust {

struct StoredPoints {
  clustering::Points points;
  clustering::Labels labels;  ///< empty: none
  std::int64_t clusters = 0;
  std::vector<double> center;  ///< what was subtracted from each column
};

std::vector<std::byte> to_bytes(const StoredPoints& stored);
StoredPoints stored_points(const ByteSource& source);

std::vector<std::byte> to_bytes(const clustering::Labels& labels);
clustering::Labels stored_labels(const ByteSource& source);

}  // namespace reprise::protoclust
