#include "data/safetensors.h"

#include "messages.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <stdexcept>

namespace reprise {
namespace {

/// A file built byte by byte: header length (little-endian), header, data.
std::string file_of(const std::string& header, const std::string& data) {
  std::string file;
  for (unsigned shift = 0; shift < 64; shift += 8) {
    file += static_cast<char>(static_cast<std::uint64_t>(header.size()) >> shift & 0xFFU);
  }
  return file + header + data;
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

Safetensors parse(const std::string& file) {
  return Safetensors::parse(bytes_of(file), "model.safetensors");
}

/// One tensor "w" described by `entry`, followed by `data`.
Safetensors parse_one(const std::string& entry, const std::string& data) {
  return parse(file_of("{\"w\":" + entry + "}", data));
}

TEST(Safetensors, FileBuiltByHand) {
  // 1.5 = 0x3FC00000, −2 = 0xC0000000, little-endian; one odd byte before them, so that they are unaligned.
  const std::string data = std::string("\x07", 1) + std::string("\0\0\xC0\x3F\0\0\0\xC0", 8);
  const std::string file = file_of(
      R"({"w":{"dtype":"F32","shape":[2,1],"data_offsets":[1,9]},"__metadata__":{"format":"pt"},)"
      R"("flag":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"none":{"dtype":"I64","shape":[3,0],"data_offsets":[9,9]}}   )",
      data);
  const Safetensors parsed = parse(file);
  ASSERT_EQ(parsed.tensors().size(), 3U);
  EXPECT_EQ(parsed.tensors()[0].name, "flag");
  EXPECT_EQ(parsed.tensors()[1].name, "w");
  EXPECT_EQ(parsed.tensors()[2].name, "none");
  EXPECT_EQ(parsed.at("w").shape, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(values_of<float>(parsed.at("w")), (std::vector<float>{1.5F, -2.0F}));
  EXPECT_EQ(values_of<std::uint8_t>(parsed.at("flag")), std::vector<std::uint8_t>{7});
  EXPECT_TRUE(values_of<std::int64_t>(parsed.at("none")).empty());
  EXPECT_EQ(parsed.metadata(), (std::map<std::string, std::string>{{"format", "pt"}}));
  EXPECT_EQ(parsed.find("v"), nullptr);
  EXPECT_INPUT_ERROR(parsed.at("v"), "model.safetensors: there is no tensor \"v\"");
  EXPECT_INPUT_ERROR(values_of<double>(parsed.at("w")), "tensor \"w\" is F32; needed is F64");
}

TEST(Safetensors, WriterMakesExactlyTheseBytes) {
  const std::vector<std::uint8_t> values = {1, 2, 3};
  const Tensor tensors[] = {tensor_of<std::uint8_t>("b", values, {3}),
                            tensor_of<std::uint8_t>("a", {}, {0, 2})};
  std::string header = R"({"__metadata__":{"k":"v"},"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
                       R"("a":{"dtype":"U8","shape":[0,2],"data_offsets":[3,3]}})";
  while (header.size() % 8 != 0) header += ' ';
  const std::vector<std::byte> file = write_safetensors(tensors, {{"k", "v"}});
  const std::string expected = file_of(header, "\1\2\3");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file.data()), file.size()), expected);
  EXPECT_EQ(write_safetensors({}).size(), 16U);  // "{}" and six spaces
  EXPECT_TRUE(Safetensors::parse(write_safetensors({})).tensors().empty());
}

TEST(Safetensors, EveryTypeComesBack) {
  const std::vector<double> f64 = {0.1, -0.0, 1e300};
  const std::vector<float> f32 = {0.1F};
  const std::vector<std::int64_t> i64 = {INT64_MIN, INT64_MAX};
  const std::vector<std::int32_t> i32 = {-5, 6, 7, 8};
  const std::vector<std::uint8_t> u8 = {255};
  const Tensor tensors[] = {tensor_of<std::uint8_t>("u8", u8, {1}), tensor_of<double>("f64", f64, {3, 1}),
                            tensor_of<float>("f32", f32, {}), tensor_of<std::int64_t>("i64", i64, {2}),
                            tensor_of<std::int32_t>("i32", i32, {2, 2})};
  const std::vector<std::byte> file = write_safetensors(tensors, {{"note", "quote \" and\nline"}});
  const Safetensors parsed = Safetensors::parse(file);
  EXPECT_EQ(values_of<double>(parsed.at("f64")), f64);
  EXPECT_EQ(values_of<float>(parsed.at("f32")), f32);
  EXPECT_EQ(values_of<std::int64_t>(parsed.at("i64")), i64);
  EXPECT_EQ(values_of<std::int32_t>(parsed.at("i32")), i32);
  EXPECT_EQ(values_of<std::uint8_t>(parsed.at("u8")), u8);
  EXPECT_EQ(parsed.metadata().at("note"), "quote \" and\nline");
  EXPECT_EQ(write_safetensors(parsed.tensors(), parsed.metadata()), file);
}

Tensor sixteen_bits(DType type, const std::vector<std::uint16_t>& bits) {
  Tensor tensor;
  tensor.name = "x";
  tensor.type = type;
  tensor.shape = {static_cast<std::int64_t>(bits.size())};
  tensor.bytes = std::as_bytes(std::span(bits));
  return tensor;
}

// IEEE 754-2008, 3.6 and Wikipedia's table of half-precision examples; bfloat16 is a float32 without its
// lower half.
TEST(Safetensors, ShortFloatsAreWidenedExactly) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<std::uint16_t> halves = {0x0000, 0x3C00, 0xC000, 0x7BFF, 0x0400, 0x0001,
                                             0x03FF, 0x3555, 0x7C00, 0xFC00, 0x8001};
  EXPECT_EQ(floats_of(sixteen_bits(DType::F16, halves)),
            (std::vector<float>{0, 1, -2, 65504, 0x1p-14F, 0x1p-24F, 1023 * 0x1p-24F, 0.333251953125F,
                                infinity, -infinity, -0x1p-24F}));
  const std::vector<std::uint16_t> bfloats = {0x3F80, 0xC049, 0x7F7F, 0x0001, 0xFF80};
  EXPECT_EQ(floats_of(sixteen_bits(DType::BF16, bfloats)),
            (std::vector<float>{1, -3.140625F, 0x1.FEp127F, 0x1p-133F, -infinity}));
  const std::vector<std::uint16_t> odd = {0x7E00, 0x8000};
  const std::vector<float> values = floats_of(sixteen_bits(DType::F16, odd));
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_TRUE(values[1] == 0 && std::signbit(values[1]));
  EXPECT_INPUT_ERROR(floats_of(sixteen_bits(DType::I16, odd)), "tensor \"x\" is I16; needed is F32");
}

