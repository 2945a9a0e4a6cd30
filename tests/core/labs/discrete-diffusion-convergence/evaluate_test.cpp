// Study evaluate on data of one's own: numbers by hand, and what it refuses.
#include "core/labs/study_runs.h"
#include "data/npy.h"

#include <cmath>

namespace reprise {
namespace {

using namespace reprise::testing;

const std::string two = "x1,p\n0,0.7\n1,0.3\n";
const std::string grid = "sigma\n2\n1\n0.5\n";

TEST(Evaluate, TwoSymbolsByHand) {
  const Json report = run_study("evaluate", R"({"quadrature_nodes": 64})", {{"law", two}, {"grid", grid}});
  EXPECT_NEAR(metric(report, "tv"), 0.04241084, 5e-9);
  EXPECT_NEAR(metric(report, "w1_hamming"), 0.04241084, 5e-9);
  EXPECT_NEAR(metric(report, "tv_init"), 0.2 * std::exp(-2.0), 1e-15);
  EXPECT_NEAR(metric(report, "residual_bound"), 0.03899783 + 0.02236897, 1e-8);
  // The observable is "the first token is 0": its error is minus the total variation.
  EXPECT_NEAR(metric(report, "error"), -0.04241084, 5e-9);
  EXPECT_NEAR(metric(report, "error"), metric(report, "init_term") + metric(report, "discretisation_term"),
              1e-15);
  EXPECT_EQ(verdict(report, "explicit-dominates"), "holds");
}

TEST(Evaluate, MaskByHand) {
  const Json report = run_study("evaluate", R"({"prior": "masked"})", {{"law", two}, {"grid", grid}});
  EXPECT_NEAR(metric(report, "mask_probability_generated"), 0.63922038, 5e-9);
  EXPECT_NEAR(metric(report, "mask_probability_target"), 0.39346934, 5e-9);
  EXPECT_NEAR(metric(report, "tv"), 0.24575104, 5e-9);
  EXPECT_TRUE(std::isinf(metric(report, "kl_init")));
  EXPECT_TRUE(std::isinf(metric(report, "pinsker_bound")));
  EXPECT_EQ(verdict(report, "explicit-dominates"), "holds");
}

TEST(Evaluate, GridsInEveryFormatAreTheSame) {
  const Json csv = run_study("evaluate", "{}", {{"law", two}, {"grid", grid}});
  const Json json = run_study("evaluate", "{}", {{"law", two}, {"grid.json", R"({"sigma": [2, 1, 0.5]})"}});
  const Json table =
      run_study("evaluate", R"({"levels": 2})", {{"law", two}, {"grid", "t,sigma\n0,0.5\n0.5,1\n1,2\n"}});
  EXPECT_EQ(json.at("metrics"), csv.at("metrics"));
  EXPECT_EQ(table.at("metrics"), csv.at("metrics"));
}

TEST(Evaluate, PriorOfOnesOwn) {
  const Json report =
      run_study("evaluate", R"({"prior": "user"})",
                {{"law", "x1,p\n0,0.3\n1,0.7\n"}, {"grid", grid}, {"prior", "token,p\n1,0.2\n0,0.8\n"}});
  EXPECT_NEAR(metric(report, "tv"), 0.1100567017, 5e-11);
  EXPECT_EQ(verdict(report, "explicit-dominates"), "left out");
}

TEST(Evaluate, AScoreErrorHasATermOfItsOwn) {
  const Json with = run_study("evaluate", R"({"levels": 5, "score_error": 0.2})");
  EXPECT_NE(metric(with, "score_term"), 0);
  EXPECT_LE(std::fabs(metric(with, "identity_residual")), 1e-13);
  EXPECT_EQ(metric(run_study("evaluate", R"({"levels": 5})"), "score_term"), 0);
}

/// The exact score of the two-symbol law at levels 2 and 1, times `factor`, as NPY.
std::string score_file(double factor) {
  std::vector<double> score;
  for (const double sigma : {2.0, 1.0}) {
    const double first = 0.5 + 0.2 * std::exp(-sigma);
    const double p[2] = {first, 1 - first};
    for (std::size_t y = 0; y < 2; ++y) {
      for (std::size_t a = 0; a < 2; ++a) score.push_back(factor * p[a] / p[y]);
    }
  }
  const std::vector<std::byte> bytes = write_npy(score, {2, 2, 1, 2});
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Evaluate, ScoreOfOnesOwn) {
  const Json exact = run_study("evaluate", R"({"quadrature_nodes": 64})",
                               {{"law", two}, {"grid", grid}, {"score.npy", score_file(1)}});
  EXPECT_NEAR(metric(exact, "tv"), 0.04241084, 5e-9);
  EXPECT_NEAR(metric(exact, "score_term"), 0, 1e-15);
  EXPECT_NEAR(metric(exact, "residual_bound"), 0.03899783 + 0.02236897, 1e-8);
  const Json doubled =
      run_study("evaluate", "{}", {{"law", two}, {"grid", grid}, {"score.npy", score_file(2)}});
  EXPECT_GT(std::fabs(metric(doubled, "score_term")), 1e-3);
  EXPECT_LE(std::fabs(metric(doubled, "identity_residual")), 1e-14);
  EXPECT_EQ(verdict(doubled, "bound-valid"), "holds");
}

TEST(Evaluate, ObservableOfOnesOwn) {
  // 1 where the generated law is above the true one: the error is the total variation.
  const Json report =
      run_study("evaluate", "{}", {{"law", two}, {"grid", grid}, {"observable", "x1,value\n0,0\n1,1\n"}});
  EXPECT_NEAR(metric(report, "error"), metric(report, "tv"), 1e-15);
  const Json constant =
      run_study("evaluate", "{}", {{"law", two}, {"grid", grid}, {"observable", "x1,value\n0,3\n1,3\n"}});
  EXPECT_NEAR(metric(constant, "error"), 0, 1e-14);
}

TEST(Evaluate, KernelsOnThreeSymbols) {
  const std::string law = "x1,p\n0,0.6\n1,0.3\n2,0.1\n", levels = "sigma\n3\n1\n0.4\n";
  EXPECT_NEAR(
      metric(run_study("evaluate", R"({"kernel":"tweedie"})", {{"law", law}, {"grid", levels}}), "tv"),
      0.0010130020, 6e-11);
  EXPECT_NEAR(metric(run_study("evaluate", R"({"kernel":"euler"})", {{"law", law}, {"grid", levels}}), "tv"),
              0.0568915099, 6e-11);
}

void expect_refusal(const std::string& settings, const Files& files, const std::string& part) {
  const std::string message = refusal("evaluate", settings, files);
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(Evaluate, RefusesLawsThatAreNone) {
  expect_refusal("{}", {{"law", "x1,p\n0,0.7\n1,-0.3\n"}}, "row 2, column p: -0.3");
  expect_refusal("{}", {{"law", "x1,p\n0,0.7\n1,nan\n"}}, "row 2");
  expect_refusal("{}", {{"law", "x1,p\n0,0.7\n1,0.7\n"}}, "sums to 1.4");
  expect_refusal("{}", {{"law", "x1,p\n0,0.5\n0,0.5\n"}}, "the state of row 1 again");
  expect_refusal("{}", {{"law", "x1,p\n0.5,1\n"}}, "row 1, column x1: 0.5");
  expect_refusal("{}", {{"law", "a,p\n0,1\n"}}, "x1");
  expect_refusal("{}", {{"law", "x1,x2,x3,p\n999,0,0,1\n"}}, "at most 1048576 states");
  expect_refusal("{}", {{"law", "x1,x2,x3,p\n999,0,0,1\n"}}, "sequence-score");
  expect_refusal(R"({"vocabulary_size": 2000, "length": 2})", {}, "sequence-score takes long sequences");
  expect_refusal("{}", {{"law", "p\n1\n"}}, "no column of tokens");
  expect_refusal(R"({"vocabulary_size": 1})", {}, "vocabulary_size");
  expect_refusal(R"({"length": 0})", {}, "length");
  expect_refusal(R"({"prior": "masked"})", {{"law", two}, {"observable", "x1,value\n0,1\n1,0\n3,0\n"}},
                 "tokens 0…2");
  expect_refusal(R"({"vocabulary_size": 200, "length": 3})", {}, "at most 1048576 states");
  expect_refusal(R"({"target": "file"})", {}, "no input 'law'");
}

TEST(Evaluate, RefusesGridsAndModesThatDoNotFit) {
  expect_refusal("{}", {{"law", two}, {"grid", "sigma\n2\n2\n0.5\n"}}, "grid row 2: sigma is 2");
  expect_refusal("{}", {{"law", two}, {"grid", "sigma\n2\n"}}, "at least 2");
  expect_refusal("{}", {{"law", "x1,p\n0,1\n"}, {"grid", "sigma\n2\n0\n"}}, "infinite");
  expect_refusal(R"({"levels": 0})", {}, "levels");
  expect_refusal("{}", {{"law", two}, {"grid.json", R"({"sigma": [2, 1, "x"]})"}}, "sigma entry 3");
  expect_refusal(R"({"freeze": "rate"})", {{"law", two}, {"grid", grid}}, "rates need a schedule");
  expect_refusal(R"({"sigma_max": 0.5, "sigma_min": 0.5})", {}, "sigma_min is 0.5");
  expect_refusal(R"({"kernel": "euler", "vocabulary_size": 100})", {}, "10000 states");
}

TEST(Evaluate, RefusesPriorsObservablesAndScoresThatDoNotFit) {
  expect_refusal(R"({"prior": "user"})", {{"law", two}}, "prior is user");
  expect_refusal("{}", {{"law", two}, {"prior", "token,p\n0,1\n"}}, "prior is uniform");
  expect_refusal(R"({"prior": "user"})", {{"law", two}, {"prior", "token,p\n0,1\n"}}, "1 rows");
  expect_refusal(R"({"prior": "user"})", {{"law", two}, {"prior", "token,p\n0,1\n2,0\n"}}, "column token: 2");
  expect_refusal("{}", {{"law", two}, {"observable", "x1,value\n0,1\n"}}, "1 rows");
  expect_refusal("{}", {{"law", two}, {"observable", "x1,x2,value\n0,0,1\n"}}, "2 token columns");
  expect_refusal("{}", {{"law", two}, {"observable", "x1,value\n0,1\n1,inf\n"}}, "row 2");
  expect_refusal(R"({"levels": 3})", {{"law", two}, {"score.npy", score_file(1)}}, "shape: (2, 2, 1, 2)");
  expect_refusal("{}", {{"law", two}, {"grid", grid}, {"score.npy", score_file(-1)}},
                 "step 0, state 0, token 0, symbol 1");
  expect_refusal("{}", {{"law", two}, {"grid", grid}, {"score.npy", score_file(NAN)}},
                 "step 0, state 0, token 0, symbol 1: NaN");
  expect_refusal(R"({"kernel": "euler"})", {{"law", two}, {"grid", grid}, {"score.npy", score_file(1)}},
                 "frozen_ctmc");
  const std::vector<std::byte> masked = write_npy(std::vector<double>(12, 1), {2, 3, 1, 2});
  expect_refusal(R"({"prior": "masked"})",
                 {{"law", two},
                  {"grid", grid},
                  {"score.npy", {reinterpret_cast<const char*>(masked.data()), masked.size()}}},
                 "only masked tokens change");
}

}  // namespace
}  // namespace reprise
