// Reading of score files: every mode, and what is said about bad ones.
#include "labs/recalibration/score_table.h"

#include "base/random.h"
#include "data/npy.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

namespace reprise::recal {
namespace {

ScoreTable read(const ByteSource& source, const ScoreOptions& options = {}, const std::string& name = "s.csv",
                std::int64_t rows_per_step = 20'000) {
  ScoreTableReader reader(source, name, options);
  while (!reader.step(rows_per_step)) {
  }
  return reader.take();
}
ScoreTable read_text(const std::string& text, const ScoreOptions& options = {}) {
  return read(MemoryView(text), options);
}

std::vector<Problem> problems_of(const ByteSource& source, const ScoreOptions& options = {},
                                 const std::string& name = "s.csv") {
  try {
    read(source, options, name);
  } catch (const InputError& error) {
    return error.problems();
  }
  ADD_FAILURE() << "no problem was found";
  return {{}};
}
std::vector<Problem> problems_of_text(const std::string& text, const ScoreOptions& options = {}) {
  return problems_of(MemoryView(text), options);
}

/// The first problem has that key, and its message holds all these parts.
void expect_problem(const std::vector<Problem>& problems, const std::string& key,
                    const std::vector<std::string>& parts) {
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].key, key);
  for (const std::string& part : parts) {
    EXPECT_NE(problems[0].message.find(part), std::string::npos) << problems[0].message << "\nlacks " << part;
  }
}

ScoreOptions with_mode(ScoreMode mode, std::int64_t positive_class = 0) {
  ScoreOptions options;
  options.mode = mode;
  options.positive_class = positive_class;
  return options;
}
ScoreOptions logits() {
  ScoreOptions options;
  options.scale = ScoreScale::Logit;
  return options;
}

