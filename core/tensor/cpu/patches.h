// Rows of the matrix of patches that a convolution multiplies, made when a panel of it is packed.
#pragma once

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/simd.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {

typedef char Bytes16 __attribute__((vector_size(16), aligned(1), may_alias));

/// Lines of an image are short: whole registers, then 16 bytes, then one by one.
template <class T>
REPRISE_INLINE void copy_line(std::int64_t count, const T* from, T* out) {
  constexpr int width = Simd<T>::width;
  constexpr int some = 16 / static_cast<int>(sizeof(T));
  std::int64_t i = 0;
  if constexpr (width > some) {
    for (; i + width <= count; i += width) store<T>(out + i, load<T>(from + i));
  }
  for (; i + some <= count; i += some)
    *reinterpret_cast<Bytes16*>(out + i) = *reinterpret_cast<const Bytes16*>(from + i);
  for (; i < count; ++i) out[i] = from[i];
}

/// `count` positions of one line from x on; `shift` = kx − padding.
template <class T>
REPRISE_INLINE void copy_patch_line(const Patches<T>& patches, const T* line, std::int64_t x,
                                    std::int64_t shift, std::int64_t count, T* out) {
  const std::int64_t at = x * patches.stride + shift;  // in the image, spacing included
  if (patches.stride == 1 && patches.spacing == 1) {
    std::int64_t begin = at < 0 ? -at : 0;
    if (begin > count) begin = count;
    std::int64_t end = patches.width - at;
    if (end > count) end = count;
    if (end < begin) end = begin;
    for (std::int64_t j = 0; j < begin; ++j) out[j] = T(0);
    if (end > begin) copy_line(end - begin, line + at + begin, out + begin);
    for (std::int64_t j = end; j < count; ++j) out[j] = T(0);
    return;
  }
  if (patches.spacing == 1) {
    for (std::int64_t j = 0; j < count; ++j) {
      const std::int64_t from = at + j * patches.stride;
      out[j] = from >= 0 && from < patches.width ? line[from] : T(0);
    }
    return;
  }
  for (std::int64_t j = 0; j < count; ++j) out[j] = T(0);
  std::int64_t j = at < 0 ? -at : (patches.spacing - at % patches.spacing) % patches.spacing;
  for (std::int64_t from = (at + j) / patches.spacing; j < count && from < patches.width;
       j += patches.spacing, ++from)
    out[j] = line[from];
}

/// The same for positions first … first + count of one plane when lines of the result are as wide as those of
/// the image: one piece of the plane, moved, whose ends of lines are cleared.
template <class T>
void copy_moved_plane(const Patches<T>& patches, const T* plane, std::int64_t down, std::int64_t right,
                      std::int64_t first, std::int64_t count, T* out) {
  const std::int64_t width = patches.width, pixels = patches.height * width;
  // Positions whose line lies inside the image.
  std::int64_t begin = -down * width - first, end = pixels - down * width - first;
  begin = begin < 0 ? 0 : begin > count ? count : begin;
  end = end > count ? count : end < begin ? begin : end;
  for (std::int64_t i = 0; i < begin; ++i) out[i] = T(0);
  for (std::int64_t i = end; i < count; ++i) out[i] = T(0);
  // What would be read before or behind the plane is an end of a line.
  const std::int64_t from = first + down * width + right;
  std::int64_t copy = begin, stop = end;
  for (; copy < stop && from + copy < 0; ++copy) out[copy] = T(0);
  for (; stop > copy && from + stop > pixels; --stop) out[stop - 1] = T(0);
  if (stop > copy) copy_line(stop - copy, plane + from + copy, out + copy);
  std::int64_t x_begin = right < 0 ? 0 : width - right, x_end = right < 0 ? -right : width;
  if (x_begin < 0) x_begin = 0;
  if (x_end > width) x_end = width;
  for (std::int64_t x = x_begin; x < x_end; ++x) {
    std::int64_t i = (first + begin) / width * width + x - first;
    if (i < begin) i += width;
    for (; i < end; i += width) out[i] = T(0);
  }
}

/// Columns first … first + count of one row.
template <class T>
void copy_patch_row(const Patches<T>& patches, std::int64_t row, std::int64_t first, std::int64_t count,
                    T* out) {
  const std::int64_t kernel = patches.kernel_height * patches.kernel_width;
  const std::int64_t channel = row / kernel;
  const std::int64_t ky = row % kernel / patches.kernel_width, kx = row % patches.kernel_width;
  const std::int64_t positions = patches.rows * patches.columns;
  const T* plane =
      patches.images + first / positions * patches.image_step + channel * patches.height * patches.width;
  if (patches.columns == patches.width && patches.stride == 1 && patches.spacing == 1) {
    for (std::int64_t at = first % positions; count > 0; at = 0, plane += patches.image_step) {
      const std::int64_t here = positions - at < count ? positions - at : count;
      copy_moved_plane(patches, plane, ky - patches.padding_y, kx - patches.padding_x, at, here, out);
      out += here;
      count -= here;
    }
    return;
  }
  std::int64_t y = first % positions / patches.columns, x = first % patches.columns;
  while (count > 0) {
    const std::int64_t here = patches.columns - x < count ? patches.columns - x : count;
    std::int64_t at = y * patches.stride - patches.padding_y + ky;
    bool inside = at >= 0;
    if (inside && patches.spacing > 1) {
      inside = at % patches.spacing == 0;
      at /= patches.spacing;
    }
    if (inside && at < patches.height) {
      copy_patch_line(patches, plane + at * patches.width, x, kx - patches.padding_x, here, out);
    } else {
      for (std::int64_t j = 0; j < here; ++j) out[j] = T(0);
    }
    out += here;
    count -= here;
    x = 0;
    if (++y == patches.rows) {
      y = 0;
      plane += patches.image_step;
    }
  }
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
