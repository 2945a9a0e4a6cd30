#include "data/id_set.h"

#include "base/random.h"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <unordered_map>

namespace reprise {
namespace {

TEST(IdSet, AgreesWithAMap) {
  for (const std::size_t expected : {std::size_t{0}, std::size_t{20000}}) {
    Random random(1, "ids", {expected});
    IdSet ids(expected);
    std::unordered_map<std::string, std::int64_t> map;
    for (std::int64_t row = 1; row <= 20000; ++row) {
      // names of every length from 0 to 20 that share their beginnings
      std::string name(static_cast<std::size_t>(random.below(18)), 'a');
      name += std::to_string(random.below(700));
      const auto [entry, fresh] = map.emplace(name, row);
      const std::optional<std::int64_t> found = ids.insert(name, row);
      ASSERT_EQ(found.has_value(), !fresh) << name;
      if (found) {
        ASSERT_EQ(*found, entry->second);
      }
    }
    EXPECT_EQ(ids.size(), map.size());
  }
}

TEST(IdSet, NamesThatNearlyAgreeAreDifferent) {
  IdSet ids;
  std::int64_t row = 0;
  const std::string base = "0123456789abcdef";
  EXPECT_FALSE(ids.insert(base, ++row));
  for (std::size_t at = 0; at < base.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = base;
      other[at] = static_cast<char>(other[at] ^ (1 << bit));
      EXPECT_FALSE(ids.insert(other, ++row)) << at << ' ' << bit;
    }
  }
  for (std::size_t length = 0; length < 16; ++length) EXPECT_FALSE(ids.insert(base.substr(0, length), ++row));
  for (std::size_t zeros = 1; zeros < 20; ++zeros) EXPECT_FALSE(ids.insert(std::string(zeros, '\0'), ++row));
  EXPECT_EQ(ids.insert(base, ++row), 1);
  EXPECT_THROW(ids.insert("x", 0), std::out_of_range);
}

}  // namespace
}  // namespace reprise
