#include "data/npy.h"

#include "messages.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <stdexcept>

namespace reprise {
namespace {

/// A file of the folder data, written by NumPy (data/make_npy.py).
MemorySource fixture(const std::string& name) {
  std::ifstream file(std::string(REPRISE_TEST_DATA) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return MemorySource(std::vector<std::byte>(bytes.begin(), bytes.end()));
}

/// A file built byte by byte: magic, version, header length (little-endian), header, data.
std::string npy(const std::string& header, const std::string& data, char version = 1) {
  std::string file = "\x93NUMPY";
  file += version;
  file += '\0';
  file += static_cast<char>(header.size() & 0xFFU);
  file += static_cast<char>(header.size() >> 8U & 0xFFU);
  if (version > 1) file.append(2, '\0');
  return file + header + data;
}

std::vector<double> all_of(const ByteSource& source) {
  const NpyReader reader(source, "x.npy");
  return reader.read_rows(0, reader.rows());
}

std::vector<double> all_of(const std::string& file) {
  return all_of(MemoryView(file));
}

using Shape = std::vector<std::int64_t>;
using Values = std::vector<double>;

TEST(Npy, FilesWrittenByNumPy) {
  const Values eighths = {0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1, 1.125, 1.25, 1.375};
  const MemorySource rows = fixture("f8_3x4.npy");
  const NpyReader reader(rows, "x.npy");
  EXPECT_EQ(reader.shape(), (Shape{3, 4}));
  EXPECT_EQ(reader.type_name(), "<f8");
  EXPECT_EQ(reader.rows(), 3);
  EXPECT_EQ(reader.row_size(), 4);
  EXPECT_EQ(reader.read_rows(0, 3), eighths);
  EXPECT_EQ(reader.read_rows(1, 1), (Values{0.5, 0.625, 0.75, 0.875}));
  EXPECT_EQ(reader.read_rows(3, 0), Values{});
  EXPECT_THROW(reader.read_rows(2, 2), std::out_of_range);
  EXPECT_THROW(reader.read_rows(-1, 1), std::out_of_range);

  const MemorySource columns = fixture("f8_3x4_fortran.npy");
  const NpyReader column_major(columns, "x.npy");
  EXPECT_TRUE(column_major.column_major());
  EXPECT_EQ(column_major.read_rows(0, 3), eighths);
  EXPECT_EQ(column_major.read_rows(1, 2), Values(eighths.begin() + 4, eighths.end()));

  EXPECT_EQ(all_of(fixture("f4_5.npy")), (Values{0.1F, -2.5, 3e38F, 1e-45F, 0}));
  EXPECT_EQ(all_of(fixture("i8_2x2x2.npy")), (Values{0, 1, -1, 0x1p53, -0x1p53, 7, 8, 9}));
  EXPECT_EQ(all_of(fixture("u1_4_v2.npy")), (Values{0, 1, 128, 255}));
  EXPECT_EQ(all_of(fixture("b1_3_v3.npy")), (Values{1, 0, 1}));
  EXPECT_EQ(all_of(fixture("f8_scalar.npy")), (Values{2.5}));
  EXPECT_EQ(all_of(fixture("f8_0x3.npy")), Values{});
}

TEST(Npy, FilesOfNumPyThatAreRefused) {
  EXPECT_INPUT_ERROR(all_of(fixture("big_endian_2.npy")),
                     "x.npy: big-endian numbers (>f8) are not read; save array.astype('<f8')");
  EXPECT_INPUT_ERROR(all_of(fixture("records_2.npy")), "arrays of records are not read");
  EXPECT_INPUT_ERROR(all_of(fixture("text_2.npy")),
                     "elements of type \"<U2\" are not read; allowed are <f8, <f4");
}

TEST(Npy, SmallIntegers) {
  const std::string order = "'fortran_order': False, 'shape': (2,), }";
  EXPECT_EQ(all_of(npy("{'descr': '|i1', " + order, "\xFF\x7F")), (Values{-1, 127}));
  EXPECT_EQ(all_of(npy("{'descr': '<i2', " + order, {'\0', '\x80', '\1', '\0'})), (Values{-32768, 1}));
  EXPECT_EQ(all_of(npy("{'descr': '<u2', " + order, {'\0', '\x80', '\1', '\0'})), (Values{32768, 1}));
  EXPECT_EQ(all_of(npy("{'descr': '<i4', " + order, {'\0', '\0', '\0', '\x80', '\1', '\0', '\0', '\0'})),
            (Values{-2147483648.0, 1}));
  EXPECT_EQ(all_of(npy("{'descr': '<u4', " + order, {'\0', '\0', '\0', '\x80', '\1', '\0', '\0', '\0'})),
            (Values{2147483648.0, 1}));
}

TEST(Npy, IntegersBeyondDoublePrecisionAreRefused) {
  const std::string header = "{'descr': '<i8', 'fortran_order': False, 'shape': (1,)}";
  EXPECT_INPUT_ERROR(all_of(npy(header, {'\1', '\0', '\0', '\0', '\0', '\0', '\x20', '\0'})),
                     "9007199254740993");
  EXPECT_INPUT_ERROR(all_of(npy(header, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F")), "9223372036854775807");
}

TEST(Npy, HeadersInOtherSpellings) {
  const std::string data(8, '\0');
  EXPECT_EQ(all_of(npy("{\"shape\":(1L,1),\"descr\":\"<f8\",\"fortran_order\":True}  \n", data)), Values{0});
  EXPECT_EQ(all_of(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n", data, 2)), Values{0});
}

TEST(Npy, DamagedHeaders) {
  const std::string good = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }";
  const std::string data(8, '\0');
  EXPECT_INPUT_ERROR(all_of(std::string()), "not a NumPy .npy file");
  EXPECT_INPUT_ERROR(all_of(std::string("score,label\n1,2\n")), "not a NumPy .npy file");
  EXPECT_INPUT_ERROR(all_of(npy(good, data, 4)), "format version 4.0 is not known");
  EXPECT_INPUT_ERROR(all_of(npy(good, "").substr(0, 30)), "cut off inside its header");
  EXPECT_INPUT_ERROR(all_of(npy(good, "", 2).substr(0, 11)), "cut off inside its header");
  EXPECT_INPUT_ERROR(all_of(npy(good, "1234567")),
                     "take 8 bytes, but 7 follow the header; the file is cut off");
  EXPECT_INPUT_ERROR(all_of(npy(good, data + "x")), "but 9 follow the header");
  const std::string rest = "'fortran_order': False, 'shape': ";
  const auto header = [&](const std::string& shape) {
    return npy("{'descr': '<f8', " + rest + shape + "}", data);
  };
  EXPECT_INPUT_ERROR(all_of(header("(-1,)")), "expected an integer from 0 to 2^63 − 1");
  EXPECT_INPUT_ERROR(all_of(header("(99999999999999999999,)")), "expected an integer");
  EXPECT_INPUT_ERROR(all_of(header("(4611686018427387904, 4)")), "the shape is too large for any memory");
  EXPECT_INPUT_ERROR(all_of(header("(1152921504606846975,)")),
                     "take 9223372036854775800 bytes, but 8 follow");
  EXPECT_INPUT_ERROR(all_of(header("(5, 0)")), "rows without elements");
  EXPECT_INPUT_ERROR(all_of(header("(1)")), "a comma, as in (3,)");
  EXPECT_INPUT_ERROR(all_of(header("(1,,)")), "expected an integer");
  EXPECT_INPUT_ERROR(all_of(header("[1]")), "expected '('");
  EXPECT_INPUT_ERROR(all_of(header("(__import__('os').getpid(),)")), "expected an integer");
  EXPECT_INPUT_ERROR(all_of(npy("{'descr': '<f8', 'shape': (1,)}", data)),
                     "all of descr, fortran_order and shape");
  EXPECT_INPUT_ERROR(all_of(npy("{'descr': '<f8', 'descr': '<f8', 'shape': (1,)}", data)), "every key once");
  EXPECT_INPUT_ERROR(all_of(npy("{'descr': '<f8', 'order': 1}", data)), "only the keys");
  EXPECT_INPUT_ERROR(all_of(npy("{'descr': '<f8', 'fortran_order': 1}", data)), "True or False");
  EXPECT_INPUT_ERROR(all_of(npy(good + " x", data)), "expected the end");
  EXPECT_INPUT_ERROR(all_of(npy("{'descr': '<f8", data)), "a closing quote");
  EXPECT_INPUT_ERROR(all_of(npy("", data)), "expected '{'");
  EXPECT_INPUT_ERROR(all_of(npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1, 1)}", data)),
                     "save numpy.ascontiguousarray(array)");
  EXPECT_INPUT_ERROR(all_of(npy("{'descr': '<c8', " + rest + "(1,)}", data)), "elements of type \"<c8\"");
  EXPECT_INPUT_ERROR(all_of(npy("{'descr': '|f8', " + rest + "(1,)}", data)), "elements of type \"|f8\"");
}

TEST(Npy, WriterMakesTheBytesOfNumPy) {
  const Values eighths = all_of(fixture("f8_3x4.npy"));
  EXPECT_EQ(write_npy(eighths, {3, 4}), read_all(fixture("f8_3x4.npy")));
  EXPECT_EQ(write_npy({}, {0, 3}), read_all(fixture("f8_0x3.npy")));
  EXPECT_EQ(write_npy(Values{2.5}, {}), read_all(fixture("f8_scalar.npy")));
  EXPECT_THROW(write_npy(eighths, {3, 5}), std::invalid_argument);
  EXPECT_THROW(write_npy(eighths, {-3, -4}), std::invalid_argument);
}

TEST(Npy, MillionRowsComeBackTheSame) {
  constexpr std::int64_t rows = 1'000'000;
  Values values(2 * rows);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i) / 7;
  const MemorySource source(write_npy(values, {rows, 2}));
  const NpyReader reader(source, "x.npy");
  Values read;
  for (std::int64_t first = 0; first < rows; first += 300'007) {
    const Values part = reader.read_rows(first, std::min<std::int64_t>(300'007, rows - first));
    read.insert(read.end(), part.begin(), part.end());
  }
  EXPECT_TRUE(read == values);
}

}  // namespace
}  // namespace reprise
