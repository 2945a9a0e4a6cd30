// The IDX format of the MNIST family: a magic number with type and number of dimensions, the shape, then the
// numbers, all big-endian.
//
//   IdxReader reader(source, "train-images-idx3-ubyte");
//   reader.read_rows(0, 100);   // 100 images, row_size() pixels each
#pragma once

#include "base/byte_source.h"

#include <cstdint>
#include <string>
#include <vector>

namespace reprise {

/// Types of elements: unsigned and signed bytes, 16- and 32-bit integers, single and double precision.
enum class IdxType { U8, I8, I16, I32, F32, F64 };

class IdxReader {
 public:
  /// Reads and checks the header alone; `source` has to outlive the reader. InputError: another format, a
  /// type or number of dimensions that does not exist, a file whose length does not match.
  IdxReader(const ByteSource& source, std::string file_name);
  /// Whether the first bytes can be those of an IDX file.
  static bool recognises(const ByteSource& source);

  const std::vector<std::int64_t>& shape() const { return shape_; }
  IdxType type() const { return type_; }
  std::int64_t rows() const { return shape_.front(); }
  std::int64_t row_size() const { return row_size_; }  ///< elements of one row
  /// Rows [first, first + count), row-major, count × row_size() elements. std::out_of_range when there are
  /// fewer; InputError: the file became shorter.
  std::vector<double> read_rows(std::int64_t first, std::int64_t count) const;

 private:
  [[noreturn]] void fail(const std::string& found, const std::string& allowed) const;

  const ByteSource& source_;
  std::string file_name_;
  std::vector<std::int64_t> shape_;
  IdxType type_ = IdxType::U8;
  std::int64_t row_size_ = 1;
  std::uint64_t element_bytes_ = 1;
  std::uint64_t data_begin_ = 0;
};

}  // namespace reprise
