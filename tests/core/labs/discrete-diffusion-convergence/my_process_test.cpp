// Study my-process: noise of rank one told jump by jump gives the numbers worked out for rank one; other
// noise by hand; what it refuses.
#include "base/byte_source.h"
#include "core/labs/study_runs.h"
#include "data/npy.h"
#include "labs/discrete-diffusion-convergence/process_bounds.h"
#include "markov/token_rates.h"
#include "study/report.h"

#include <cmath>

namespace reprise {
namespace {

using namespace reprise::testing;

const std::string two = "x1,p\n0,0.7\n1,0.3\n";
const std::string grid = R"({"sigma": [2, 1, 0.5]})";

TEST(MyProcess, TwoSymbolsByHand) {
  const Json report =
      run_study("my-process", R"({"quadrature_nodes": 64})",
                {{"law", two}, {"schedule.json", grid}, {"rates", "from,to,rate\n0,1,0.5\n1,0,0.5\n"}});
  EXPECT_NEAR(metric(report, "tv"), 0.04241084, 5e-9);
  EXPECT_NEAR(metric(report, "tv_init"), 0.2 * std::exp(-2.0), 1e-15);
  EXPECT_NEAR(metric(report, "residual_bound"), 0.03899783 + 0.02236897, 1e-8);
  EXPECT_NEAR(metric(report, "error"), -0.04241084, 5e-9);
  EXPECT_NEAR(metric(report, "error"), metric(report, "init_term") + metric(report, "discretisation_term"),
              1e-15);
  EXPECT_EQ(verdict(report, "bound-valid"), "holds");
}

TEST(MyProcess, AnyPriorAsJumps) {
  const Json report = run_study("my-process", "{}",
                                {{"law", "x1,p\n0,0.3\n1,0.7\n"},
                                 {"schedule", "sigma\n2\n1\n0.5\n"},
                                 {"rates.json", R"({"matrix": [[-0.2, 0.2], [0.8, -0.8]]})"}});
  EXPECT_NEAR(metric(report, "tv"), 0.1100567017, 5e-11);
  EXPECT_NEAR(cell(report, "stationary", 0, "p").as_number(), 0.8, 1e-15);
}

// Redraws, and the same redraws as six single jumps.
TEST(MyProcess, ThreeSymbolsByStructureAndByJumps) {
  const std::string law = "x1,p\n0,0.6\n1,0.3\n2,0.1\n", levels = "sigma\n3\n1\n0.4\n";
  const std::string third = "0.333333333333333333";
  std::string jumps = "from,to,rate\n";
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 3; ++b) {
      if (a != b) jumps += std::to_string(a) + "," + std::to_string(b) + "," + third + "\n";
    }
  }
  for (const auto& rates : Files{{"rates.json", R"({"symbols": 3, "refresh": 1})"}, {"rates", jumps}}) {
    const Json report =
        run_study("my-process", R"({"quadrature_nodes": 64})", {{"law", law}, {"schedule", levels}, rates});
    EXPECT_NEAR(metric(report, "tv"), 0.0776544837, 6e-11);
    EXPECT_NEAR(cell(report, "steps", 0, "residual").as_number(), 0.14547015, 5e-9);
    EXPECT_NEAR(cell(report, "steps", 1, "residual").as_number(), 0.05665350, 5e-9);
  }
}

TEST(MyProcess, MaskAsJumps) {
  // Both tokens end in symbol 2: a mask.
  const Json report = run_study(
      "my-process", "{}", {{"law", two}, {"schedule.json", grid}, {"rates", "from,to,rate\n0,2,1\n1,2,1\n"}});
  EXPECT_NEAR(metric(report, "tv"), 0.24575104, 5e-9);
  EXPECT_TRUE(std::isinf(metric(report, "kl_init")));
}

