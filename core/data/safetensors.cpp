#include "data/safetensors.h"

#include "base/error.h"
#include "base/json.h"
#include "base/number_text.h"
#include "data/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>

namespace reprise {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in the file");

namespace {

constexpr std::size_t length_bytes = 8;  // of the header's length
constexpr std::string_view metadata_key = "__metadata__";

struct TypeRow {
  DType type;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<TypeRow, 10> type_table = {{{DType::F64, "F64", 8},
                                                 {DType::F32, "F32", 4},
                                                 {DType::F16, "F16", 2},
                                                 {DType::BF16, "BF16", 2},
                                                 {DType::I64, "I64", 8},
                                                 {DType::I32, "I32", 4},
                                                 {DType::I16, "I16", 2},
                                                 {DType::I8, "I8", 1},
                                                 {DType::U8, "U8", 1},
                                                 {DType::Bool, "BOOL", 1}}};

const TypeRow& row_of(DType type) {
  for (const TypeRow& row : type_table) {
    if (row.type == type) return row;
  }
  throw std::invalid_argument("unknown tensor type");
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    if (i == 8 && shape.size() > 9) return text + "…]";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

/// Bytes of a tensor; nothing when a dimension is negative or the product of the non-zero ones overflows.
std::optional<std::uint64_t> bytes_of_shape(const std::vector<std::int64_t>& shape, DType type) {
  std::int64_t product = static_cast<std::int64_t>(bytes_per_element(type));
  bool empty = false;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    if (dimension == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(product, dimension, &product)) {
      return std::nullopt;
    }
  }
  return empty ? 0 : static_cast<std::uint64_t>(product);
}

/// Reads the parts of one header; every message starts with the file's name.
class HeaderReader {
 public:
  HeaderReader(std::string_view file_name, std::uint64_t data_begin, std::uint64_t file_bytes)
      : file_name_(file_name), data_begin_(data_begin), data_bytes_(file_bytes - data_begin) {}

  SafetensorsIndex read(std::string_view text) const {
    const Json header = parse(text);
    SafetensorsIndex index;
    for (const auto& [name, entry] : header.as_object()) {
      if (name == metadata_key) {
        index.metadata = metadata(entry);
      } else {
        index.tensors.push_back(tensor(name, entry));
      }
    }
    // Objects come sorted by name; users expect the file's order. Empty tensors go before what follows them.
    std::stable_sort(index.tensors.begin(), index.tensors.end(),
                     [](const TensorInfo& a, const TensorInfo& b) {
                       return a.offset != b.offset ? a.offset < b.offset : a.bytes < b.bytes;
                     });
    std::uint64_t expected = data_begin_;
    for (const TensorInfo& info : index.tensors) {
      if (info.offset != expected) {
        fail(of(info.name) +
             (info.offset < expected ? " overlaps the tensor before it" : " leaves a gap before it") +
             ": it begins at " + std::to_string(info.offset - data_begin_) + ", the data before it end at " +
             std::to_string(expected - data_begin_));
      }
      expected += info.bytes;
    }
    if (expected != data_begin_ + data_bytes_) {
      fail("the tensors take " + std::to_string(expected - data_begin_) + " bytes, but " +
           std::to_string(data_bytes_) + " follow the header");
    }
    return index;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(Problem{file_name_, "", "a safetensors file", file_name_ + ": " + what});
  }

  static std::string of(std::string_view name) { return "tensor " + in_quotes(name); }

  Json parse(std::string_view text) const {
    if (text.empty() || text.front() != '{') fail("the header is not a JSON object");
    try {
      return Json::parse(text);
    } catch (const InputError& error) {
      fail(std::string("the header is not valid JSON: ") + error.what());
    }
  }

  std::map<std::string, std::string> metadata(const Json& entry) const {
    if (!entry.is_object()) fail("__metadata__ has to be an object of texts");
    std::map<std::string, std::string> values;
    for (const auto& [key, value] : entry.as_object()) {
      if (!value.is_string()) fail("__metadata__ " + in_quotes(key) + " is not text; only texts are allowed");
      values.emplace(key, value.as_string());
    }
    return values;
  }

  DType type(const std::string& name, const Json& value) const {
    if (!value.is_string()) fail(of(name) + ": \"dtype\" is not text");
    std::string allowed;
    for (const TypeRow& row : type_table) {
      if (row.name == value.as_string()) return row.type;
      allowed += (allowed.empty() ? "" : ", ") + std::string(row.name);
    }
    fail(of(name) + ": dtype " + in_quotes(value.as_string()) + " is not supported; allowed are " + allowed);
  }

