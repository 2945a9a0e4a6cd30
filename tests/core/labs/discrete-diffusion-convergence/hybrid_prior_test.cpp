// Noise between uniform and masked: two classes by hand, and the ends.
#include "core/labs/study_runs.h"

#include <cmath>

namespace reprise {
namespace {

using namespace reprise::testing;

// One token, two symbols with ½ each: by symmetry only "masked or not" matters, a chain of two states with
// the mask's probability ρ·(1 − e^−σ).
TEST(HybridPrior, TwoClassesByHand) {
  const Json report = run_study(
      "hybrid-prior",
      R"({"mask_shares": [0.3, 0.8], "levels": 3, "sigma_max": 4, "sigma_min": 0.25, "quadrature_nodes": 32})",
      {{"law", "x1,p\n0,0.5\n1,0.5\n"}});
  for (std::size_t row = 0; row < 2; ++row) {
    const double share = row == 0 ? 0.3 : 0.8;
    const auto masked = [&](double sigma) { return share * (1 - std::exp(-sigma)); };
    double q = share, bound = 0;
    for (int k = 0; k < 3; ++k) {
      const double high = 4 * std::pow(0.25 / 4, k / 3.0), low = 4 * std::pow(0.25 / 4, (k + 1) / 3.0);
      const double w = masked(high);
      const double in = (1 - share) * w / (1 - w),
                   out = share * (1 - w) / w;  // frozen rates to and from the mask
      q = in / (in + out) + (q - in / (in + out)) * std::exp(-(in + out) * (high - low));
      // |frozen − true rate|, both ways, averaged over p: (1 − ρ)·(1 − w)·|R_0 − R_m|·… with R = p/w.
      for (int i = 0; i < 20000; ++i) {
        const double p = masked(low + (high - low) * (i + 0.5) / 20000);
        const double into = std::fabs((1 - p) * in - (1 - share) * p),
                     from = std::fabs(p * out - share * (1 - p));
        bound += (into + from) * (high - low) / 20000;
      }
    }
    EXPECT_NEAR(cell(report, "shares", row, "tv_init").as_number(), share * std::exp(-4.0), 1e-15);
    EXPECT_NEAR(cell(report, "shares", row, "tv").as_number(), std::fabs(q - masked(0.25)), 1e-14);
    EXPECT_NEAR(cell(report, "shares", row, "residual_bound").as_number(), bound, 1e-8);
  }
}

TEST(HybridPrior, EndsAreUniformAndMaskedNoise) {
  const std::string common = R"("target": "sparse", "vocabulary_size": 5, "length": 2, "levels": 6)";
  const Json report = run_study("hybrid-prior", R"({"mask_shares": [0, 0.5, 1], )" + common + "}");
  EXPECT_EQ(verdict(report, "ends-are-known"), "holds");
  for (const auto& [row, prior] : {std::pair<std::size_t, const char*>{0, "uniform"}, {2, "masked"}}) {
    const Json one = run_study("evaluate", std::string(R"({"prior": ")") + prior + R"(", )" + common + "}");
    EXPECT_NEAR(cell(report, "shares", row, "tv").as_number(), metric(one, "tv"), 1e-14);
    EXPECT_NEAR(cell(report, "shares", row, "residual_bound").as_number(), metric(one, "residual_bound"),
                1e-13);
    EXPECT_NEAR(cell(report, "shares", row, "tv_init").as_number(), metric(one, "tv_init"), 1e-15);
  }
  EXPECT_EQ(cell(report, "shares", 2, "kl_init").as_string(), "Infinity");
}

TEST(HybridPrior, RandomTargetsAreJudgedTogether) {
  const Json report =
      run_study("hybrid-prior",
                R"({"mask_shares": [0.5, 1], "target": "dirichlet", "vocabulary_size": 3, "levels": 4,
                                    "instances": 2})");
  EXPECT_EQ(report.at("tables").at("instances").at("rows_total").as_integer(), 4);
  EXPECT_EQ(report.at("tables").at("shares").at("rows_total").as_integer(), 2);
  EXPECT_EQ(verdict(report, "explicit-dominates"), "holds");
  EXPECT_EQ(verdict(run_study("hybrid-prior", R"({"mask_shares": [0.5], "levels": 4})"), "ends-are-known"),
            "left out");
}

TEST(HybridPrior, RefusesTooManyStatesWithTheMask) {
  EXPECT_NE(refusal("hybrid-prior", R"({"vocabulary_size": 1024})").find("1025^2 states"), std::string::npos);
  const Files wide = {{"law", "x1,x2,p\n1023,0,1\n"}};
  EXPECT_NE(refusal("hybrid-prior", "{}", wide).find("with a mask there are 1025^2 states"),
            std::string::npos);
  EXPECT_NE(refusal("evaluate", R"({"prior": "masked"})", wide).find("with a mask there are 1025^2 states"),
            std::string::npos);
  EXPECT_NE(refusal("hybrid-prior", R"({"mask_shares": [0.5, 1.5]})").find("mask_shares"), std::string::npos);
}

}  // namespace
}  // namespace reprise