TEST(Safetensors, NamesAndSizesOfTypes) {
  const std::pair<DType, std::pair<std::string, std::size_t>> table[] = {
      {DType::F64, {"F64", 8}},   {DType::F32, {"F32", 4}}, {DType::F16, {"F16", 2}},
      {DType::BF16, {"BF16", 2}}, {DType::I64, {"I64", 8}}, {DType::I32, {"I32", 4}},
      {DType::I16, {"I16", 2}},   {DType::I8, {"I8", 1}},   {DType::U8, {"U8", 1}},
      {DType::Bool, {"BOOL", 1}}};
  for (const auto& [type, row] : table) {
    EXPECT_EQ(name_of(type), row.first);
    EXPECT_EQ(bytes_per_element(type), row.second);
    const std::string entry = "{\"dtype\":\"" + row.first + "\",\"shape\":[1],\"data_offsets\":[0," +
                              std::to_string(row.second) + "]}";
    EXPECT_EQ(parse_one(entry, std::string(row.second, 'x')).at("w").type, type);
  }
}

TEST(Safetensors, HeaderLengths) {
  EXPECT_INPUT_ERROR(parse(""), "model.safetensors: too short for a safetensors file");
  EXPECT_INPUT_ERROR(parse("1234567"), "7 bytes, at least 8 are needed");
  EXPECT_INPUT_ERROR(parse(std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10)),
                     "its header would have 18446744073709551615 bytes, 2 follow");
  EXPECT_INPUT_ERROR(parse(file_of("{}", "").substr(0, 9)), "or cut off");
  EXPECT_INPUT_ERROR(parse(file_of("", "")), "not a JSON object");
  EXPECT_INPUT_ERROR(parse(file_of(" {}", "")), "not a JSON object");
  EXPECT_INPUT_ERROR(parse(file_of("[]", "")), "not a JSON object");
  EXPECT_INPUT_ERROR(parse(file_of("{\"w\":", "")), "the header is not valid JSON");
  EXPECT_INPUT_ERROR(parse(file_of("{}\x01", "")), "the header is not valid JSON");

  /// Pretends to be long; reading its header would give it away.
  class Long final : public ByteSource {
   public:
    std::uint64_t size() const override { return std::uint64_t{1} << 62U; }
    std::size_t read(std::uint64_t, std::span<std::byte> target) const override {
      EXPECT_LE(target.size(), 8U);
      const std::uint64_t length = std::uint64_t{1} << 60U;
      std::memcpy(target.data(), &length, target.size());
      return target.size();
    }
  };
  EXPECT_INPUT_ERROR(read_safetensors_index(Long(), "model.safetensors"), "at most 16,000,000 are read");
}

