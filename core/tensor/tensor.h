// Tensors: typed arrays of up to six axes on a device. A Tensor is a handle: copies and views share memory,
// which goes back to the device's pool with the last handle. Operations are the free functions of ops.h.
//
//   Device cpu = Device::cpu();
//   Tensor x = Tensor::from<float>(cpu, {1, 2, 3, 4, 5, 6}, {2, 3});
//   Tensor y = matmul(x, transpose(x));   // transpose copies nothing
//   y.values<float>();                    // {14, 32, 32, 77}
#pragma once

#include "tensor/device.h"
#include "tensor/shape.h"

#include <cstddef>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace reprise::tensor {

enum class DType : std::uint8_t { float32, float64, int32 };
std::string_view name_of(DType type);
std::int64_t bytes_per_element(DType type);

template <class T>
inline constexpr DType dtype_of = DType::float32;
template <>
inline constexpr DType dtype_of<double> = DType::float64;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::int32;

class Tensor {
 public:
  Tensor() = default;  ///< no tensor: only assignment, destruction and the test below are allowed
  Tensor(const Tensor& other) noexcept;
  Tensor(Tensor&& other) noexcept;
  Tensor& operator=(const Tensor& other) noexcept;
  Tensor& operator=(Tensor&& other) noexcept;
  ~Tensor();
  explicit operator bool() const { return storage_ != nullptr; }

  static Tensor empty(const Device& device, const Shape& shape, DType type = DType::float32);  ///< any values
  static Tensor full(const Device& device, const Shape& shape, double value, DType type = DType::float32);
  static Tensor zeros(const Device& device, const Shape& shape, DType type = DType::float32) {
    return full(device, shape, 0, type);
  }
  /// Copies row-major values. InputError when their number does not match the shape.
  template <class T>
  static Tensor from(const Device& device, std::span<const T> values, const Shape& shape);
  template <class T>
  static Tensor from(const Device& device, const std::vector<T>& values, const Shape& shape) {
    return from<T>(device, std::span<const T>(values), shape);
  }
  template <class T>
  static Tensor from(const Device& device, std::initializer_list<T> values, const Shape& shape) {
    return from<T>(device, std::span<const T>(values.begin(), values.size()), shape);
  }

  const Shape& shape() const { return shape_; }
  const Shape& strides() const { return strides_; }  ///< in elements; 0 along broadcast axes
  int rank() const { return shape_.rank(); }
  std::int64_t size(int axis) const;  ///< negative axes count from the end
  std::int64_t elements() const { return shape_.elements(); }
  DType dtype() const { return type_; }
  Device device() const;
  bool is_contiguous() const;  ///< row-major without gaps

  /// First element. std::logic_error when T is not the element type.
  template <class T>
  const T* data() const {
    check_type(dtype_of<T>);
    return reinterpret_cast<const T*>(data_);
  }
  template <class T>
  T* data() {
    check_type(dtype_of<T>);
    return reinterpret_cast<T*>(data_);
  }
  /// A copy of all elements in row-major order.
  template <class T>
  std::vector<T> values() const;
  /// The only element. std::logic_error when there are more.
  double item() const;

  // For the engine's own files.
  Tensor view(const Shape& shape, const Shape& strides, std::int64_t offset) const;  ///< offset in elements
  Tensor without_data() const;  ///< shape, type and place in the record; no memory
  DeviceState& state() const { return *device_; }
  bool owns_alone() const;  ///< no other handle shares the memory
  static constexpr std::uint32_t no_node = 0xFFFFFFFF;
  std::uint32_t node = no_node;  ///< place in the record of operations
  std::uint64_t generation = 0;  ///< of the record; another one: the place is out of date

 private:
  void check_type(DType wanted) const {
    if (wanted != type_) fail_type(wanted);
  }
  [[noreturn]] void fail_type(DType wanted) const;

  Storage* storage_ = nullptr;
  DeviceState* device_ = nullptr;
  std::byte* data_ = nullptr;
  Shape shape_;
  Shape strides_;
  DType type_ = DType::float32;
};

/// Calls function(T{}) with the element type. std::logic_error for int32 where only real types make sense.
template <class Function>
decltype(auto) with_real_type(DType type, Function&& function) {
  if (type == DType::float32) return function(float{});
  if (type == DType::float64) return function(double{});
  throw std::logic_error("an operation on real numbers was given an int32 tensor");
}

/// The same for every element type, for operations that only move elements.
template <class Function>
decltype(auto) with_any_type(DType type, Function&& function) {
  if (type == DType::int32) return function(std::int32_t{});
  return with_real_type(type, std::forward<Function>(function));
}

}  // namespace reprise::tensor
