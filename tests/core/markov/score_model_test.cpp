// Scores of sequences against enumeration of all states, Bayes' rule and an independent program.
#include "markov/score_model.h"

#include "base/error.h"
#include "core/markov/dense_matrix.h"
#include "markov/score_term.h"
#include "markov/token_network.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::markov {
namespace {

using namespace reprise::testing;

std::vector<RankOneNoise> noises(std::size_t tokens) {
  return {RankOneNoise::uniform(tokens), RankOneNoise::absorbing(tokens),
          RankOneNoise::general(random_law({tokens, 1}, 5).p)};
}

// All sequences that the noise can show.
TokenBatch all_states(const Law& noisy) {
  TokenBatch batch{noisy.space.length, {}};
  for (std::size_t y = 0; y < noisy.p.size(); ++y) {
    if (noisy.p[y] == 0) continue;
    for (std::size_t i = 0; i < noisy.space.length; ++i) {
      batch.tokens.push_back(static_cast<std::uint32_t>(noisy.space.symbol(y, i)));
    }
  }
  return batch;
}

// ln p(y^{i→b})/p(y) of the enumerated noisy law for every row of the batch.
void expect_score_of(const Law& noisy, ScoreModel& model, double sigma) {
  const TokenBatch batch = all_states(noisy);
  std::vector<double> score;
  model.log_score(batch, sigma, score);
  const StateSpace& space = noisy.space;
  for (std::size_t at = 0; at < batch.tokens.size(); ++at) {
    const std::size_t axis = at % space.length;
    std::size_t y = 0;
    for (const std::uint32_t token : batch.row(at / space.length)) y = y * space.symbols + token;
    for (std::size_t b = 0; b < space.symbols; ++b) {
      const std::size_t x = y + (b - space.symbol(y, axis)) * space.stride(axis);
      ASSERT_NEAR(std::exp(score[at * space.symbols + b]), noisy.p[x] / noisy.p[y],
                  1e-12 * (1 + noisy.p[x] / noisy.p[y]));
    }
  }
}

Law chain_of(const MarkovChainFit& chain, std::size_t length) {
  Law law{{chain.initial.size(), length}, {}};
  for (std::size_t y = 0; y < law.space.size(); ++y) {
    double p = chain.initial[law.space.symbol(y, 0)];
    for (std::size_t i = 1; i < length; ++i) {
      p *= chain.transition[law.space.symbol(y, i - 1) * law.space.symbols + law.space.symbol(y, i)];
    }
    law.p.push_back(p);
  }
  return law;
}

MarkovChainFit some_chain() {
  return {random_law({3, 1}, 1).p, {0.7, 0.2, 0.1, 0.05, 0.05, 0.9, 0.4, 0.6, 0}};
}

TEST(EnumeratedScore, IsTheRatioOfProbabilities) {
  for (const RankOneNoise& noise : noises(3)) {
    const Law law = random_law({3, 3}, 2);
    EnumeratedScore model(noise, law);
    for (const double sigma : {0.05, 1.5}) {
      expect_score_of(noised(with_mask(law, noise), noise, sigma), model, sigma);
    }
    EXPECT_EQ(model.calls(), 2);
  }
}

TEST(MarkovChainScore, IsThatOfTheEnumeratedChain) {
  for (const RankOneNoise& noise : noises(3)) {
    const MarkovChainFit chain = some_chain();
    MarkovChainScore model(noise, chain.initial, chain.transition, 4);
    for (const double sigma : {0.05, 1.5}) {
      expect_score_of(noised(with_mask(chain_of(chain, 4), noise), noise, sigma), model, sigma);
    }
  }
}

TEST(MarkovChainScore, LongSequencesDoNotUnderflow) {
  const MarkovChainFit chain = some_chain();
  MarkovChainScore model(RankOneNoise::uniform(3), chain.initial, chain.transition, 3000);
  Random random(1, "chain");
  const TokenBatch batch = add_noise(draw_chain(chain, 3000, 1, random), model.noise(), 0.5, random);
  std::vector<double> posterior;
  model.leave_one_out(batch, 0.5, posterior);
  for (std::size_t at = 0; at < 3000; ++at) {
    ASSERT_NEAR(posterior[3 * at] + posterior[3 * at + 1] + posterior[3 * at + 2], 1, 1e-12);
  }
}

TEST(ProductMixtureScore, IsThatOfTheEnumeratedMixture) {
  const std::vector<double> weight = {0.3, 0.7};
  const std::vector<double> tokens = {1, 0,   0,   0.2, 0.8, 0,   0.5, 0.25, 0.25,
                                      0, 0.5, 0.5, 0.1, 0.1, 0.8, 0,   0,    1};
  Law law{{3, 3}, std::vector<double>(27, 0)};
  for (std::size_t y = 0; y < 27; ++y) {
    for (std::size_t c = 0; c < 2; ++c) {
      double p = weight[c];
      for (std::size_t i = 0; i < 3; ++i) p *= tokens[(c * 3 + i) * 3 + law.space.symbol(y, i)];
      law.p[y] += p;
    }
  }
  for (const RankOneNoise& noise : noises(3)) {
    ProductMixtureScore model(noise, weight, tokens, 3);
    for (const double sigma : {0.05, 1.5}) {
      expect_score_of(noised(with_mask(law, noise), noise, sigma), model, sigma);
    }
  }
}

// A network that knows the law: the clean token given all noisy ones, by Bayes' rule over all clean states.
TEST(NetworkScore, OfThePerfectDenoiserIsExact) {
  const Law law = random_law({3, 2}, 7);
  const RankOneNoise noise = RankOneNoise::general({0.5, 0.2, 0.3});
  const auto denoiser = [&](const TokenBatch& x, double sigma, std::vector<double>& out) {
    const double kept = std::exp(-sigma);
    out.assign(x.tokens.size() * 3, 0);
    for (std::size_t row = 0; row < x.rows(); ++row) {
      for (std::size_t clean = 0; clean < 9; ++clean) {
        double p = law.p[clean];
        for (std::size_t i = 0; i < 2; ++i) {
          const std::size_t b = x.row(row)[i];
          p *= (law.space.symbol(clean, i) == b ? kept : 0) + (1 - kept) * noise.prior[b];
        }
        for (std::size_t i = 0; i < 2; ++i) out[(row * 2 + i) * 3 + law.space.symbol(clean, i)] += p;
      }
    }
    for (double& value : out) value = std::log(value) + 11;  // a softmax does not see constants
  };
  NetworkScore model(noise, 2, denoiser, NetworkOutput::Denoiser);
  expect_score_of(noised(law, noise, 0.4), model, 0.4);
}

TEST(ScoreModels, SayTheSameInThreeForms) {
  const MarkovChainFit chain = some_chain();
  MarkovChainScore model(RankOneNoise::uniform(3), chain.initial, chain.transition, 3);
  const TokenBatch batch{3, {0, 2, 1}};
  std::vector<double> left_out, conditional, score;
  model.leave_one_out(batch, 0.7, left_out);
  model.conditionals(batch, 0.7, conditional);
  model.log_score(batch, 0.7, score);
  for (std::size_t i = 0; i < 3; ++i) {
    double sum = 0;
    for (std::size_t b = 0; b < 3; ++b) {
      sum += conditional[3 * i + b];
      EXPECT_NEAR(conditional[3 * i + b], std::exp(-0.7) * left_out[3 * i + b] + (1 - std::exp(-0.7)) / 3,
                  1e-15);
      EXPECT_NEAR(std::exp(score[3 * i + b]), conditional[3 * i + b] / conditional[3 * i + batch.tokens[i]],
                  1e-14);
    }
    EXPECT_NEAR(sum, 1, 1e-15);
  }
}

// Weights 0.4·sin(0.7·place + 1.3·number of the array); outputs of a NumPy program written from the formulas.
TEST(TokenNetwork, IsWhatNumPyComputes) {
  const std::size_t d = 4;
  std::vector<std::pair<std::string, std::vector<std::size_t>>> arrays = {{"embedding.weight", {3, d}},
                                                                          {"noise.0.weight", {d, 32}},
                                                                          {"noise.0.bias", {d}},
                                                                          {"noise.2.weight", {4 * d, d}},
                                                                          {"noise.2.bias", {4 * d}}};
  for (int k = 0; k < 4; ++k) {
    const std::string block = "blocks." + std::to_string(k);
    arrays.push_back({block + ".norm.weight", {d}});
    arrays.push_back({block + ".norm.bias", {d}});
    arrays.push_back({block + ".conv.weight", {d, d, 5}});
    arrays.push_back({block + ".conv.bias", {d}});
    arrays.push_back({block + ".mix.weight", {d, d}});
    arrays.push_back({block + ".mix.bias", {d}});
  }
  arrays.push_back({"head.weight", {2, d}});
  arrays.push_back({"head.bias", {2}});
  NetworkWeights weights;
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    std::size_t count = 1;
    for (const std::size_t n : arrays[k].second) count *= n;
    WeightArray& array = weights[arrays[k].first];
    array.shape = arrays[k].second;
    for (std::size_t at = 0; at < count; ++at) {
      array.values.push_back(0.4 * std::sin(0.7 * static_cast<double>(at) + 1.3 * static_cast<double>(k)));
    }
  }
  const TokenNetwork network(weights);
  std::vector<double> out;
  network.evaluate({6, {0, 2, 1, 1, 0, 2}}, 0.3, out);
  const double expected[12] = {0.564970930773925,  0.310442591749176, 0.428641835428419,  0.404135348823294,
                               -0.304570952093881, 1.25697956579145,  -0.313942732460349, 1.2662444315156,
                               0.299841901603833,  0.681388754303705, 0.25121654198558,   0.638415799607237};
  ASSERT_EQ(out.size(), 12U);
  for (std::size_t at = 0; at < 12; ++at) EXPECT_NEAR(out[at], expected[at], 1e-12);
  // Two tokens and a mask: its logits as a score.
  NetworkScore model(RankOneNoise::absorbing(2), 6, network.logits(), NetworkOutput::LeaveOneOut);
  model.leave_one_out({6, {0, 2, 1, 1, 0, 2}}, 0.3, out);
  EXPECT_NEAR(out[0], 1 / (1 + std::exp(expected[1] - expected[0])), 1e-12);