  /// A count or an offset: an integer >= 0.
  std::int64_t count(const std::string& name, std::string_view key, const Json& value) const {
    if (!value.is_integer() || value.as_integer() < 0) {
      const std::string found = value.is_number() ? number_to_text(value.as_number()) : "something else";
      fail(of(name) + ": \"" + std::string(key) + "\" holds " + found +
           "; allowed are integers from 0 to 2^63 − 1");
    }
    return value.as_integer();
  }

  const Json& member(const std::string& name, const Json& entry, std::string_view key) const {
    const Json* value = entry.find(key);
    if (value == nullptr) fail(of(name) + " has no \"" + std::string(key) + "\"");
    return *value;
  }

  TensorInfo tensor(const std::string& name, const Json& entry) const {
    if (!entry.is_object()) fail(of(name) + " is not described by an object");
    TensorInfo info;
    info.name = name;
    info.type = type(name, member(name, entry, "dtype"));

    const Json& shape = member(name, entry, "shape");
    if (!shape.is_array()) fail(of(name) + ": \"shape\" is not a list");
    for (const Json& dimension : shape.as_array()) info.shape.push_back(count(name, "shape", dimension));
    const std::optional<std::uint64_t> bytes = bytes_of_shape(info.shape, info.type);
    if (!bytes) fail(of(name) + ": the shape " + shape_text(info.shape) + " is too large for any memory");

    const Json& offsets = member(name, entry, "data_offsets");
    if (!offsets.is_array() || offsets.size() != 2)
      fail(of(name) + ": \"data_offsets\" is not a list of two integers");
    const auto begin = static_cast<std::uint64_t>(count(name, "data_offsets", offsets.as_array()[0]));
    const auto end = static_cast<std::uint64_t>(count(name, "data_offsets", offsets.as_array()[1]));
    const std::string range = std::to_string(begin) + " to " + std::to_string(end);
    if (begin > end || end > data_bytes_) {
      fail(of(name) + ": data_offsets " + range + " lie outside the data, which have " +
           std::to_string(data_bytes_) + " bytes");
    }
    if (end - begin != *bytes) {
      fail(of(name) + ": shape " + shape_text(info.shape) + " of " + std::string(name_of(info.type)) +
           " takes " + std::to_string(*bytes) + " bytes, but data_offsets " + range + " hold " +
           std::to_string(end - begin));
    }
    info.offset = data_begin_ + begin;
    info.bytes = *bytes;
    return info;
  }