TEST(Safetensors, HeadersThatLie) {
  const std::string eight(8, 'x');
  EXPECT_INPUT_ERROR(parse_one("3", eight), "tensor \"w\" is not described by an object");
  EXPECT_INPUT_ERROR(parse_one(R"({"shape":[1],"data_offsets":[0,8]})", eight), "has no \"dtype\"");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","data_offsets":[0,8]})", eight), "has no \"shape\"");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","shape":[1]})", eight), "has no \"data_offsets\"");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F128","shape":[1],"data_offsets":[0,8]})", eight),
                     "dtype \"F128\" is not supported; allowed are F64, F32");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":8,"shape":[1],"data_offsets":[0,8]})", eight),
                     "\"dtype\" is not text");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","shape":1,"data_offsets":[0,8]})", eight),
                     "\"shape\" is not a list");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","shape":[-1],"data_offsets":[0,8]})", eight),
                     "\"shape\" holds -1");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","shape":[1.5],"data_offsets":[0,8]})", eight),
                     "\"shape\" holds 1.5");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","shape":["1"],"data_offsets":[0,8]})", eight),
                     "something else");
  EXPECT_INPUT_ERROR(
      parse_one(R"({"dtype":"F64","shape":[18446744073709551615],"data_offsets":[0,8]})", eight),
      "\"shape\" holds");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]})", ""),
                     "the shape [4294967296, 4294967296] is too large");
  EXPECT_INPUT_ERROR(
      parse_one(R"({"dtype":"F64","shape":[4294967296,4294967296,0],"data_offsets":[0,0]})", ""),
      "is too large");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","shape":[2],"data_offsets":[0,8]})", eight),
                     "shape [2] of F64 takes 16 bytes, but data_offsets 0 to 8 hold 8");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","shape":[2],"data_offsets":[0,16]})", eight),
                     "lie outside the data, which have 8 bytes");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","shape":[1],"data_offsets":[8,0]})", eight),
                     "lie outside the data");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","shape":[1],"data_offsets":[0]})", eight),
                     "not a list of two integers");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"F64","shape":[1],"data_offsets":[0,8]})", eight + "x"),
                     "the tensors take 8 bytes, but 9 follow the header");
  EXPECT_INPUT_ERROR(parse_one(R"({"dtype":"U8","shape":[7],"data_offsets":[1,8]})", eight),
                     "leaves a gap before it");
  EXPECT_INPUT_ERROR(
      parse(file_of(
          R"({"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
          eight)),
      "tensor \"b\" overlaps the tensor before it");
  EXPECT_INPUT_ERROR(
      parse(file_of(
          R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})",
          eight)),
      "the header is not valid JSON");
  EXPECT_INPUT_ERROR(parse(file_of(R"({"__metadata__":{"epoch":3}})", "")),
                     "__metadata__ \"epoch\" is not text");
  EXPECT_INPUT_ERROR(parse(file_of(R"({"__metadata__":"x"})", "")), "has to be an object of texts");
  EXPECT_INPUT_ERROR(parse(file_of("{\"a\":" + std::string(100'000, '['), "")),
                     "the header is not valid JSON");
}

TEST(Safetensors, SlicesOfAFile) {
  std::vector<double> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  const std::vector<std::uint8_t> odd = {9};
  const Tensor tensors[] = {tensor_of<std::uint8_t>("odd", odd, {1}),
                            tensor_of<double>("x", values, {10, 100})};
  const MemorySource source(write_safetensors(tensors, {}));
  const SafetensorsIndex index = read_safetensors_index(source);
  const TensorInfo* info = index.find("x");
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->bytes, 8000U);
  EXPECT_EQ(info->offset + info->bytes, source.size());
  EXPECT_EQ(read_values<double>(source, *info, 998, 2), (std::vector<double>{998, 999}));
  EXPECT_EQ(read_values<double>(source, *info, 0, 1000), values);
  EXPECT_TRUE(read_values<double>(source, *info, 1000, 0).empty());
  EXPECT_THROW(read_values<double>(source, *info, 999, 2), std::out_of_range);
  EXPECT_THROW(read_values<double>(source, *info, 2, UINT64_MAX), std::out_of_range);
  EXPECT_INPUT_ERROR(read_values<float>(source, *info, 0, 1), "tensor \"x\" is F64; needed is F32");
  EXPECT_EQ(index.find("y"), nullptr);
  EXPECT_INPUT_ERROR(read_values<double>(MemoryView("short"), *info, 0, 1),
                     "the file ended while it was read");
}

TEST(Safetensors, MistakesOfTheWriter) {
  const std::vector<double> values = {1, 2};
  EXPECT_THROW(tensor_of<double>("x", values, {3}), std::invalid_argument);
  EXPECT_THROW(tensor_of<double>("x", values, {-1, -2}), std::invalid_argument);
  const Tensor x = tensor_of<double>("x", values, {2});
  const Tensor twice[] = {x, x};
  EXPECT_THROW(write_safetensors(twice), std::invalid_argument);
  Tensor reserved = x;
  reserved.name = "__metadata__";
  EXPECT_THROW(write_safetensors(std::span(&reserved, 1)), std::invalid_argument);
  Tensor latin = x;
  latin.name = "\xE9";
  EXPECT_THROW(write_safetensors(std::span(&latin, 1)), std::invalid_argument);
  Tensor wrong = x;
  wrong.shape = {1};
  EXPECT_THROW(write_safetensors(std::span(&wrong, 1)), std::invalid_argument);
  EXPECT_THROW(write_safetensors({}, {{"k", "\xFF"}}), std::invalid_argument);
}

TEST(Safetensors, MillionValuesComeBackTheSame) {
  std::vector<double> values(1'000'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i) / 7;
  const Tensor x = tensor_of<double>("x", values, {1'000'000});
  const std::vector<std::byte> file = write_safetensors(std::span(&x, 1));
  EXPECT_TRUE(values_of<double>(Safetensors::parse(file).at("x")) == values);
}

}  // namespace
}  // namespace reprise
