#include "nn/checkpoint.h"

#include "base/error.h"
#include "data/safetensors.h"
#include "tensor/ops.h"

#include <algorithm>
#include <cstring>

namespace reprise::nn {
namespace {

reprise::DType file_type(tensor::DType type) {
  switch (type) {
    case tensor::DType::float32:
      return reprise::DType::F32;
    case tensor::DType::float64:
      return reprise::DType::F64;
    case tensor::DType::int32:
      break;
  }
  return reprise::DType::I32;
}

std::byte* bytes_of(tensor::Tensor& x) {
  if (x.dtype() == tensor::DType::float64) return reinterpret_cast<std::byte*>(x.data<double>());
  if (x.dtype() == tensor::DType::int32) return reinterpret_cast<std::byte*>(x.data<std::int32_t>());
  return reinterpret_cast<std::byte*>(x.data<float>());
}

}  // namespace

std::vector<std::byte> write_checkpoint(const NamedTensors& tensors, const Metadata& metadata) {
  std::vector<tensor::Tensor> dense;  // keeps the bytes that the list below views
  dense.reserve(tensors.size());
  std::vector<reprise::Tensor> list;
  for (const auto& [name, value] : tensors) {
    dense.push_back(tensor::contiguous(tensor::detach(*value)));
    reprise::Tensor entry;
    entry.name = name;
    entry.type = file_type(value->dtype());
    for (int axis = 0; axis < value->rank(); ++axis) entry.shape.push_back(value->shape()[axis]);
    entry.bytes = {bytes_of(dense.back()),
                   static_cast<std::size_t>(value->elements() * tensor::bytes_per_element(value->dtype()))};
    list.push_back(std::move(entry));
  }
  return write_safetensors(list, metadata);
}

Metadata read_checkpoint(std::span<const std::byte> file, const NamedTensors& tensors,
                         std::string_view file_name) {
  const Safetensors parsed = Safetensors::parse(file, file_name);
  std::vector<const reprise::Tensor*> sources;
  for (const auto& [name, value] : tensors) {
    const reprise::Tensor& source = parsed.at(name);
    const tensor::Shape& shape = value->shape();
    bool same_shape = static_cast<int>(source.shape.size()) == shape.rank();
    for (int axis = 0; axis < shape.rank() && same_shape; ++axis) {
      same_shape = source.shape[static_cast<std::size_t>(axis)] == shape[axis];
    }
    const bool widened = value->dtype() == tensor::DType::float32 &&
                         (source.type == reprise::DType::F16 || source.type == reprise::DType::BF16);
    if (!same_shape || (source.type != file_type(value->dtype()) && !widened)) {
      std::string found = "[";
      for (const std::int64_t size : source.shape)
        found += (found.size() > 1 ? ", " : "") + std::to_string(size);
      throw InputError(std::string(file_name) + ": tensor '" + name + "' is " +
                       std::string(name_of(source.type)) + " " + found + "]; the model needs " +
                       std::string(name_of(file_type(value->dtype()))) + " " + shape.text());
    }
    sources.push_back(&source);
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    tensor::Tensor& target = *tensors[i].second;
    if (!target.is_contiguous()) throw std::logic_error("a tensor of a checkpoint must be contiguous");
    if (sources[i]->bytes.empty()) continue;
    if (target.dtype() == tensor::DType::float32) {
      const std::vector<float> values = floats_of(*sources[i]);
      std::copy(values.begin(), values.end(), target.data<float>());
    } else {
      std::memcpy(bytes_of(target), sources[i]->bytes.data(), sources[i]->bytes.size());
    }
  }
  return parsed.metadata();
}

}  // namespace reprise::nn
