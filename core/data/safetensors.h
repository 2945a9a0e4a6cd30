// The safetensors format (https://github.com/huggingface/safetensors): 8 bytes little-endian header length, a
// JSON header {"name": {"dtype", "shape", "data_offsets"}, "__metadata__": {…}}, then the tensors' bytes
// without gaps. Partials, artefacts, checkpoints and users' models are such files.
//
//   std::vector<double> loss = {0.5, 0.25};
//   const Tensor tensors[] = {tensor_of<double>("loss", loss, {2})};
//   const std::vector<std::byte> file = write_safetensors(tensors, {{"epoch", "2"}});
//   const Safetensors parsed = Safetensors::parse(file);
//   values_of<double>(parsed.at("loss"));  // {0.5, 0.25}
#pragma once

#include "base/byte_source.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

enum class DType { F64, F32, F16, BF16, I64, I32, I16, I8, U8, Bool };

std::size_t bytes_per_element(DType type);
/// The name in the file: "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL".
std::string_view name_of(DType type);

/// The type that holds a C++ number: double, float, std::int64_t, std::int32_t, std::uint8_t.
template <class T>
DType dtype_of();
template <>
inline DType dtype_of<double>() {
  return DType::F64;
}
template <>
inline DType dtype_of<float>() {
  return DType::F32;
}
template <>
inline DType dtype_of<std::int64_t>() {
  return DType::I64;
}
template <>
inline DType dtype_of<std::int32_t>() {
  return DType::I32;
}
template <>
inline DType dtype_of<std::uint8_t>() {
  return DType::U8;
}

/// A tensor whose bytes somebody else keeps: row-major, little-endian, at any alignment.
struct Tensor {
  std::string name;
  DType type = DType::F64;
  std::vector<std::int64_t> shape;  ///< {} is a single number
  std::span<const std::byte> bytes;
};

/// A view of `values` as a tensor. std::invalid_argument when the shape holds another number of elements.
template <class T>
Tensor tensor_of(std::string name, std::span<const T> values, std::vector<std::int64_t> shape);

/// Where a tensor lies in a file.
struct TensorInfo {
  std::string name;
  DType type = DType::F64;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;  ///< of the first byte, from the start of the file
  std::uint64_t bytes = 0;
};

/// What a file holds, without its data; tensors in the order of their data.
struct SafetensorsIndex {
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string> metadata;

  const TensorInfo* find(std::string_view name) const;  ///< nullptr when there is none
};

/// Longest header that is read. The format's own limit is 100 MB; models of 10^5 tensors need about 15 MB,
/// and a parsed header takes some twenty times its length in memory.
inline constexpr std::uint64_t max_safetensors_header_bytes = 16'000'000;

/// Reads and checks the header alone. InputError names the file and what is wrong: a header or data beyond
/// the end, gaps or overlaps, sizes that do not match shape and type, unknown types, metadata that is not
/// text.
SafetensorsIndex read_safetensors_index(const ByteSource& source, std::string_view file_name = "safetensors");

/// Elements [first, first + count) of a tensor in row-major order, read from the file.
/// T: double, float, std::int64_t, std::int32_t, std::uint8_t and the tensor's own type, else InputError;
/// also InputError when the file became shorter. std::out_of_range when the tensor has fewer elements.
template <class T>
std::vector<T> read_values(const ByteSource& source, const TensorInfo& tensor, std::uint64_t first,
                           std::uint64_t count);

/// A parsed file over memory that the caller keeps for as long as the tensors are used.
class Safetensors {
 public:
  /// Errors as read_safetensors_index.
  static Safetensors parse(std::span<const std::byte> file, std::string_view file_name = "safetensors");

  const std::vector<Tensor>& tensors() const { return tensors_; }  ///< in the order of their data
  const Tensor* find(std::string_view name) const;                 ///< nullptr when there is none
  const Tensor& at(std::string_view name) const;                   ///< InputError when there is none
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  std::string file_name_;
  std::vector<Tensor> tensors_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::map<std::string, std::string> metadata_;
};

/// The file with these tensors in this order; the same input gives the same bytes. Data begins at a multiple
/// of 8 bytes. std::invalid_argument for names given twice, "__metadata__" as a name, text that is not UTF-8,
/// and bytes that do not match shape and type.
std::vector<std::byte> write_safetensors(std::span<const Tensor> tensors,
                                         const std::map<std::string, std::string>& metadata = {});

/// All elements in row-major order. T as for read_values; another type than the tensor's is InputError.
template <class T>
std::vector<T> values_of(const Tensor& tensor);

/// All elements of an F32, F16 or BF16 tensor in row-major order; every value of the short formats is a
/// float32. InputError for other types.
std::vector<float> floats_of(const Tensor& tensor);

}  // namespace reprise
