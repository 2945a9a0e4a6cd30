// Tokens of texts and tables, counted by hand, and what is refused.
#include "labs/discrete-diffusion-convergence/corpus.h"

#include "base/error.h"
#include "core/labs/study_runs.h"
#include "data/npy.h"

#include <cmath>

namespace reprise::diffusion {
namespace {

using namespace reprise::testing;

TokenCorpus read(std::string_view text, TextUnit unit, std::size_t most_symbols = 100,
                 const char* name = "corpus.txt") {
  const MemoryView source(text);
  CorpusReader reader(source, name, unit, most_symbols);
  while (!reader.step()) {
  }
  return reader.take();
}

TEST(Corpus, WordsByFrequency) {
  const TokenCorpus corpus = read("The cat sat.\nthe DOG the  cat", TextUnit::Word);
  EXPECT_EQ(corpus.symbol, (std::vector<std::string>{"the", "cat", "dog", "sat."}));
  EXPECT_EQ(corpus.count, (std::vector<std::int64_t>{3, 2, 1, 1}));
  EXPECT_EQ(corpus.sequences.tokens, (std::vector<std::uint32_t>{0, 1, 3, 0, 2, 0, 1}));
  EXPECT_EQ(corpus.sequences.rows(), 1U);
  const TokenCorpus few = read("The cat sat.\nthe DOG the  cat", TextUnit::Word, 2);
  EXPECT_EQ(few.symbol, (std::vector<std::string>{"the", "(others)"}));
  EXPECT_EQ(few.count, (std::vector<std::int64_t>{3, 4}));
}

TEST(Corpus, LettersAndBytes) {
  const TokenCorpus letters = read("aB, b", TextUnit::Letter);
  EXPECT_EQ(letters.symbol.size(), 27U);
  EXPECT_EQ(letters.sequences.tokens, (std::vector<std::uint32_t>{0, 1, 26, 26, 1}));
  const TokenCorpus bytes = read(std::string_view("\xff\x00\xff", 3), TextUnit::Byte);
  EXPECT_EQ(bytes.symbol, (std::vector<std::string>{"0xff", "0x00"}));
  EXPECT_EQ(bytes.sequences.tokens, (std::vector<std::uint32_t>{0, 1, 0}));
}

TEST(Corpus, TablesOfTokens) {
  const TokenCorpus csv = read("x1,x2\n0,3\n1,1\n", TextUnit::Word, 4, "corpus.csv");
  EXPECT_EQ(csv.sequences.length, 2U);
  EXPECT_EQ(csv.count, (std::vector<std::int64_t>{1, 2, 0, 1}));
  const std::vector<std::byte> npy = write_npy(std::vector<double>{0, 3, 1, 1}, {2, 2});
  const std::string_view text(reinterpret_cast<const char*>(npy.data()), npy.size());
  EXPECT_EQ(read(text, TextUnit::Word, 4, "corpus.npy").sequences.tokens, csv.sequences.tokens);
}

TEST(Corpus, LongTextsAreReadInSlices) {
  std::string text;
  for (int word = 0; word < 100000; ++word) text += word % 3 == 0 ? "seven " : "eleven ";
  const TokenCorpus corpus = read(text, TextUnit::Word);
  EXPECT_EQ(corpus.symbol, (std::vector<std::string>{"eleven", "seven"}));
  EXPECT_EQ(corpus.count, (std::vector<std::int64_t>{66666, 33334}));
}

std::string refusal_of(std::string_view text, TextUnit unit, const char* name) {
  try {
    read(text, unit, 4, name);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Corpus, RefusesWhatItCannotUse) {
  const auto expect_part = [](const std::string& message, const char* part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect_part(refusal_of("", TextUnit::Letter, "a.txt"), "no tokens");
  expect_part(refusal_of(" \n ", TextUnit::Word, "a.txt"), "no tokens");
  expect_part(refusal_of("ab \xff\xfe cd", TextUnit::Word, "a.txt"), "UTF-8 text");
  expect_part(refusal_of(std::string(2000, 'a'), TextUnit::Word, "a.txt"), "a word of more than 1000 bytes");
  expect_part(refusal_of("x1\n0\n4\n", TextUnit::Word, "a.csv"), "row 2, column x1: 4; allowed: tokens 0…3");
  expect_part(refusal_of("x1\n0.5\n", TextUnit::Word, "a.csv"), "row 1, column x1: 0.5");
  expect_part(refusal_of("x1\n", TextUnit::Word, "a.csv"), "no tokens");
  expect_part(refusal_of("y\n1\n", TextUnit::Word, "a.csv"), "x1");
  const std::vector<std::byte> npy = write_npy(std::vector<double>{0, NAN}, {1, 2});
  expect_part(refusal_of({reinterpret_cast<const char*>(npy.data()), npy.size()}, TextUnit::Word, "a.npy"),
              "row 0, column 1: NaN");
  const std::vector<std::byte> flat = write_npy(std::vector<double>{0, 1}, {2});
  expect_part(refusal_of({reinterpret_cast<const char*>(flat.data()), flat.size()}, TextUnit::Word, "a.npy"),
              "1 dimensions");
}

// Words of a text as the law: p = (0.7, 0.3), with the rates and levels of two symbols by hand.
TEST(Corpus, IsTheLawOfMyProcess) {
  const Files files = {{"corpus.txt", "a a b a b a a b a a"},
                       {"schedule.json", R"({"sigma": [2, 1, 0.5]})"},
                       {"rates", "from,to,rate\n0,1,0.5\n1,0,0.5\n"}};
  const Json report = run_study("my-process", "{}", files);
  EXPECT_NEAR(metric(report, "tv"), 0.04241084, 5e-9);
  EXPECT_EQ(cell(report, "symbols", 1, "text"), Json("b"));
  EXPECT_EQ(cell(report, "symbols", 1, "count"), Json(3));
  const Json pairs = run_study(
      "my-process", R"({"length": 2, "additive": 1})",
      {{"corpus.txt", "a b b a b"}});  // b is commoner, so it is 0: bb and ba once, ab twice, aa never
  const double expected[4] = {0.25, 0.25, 0.375, 0.125};
  for (std::size_t y = 0; y < 4; ++y) {
    EXPECT_NEAR(cell(pairs, "law", y, "data").as_number(), expected[y], 1e-15);
  }
  EXPECT_NE(refusal("my-process", "{}", {{"law", "x1,p\n0,1\n"}, {"corpus.txt", "a"}}).find("one of them"),
            std::string::npos);
  EXPECT_NE(refusal("my-process", R"({"length": 3})", {{"corpus.txt", "a b"}}).find("windows of 3 tokens"),
            std::string::npos);
}

}  // namespace
}  // namespace reprise::diffusion