// Of rank one plus jumps: the expected value of the observable at every level, backwards by hand.
TEST(MyProcess, DownloadsTheLawsAndTheAdjoint) {
  RunRequest request = request_for("my-process", R"({"levels": 3, "vocabulary_size": 5})");
  const WrittenReport written = write_report(run_locally(std::move(request)), std::nullopt);
  ASSERT_TRUE(written.files.count("marginals.npy") && written.files.count("adjoint.npy"));
  ASSERT_TRUE(written.files.count("grid.csv"));
  const MemorySource marginals(written.files.at("marginals.npy").bytes),
      adjoint(written.files.at("adjoint.npy").bytes);
  const NpyReader p(marginals, "p"), u(adjoint, "u");
  EXPECT_EQ(p.shape(), (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(u.shape(), (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(u.read_rows(3, 1), (std::vector<double>{1, 0, 0, 0, 0}));  // the observable itself
  const Json report = Json::parse(written.json);
  const std::vector<double> noisy = p.read_rows(0, 1), u0 = u.read_rows(0, 1);
  double init = 0;
  for (std::size_t y = 0; y < 5; ++y) init += (0.2 - noisy[y]) * u0[y];  // uniform is stationary
  EXPECT_NEAR(metric(report, "init_term"), init, 1e-15);
}

TEST(MyProcess, RecommendsTheGridOfRankOne) {
  const Json own = run_study("my-process", R"({"neighbour_rate": 0, "vocabulary_size": 64, "levels": 32})");
  const Json lab = run_study("schedules", R"({"vocabulary_size": 64, "levels_list": [16, 32]})");
  for (std::size_t row = 0; row < 33; ++row) {
    EXPECT_NEAR(cell(own, "grid", row, "sigma").as_number(), cell(lab, "grid", row, "sigma").as_number(),
                1e-9);
  }
  EXPECT_EQ(verdict(own, "recommended-grid-smaller-bound"), "holds");
}

// Σ over pairs of states, one by one.
TEST(ResidualDensity, IsTheSumOverAllJumps) {
  using namespace markov;
  const TokenRates rates(3, 0.6, {0.5, 0.3, 0.2}, {{0, 1, 2}, {1, 2, 0.5}, {2, 0, 1}});
  Law clean{{3, 2}, {0.3, 0.05, 0.05, 0.1, 0.2, 0.05, 0.05, 0.1, 0.1}};
  const Law w = noised(clean, rates, 1), p = noised(clean, rates, 0.8);
  double forward[3][3] = {{0, 2, 0}, {0, 0, 0.5}, {1, 0, 0}};
  const double prior[3] = {0.5, 0.3, 0.2};
  for (auto& row : forward) {
    for (int b = 0; b < 3; ++b) row[b] += 0.6 * prior[b];
  }
  double sum = 0;
  for (std::size_t y = 0; y < 9; ++y) {
    for (std::size_t x = 0; x < 9; ++x) {
      if ((x / 3 != y / 3) + (x % 3 != y % 3) != 1) continue;
      const double rate = x / 3 != y / 3 ? forward[x / 3][y / 3] : forward[x % 3][y % 3];
      sum += rate * std::fabs(p.p[y] * w.p[x] / w.p[y] - p.p[x]);
    }
  }
  EXPECT_NEAR(diffusion::residual_density(FrozenJumps(rates, w), rates, p), sum, 1e-15);
}

void expect_refusal(const std::string& settings, const Files& files, const std::string& part) {
  const std::string message = refusal("my-process", settings, files);
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(MyProcess, RefusesWhatItCannotUse) {
  expect_refusal("{}", {{"law", two}, {"rates", "from,to,rate\n0,1,-1\n"}}, "rates.csv row 1, column rate");
  expect_refusal("{}", {{"law", "x1,p\n0,0.5\n2,0.5\n"}, {"rates", "from,to,rate\n0,1,1\n"}},
                 "the law has 3 symbols");
  expect_refusal("{}", {{"law", two}, {"rates", "from,to,rate\n0,1,1\n2,3,1\n3,2,1\n"}}, "never left");
  expect_refusal("{}", {{"schedule.json", R"({"sigma": [1, 2]})"}}, "sigma is 2");
  expect_refusal("{}", {{"law", "x1,p\n0,1\n"}, {"schedule", "sigma\n2\n0\n"}}, "infinite");
  expect_refusal(R"({"refresh_rate": 0, "neighbour_rate": 0})", {}, "both 0");
  expect_refusal(R"({"vocabulary_size": 262144, "levels": 200})", {}, "Take fewer levels");
  expect_refusal(R"({"observable": "file"})", {}, "an input 'observable'");
  expect_refusal("{}", {{"law", two}, {"observable", "x1,value\n0,1\n"}}, "1 rows");
  EXPECT_EQ(refusal("my-process", R"({"start": "exact"})",
                    {{"law", two}, {"rates", "from,to,rate\n0,1,1\n2,3,1\n3,2,1\n"}}),
            "accepted");
}

TEST(MyProcess, EndsWithoutNoiseWhereTheLawHasEveryState) {
  const Json report = run_study(
      "my-process", "{}",
      {{"law", two}, {"schedule", "sigma\n2\n1\n0\n"}, {"rates", "from,to,rate\n0,1,0.5\n1,0,0.5\n"}});
  EXPECT_EQ(verdict(report, "recommended-grid-smaller-bound"), "left out");
  EXPECT_EQ(verdict(report, "identity-exact"), "holds");
}

}  // namespace
}  // namespace reprise
