// NumPy's .npy format, versions 1.0, 2.0 and 3.0 (numpy.lib.format): arrays of numbers as numpy.save writes
// them.
//
//   NpyReader reader(source, "embeddings.npy");
//   for (std::int64_t row = 0; row < reader.rows(); row += 1000)
//     use(reader.read_rows(row, std::min<std::int64_t>(1000, reader.rows() - row)));
#pragma once

#include "base/byte_source.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

/// Types of elements that are read: '<f8', '<f4', '<i8', '<i4', '<i2', '|i1', '<u4', '<u2', '|u1', '|b1'.
enum class NpyType { F64, F32, I64, I32, I16, I8, U32, U16, U8, Bool };

class NpyReader {
 public:
  /// Reads and checks the header alone; `source` has to outlive the reader. InputError: another format, types
  /// that are not read (big-endian, complex, text, objects, records), column-major arrays of three and more
  /// dimensions, and files whose length does not match type and shape.
  NpyReader(const ByteSource& source, std::string file_name);

  const std::vector<std::int64_t>& shape() const { return shape_; }  ///< {} is a single number
  NpyType type() const { return type_; }
  std::string_view type_name() const { return type_name_; }  ///< as in the file, e.g. "<f8"
  bool column_major() const { return column_major_; }

  std::int64_t rows() const { return rows_; }  ///< length of the first dimension; 1 for a single number
  std::int64_t row_size() const { return row_size_; }  ///< elements of one row

  /// Rows [first, first + count), row-major, count × row_size() elements. Float values are passed on as they
  /// are, NaN and infinity included; booleans become 0 and 1. InputError: the file became shorter, or a
  /// 64-bit integer that a double cannot hold. std::out_of_range when there are fewer rows.
  std::vector<double> read_rows(std::int64_t first, std::int64_t count) const;

 private:
  /// The three entries of the header's dictionary.
  struct Header {
    std::string descr;
    bool fortran_order = false;
    std::vector<std::int64_t> shape;
  };
  static Header read_header(std::string_view text);
  [[noreturn]] void fail(const std::string& what) const;
  void take(const Header& header, std::uint64_t data_begin);
  void read_elements(std::uint64_t first, std::uint64_t count, double* target, std::size_t stride) const;

  const ByteSource& source_;
  std::string file_name_;
  std::vector<std::int64_t> shape_;
  NpyType type_ = NpyType::F64;
  std::string type_name_;
  std::size_t element_bytes_ = 8;
  bool column_major_ = false;
  std::int64_t rows_ = 1;
  std::int64_t row_size_ = 1;
  std::uint64_t data_begin_ = 0;
};

/// Longest header that is read; NumPy's own readers stop at 10,000 bytes.
inline constexpr std::size_t max_npy_header_bytes = 65'536;

/// A version 1.0 file of type '<f8' in row-major order, as numpy.save writes it.
/// std::invalid_argument when the shape holds another number of elements.
std::vector<std::byte> write_npy(std::span<const double> values, const std::vector<std::int64_t>& shape);
/// What stands before the numbers of such a file, for writing them in pieces. std::invalid_argument when the
/// shape is impossible.
std::vector<std::byte> npy_header(const std::vector<std::int64_t>& shape);

}  // namespace reprise
