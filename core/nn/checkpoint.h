// Tensors as a safetensors file (data/safetensors.h) and back.
#pragma once

#include "base/byte_source.h"
#include "tensor/tensor.h"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reprise::nn {

using NamedTensors = std::vector<std::pair<std::string, tensor::Tensor*>>;
using Metadata = std::map<std::string, std::string>;

/// A file with these tensors in this order; float32, float64 or int32.
std::vector<std::byte> write_checkpoint(const NamedTensors& tensors, const Metadata& metadata = {});
/// Reads every tensor of the list into its place; types and shapes must be those it has already, but F16 and
/// BF16 are widened to float32. Tensors of the file that the list does not name are passed over. InputError
/// names the file, the tensor and both shapes; nothing is changed then.
Metadata read_checkpoint(std::span<const std::byte> file, const NamedTensors& tensors,
                         std::string_view file_name = "checkpoint");

}  // namespace reprise::nn