  NetworkWeights bad = weights;
  bad["head.bias"].values[1] = NAN;
  EXPECT_THROW(TokenNetwork{bad}, InputError);
  bad = weights;
  bad["noise.0.bias"].shape = {5};
  EXPECT_THROW(TokenNetwork{bad}, InputError);
  bad = weights;
  bad.erase("blocks.2.conv.weight");
  EXPECT_THROW(TokenNetwork{bad}, InputError);
}

TEST(TokenNetwork, OfFortyEightChannelsHasItsCount) {
  const std::size_t d = 48, symbols = 27;
  NetworkWeights weights;
  const auto add = [&](const std::string& name, std::vector<std::size_t> shape) {
    std::size_t count = 1;
    for (const std::size_t n : shape) count *= n;
    weights[name] = {std::move(shape), std::vector<double>(count, 0.01)};
  };
  add("embedding.weight", {symbols, d});
  add("noise.0.weight", {d, 32});
  add("noise.0.bias", {d});
  add("noise.2.weight", {4 * d, d});
  add("noise.2.bias", {4 * d});
  for (int k = 0; k < 4; ++k) {
    const std::string block = "blocks." + std::to_string(k);
    for (const char* name : {".norm.weight", ".norm.bias", ".conv.bias", ".mix.bias"}) add(block + name, {d});
    add(block + ".conv.weight", {d, d, 5});
    add(block + ".mix.weight", {d, d});
  }
  add("head.weight", {symbols, d});
  add("head.bias", {symbols});
  EXPECT_EQ(TokenNetwork(weights).weight_count(), 69675U);
}