  std::string file_name_;
  std::uint64_t data_begin_;
  std::uint64_t data_bytes_;
};

float float_of_bits(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 of fraction.
float widen_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 31U;
  const std::uint32_t fraction = half & 1023U;
  if (exponent == 31) return float_of_bits(sign | 0x7F800000U | (fraction << 13));  // infinity, NaN
  if (exponent != 0) return float_of_bits(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float subnormal = static_cast<float>(fraction) * 0x1p-24F;
  return sign == 0 ? subnormal : -subnormal;
}

/// bfloat16: the upper half of a float32.
float widen_bfloat(std::uint16_t upper) {
  return float_of_bits(static_cast<std::uint32_t>(upper) << 16);
}

template <class T>
void require_type(const std::string& name, DType type) {
  if (type != dtype_of<T>()) {
    const std::string found(name_of(type));
    const std::string wanted(name_of(dtype_of<T>()));
    throw InputError(
        Problem{name, found, wanted, "tensor " + in_quotes(name) + " is " + found + "; needed is " + wanted});
  }
}

/// What the writer is given is ours: a mistake here is a bug, not bad input.
void check_for_writing(std::span<const Tensor> tensors, const std::map<std::string, std::string>& metadata) {
  std::set<std::string_view> names;
  for (const Tensor& tensor : tensors) {
    if (tensor.name == metadata_key) throw std::invalid_argument("a tensor cannot be named __metadata__");
    if (!is_utf8(tensor.name))
      throw std::invalid_argument("tensor name " + in_quotes(tensor.name) + " is not UTF-8");
    if (!names.insert(tensor.name).second) {
      throw std::invalid_argument("two tensors are named " + in_quotes(tensor.name));
    }
    if (bytes_of_shape(tensor.shape, tensor.type) != std::optional<std::uint64_t>(tensor.bytes.size())) {
      throw std::invalid_argument("tensor " + in_quotes(tensor.name) + ": shape " + shape_text(tensor.shape) +
                                  " of " + std::string(name_of(tensor.type)) + " does not take the given " +
                                  std::to_string(tensor.bytes.size()) + " bytes");
    }
  }
  for (const auto& [key, value] : metadata) {
    if (!is_utf8(key) || !is_utf8(value))
      throw std::invalid_argument("metadata " + in_quotes(key) + " is not UTF-8");
  }
}

void append_member(std::string& header, std::string_view key) {
  if (header.back() != '{') header += ',';
  append_json_string(header, key);
  header += ':';
}

}  // namespace

std::size_t bytes_per_element(DType type) {
  return row_of(type).bytes;
}

std::string_view name_of(DType type) {
  return row_of(type).name;
}

const TensorInfo* SafetensorsIndex::find(std::string_view name) const {
  for (const TensorInfo& info : tensors) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

SafetensorsIndex read_safetensors_index(const ByteSource& source, std::string_view file_name) {
  const auto fail = [&](const std::string& what) {
    const std::string file(file_name);
    throw InputError(Problem{file, "", "a safetensors file", file + ": " + what});
  };
  const std::uint64_t size = source.size();
  std::array<std::byte, length_bytes> prefix{};
  if (size < length_bytes || source.read(0, prefix) != length_bytes) {
    fail("too short for a safetensors file: " + std::to_string(size) + " bytes, at least 8 are needed");
  }
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, prefix.data(), length_bytes);
  if (header_bytes > size - length_bytes) {
    fail("not a safetensors file, or cut off: its header would have " + std::to_string(header_bytes) +
         " bytes, " + std::to_string(size - length_bytes) + " follow");
  }
  if (header_bytes > max_safetensors_header_bytes) {
    fail("the header has " + grouped(header_bytes) + " bytes; at most " +
         grouped(max_safetensors_header_bytes) + " are read");
  }
  std::string header(static_cast<std::size_t>(header_bytes), '\0');
  if (source.read(length_bytes, std::as_writable_bytes(std::span(header.data(), header.size()))) !=
      header_bytes) {
    fail("the file ended while its header was read");
  }
  return HeaderReader(file_name, length_bytes + header_bytes, size).read(header);
}

template <class T>
std::vector<T> read_values(const ByteSource& source, const TensorInfo& tensor, std::uint64_t first,
                           std::uint64_t count) {
  require_type<T>(tensor.name, tensor.type);
  const std::uint64_t available = tensor.bytes / sizeof(T);
  if (first > available || count > available - first) {
    throw std::out_of_range("tensor " + in_quotes(tensor.name) + " has " + std::to_string(available) +
                            " elements; " + std::to_string(count) + " from " + std::to_string(first) +
                            " were asked for");
  }
  const std::uint64_t begin = tensor.offset + first * sizeof(T);
  // The index may belong to a file that has been cut off since: ask before memory is taken.
  const std::uint64_t size = source.size();
  std::vector<T> values;
  if (begin <= size && count <= (size - begin) / sizeof(T)) {
    values.resize(static_cast<std::size_t>(count));
    const std::span<std::byte> target = std::as_writable_bytes(std::span<T>(values));
    if (source.read(begin, target) == target.size()) return values;
  }
  throw InputError("tensor " + in_quotes(tensor.name) + ": the file ended while it was read");
}

Safetensors Safetensors::parse(std::span<const std::byte> file, std::string_view file_name) {
  SafetensorsIndex index = read_safetensors_index(MemoryView(file), file_name);
  Safetensors parsed;
  parsed.file_name_ = file_name;
  parsed.metadata_ = std::move(index.metadata);
  parsed.tensors_.reserve(index.tensors.size());
  for (TensorInfo& info : index.tensors) {
    const std::span<const std::byte> bytes =
        file.subspan(static_cast<std::size_t>(info.offset), static_cast<std::size_t>(info.bytes));
    parsed.by_name_.emplace(info.name, parsed.tensors_.size());
    parsed.tensors_.push_back(Tensor{std::move(info.name), info.type, std::move(info.shape), bytes});
  }
  return parsed;
}

const Tensor* Safetensors::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &tensors_[found->second];
}

const Tensor& Safetensors::at(std::string_view name) const {
  const Tensor* tensor = find(name);
  if (tensor == nullptr) {
    throw InputError(
        Problem{file_name_, "", std::string(name), file_name_ + ": there is no tensor " + in_quotes(name)});
  }
  return *tensor;
}

std::vector<std::byte> write_safetensors(std::span<const Tensor> tensors,
                                         const std::map<std::string, std::string>& metadata) {
  check_for_writing(tensors, metadata);
  std::string header = "{";
  if (!metadata.empty()) {
    append_member(header, metadata_key);
    header += '{';
    for (const auto& [key, value] : metadata) {
      append_member(header, key);
      append_json_string(header, value);
    }
    header += '}';
  }
  std::uint64_t data_bytes = 0;
  for (const Tensor& tensor : tensors) {
    append_member(header, tensor.name);
    header += R"({"dtype":")";
    header += name_of(tensor.type);
    header += R"(","shape":[)";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
      if (i > 0) header += ',';
      header += std::to_string(tensor.shape[i]);
    }
    header += R"(],"data_offsets":[)" + std::to_string(data_bytes) + ",";
    data_bytes += tensor.bytes.size();
    header += std::to_string(data_bytes) + "]}";
  }
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');

