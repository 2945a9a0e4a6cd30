#include "classify/ensemble.h"

#include "base/error.h"
#include "classify/scores.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::classify {
namespace {

using Members = std::vector<std::vector<double>>;

TEST(Ensemble, AveragesProbabilities) {
  // (0.8, 0.2) and (0.4, 0.6), in logits shifted by a constant.
  const Members members = {{std::log(0.8) + 3, std::log(0.2) + 3}, {std::log(0.4) - 7, std::log(0.6) - 7}};
  const std::vector<double> log_p = mean_log_probabilities(members, 2);
  EXPECT_NEAR(std::exp(log_p[0]), 0.6, 1e-15);
  EXPECT_NEAR(std::exp(log_p[1]), 0.4, 1e-15);
  EXPECT_NEAR(score_of(log_p, ScoreKind::Msp), std::log(0.6 / 0.4), 1e-14);
}

TEST(Ensemble, OfIdenticalMembersIsTheMember) {
  const std::vector<double> z = {0.3, -1.2, 2.5, 4, 4.5, -3, 60, 0, -60};
  const LogitsView single(z, 3);
  for (const std::size_t count : {1, 2, 5}) {
    const Members members(count, z);
    const std::vector<double> log_p = mean_log_probabilities(members, 3);
    const LogitsView ensemble(log_p, 3);
    EXPECT_EQ(predictions(ensemble), predictions(single));
    for (std::size_t row = 0; row < 3; ++row)
      EXPECT_NEAR(score_of(ensemble.row(row), ScoreKind::Msp), score_of(single.row(row), ScoreKind::Msp),
                  1e-13)
          << count << " members, row " << row;
  }
}

TEST(Ensemble, DoesNotSaturate) {
  // Both rows have a probability of 1 in double; their order stays.
  const Members members = {{0, 800, 0, 900}, {0, 800, 0, 900}};
  const std::vector<double> log_p = mean_log_probabilities(members, 2);
  EXPECT_NEAR(score_of(std::span<const double>(log_p).first(2), ScoreKind::Msp), 800, 1e-9);
  EXPECT_NEAR(score_of(std::span<const double>(log_p).last(2), ScoreKind::Msp), 900, 1e-9);
}

TEST(Ensemble, RefusesNoMembersAndOthersOfAnotherLength) {
  EXPECT_THROW(mean_log_probabilities(Members{}, 2), InputError);
  EXPECT_THROW(mean_log_probabilities(Members{{1, 2}, {1, 2, 3, 4}}, 2), InputError);
}

}  // namespace
}  // namespace reprise::classify
