// The study my-scores: what it says of data and parameters that it cannot use.
#include "core/labs/recalibration/my_scores_runs.h"

namespace reprise::recal {
namespace {

using namespace testing;

TEST(MyScoresBadInput, BinsThatTheRowsDoNotAllow) {
  std::string text = "score,label\n";
  for (int row = 0; row < 80; ++row) text += Json(row / 80.0).dump() + (row % 3 == 0 ? ",1\n" : ",0\n");
  const std::vector<Problem> problems = problems_of(text, R"({"bins": 50})");
  EXPECT_EQ(problems.at(0).message, "bins=50 needs at least 100 rows, got 80; allowed 1…40");
  EXPECT_EQ(problems.at(0).key, "bins");
  expect_problem(problems_of(text, R"({"bins": 21, "sample_split": true})").at(0), "bins", "allowed 1…20");
  expect_problem(problems_of(text, R"({"bins": -1})").at(0), "bins", "-1");
  expect_problem(problems_of("score,label\n.1,0\n.2,1\n.3,0\n").at(0), "bins",
                 "needs at least 8 rows, got 3");
  EXPECT_EQ(run("score,label\n.1,0\n.2,1\n.3,0\n.5,1\n", R"({"bins": 2})").metrics.at("bins"), 2);
}

TEST(MyScoresBadInput, RowsToFitOn) {
  expect_problem(problems_of("score,label\n.1,0\n").at(0), "scores", "2 or more rows");
  expect_problem(problems_of("score,label,split\n.1,0,test\n.2,1,test\n").at(0), "scores", "split=cal");
  expect_problem(problems_of("score,label,domain\n.1,0,target\n.2,1,target\n").at(0), "scores",
                 "domain=source");
}

TEST(MyScoresBadInput, ShiftThatCannotBeEstimated) {
  const std::string source = "score,label,domain\n.1,0,source\n.2,1,source\n.3,0,source\n.4,1,source\n";
  const std::string labels = R"({"bins": 1, "shift_estimator": "labels"})";
  expect_problem(problems_of(source + ".2,,target\n", labels).at(0), "shift_estimator", "have none");
  expect_problem(problems_of(source + ".2,1,target\n", R"({"bins": 1, "pseudo": 0})").at(0), "pseudo",
                 "no target row has label 0");
  // Several problems at once.
  EXPECT_EQ(problems_of(source + ".2,1,target\n", R"({"bins": 3, "pseudo": 0})").size(), 2u);
}

TEST(MyScoresBadInput, ParametersOutOfRange) {
  for (const char* overrides : {R"({"delta": 0})", R"({"delta": 1})", R"({"lipschitz": -1})",
                                R"({"pseudo": -1})", R"({"interval": 1})", R"({"folds": 51})",
                                R"({"ece_bins": 0})", R"({"edge_rule": "quantile"})", R"({"unknown": 1})"}) {
    const std::unique_ptr<Study> study = make_my_scores();
    EXPECT_THROW(study->resolve("", Json::parse(overrides)), InputError) << overrides;
  }
  expect_problem(problems_of(ten_rows, R"({"folds": 1})").at(0), "folds", "0, or 2…50");
  expect_problem(problems_of(ten_rows, R"({"score_kind": "logit", "mode": "top_label"})").at(0), "score_kind",
                 "z_0");
}

TEST(MyScoresBadInput, TheFileItself) {
  expect_problem(problems_of("score,label\n.1,0\n3.7,1\n").at(0), "scores", "mine.csv row 2");
  expect_problem(problems_of("").at(0), "scores", "empty");
  const std::unique_ptr<Study> study = make_my_scores();
  const std::vector<Problem> problems = study->validate(study->resolve("", Json::object()), {});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].message, "input 'scores' is required");
}

}  // namespace
}  // namespace reprise::recal
