// Sizes of a tensor's axes: up to six, stored in place.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace reprise::tensor {

inline constexpr int max_rank = 6;

/// Up to six integers: sizes of axes, or strides. {} is the shape of a single number.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes) : Shape(std::span(sizes.begin(), sizes.size())) {}
  /// InputError for more than six axes or a negative size.
  explicit Shape(std::span<const std::int64_t> sizes);
  /// `rank` axes of one size each.
  static Shape filled(int rank, std::int64_t value);

  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const { return sizes_[static_cast<std::size_t>(axis)]; }
  std::int64_t& operator[](int axis) { return sizes_[static_cast<std::size_t>(axis)]; }
  /// Size of the axis counted from the end: back(0) is the last; 1 where there is none.
  std::int64_t back(int axis) const { return axis < rank_ ? (*this)[rank_ - 1 - axis] : 1; }
  /// Product of the sizes.
  std::int64_t elements() const {
    std::int64_t product = 1;
    for (int axis = 0; axis < rank_; ++axis) product *= (*this)[axis];
    return product;
  }
  void append(std::int64_t size);  ///< one axis more, at the end; InputError beyond six
  void remove(int axis);

  bool operator==(const Shape& other) const {
    if (rank_ != other.rank_) return false;
    for (int axis = 0; axis < rank_; ++axis) {
      if ((*this)[axis] != other[axis]) return false;
    }
    return true;
  }
  std::string text() const;  ///< "[128, 784]"

 private:
  std::array<std::int64_t, max_rank> sizes_{};
  int rank_ = 0;
};

/// Strides, in elements, of a row-major array.
Shape contiguous_strides(const Shape& shape);
/// The shape to which both are broadcast (axes aligned at the end, size 1 stretches). InputError names the
/// operation and both shapes.
Shape broadcast_shape(const char* operation, const Shape& a, const Shape& b);

}  // namespace reprise::tensor
