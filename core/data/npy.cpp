#include "data/npy.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace reprise {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in the file");

namespace {

constexpr std::string_view magic = "\x93NUMPY";

struct TypeRow {
  NpyType type;
  std::string_view code;  // behind the byte order
  std::size_t bytes;
};
constexpr std::array<TypeRow, 10> type_table = {{{NpyType::F64, "f8", 8},
                                                 {NpyType::F32, "f4", 4},
                                                 {NpyType::I64, "i8", 8},
                                                 {NpyType::I32, "i4", 4},
                                                 {NpyType::I16, "i2", 2},
                                                 {NpyType::I8, "i1", 1},
                                                 {NpyType::U32, "u4", 4},
                                                 {NpyType::U16, "u2", 2},
                                                 {NpyType::U8, "u1", 1},
                                                 {NpyType::Bool, "b1", 1}}};
constexpr std::string_view types_allowed = "<f8, <f4, <i8, <i4, <i2, |i1, <u4, <u2, |u1, |b1";

/// Why a header cannot be read; the reader puts the file's name before it.
struct Unreadable {
  std::string why;
};

/// Reads the few Python literals that a header may hold: texts, True, False, tuples of integers. Nothing is
/// evaluated; whatever else stands there is an error.
class LiteralReader {
 public:
  explicit LiteralReader(std::string_view text) : text_(text) {}

  bool accept(char c) {
    skip_spaces();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!accept(c)) fail(std::string("'") + c + "'");
  }

  bool at_end() {
    skip_spaces();
    return at_ == text_.size();
  }

  std::string text() {
    skip_spaces();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') fail("a text in quotes");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a closing quote");
    const std::string_view found = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return std::string(found);
  }

  bool boolean() {
    if (accept_word("True")) return true;
    if (accept_word("False")) return false;
    fail("True or False");
  }

  std::vector<std::int64_t> tuple() {
    expect('(');
    std::vector<std::int64_t> values;
    while (!accept(')')) {
      values.push_back(integer());
      if (accept(')')) {
        if (values.size() == 1) fail("a comma, as in (3,),");
        break;
      }
      expect(',');
    }
    return values;
  }

  [[noreturn]] void fail(const std::string& expected) const {
    throw Unreadable{"the header " + in_quotes(text_) + " cannot be read: expected " + expected +
                     ", at byte " + std::to_string(at_)};
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }

  bool accept_word(std::string_view word) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  std::int64_t integer() {
    skip_spaces();
    std::size_t end = at_;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
    const std::optional<std::int64_t> value = parse_integer(text_.substr(at_, end - at_));
    if (end == at_ || !value) fail("an integer from 0 to 2^63 − 1");
    at_ = end;
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // written by Python 2
    return *value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// values[i * stride] = element i of `bytes`, which holds numbers of type T.
template <class T>
void widen(std::span<const std::byte> bytes, double* values, std::size_t stride) {
  for (std::size_t i = 0; i < bytes.size() / sizeof(T); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i * stride] = static_cast<double>(value);
  }
}

/// The same for 64-bit integers; false at the first that a double cannot hold, which then stands in `lost`.
bool widen_exactly(std::span<const std::byte> bytes, double* values, std::size_t stride, std::int64_t& lost) {
  for (std::size_t i = 0; i < bytes.size() / 8; ++i) {
    std::int64_t value;
    std::memcpy(&value, bytes.data() + i * 8, 8);
    const auto wide = static_cast<double>(value);
    if (wide >= 0x1p63 || static_cast<std::int64_t>(wide) != value) {
      lost = value;
      return false;
    }
    values[i * stride] = wide;
  }
  return true;
}

}  // namespace

NpyReader::NpyReader(const ByteSource& source, std::string file_name)
    : source_(source), file_name_(std::move(file_name)) {
  std::array<std::byte, 12> prefix{};
  const std::size_t prefix_bytes = source.read(0, prefix);
  if (prefix_bytes < 10 || std::memcmp(prefix.data(), magic.data(), magic.size()) != 0) {
    fail("not a NumPy .npy file (one written by numpy.save begins with \\x93NUMPY)");
  }
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(prefix[i]); };
  const std::uint32_t version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0) {
    fail("format version " + std::to_string(version) + "." + std::to_string(byte(7)) +
         " is not known; allowed are 1.0, 2.0 and 3.0");
  }
  const std::uint64_t header_begin = version == 1 ? 10 : 12;
  std::uint64_t header_bytes = byte(8) | byte(9) << 8U;
  if (version > 1) header_bytes |= byte(10) << 16U | byte(11) << 24U;
  if (prefix_bytes < header_begin || header_bytes > source.size() - header_begin) {
    fail("the file is cut off inside its header");
  }
  if (header_bytes > max_npy_header_bytes) {
    fail("the header has " + grouped(header_bytes) + " bytes; at most " + grouped(max_npy_header_bytes) +
         " are read");
  }
  std::string text(static_cast<std::size_t>(header_bytes), '\0');
  if (source.read(header_begin, std::as_writable_bytes(std::span(text.data(), text.size()))) != text.size()) {
    fail("the file is cut off inside its header");
  }

  try {
    take(read_header(text), header_begin + header_bytes);
  } catch (const Unreadable& unreadable) {
    fail(unreadable.why);
  }
}

