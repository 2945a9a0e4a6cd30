#include "data/idx.h"

#include "base/error.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace reprise {

namespace {

constexpr std::size_t most_dimensions = 8;
constexpr std::uint64_t most_elements = std::uint64_t{1} << 40;

struct TypeCode {
  unsigned code;
  IdxType type;
  std::uint64_t bytes;
};
constexpr TypeCode type_codes[] = {{0x08, IdxType::U8, 1},  {0x09, IdxType::I8, 1},  {0x0B, IdxType::I16, 2},
                                   {0x0C, IdxType::I32, 4}, {0x0D, IdxType::F32, 4}, {0x0E, IdxType::F64, 8}};

/// A big-endian unsigned integer of up to eight bytes.
std::uint64_t big_endian(const std::byte* from, std::uint64_t bytes) {
  std::uint64_t value = 0;
  for (std::uint64_t i = 0; i < bytes; ++i) value = (value << 8) | std::to_integer<std::uint64_t>(from[i]);
  return value;
}

double element(const std::byte* from, IdxType type, std::uint64_t bytes) {
  const std::uint64_t bits = big_endian(from, bytes);
  switch (type) {
    case IdxType::U8:
      return static_cast<double>(bits);
    case IdxType::I8:
      return static_cast<std::int8_t>(bits);
    case IdxType::I16:
      return static_cast<std::int16_t>(bits);
    case IdxType::I32:
      return static_cast<std::int32_t>(bits);
    case IdxType::F32: {
      const auto narrow = static_cast<std::uint32_t>(bits);
      float value = 0;
      std::memcpy(&value, &narrow, sizeof value);
      return static_cast<double>(value);
    }
    case IdxType::F64:
      break;
  }
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

bool IdxReader::recognises(const ByteSource& source) {
  std::array<std::byte, 4> magic{};
  if (source.read(0, magic) < magic.size()) return false;
  return magic[0] == std::byte{0} && magic[1] == std::byte{0} && magic[2] != std::byte{0};
}

IdxReader::IdxReader(const ByteSource& source, std::string file_name)
    : source_(source), file_name_(std::move(file_name)) {
  if (!recognises(source)) fail("no IDX file", "a file that begins with two zero bytes, a type and a count");
  std::array<std::byte, 4 + 4 * most_dimensions> header{};
  const std::size_t length = source.read(0, header);
  const auto code = std::to_integer<unsigned>(header[2]);
  const auto dimensions = std::to_integer<std::size_t>(header[3]);
  const auto* known = std::find_if(std::begin(type_codes), std::end(type_codes),
                                   [code](const TypeCode& entry) { return entry.code == code; });
  if (known == std::end(type_codes))
    fail("elements of type " + std::to_string(code), "types 8, 9, 11, 12, 13, 14");
  if (dimensions < 1 || dimensions > most_dimensions)
    fail(std::to_string(dimensions) + " dimensions", "1 to 8 dimensions");
  data_begin_ = 4 + 4 * dimensions;
  if (length < data_begin_) fail("a header that is cut off", "a whole file");
  type_ = known->type;
  element_bytes_ = known->bytes;
  std::uint64_t elements = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    const std::uint64_t size = big_endian(header.data() + 4 + 4 * d, 4);
    shape_.push_back(static_cast<std::int64_t>(size));
    if (size == 0) fail("a dimension of length 0", "at least one element");
    if (elements > most_elements / size) fail("a shape beyond any file", "at most 2^40 elements");
    elements *= size;
    if (d > 0) row_size_ *= static_cast<std::int64_t>(size);
  }
  const std::uint64_t expected = data_begin_ + elements * element_bytes_;
  if (source.size() != expected)
    fail(std::to_string(source.size()) + " bytes", std::to_string(expected) + " bytes, as the header says");
}

std::vector<double> IdxReader::read_rows(std::int64_t first, std::int64_t count) const {
  if (first < 0 || count < 0 || first > rows() - count) throw std::out_of_range("rows outside the IDX file");
  const std::uint64_t elements = static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(row_size_);
  std::vector<std::byte> bytes(static_cast<std::size_t>(elements * element_bytes_));
  const std::uint64_t offset = data_begin_ + static_cast<std::uint64_t>(first) *
                                                 static_cast<std::uint64_t>(row_size_) * element_bytes_;
  if (source_.read(offset, bytes) < bytes.size()) fail("a file that became shorter", "a whole file");
  std::vector<double> values(static_cast<std::size_t>(elements));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = element(bytes.data() + i * element_bytes_, type_, element_bytes_);
  return values;
}

void IdxReader::fail(const std::string& found, const std::string& allowed) const {
  throw InputError(Problem{file_name_, found, allowed, file_name_ + ": " + found + "; allowed: " + allowed});
}

}  // namespace reprise
