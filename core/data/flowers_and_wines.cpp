#include "data/flowers_and_wines.h"

#include "base/byte_source.h"

#include <string_view>

namespace reprise {

namespace assets {
extern const std::string_view iris;  // generated: the text of assets/iris/iris.txt
extern const std::string_view wine;
}  // namespace assets

namespace {

/// The last column is the label.
LabelledMatrix parse(std::string_view text, const char* name) {
  const NumberMatrix all = read_number_matrix(MemoryView(text), name);
  LabelledMatrix result;
  result.matrix.rows = all.rows;
  result.matrix.columns = all.columns - 1;
  for (std::int64_t row = 0; row < all.rows; ++row) {
    for (std::int64_t column = 0; column + 1 < all.columns; ++column)
      result.matrix.values.push_back(all.at(row, column));
    result.labels.push_back(static_cast<std::int32_t>(all.at(row, all.columns - 1)));
  }
  return result;
}

}  // namespace

LabelledMatrix bundled_iris() {
  return parse(assets::iris, "iris.csv");
}

LabelledMatrix bundled_wine() {
  return parse(assets::wine, "wine.csv");
}

}  // namespace reprise