NpyReader::Header NpyReader::read_header(std::string_view text) {
  Header header;
  LiteralReader reader(text);
  std::vector<std::string> seen;
  reader.expect('{');
  while (!reader.accept('}')) {
    const std::string key = reader.text();
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      reader.fail("every key once, found one twice");
    seen.push_back(key);
    reader.expect(':');
    if (key == "descr") {
      if (reader.accept('['))
        throw Unreadable{"arrays of records are not read; save each field as an array of its own"};
      header.descr = reader.text();
    } else if (key == "fortran_order") {
      header.fortran_order = reader.boolean();
    } else if (key == "shape") {
      header.shape = reader.tuple();
    } else {
      reader.fail("only the keys descr, fortran_order and shape, found another");
    }
    if (!reader.accept(',')) {
      reader.expect('}');
      break;
    }
  }
  if (seen.size() != 3) reader.fail("all of descr, fortran_order and shape");
  if (!reader.at_end()) reader.fail("the end");
  return header;
}

void NpyReader::fail(const std::string& what) const {
  throw InputError(Problem{file_name_, "", "a NumPy .npy file", file_name_ + ": " + what});
}

/// Takes over a header's entries after checking them against each other and the file's length.
void NpyReader::take(const Header& header, std::uint64_t data_begin) {
  const char order = header.descr.empty() ? '\0' : header.descr.front();
  const std::string_view code = std::string_view(header.descr).substr(header.descr.empty() ? 0 : 1);
  const auto row =
      std::find_if(type_table.begin(), type_table.end(), [&](const TypeRow& r) { return r.code == code; });
  if (order == '>' && row != type_table.end() && row->bytes > 1) {
    fail("big-endian numbers (" + header.descr + ") are not read; save array.astype('<" + std::string(code) +
         "')");
  }
  const bool order_fits = row != type_table.end() && (order == '<' || (order == '|' && row->bytes == 1));
  if (!order_fits) {
    fail("elements of type " + in_quotes(header.descr) + " are not read; allowed are " +
         std::string(types_allowed));
  }
  type_ = row->type;
  type_name_ = header.descr;
  element_bytes_ = row->bytes;
  shape_ = header.shape;
  column_major_ = header.fortran_order && shape_.size() > 1;
  data_begin_ = data_begin;
  if (column_major_ && shape_.size() > 2) {
    fail("column-major arrays (fortran_order) of " + std::to_string(shape_.size()) +
         " dimensions are not read; save numpy.ascontiguousarray(array)");
  }

  std::int64_t bytes = static_cast<std::int64_t>(element_bytes_);
  bool overflow = false;
  for (std::size_t i = 0; i < shape_.size(); ++i) {
    if (i > 0) overflow = overflow || __builtin_mul_overflow(row_size_, shape_[i], &row_size_);
    overflow = overflow || __builtin_mul_overflow(bytes, shape_[i], &bytes);
  }
  rows_ = shape_.empty() ? 1 : shape_.front();
  if (overflow) fail("the shape is too large for any memory");
  if (rows_ > 0 && row_size_ == 0) fail("the array has rows without elements");
  const std::uint64_t present = source_.size() - data_begin_;
  if (present != static_cast<std::uint64_t>(bytes)) {
    fail("shape and type take " + std::to_string(bytes) + " bytes, but " + std::to_string(present) +
         (present < static_cast<std::uint64_t>(bytes) ? " follow the header; the file is cut off"
                                                      : " follow the header; one array a file is allowed"));
  }
}

