#include "tensor/tensor.h"

#include "base/error.h"
#include "tensor/device_state.h"
#include "tensor/strided.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace reprise::tensor {

std::string_view name_of(DType type) {
  switch (type) {
    case DType::float32:
      return "float32";
    case DType::float64:
      return "float64";
    case DType::int32:
      break;
  }
  return "int32";
}

std::int64_t bytes_per_element(DType type) {
  return type == DType::float64 ? 8 : 4;
}

Tensor::Tensor(const Tensor& other) noexcept
    : node(other.node),
      generation(other.generation),
      storage_(other.storage_),
      device_(other.device_),
      data_(other.data_),
      shape_(other.shape_),
      strides_(other.strides_),
      type_(other.type_) {
  if (storage_ != nullptr) ++storage_->references;
}

Tensor::Tensor(Tensor&& other) noexcept
    : node(other.node),
      generation(other.generation),
      storage_(std::exchange(other.storage_, nullptr)),
      device_(other.device_),
      data_(other.data_),
      shape_(other.shape_),
      strides_(other.strides_),
      type_(other.type_) {}

Tensor& Tensor::operator=(const Tensor& other) noexcept {
  if (this != &other) *this = Tensor(other);
  return *this;
}

Tensor& Tensor::operator=(Tensor&& other) noexcept {
  if (this == &other) return *this;
  Storage* old = storage_;
  storage_ = std::exchange(other.storage_, nullptr);
  device_ = other.device_;
  data_ = other.data_;
  shape_ = other.shape_;
  strides_ = other.strides_;
  type_ = other.type_;
  node = other.node;
  generation = other.generation;
  release(old);
  return *this;
}

Tensor::~Tensor() {
  release(storage_);
}

Tensor Tensor::empty(const Device& device, const Shape& shape, DType type) {
  std::int64_t bytes = bytes_per_element(type);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] != 0 && bytes > (std::int64_t{1} << 46) / shape[axis]) {
      throw InputError("a tensor of shape " + shape.text() + " does not fit into memory");
    }
    bytes *= shape[axis];
  }
  Tensor tensor;
  tensor.device_ = &device.state();
  tensor.storage_ = tensor.device_->allocate(bytes);
  tensor.data_ = tensor.storage_->data();
  tensor.shape_ = shape;
  tensor.strides_ = contiguous_strides(shape);
  tensor.type_ = type;
  return tensor;
}

Tensor Tensor::full(const Device& device, const Shape& shape, double value, DType type) {
  Tensor tensor = empty(device, shape, type);
  const std::int64_t count = tensor.elements();
  if (value == 0 && type == DType::int32) {
    std::fill_n(tensor.data<std::int32_t>(), count, 0);
  } else if (type == DType::int32) {
    std::fill_n(tensor.data<std::int32_t>(), count, static_cast<std::int32_t>(value));
  } else if (type == DType::float32) {
    std::fill_n(tensor.data<float>(), count, static_cast<float>(value));
  } else {
    std::fill_n(tensor.data<double>(), count, value);
  }
  return tensor;
}

template <class T>
Tensor Tensor::from(const Device& device, std::span<const T> values, const Shape& shape) {
  if (static_cast<std::int64_t>(values.size()) != shape.elements()) {
    throw InputError("a tensor of shape " + shape.text() + " needs " + std::to_string(shape.elements()) +
                     " values, not " + std::to_string(values.size()));
  }
  Tensor tensor = empty(device, shape, dtype_of<T>);
  std::copy(values.begin(), values.end(), tensor.data<T>());
  return tensor;
}
template Tensor Tensor::from<float>(const Device&, std::span<const float>, const Shape&);
template Tensor Tensor::from<double>(const Device&, std::span<const double>, const Shape&);
template Tensor Tensor::from<std::int32_t>(const Device&, std::span<const std::int32_t>, const Shape&);

std::int64_t Tensor::size(int axis) const {
  const int from_start = axis < 0 ? axis + rank() : axis;
  if (from_start < 0 || from_start >= rank()) {
    throw std::logic_error("axis " + std::to_string(axis) + " of a tensor of shape " + shape_.text());
  }
  return shape_[from_start];
}

Device Tensor::device() const {
  return Device(device_);
}

bool Tensor::is_contiguous() const {
  std::int64_t step = 1;
  for (int axis = rank() - 1; axis >= 0; --axis) {
    if (shape_[axis] != 1 && strides_[axis] != step) return false;
    step *= shape_[axis];
  }
  return true;
}

template <class T>
std::vector<T> Tensor::values() const {
  std::vector<T> result(static_cast<std::size_t>(elements()));
  copy_strided(shape_, data<T>(), strides_, result.data(), contiguous_strides(shape_));
  return result;
}
template std::vector<float> Tensor::values<float>() const;
template std::vector<double> Tensor::values<double>() const;
template std::vector<std::int32_t> Tensor::values<std::int32_t>() const;

double Tensor::item() const {
  if (storage_ == nullptr || elements() != 1) {
    throw std::logic_error("item() of a tensor of shape " + shape_.text());
  }
  if (type_ == DType::int32) return *data<std::int32_t>();
  return type_ == DType::float32 ? static_cast<double>(*data<float>()) : *data<double>();
}

Tensor Tensor::view(const Shape& shape, const Shape& strides, std::int64_t offset) const {
  Tensor result = *this;
  result.shape_ = shape;
  result.strides_ = strides;
  result.data_ += offset * bytes_per_element(type_);
  result.node = no_node;
  return result;
}

Tensor Tensor::without_data() const {
  Tensor result;
  result.device_ = device_;
  result.shape_ = shape_;
  result.strides_ = strides_;
  result.type_ = type_;
  result.node = node;
  result.generation = generation;
  return result;
}

bool Tensor::owns_alone() const {
  return storage_ != nullptr && storage_->references == 1;
}

void Tensor::fail_type(DType wanted) const {
  throw std::logic_error("a tensor of type " + std::string(name_of(type_)) + " was read as " +
                         std::string(name_of(wanted)));
}

}  // namespace reprise::tensor
