// The bundled images against numbers that another program computed from the published files (t10k): class
// counts, first labels, first image, mean grey value 0.28685.
#include "data/fashion_mnist.h"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <numeric>
#include <string>

namespace reprise {
namespace {

std::string whole_asset() {
  std::string bytes;
  for (int part = 0; part < 4; ++part) {
    const std::string name = "/assets/fashion-mnist/fashion-mnist-" + std::to_string(part) + ".bin";
    std::ifstream file(REPRISE_SOURCE_DIR + name, std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return bytes;
}

TEST(FashionMnist, AThousandOfEachClass) {
  const std::string bytes = whole_asset();
  const FashionImages images = read_fashion_images(MemoryView(bytes));
  ASSERT_EQ(images.labels.size(), 10000U);
  ASSERT_EQ(images.levels.size(), 1960000U);
  for (int label = 0; label < FashionImages::classes; ++label)
    EXPECT_EQ(std::count(images.labels.begin(), images.labels.end(), label), 1000) << label;
  const std::vector<std::int32_t> first = {9, 2, 1, 1, 6, 1, 4, 6, 5, 7, 4, 5};
  EXPECT_TRUE(std::equal(first.begin(), first.end(), images.labels.begin()));
}

TEST(FashionMnist, TheFirstImageIsTheAnkleBoot) {
  const std::string bytes = whole_asset();
  const FashionImages images = read_fashion_images(MemoryView(bytes));
  const std::vector<int> rows = {
      0, 0, 0, 0, 0, 0, 0, 0, 5, 2,  0,  0,  5,  0,  // row 4 from the top
      0, 0, 0, 0, 0, 0, 0, 3, 7, 10, 10, 9,  9,  0,  //
      0, 0, 0, 0, 0, 0, 1, 7, 7, 9,  9,  9,  9,  1,  //
      0, 0, 0, 0, 0, 2, 7, 7, 8, 8,  9,  9,  9,  4,  //
      0, 1, 2, 3, 6, 7, 7, 8, 8, 9,  9,  9,  9,  7,  //
      5, 6, 6, 6, 7, 7, 7, 8, 9, 10, 11, 10, 10, 7,
  };
  EXPECT_TRUE(std::equal(rows.begin(), rows.end(), images.levels.begin() + 4 * FashionImages::side));
  // Rounding to 16 levels keeps the mean: its error is at most 1/30 a pixel and of both signs.
  const double mean = static_cast<double>(std::accumulate(images.levels.begin(), images.levels.end(), 0)) /
                      (15.0 * 1960000.0);
  EXPECT_NEAR(mean, 0.28685, 0.0005);
}

TEST(FashionMnist, OtherBytesAreRefused) {
  EXPECT_THROW(read_fashion_images(MemoryView(std::string_view("short"))), std::logic_error);
}

}  // namespace
}  // namespace reprise
