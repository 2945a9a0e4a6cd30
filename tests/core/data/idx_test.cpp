// IDX files written byte by byte, as http://yann.lecun.com/exdb/mnist describes them.
#include "data/idx.h"

#include "base/error.h"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

namespace reprise {
namespace {

std::string error_of(const std::string& bytes) {
  try {
    const MemoryView source{std::string_view(bytes)};
    const IdxReader reader(source, "images.idx");
    reader.read_rows(0, reader.rows());
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Idx, TwoImagesOfUnsignedBytes) {
  const std::string bytes("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x03\x00\x01\x7f\x80\xfe\xff", 22);
  const MemoryView source{std::string_view(bytes)};
  EXPECT_TRUE(IdxReader::recognises(source));
  const IdxReader reader(source, "images.idx");
  EXPECT_EQ(reader.shape(), (std::vector<std::int64_t>{2, 1, 3}));
  EXPECT_EQ(reader.row_size(), 3);
  EXPECT_EQ(reader.read_rows(0, 2), (std::vector<double>{0, 1, 127, 128, 254, 255}));
  EXPECT_EQ(reader.read_rows(1, 1), (std::vector<double>{128, 254, 255}));
  EXPECT_THROW(reader.read_rows(1, 2), std::out_of_range);
}

TEST(Idx, EveryTypeIsBigEndian) {
  const auto values = [](const std::string& bytes) {
    const MemoryView source{std::string_view(bytes)};
    return IdxReader(source, "x").read_rows(0, 1);
  };
  EXPECT_EQ(values(std::string("\0\0\x09\x01\0\0\0\x01\xff", 9)), std::vector<double>{-1});
  EXPECT_EQ(values(std::string("\0\0\x0b\x01\0\0\0\x01\xff\xfe", 10)), std::vector<double>{-2});
  EXPECT_EQ(values(std::string("\0\0\x0c\x01\0\0\0\x01\0\x01\0\x02", 12)), std::vector<double>{65538});
  EXPECT_EQ(values(std::string("\0\0\x0d\x01\0\0\0\x01\x3f\xc0\0\0", 12)), std::vector<double>{1.5});
  EXPECT_EQ(values(std::string("\0\0\x0e\x01\0\0\0\x01\xc0\x04\0\0\0\0\0\0", 16)), std::vector<double>{-2.5});
}

TEST(Idx, BadFilesSayWhatIsWrong) {
  const auto has = [](const std::string& bytes, const char* part) {
    EXPECT_NE(error_of(bytes).find(part), std::string::npos) << error_of(bytes);
  };
  has("length,width\n", "images.idx: no IDX file");
  has("", "no IDX file");
  has(std::string("\0\0\x0a\x01\0\0\0\x01\0", 9), "elements of type 10; allowed: types 8");
  has(std::string("\0\0\x08\x00\0\0\0\x01\0", 9), "0 dimensions");
  has(std::string("\0\0\x08\x02\0\0\0\x01", 8), "cut off");
  has(std::string("\0\0\x08\x01\0\0\0\x05\0\0", 10), "10 bytes; allowed: 13 bytes");
  has(std::string("\0\0\x08\x01\0\0\0\0", 8), "length 0");
  has(std::string("\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16), "beyond any file");
}

}  // namespace
}  // namespace reprise
