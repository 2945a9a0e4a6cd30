// The example of docs/engine.md: it stands there letter by letter, and it learns.
#include "core/nn/training_example.h"

#include "base/hash.h"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(std::string(REPRISE_SOURCE_DIR) + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(TrainingExample, Learns) {
  const std::vector<double> losses = train_example(1);
  ASSERT_EQ(losses.size(), 400u);
  EXPECT_NEAR(losses.front(), 0.693, 0.1);  // log 2: knows nothing
  EXPECT_LT(*std::max_element(losses.end() - 20, losses.end()), 0.2);
}

TEST(TrainingExample, SameBitsAsInWebAssembly) {
  // SHA-256 of the 400 losses at the level `portable`; the WebAssembly build gives the same.
  const std::vector<double> losses = train_example(1);
  EXPECT_EQ(reprise::sha256_hex(std::as_bytes(std::span(losses))),
            "3681e024c9e6171febcfe16f27afd67fb3be5f5b47f9200ef2fd5fb55b9181c2");
}

TEST(TrainingExample, IsWhatTheDocumentShows) {
  const std::string example = text_of("/tests/core/nn/training_example.h");
  ASSERT_FALSE(example.empty());
  EXPECT_NE(text_of("/docs/engine.md").find("```cpp\n" + example + "```\n"), std::string::npos);
}

}  // namespace