/// Elements [first, first + count) as they lie in the file, to target[0], target[stride], …
void NpyReader::read_elements(std::uint64_t first, std::uint64_t count, double* target,
                              std::size_t stride) const {
  constexpr std::size_t chunk_elements = 65'536;
  std::vector<std::byte> chunk(static_cast<std::size_t>(std::min<std::uint64_t>(count, chunk_elements)) *
                               element_bytes_);
  for (std::uint64_t done = 0; done < count;) {
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(count - done, chunk_elements));
    const std::span<std::byte> bytes = std::span(chunk).first(now * element_bytes_);
    if (source_.read(data_begin_ + (first + done) * element_bytes_, bytes) != bytes.size()) {
      fail("the file became shorter while it was read");
    }
    double* const values = target + static_cast<std::size_t>(done) * stride;
    std::int64_t lost = 0;
    switch (type_) {
      case NpyType::F64:
        widen<double>(bytes, values, stride);
        break;
      case NpyType::F32:
        widen<float>(bytes, values, stride);
        break;
      case NpyType::I64:
        if (!widen_exactly(bytes, values, stride, lost)) {
          fail("the integer " + std::to_string(lost) +
               " is not exact in double precision; allowed are integers up to 2^53");
        }
        break;
      case NpyType::I32:
        widen<std::int32_t>(bytes, values, stride);
        break;
      case NpyType::I16:
        widen<std::int16_t>(bytes, values, stride);
        break;
      case NpyType::I8:
        widen<std::int8_t>(bytes, values, stride);
        break;
      case NpyType::U32:
        widen<std::uint32_t>(bytes, values, stride);
        break;
      case NpyType::U16:
        widen<std::uint16_t>(bytes, values, stride);
        break;
      case NpyType::U8:
        widen<std::uint8_t>(bytes, values, stride);
        break;
      case NpyType::Bool:
        widen<std::uint8_t>(bytes, values, stride);
        for (std::size_t i = 0; i < now; ++i) values[i * stride] = values[i * stride] != 0 ? 1 : 0;
        break;
    }
    done += now;
  }
}

std::vector<double> NpyReader::read_rows(std::int64_t first, std::int64_t count) const {
  if (first < 0 || count < 0 || first > rows_ || count > rows_ - first) {
    throw std::out_of_range(file_name_ + " has " + std::to_string(rows_) + " rows; " + std::to_string(count) +
                            " from " + std::to_string(first) + " were asked for");
  }
  // The constructor has seen this many elements in the file; it may have become shorter since.
  const auto width = static_cast<std::uint64_t>(row_size_);
  const auto begin = static_cast<std::uint64_t>(first);
  const auto height = static_cast<std::uint64_t>(count);
  std::vector<double> values(static_cast<std::size_t>(width * height));
  if (!column_major_) {
    read_elements(begin * width, height * width, values.data(), 1);
  } else {
    for (std::uint64_t column = 0; column < width && height > 0; ++column) {
      read_elements(column * static_cast<std::uint64_t>(rows_) + begin, height, values.data() + column,
                    static_cast<std::size_t>(width));
    }
  }
  return values;
}

namespace {

/// Elements of a shape; std::invalid_argument when there is no such shape.
std::uint64_t elements_of(const std::vector<std::int64_t>& shape) {
  std::uint64_t elements = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0 || __builtin_mul_overflow(elements, static_cast<std::uint64_t>(dimension), &elements)) {
      throw std::invalid_argument("write_npy: the shape has a negative or too large dimension");
    }
  }
  return elements;
}

}  // namespace

std::vector<std::byte> npy_header(const std::vector<std::int64_t>& shape) {
  (void)elements_of(shape);
  std::string tuple;
  for (const std::int64_t dimension : shape) tuple += (tuple.empty() ? "" : ", ") + std::to_string(dimension);
  if (shape.size() == 1) tuple += ',';
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + tuple + "), }";
  // NumPy leaves room for the first dimension to grow to 21 digits, then fills up to a multiple of 64.
  if (!shape.empty()) header.append(21 - std::to_string(shape.front()).size(), ' ');
  const std::size_t prefix_bytes = magic.size() + 4;
  header.append(63 - (prefix_bytes + header.size()) % 64, ' ');
  header += '\n';
  if (header.size() > 0xFFFF) throw std::invalid_argument("write_npy: too many dimensions");

  std::vector<std::byte> bytes(prefix_bytes + header.size());
  std::memcpy(bytes.data(), magic.data(), magic.size());
  bytes[6] = std::byte{1};
  bytes[8] = static_cast<std::byte>(header.size() & 0xFFU);
  bytes[9] = static_cast<std::byte>(header.size() >> 8U);
  std::memcpy(bytes.data() + prefix_bytes, header.data(), header.size());
  return bytes;
}

std::vector<std::byte> write_npy(std::span<const double> values, const std::vector<std::int64_t>& shape) {
  if (elements_of(shape) != values.size())
    throw std::invalid_argument("write_npy: the shape holds another number of elements");
  std::vector<std::byte> file = npy_header(shape);
  const std::size_t begin = file.size();
  file.resize(begin + values.size_bytes());
  if (!values.empty()) std::memcpy(file.data() + begin, values.data(), values.size_bytes());
  return file;
}

}  // namespace reprise
