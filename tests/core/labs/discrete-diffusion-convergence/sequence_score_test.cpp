// Study sequence-score: where the exact score is known otherwise, closed forms, and what it refuses.
#include "core/labs/study_runs.h"
#include "data/safetensors.h"

#include <cmath>

namespace reprise {
namespace {

using namespace reprise::testing;

TEST(SequenceScore, MaskedErrorOfTheStepsIsTheClosedForm) {
  const Json report = run_study("sequence-score", R"({"length": 2, "levels": 8, "samples": 20})");
  EXPECT_NEAR(metric(report, "masked_tv"), 0.110518, 5e-7);
  EXPECT_NEAR(metric(report, "init_bound"), 1 - std::pow(1 - std::exp(-6.0), 2), 1e-15);
  EXPECT_EQ(verdict(report, "network-beats-independence"), "left out");
}

TEST(SequenceScore, OneTokenHasNoNeighbours) {
  const Json report = run_study("sequence-score", R"({"length": 1, "levels": 4, "samples": 50})");
  EXPECT_NEAR(metric(report, "independent_score_term"), 0, 1e-12);
  EXPECT_NEAR(metric(report, "independent_score_kl"), 0, 1e-12);
}

// Two tokens that are always equal, 0 or 1 with probability ½ each, masked with probability m = 1 − e^−σ. A
// token whose neighbour is known has the score λ, λ = 1/(e^σ − 1), for the neighbour's symbol and 0 for the
// other; independence says λ/2 for both. So Σ|ŝ − s| = λ where exactly one is masked, probability 2m(1 − m).
TEST(SequenceScore, TwoEqualTokensByHand) {
  const Json report =
      run_study("sequence-score", R"({"length": 2, "levels": 2, "samples": 20000, "additive": 0})",
                {{"corpus.csv", "x1,x2\n0,0\n1,1\n"}});
  for (std::size_t row = 0; row < 3; ++row) {
    const double sigma = cell(report, "levels", row, "sigma").as_number();
    const double masked = -std::expm1(-sigma), rate = 1 / std::expm1(sigma);
    const double one = 2 * masked * (1 - masked);
    EXPECT_NEAR(cell(report, "levels", row, "score_term").as_number(), one * rate,
                4.5 * cell(report, "levels", row, "score_term_se").as_number());
    // Relative entropy: λ/2 for the wrong symbol, λ/2 − λ + λ·ln 2 for the right one.
    EXPECT_NEAR(cell(report, "levels", row, "entropy").as_number(), one * rate * std::log(2.0),
                4.5 * cell(report, "levels", row, "entropy_se").as_number());
  }
}

// A network of zeros says that every symbol is as likely as any other.
std::string network_of_zeros(std::int64_t symbols, std::int64_t tokens) {
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> arrays = {{"embedding.weight", {symbols, 2}},
                                                                           {"noise.0.weight", {2, 32}},
                                                                           {"noise.0.bias", {2}},
                                                                           {"noise.2.weight", {8, 2}},
                                                                           {"noise.2.bias", {8}},
                                                                           {"head.weight", {tokens, 2}},
                                                                           {"head.bias", {tokens}}};
  for (int k = 0; k < 4; ++k) {
    const std::string block = "blocks." + std::to_string(k);
    for (const char* name : {".norm.weight", ".norm.bias", ".conv.bias", ".mix.bias"}) {
      arrays.push_back({block + name, {2}});
    }
    arrays.push_back({block + ".conv.weight", {2, 2, 5}});
    arrays.push_back({block + ".mix.weight", {2, 2}});
  }
  const std::vector<float> zeros(1000, 0);
  std::vector<Tensor> tensors;
  for (const auto& [name, shape] : arrays) {
    std::size_t count = 1;
    for (const std::int64_t n : shape) count *= static_cast<std::size_t>(n);
    tensors.push_back(tensor_of<float>(name, std::span(zeros).first(count), shape));
  }
  const std::vector<std::byte> bytes = write_safetensors(tensors, {});
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(SequenceScore, ANetworkThatKnowsNothing) {
  // Equal tokens with ½ each: knowing nothing is the same as independence.
  const Json even =
      run_study("sequence-score", R"({"length": 2, "levels": 2, "samples": 100, "additive": 0})",
                {{"corpus.csv", "x1,x2\n0,0\n1,1\n"}, {"network.safetensors", network_of_zeros(3, 2)}});
  EXPECT_NEAR(metric(even, "network_beats_independence"), 1, 1e-12);
  // Nearly always 0: it is worse.
  const Json uneven = run_study(
      "sequence-score", R"({"length": 2, "levels": 2, "samples": 100, "unit": "word"})",
      {{"corpus.txt", "a a a a a b a a a b b a a a a"}, {"network.safetensors", network_of_zeros(3, 2)}});
  EXPECT_EQ(verdict(uneven, "network-beats-independence"), "fails");
  EXPECT_EQ(verdict(uneven, "entropy-nonnegative"), "holds");
}

void expect_refusal(const std::string& settings, const Files& files, const std::string& part) {
  const std::string message = refusal("sequence-score", settings, files);
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(SequenceScore, RefusesWhatItCannotUse) {
  const std::string corpus = "x1\n0\n1\n";
  expect_refusal("{}", {{"corpus.csv", corpus}, {"network.safetensors", network_of_zeros(2, 2)}},
                 "the network knows 2 noisy symbols and 2 tokens; allowed: 3 noisy symbols and 2 tokens");
  expect_refusal("{}", {{"corpus.csv", corpus}, {"network.safetensors", "no weights at all"}},
                 "network.safetensors");
  expect_refusal("{}", {{"corpus.csv", "x1\n0\n9\n"}}, "row 2, column x1: 9");
  expect_refusal("{}", {{"corpus.txt", ""}}, "no tokens");
  expect_refusal(R"({"sigma_max": 0.5, "sigma_min": 0.5})", {}, "sigma_min is 0.5");
  expect_refusal(R"({"samples": 1})", {}, "samples");
}

}  // namespace
}  // namespace reprise