  const std::uint64_t header_bytes = header.size();
  std::vector<std::byte> file(length_bytes + header.size() + static_cast<std::size_t>(data_bytes));
  std::memcpy(file.data(), &header_bytes, length_bytes);
  std::memcpy(file.data() + length_bytes, header.data(), header.size());
  std::size_t at = length_bytes + header.size();
  for (const Tensor& tensor : tensors) {
    if (!tensor.bytes.empty()) std::memcpy(file.data() + at, tensor.bytes.data(), tensor.bytes.size());
    at += tensor.bytes.size();
  }
  return file;
}

template <class T>
std::vector<T> values_of(const Tensor& tensor) {
  require_type<T>(tensor.name, tensor.type);
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), values.size() * sizeof(T));
  return values;
}

std::vector<float> floats_of(const Tensor& tensor) {
  if (tensor.type != DType::F16 && tensor.type != DType::BF16) return values_of<float>(tensor);
  std::vector<std::uint16_t> bits(tensor.bytes.size() / 2);
  if (!bits.empty()) std::memcpy(bits.data(), tensor.bytes.data(), 2 * bits.size());
  std::vector<float> values(bits.size());
  std::transform(bits.begin(), bits.end(), values.begin(),
                 tensor.type == DType::F16 ? widen_half : widen_bfloat);
  return values;
}

template <class T>
Tensor tensor_of(std::string name, std::span<const T> values, std::vector<std::int64_t> shape) {
  Tensor tensor{std::move(name), dtype_of<T>(), std::move(shape), std::as_bytes(values)};
  if (bytes_of_shape(tensor.shape, tensor.type) != std::optional<std::uint64_t>(tensor.bytes.size())) {
    throw std::invalid_argument("tensor " + in_quotes(tensor.name) + ": shape " + shape_text(tensor.shape) +
                                " does not hold " + std::to_string(values.size()) + " elements");
  }
  return tensor;
}

template Tensor tensor_of(std::string, std::span<const double>, std::vector<std::int64_t>);
template Tensor tensor_of(std::string, std::span<const float>, std::vector<std::int64_t>);
template Tensor tensor_of(std::string, std::span<const std::int64_t>, std::vector<std::int64_t>);
template Tensor tensor_of(std::string, std::span<const std::int32_t>, std::vector<std::int64_t>);
template Tensor tensor_of(std::string, std::span<const std::uint8_t>, std::vector<std::int64_t>);

template std::vector<double> values_of(const Tensor&);
template std::vector<float> values_of(const Tensor&);
template std::vector<std::int64_t> values_of(const Tensor&);
template std::vector<std::int32_t> values_of(const Tensor&);
template std::vector<std::uint8_t> values_of(const Tensor&);

template std::vector<double> read_values(const ByteSource&, const TensorInfo&, std::uint64_t, std::uint64_t);
template std::vector<float> read_values(const ByteSource&, const TensorInfo&, std::uint64_t, std::uint64_t);
template std::vector<std::int64_t> read_values(const ByteSource&, const TensorInfo&, std::uint64_t,
                                               std::uint64_t);
template std::vector<std::int32_t> read_values(const ByteSource&, const TensorInfo&, std::uint64_t,
                                               std::uint64_t);
template std::vector<std::uint8_t> read_values(const ByteSource&, const TensorInfo&, std::uint64_t,
                                               std::uint64_t);

}  // namespace reprise