TEST(ScoreTable, BinaryInAnyColumnOrder) {
  const ScoreTable table = read_text("label,score\r\n1, 0.25 \r\n0,1e-3\r\n1.0,1\r\n\r\n");
  EXPECT_EQ(table.score, (std::vector<double>{.25, .001, 1}));
  EXPECT_EQ(table.label, (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_EQ(table.role, std::vector<RowRole>(3, RowRole::Fitted));
  EXPECT_FALSE(table.has_split);
}

TEST(ScoreTable, StepsDoNotMatter) {
  const std::string text = "score,label\n.1,0\n.2,1\n.3,0\n.4,1\n.5,1\n";
  EXPECT_EQ(read(MemoryView(text), {}, "s.csv", 1).score, read_text(text).score);
}

TEST(ScoreTable, SplitAndDomainGiveRoles) {
  const ScoreTable table = read_text(
      "id,score,label,split,domain\na,.1,0,cal,source\nb,.2,1,test,source\nc,.3,,cal,target\nd,.4,,test,"
      "source\n"
      "e,.5,1,test,target\n");
  EXPECT_EQ(table.role, (std::vector<RowRole>{RowRole::Fitted, RowRole::Test, RowRole::Target, RowRole::Test,
                                              RowRole::Target}));
  EXPECT_EQ(table.label, (std::vector<std::uint8_t>{0, 1, no_label, no_label, 1}));
  EXPECT_TRUE(table.has_split);
  EXPECT_TRUE(table.has_domain);
}

TEST(ScoreTable, LogitsMayBeAnyNumber) {
  const ScoreTable table = read_text("score,label\n-12.5,0\n3.7,1\n", logits());
  EXPECT_EQ(table.score, (std::vector<double>{-12.5, 3.7}));
  EXPECT_EQ(table.scale, ScoreScale::Logit);
}

TEST(ScoreTable, TopLabelOfProbabilities) {
  const ScoreTable table =
      read_text("label,p_0,p_1,p_2\n0,.7,.2,.1\n2,.4,.4,.2\n1,.1,.2,.7\n", with_mode(ScoreMode::TopLabel));
  EXPECT_EQ(table.score, (std::vector<double>{.7, .4, .7}));
  EXPECT_EQ(table.label, (std::vector<std::uint8_t>{1, 0, 0}));  // row 2: the first maximum is class 0
}

TEST(ScoreTable, TopLabelOfLogitsUsesTheSoftmax) {
  const ScoreTable table = read_text("z_1,label,z_0\n0,1,1000\n2,1,1\n", with_mode(ScoreMode::TopLabel));
  EXPECT_EQ(table.score[0], 1);
  EXPECT_NEAR(table.score[1], 1 / (1 + std::exp(-1.0)), 1e-15);
  EXPECT_EQ(table.label, (std::vector<std::uint8_t>{0, 1}));
}

TEST(ScoreTable, OneVsRest) {
  const ScoreTable table = read_text("label,p_0,p_1,p_2\n0,.7,.2,.1\n2,.4,.4,.2\n2.0,.1,.2,.7\n",
                                     with_mode(ScoreMode::OneVsRest, 2));
  EXPECT_EQ(table.score, (std::vector<double>{.1, .2, .7}));
  EXPECT_EQ(table.label, (std::vector<std::uint8_t>{0, 1, 1}));
}

TEST(ScoreTable, NpyOfTwoColumns) {
  const std::vector<std::byte> file = write_npy(std::vector<double>{.1, 0, .9, 1, .4, 1}, {3, 2});
  const ScoreTable table = read(MemoryView(std::span<const std::byte>(file)), {}, "s.npy", 2);
  EXPECT_EQ(table.score, (std::vector<double>{.1, .9, .4}));
  EXPECT_EQ(table.label, (std::vector<std::uint8_t>{0, 1, 1}));
  // The content tells the format, whatever the name.
  EXPECT_EQ(read(MemoryView(std::span<const std::byte>(file)), {}, "s.csv").rows(), 3u);
}

// What is wrong with files.

TEST(BadScores, ScoreOutsideTheUnitInterval) {
  std::string text = "score,label\n";
  for (int row = 1; row < 12; ++row) text += "0.5,1\n";
  expect_problem(
      problems_of_text(text + "3.7,0\n"), "scores",
      {"s.csv", "row 12", "score 3.7", "allowed 0…1", "use score_kind=logit for real-valued scores"});
  expect_problem(problems_of_text("score,label\n-0.1,0\n"), "scores", {"row 1", "-0.1"});
}

TEST(BadScores, NotAFiniteNumber) {
  for (const std::string bad : {"nan", "NaN", "inf", "-Infinity", "1e400", "abc", "", "0,5x", "0x1"}) {
    const std::string field = bad.find(',') != std::string::npos ? "\"" + bad + "\"" : bad;
    const std::string text = "score,label\n.2,0\n" + field + ",1\n";
    expect_problem(problems_of_text(text), "scores",
                   {"row 2", "column \"score\"", bad, "finite decimal numbers"});
    expect_problem(problems_of_text(text, logits()), "scores", {"row 2", "column \"score\""});
  }
}

TEST(BadScores, LabelsOtherThanZeroAndOne) {
  for (const std::string bad : {"2", "-1", "0.5", "yes", "nan"}) {
    expect_problem(problems_of_text("score,label\n.2,0\n.3," + bad + "\n"), "scores",
                   {"row 2", "column \"label\"", bad, "allowed: 0 or 1"});
  }
}

TEST(BadScores, EmptyLabelsInSourceAndCalRows) {
  expect_problem(problems_of_text("score,label\n.2,0\n.3,\n"), "scores",
                 {"row 2", "label is empty", "domain=target"});
  expect_problem(problems_of_text("score,label,split\n.2,0,cal\n.3,,cal\n"), "scores", {"row 2", "empty"});
  expect_problem(problems_of_text("score,label,domain\n.2,0,source\n.3,,source\n"), "scores",
                 {"row 2", "empty"});
}

TEST(BadScores, ManyProblemsAtOnce) {
  const std::vector<Problem> problems = problems_of_text("score,label\n7,0\n.3,5\nx,y\n.4,1\n");
  ASSERT_EQ(problems.size(), 4u);
  EXPECT_NE(problems[1].message.find("row 2"), std::string::npos);
  EXPECT_NE(problems[3].message.find("row 3, column \"label\""), std::string::npos);
  std::string text = "score,label\n";
  for (int row = 0; row < 1000; ++row) text += "9,9\n";
  const std::vector<Problem> many = problems_of_text(text);
  EXPECT_EQ(many.size(), most_reported_problems + 1);
  EXPECT_NE(many.back().message.find("there may be more"), std::string::npos);
}

TEST(BadScores, ColumnsMissingUnknownOrUnsupported) {
  expect_problem(problems_of_text("label\n1\n"), "scores", {"header", "\"score\" is missing"});
  expect_problem(problems_of_text("score\n.1\n"), "scores", {"header", "\"label\" is missing"});
  expect_problem(problems_of_text("score,label,colour\n.1,1,red\n"), "scores",
                 {"unknown column \"colour\"", "allowed: score, label, split, domain, id"});
  expect_problem(problems_of_text("score,label,weight\n.1,1,2\n"), "scores", {"weight", "not supported"});
  EXPECT_EQ(problems_of_text("a,b\n1,2\n").size(), 4u);  // two unknown, two missing
  expect_problem(problems_of_text("score;label\n.1;1\n"), "scores", {"unknown column"});
}

// Found by fuzzing: a file of many columns gave a problem for each.
TEST(BadScores, ManyBadColumnsGiveFewProblems) {
  std::string header = "score,label";
  for (int column = 0; column < 300; ++column) header += ",c" + std::to_string(column);
  const std::vector<Problem> problems = problems_of_text(header + "\n");
  ASSERT_EQ(problems.size(), most_reported_problems + 1);
  EXPECT_NE(problems.back().message.find("280 more problems"), std::string::npos) << problems.back().message;
}

TEST(BadScores, ClassColumnsAndModes) {
  expect_problem(problems_of_text("label,p_0,p_1\n0,.5,.5\n"), "mode",
                 {"mode=binary", "top_label", "one_vs_rest"});
  expect_problem(problems_of_text("label,score\n0,.5\n", with_mode(ScoreMode::TopLabel)), "scores",
                 {"unknown column \"score\""});
  expect_problem(problems_of_text("label,p_0\n0,.5\n", with_mode(ScoreMode::TopLabel)), "scores",
                 {"mode=top_label", "two or more classes"});
  expect_problem(problems_of_text("label,p_0,p_2\n0,.5,.5\n", with_mode(ScoreMode::TopLabel)), "scores",
                 {"\"p_1\" is missing"});
  expect_problem(problems_of_text("label,p_0,p_1,z_0\n0,.5,.5,1\n", with_mode(ScoreMode::TopLabel)), "scores",
                 {"together"});
  expect_problem(problems_of_text("label,p_0,p_1\n0,.5,.5\n", with_mode(ScoreMode::OneVsRest, 2)),
                 "positive_class", {"positive_class=2", "0…1"});
  expect_problem(problems_of_text("label,p_0,p_1\n2,.5,.5\n", with_mode(ScoreMode::TopLabel)), "scores",
                 {"row 1", "label \"2\"", "0…1"});
  expect_problem(problems_of_text("label,p_0,p_1\n0.5,.5,.5\n", with_mode(ScoreMode::TopLabel)), "scores",
                 {"label \"0.5\""});
  expect_problem(problems_of_text("label,p_0,p_1\n1,.5,1.5\n", with_mode(ScoreMode::TopLabel)), "scores",
                 {"row 1", "\"p_1\"", "1.5", "z_0"});
}

TEST(BadScores, SplitDomainAndId) {
  expect_problem(problems_of_text("score,label,split\n.1,1,train\n"), "scores",
                 {"row 1", "\"train\"", "cal or test"});
  expect_problem(problems_of_text("score,label,domain\n.1,1,here\n"), "scores",
                 {"\"here\"", "source or target"});
  expect_problem(problems_of_text("id,score,label,split\nx,.1,1,cal\ny,.2,0,cal\nx,.3,1,test\n"), "scores",
                 {"row 3", "\"x\"", "also in row 1"});
  expect_problem(problems_of_text("id,score,label\n,.1,1\n"), "scores", {"row 1", "id is empty"});
}

TEST(BadScores, FilesThatAreNoTable) {
  expect_problem(problems_of_text(""), "scores", {"s.csv", "empty"});
  expect_problem(problems_of_text("score,label\n"), "scores", {"s.csv", "no row"});
  expect_problem(problems_of_text("score,label\n.1,1\n.2\n"), "scores", {"row 2", "1 field", "2"});
  expect_problem(problems_of_text("score,label\n.1,1,5\n"), "scores", {"row 1", "3 fields"});
  expect_problem(problems_of_text(std::string("\x7f\x45\x4c\x46\x00\x01\x02\x00", 8)), "scores", {"binary"});
  expect_problem(problems_of_text("score,score,label\n.1,.2,1\n"), "scores", {"two columns"});
  // What was found before a damaged row is told with it.
  const std::vector<Problem> both = problems_of_text("score,label\n7,1\n.2\n");
  ASSERT_EQ(both.size(), 2u);
  EXPECT_NE(both[1].message.find("1 field"), std::string::npos);
}

TEST(BadScores, NpyFiles) {
  const auto problems = [](std::vector<std::byte> file, const ScoreOptions& options = {}) {
    return problems_of(MemorySource(std::move(file)), options, "s.npy");
  };
  const std::vector<double> four = {.1, 0, .9, 1};
  expect_problem(problems(write_npy(four, {4})), "scores", {"(4,)", "(n, 2)"});
  expect_problem(problems(write_npy(four, {1, 4})), "scores", {"(1, 4)", "(n, 2)"});
  expect_problem(problems(write_npy({}, {0, 2})), "scores", {"no row"});
  std::vector<std::byte> cut = write_npy(four, {2, 2});
  cut.pop_back();
  expect_problem(problems(cut), "scores", {"s.npy", "cut off"});
  std::vector<std::byte> header = write_npy(four, {2, 2});
  header[0] = std::byte{'X'};
  expect_problem(problems(header), "scores", {"s.npy", "not a NumPy"});
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  expect_problem(problems(write_npy(std::vector<double>{.1, 0, nan, 1}, {2, 2})), "scores", {"row 2", "NaN"});
  expect_problem(problems(write_npy(std::vector<double>{.1, 0, 1.5, 1}, {2, 2})), "scores",
                 {"row 2", "1.5", "0…1"});
  expect_problem(problems(write_npy(std::vector<double>{.1, .5, .2, nan}, {2, 2})), "scores",
                 {"row 1", "label 0.5", "0 or 1"});
  expect_problem(problems(write_npy(four, {2, 2}), with_mode(ScoreMode::TopLabel)), "mode", {"NPY", "CSV"});
  // Integers are no scores.
  std::vector<std::byte> integers = write_npy(four, {2, 2});
  const std::string_view from = "<f8";
  auto* text = reinterpret_cast<char*>(integers.data());
  std::memcpy(std::search(text, text + integers.size(), from.begin(), from.end()), "<i8", 3);
  EXPECT_FALSE(problems(integers).empty());
}

TEST(BadScores, DamagedFilesAreReadOrRefused) {
  const std::string csv =
      "id,score,label,split,domain\na,.1,0,cal,source\n\"b\",.2,1,test,source\nc,.3,,cal,target\n";
  const std::vector<std::byte> npy = write_npy(std::vector<double>{.1, 0, .9, 1, .4, 1}, {3, 2});
  const std::string npy_text(reinterpret_cast<const char*>(npy.data()), npy.size());
  Random random(1, "damage");
  int refused = 0;
  for (int repeat = 0; repeat < 4000; ++repeat) {
    std::string text = repeat % 2 == 0 ? csv : npy_text;
    for (std::uint64_t change = 0; change <= random.below(4); ++change) {
      const std::size_t at = static_cast<std::size_t>(random.below(text.size()));
      switch (random.below(3)) {
        case 0:
          text[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          text.erase(at, 1 + static_cast<std::size_t>(random.below(5)));
          break;
        default:
          text.insert(at, 1, ",\"\n\r.-e0"[random.below(8)]);
      }
      if (text.empty()) text = ",";
    }
    try {
      const ScoreTable table = read(MemoryView(text));
      for (const double score : table.score) ASSERT_TRUE(score >= 0 && score <= 1);
      ASSERT_EQ(table.label.size(), table.rows());
    } catch (const InputError& error) {
      ++refused;
      ASSERT_FALSE(error.problems().empty());
      ASSERT_EQ(error.problems()[0].key.empty(), false);
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace reprise::recal
