// Loops over arrays with strides.
#pragma once

#include "tensor/shape.h"

#include <array>
#include <cstdint>

namespace reprise::tensor {

/// Axes of `count` arrays of one shape, neighbours merged where no array has a gap between them. The
/// innermost axis comes last; there is always at least one.
template <int count>
struct MergedAxes {
  int rank = 0;
  std::array<std::int64_t, max_rank> sizes{};
  std::array<std::array<std::int64_t, max_rank>, count> strides{};

  MergedAxes(const Shape& shape, const std::array<const Shape*, count>& given) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const std::int64_t size = shape[axis];
      if (size == 1) continue;
      bool merges = rank > 0;
      for (int i = 0; i < count && merges; ++i) {
        merges = strides[i][rank - 1] == (*given[i])[axis] * size;
      }
      if (!merges) ++rank;
      sizes[rank - 1] = merges ? sizes[rank - 1] * size : size;
      for (int i = 0; i < count; ++i) strides[i][rank - 1] = (*given[i])[axis];
    }
    if (rank == 0) {
      rank = 1;
      sizes[0] = 1;
      for (int i = 0; i < count; ++i) strides[i][0] = 1;
    }
  }

  /// Calls function(offsets) for every index of all axes but the last.
  template <class Function>
  void for_each_row(Function function) const {
    for (int axis = 0; axis < rank; ++axis) {
      if (sizes[axis] == 0) return;
    }
    std::array<std::int64_t, count> offsets{};
    std::array<std::int64_t, max_rank> index{};
    while (true) {
      function(offsets);
      int axis = rank - 2;
      for (; axis >= 0; --axis) {
        for (int i = 0; i < count; ++i) offsets[i] += strides[i][axis];
        if (++index[axis] < sizes[axis]) break;
        for (int i = 0; i < count; ++i) offsets[i] -= strides[i][axis] * sizes[axis];
        index[axis] = 0;
      }
      if (axis < 0) return;
    }
  }
};

/// out[index] = from[index] for every index of `shape`.
template <class T>
void copy_strided(const Shape& shape, const T* from, const Shape& from_strides, T* out,
                  const Shape& out_strides) {
  const MergedAxes<2> axes(shape, {&from_strides, &out_strides});
  const int last = axes.rank - 1;
  const std::int64_t count = axes.sizes[last];
  const std::int64_t from_step = axes.strides[0][last];
  const std::int64_t out_step = axes.strides[1][last];
  axes.for_each_row([&](const std::array<std::int64_t, 2>& offset) {
    const T* source = from + offset[0];
    T* target = out + offset[1];
    for (std::int64_t i = 0; i < count; ++i) target[i * out_step] = source[i * from_step];
  });
}

}  // namespace reprise::tensor