std::string refusal(ScoreModel& model, const TokenBatch& batch, double sigma) {
  std::vector<double> out;
  try {
    model.log_score(batch, sigma, out);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ScoreModels, RefuseWhatTheyCannotUse) {
  const MarkovChainFit chain = some_chain();
  const RankOneNoise noise = RankOneNoise::uniform(3);
  MarkovChainScore model(noise, chain.initial, chain.transition, 2);
  EXPECT_EQ(refusal(model, {2, {0, 1}}, 0.5), "accepted");
  EXPECT_EQ(refusal(model, {3, {0, 1, 2}}, 0.5), "the length of the sequences is 3; allowed: 2");
  EXPECT_EQ(refusal(model, {2, {0, 1, 2, 3}}, 0.5), "token 1 of sequence 1 is 3; allowed: 0…2");
  EXPECT_EQ(refusal(model, {2, {0, 1}}, 0), "the noise level is 0; allowed: finite numbers above 0");
  NetworkScore broken(
      noise, 2,
      [](const TokenBatch& x, double, std::vector<double>& out) {
        out.assign(x.tokens.size() * 3, 0);
        out[4] = NAN;
      },
      NetworkOutput::LeaveOneOut);
  EXPECT_EQ(refusal(broken, {2, {0, 1}}, 1),
            "the logit of token 1 of sequence 0, symbol 1 is NaN; allowed: numbers below infinity");
  EXPECT_THROW(MarkovChainScore(noise, {0.5, 0.5, 0.5}, chain.transition, 2), InputError);
  EXPECT_THROW(MarkovChainScore(noise, chain.initial, {1, 0, 0, 1}, 2), InputError);
  EXPECT_THROW(ProductMixtureScore(noise, {1}, {0.5, 0.5, 0.2}, 1), InputError);
  EXPECT_THROW(EnumeratedScore(noise, {{3, 1}, {0.5, 0.5, 0.5}}), InputError);
}

// Both densities as sums over all states, against the mean over draws.
TEST(ScoreTerm, IsTheSumOverAllStates) {
  const double sigma = 0.6;
  const MarkovChainFit chain = some_chain();
  const std::vector<double> alone = {0.4, 0.35, 0.25};
  for (const RankOneNoise& noise : {RankOneNoise::uniform(3), RankOneNoise::absorbing(3)}) {
    MarkovChainScore truth(noise, chain.initial, chain.transition, 3);
    ProductMixtureScore estimated(noise, {1}, {0.4, 0.35, 0.25, 0.4, 0.35, 0.25, 0.4, 0.35, 0.25}, 3);
    const Law noisy = noised(with_mask(chain_of(chain, 3), noise), noise, sigma);
    Law product{{3, 3}, {}};
    for (std::size_t y = 0; y < 27; ++y) {
      product.p.push_back(alone[y / 9] * alone[y / 3 % 3] * alone[y % 3]);
    }
    const Law other = noised(with_mask(product, noise), noise, sigma);
    double term = 0, entropy = 0;
    for (std::size_t y = 0; y < noisy.p.size(); ++y) {
      for (std::size_t i = 0; i < 3 && noisy.p[y] > 0; ++i) {
        const std::size_t own = noisy.space.symbol(y, i);
        for (std::size_t a = 0; a < noise.symbols(); ++a) {
          const std::size_t x = y + (a - own) * noisy.space.stride(i);
          if (a == own) continue;
          const double s = noisy.p[x] / noisy.p[y], wrong = other.p[x] / other.p[y];
          term += noisy.p[y] * noise.prior[own] * std::fabs(wrong - s);
          entropy += noisy.p[y] * noise.prior[own] * (wrong - s + (s > 0 ? s * std::log(s / wrong) : 0));
        }
      }
    }
    Random random(3, "draws");
    const TokenBatch draws = add_noise(draw_chain(chain, 3, 20000, random), noise, sigma, random);
    const MonteCarloEstimate found = score_term_density(truth, estimated, draws, sigma);
    EXPECT_NEAR(found.value, term, 4 * found.standard_error);
    EXPECT_LE(found.standard_error, 0.03 * term);
    const MonteCarloEstimate kl = score_entropy_density(truth, estimated, draws, sigma);
    EXPECT_NEAR(kl.value, entropy, 4 * kl.standard_error);
    EXPECT_EQ(score_term_density(truth, truth, draws, sigma).value, 0);
    EXPECT_EQ(score_entropy_density(truth, truth, draws, sigma).value, 0);
    EXPECT_THROW(score_term_density(truth, estimated, {3, {0, 1, 2}}, sigma), InputError);
  }
}

TEST(MarkovChainFit, CountsByHand) {
  const TokenBatch corpus{4, {0, 1, 1, 0, 1, 1, 0, 1}};
  const MarkovChainFit chain = fit_markov_chain(corpus, 3, 0);
  EXPECT_EQ(chain.initial, (std::vector<double>{0.5, 0.5, 0}));
  EXPECT_EQ(chain.transition, (std::vector<double>{0, 1, 0, 0.5, 0.5, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3}));
  EXPECT_EQ(fit_markov_chain(corpus, 3, 1).initial, (std::vector<double>{0.4, 0.4, 0.2}));
  EXPECT_THROW(fit_markov_chain(corpus, 1, 0), InputError);
  EXPECT_THROW(fit_markov_chain({4, {}}, 3, 0), InputError);
  EXPECT_THROW(fit_markov_chain(corpus, 3, -1), InputError);
}

TEST(EmpiricalLaw, CountsWindowsByHand) {
  const TokenBatch corpus{4, {0, 1, 1, 0, 1, 1, 0, 1}};
  EXPECT_EQ(empirical_law(corpus, 2, 1, 0).p, (std::vector<double>{3.0 / 8, 5.0 / 8}));
  EXPECT_EQ(empirical_law(corpus, 2, 2, 0).p, (std::vector<double>{0, 1.0 / 3, 1.0 / 3, 1.0 / 3}));
  EXPECT_EQ(empirical_law(corpus, 2, 2, 1).p, (std::vector<double>{0.1, 0.3, 0.3, 0.3}));
  EXPECT_THROW(empirical_law(corpus, 2, 5, 0), InputError);
  EXPECT_THROW(empirical_law(corpus, 2000, 2, 0), InputError);
}

TEST(AddNoise, KeepsAndRedraws) {
  Random random(5, "noise");
  const TokenBatch noisy = add_noise({1, std::vector<std::uint32_t>(40000, 0)},
                                     RankOneNoise::general({0.5, 0.2, 0.3}), 0.7, random);
  double counts[3] = {0, 0, 0};
  for (const std::uint32_t token : noisy.tokens) counts[token] += 1.0 / 40000;
  const double redrawn = 1 - std::exp(-0.7);
  EXPECT_NEAR(counts[1], 0.2 * redrawn, 0.01);
  EXPECT_NEAR(counts[2], 0.3 * redrawn, 0.01);
}

}  // namespace
}  // namespace reprise::markov
