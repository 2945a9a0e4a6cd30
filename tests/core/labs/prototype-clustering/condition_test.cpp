// Losses, prototypes, condition numbers, the exact line: hand calculations, enumeration, limits of one loss
// in another.
#include "labs/prototype-clustering/condition.h"

#include "base/error.h"
#include "base/random.h"
#include "clustering/agreement.h"
#include "labs/prototype-clustering/exact_line.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/sources.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace reprise::protoclust {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

const char* const every_loss[] = {"kmeans",  "kmedians",    "power:1.5", "power:3",
                                  "huber:2", "logcosh:0.7", "capped:5"};

Points random_points(std::int64_t n, std::int64_t dims, std::uint64_t seed) {
  Random random(seed, "points");
  Points points(n, dims);
  for (double& value : points.values) value = 3 * random.normal();
  return points;
}

TEST(Losses, ValuesByHandAndAdmissible) {
  EXPECT_EQ(parse_loss("huber:2").psi(1), 0.5);
  EXPECT_EQ(parse_loss("huber:2").psi(3), 4);
  EXPECT_EQ(parse_loss("capped:5").psi(7), 25);
  EXPECT_NEAR(parse_loss("logcosh:2").psi(3), 4 * std::log(std::cosh(1.5)), 1e-14);
  EXPECT_NEAR(parse_loss("power:3").psi(2), 8, 1e-14);
  for (const char* name : every_loss) {
    const Loss loss = parse_loss(name);
    EXPECT_EQ(loss.psi(0), 0) << name;
    EXPECT_EQ(parse_loss(loss.name()).name(), loss.name());
    for (double a = 0.01; a < 20; a *= 1.7) {
      EXPECT_LE(loss.psi(a), loss.psi(1.1 * a)) << name;
      if (loss.psi(a) < loss.psi(1.01 * a)) {
        EXPECT_NEAR(loss.inverse(loss.psi(a)), a, 1e-6 * a + 1e-7) << name;
      }
      const double h = 1e-6 * a, slope = (loss.psi(a + h) - loss.psi(a - h)) / (2 * h);
      if (std::fabs(a - loss.par) > 0.1) {
        EXPECT_NEAR(loss.irls_weight(a) * a, slope, 1e-5 * (1 + slope)) << name << a;
      }
      for (double b = 0.01; b < 20; b *= 1.7)
        EXPECT_LE(loss.psi(a + b), loss.quasi_triangle() * (loss.psi(a) + loss.psi(b)) * (1 + 1e-9)) << name;
    }
  }
}

TEST(Losses, BadOnesAreRefused) {
  for (const char* bad :
       {"power:0.5", "huber:0", "huber:-1", "capped:0", "logcosh:0", "median", "power", "power:x", ""})
    EXPECT_THROW(parse_loss(bad), InputError) << bad;
  try {
    parse_loss("power:0.5");
  } catch (const InputError& error) {
    EXPECT_EQ(error.problems()[0].key, "loss");
    EXPECT_NE(std::string(error.what()).find("q lies in 1"), std::string::npos);
  }
}

TEST(Prototypes, GeometricMediansByHand) {
  const Points square(4, 2, {0, 0, 1, 0, 0, 1, 1, 1});
  const auto center = prototype_of(square, {}, parse_loss("kmedians"));
  EXPECT_NEAR(center[0], 0.5, 1e-9);
  EXPECT_NEAR(center[1], 0.5, 1e-9);
  EXPECT_NEAR(assigned_loss(square, Points(1, 2, center), {0, 0, 0, 0}, parse_loss("kmedians")),
              2 * std::sqrt(2.0), 1e-12);
  const Points heavy(4, 2, {0, 0, 0, 0, 0, 0, 5, 0});
  EXPECT_EQ(prototype_of(heavy, {}, parse_loss("kmedians")), (std::vector<double>{0, 0}));
  EXPECT_EQ(assigned_loss(heavy, Points(1, 2, {0, 0}), {0, 0, 0, 0}, parse_loss("kmedians")), 5);
  const Points line(4, 1, {0, 1, 10, 11});
  EXPECT_EQ(prototype_of(line, {}, parse_loss("kmedians-l1")), std::vector<double>{1});  // the lower median
  EXPECT_EQ(prototype_of(line, {}, parse_loss("kmeans")), std::vector<double>{5.5});
}

TEST(Prototypes, NoNearbyPointIsBetter) {
  Random random(4, "moves");
  for (const char* name : every_loss) {
    const Loss loss = parse_loss(name);
    const Points points = random_points(40, 3, 11);
    const std::vector<double> best = prototype_of(points, {}, loss);
    const Labels labels(40);
    const double cost = assigned_loss(points, Points(1, 3, best), labels, loss);
    for (int repeat = 0; repeat < 200; ++repeat) {
      std::vector<double> moved = best;
      for (double& value : moved) value += (repeat % 2 == 0 ? 1e-4 : 0.05) * random.normal();
      EXPECT_GE(assigned_loss(points, Points(1, 3, moved), labels, loss), cost * (1 - 1e-9)) << name;
    }
  }
}

TEST(Prototypes, LossesAgreeInTheirLimits) {
  const Points points = random_points(60, 2, 5);
  const Labels labels(60);
  const auto cost = [&](const char* name) {
    const Loss loss = parse_loss(name);
    return assigned_loss(points, Points(1, 2, prototype_of(points, {}, loss)), labels, loss);
  };
  EXPECT_NEAR(cost("huber:1e6"), cost("kmeans") / 2, 1e-9 * cost("kmeans"));
  EXPECT_NEAR(cost("capped:1e6"), cost("kmeans"), 1e-9 * cost("kmeans"));
  EXPECT_EQ(cost("power:2"), cost("kmeans"));
  EXPECT_EQ(cost("power:1"), cost("kmedians"));
}

TEST(Prototypes, FollowShiftsAndLossesScale) {
  const Points points = random_points(25, 2, 6);
  const Labels one(25, 0);
  Points shifted = points, scaled = points;
  for (std::int64_t i = 0; i < points.rows; ++i) {
    shifted.row(i)[0] += 7;
    shifted.row(i)[1] -= 3;
  }
  for (double& value : scaled.values) value *= 4;
  for (const char* name : {"kmeans", "kmedians", "kmedians-l1", "power:3", "huber:2", "logcosh:0.7"}) {
    const Loss loss = parse_loss(name);
    const std::vector<double> here = prototype_of(points, {}, loss), there = prototype_of(shifted, {}, loss);
    EXPECT_NEAR(there[0], here[0] + 7, 1e-7) << name;
    EXPECT_NEAR(there[1], here[1] - 3, 1e-7) << name;
  }
  const auto loss_of = [&](const Points& of, const char* name) {
    const Loss loss = parse_loss(name);
    return assigned_loss(of, prototypes_of(of, one, 1, loss), one, loss);
  };
  EXPECT_NEAR(loss_of(scaled, "kmeans"), 16 * loss_of(points, "kmeans"), 1e-9 * loss_of(scaled, "kmeans"));
  EXPECT_NEAR(loss_of(scaled, "kmedians"), 4 * loss_of(points, "kmedians"),
              1e-9 * loss_of(scaled, "kmedians"));
}

TEST(Condition, FourPointsByHand) {
  const Points points(4, 1, {0, 1, 10, 11});
  const Labels labels = {0, 0, 1, 1};
  const Loss loss;
  const Points means = prototypes_of(points, labels, 2, loss);
  std::vector<double> r(4), margins(4);
  loss_margins(points, labels, means, loss, 0, 4, r.data(), margins.data());
  EXPECT_EQ(margins, (std::vector<double>{110, 90, 90, 110}));
  const ConditionReport numbers = condition(points, labels, means, loss, 0.01);
  EXPECT_EQ(numbers.loss, 1);
  EXPECT_NEAR(numbers.kappa, 0.25 / 90, 1e-15);
  EXPECT_NEAR(numbers.kappa_alpha, 0.25 / 90, 1e-15);
  EXPECT_NEAR(numbers.kappa_rad, 0.25 / (9.5 * 9.5 - 0.25), 1e-15);
  EXPECT_NEAR(numbers.kappa_loc, 0.25 / (0.5 * 25), 1e-15);
  const std::vector<double> sorted = {90, 90, 110, 110};
  EXPECT_EQ(fixed_prototype_bound(sorted, 89.9, 1), 0);
  EXPECT_EQ(fixed_prototype_bound(sorted, 90, 1), 1);  // attained by moving x = 1
  EXPECT_EQ(fixed_prototype_bound(sorted, 400, 1), 4);
  // k-medians on the line: lower medians 0 and 10, loss 2.
  const Loss l1 = parse_loss("kmedians-l1");
  EXPECT_EQ(assigned_loss(points, prototypes_of(points, labels, 2, l1), labels, l1), 2);
}

TEST(Condition, OrderStatisticIsNotInterpolated) {
  // Margins 1, 100, 100, 100; loss per point s: ε with nΔ = 1 moves one point of four.
  const std::vector<double> sorted = {1, 100, 100, 100};
  EXPECT_EQ(fixed_prototype_bound(sorted, 1, 1), 1);
  // α = 0.25 leaves out exactly one: the second smallest; α = 0.24 none.
  const Points points(4, 1, {-1, 1, 99, 101});
  const Points prototypes(2, 1, {0, 100});
  const std::vector<double> r = {1, 1, 1, 1}, margins = {1, 100, 100, 100};
  EXPECT_EQ(condition_report(prototypes, {0, 0, 1, 1}, Loss(), r, margins, 0.25).quantile_margin, 100);
  EXPECT_EQ(condition_report(prototypes, {0, 0, 1, 1}, Loss(), r, margins, 0.24).quantile_margin, 1);
}

TEST(Condition, BoundCoversEveryAssignmentByEnumeration) {
  const Points points = random_points(7, 2, 21);
  const Points prototypes = random_points(2, 2, 22);
  for (const char* name : every_loss) {
    const Loss loss = parse_loss(name);
    const Labels nearest = nearest_labels(points, prototypes, loss);
    std::vector<double> r(7), margins(7);
    loss_margins(points, nearest, prototypes, loss, 0, 7, r.data(), margins.data());
    std::sort(margins.begin(), margins.end());
    const double base = assigned_loss(points, prototypes, nearest, loss);
    for (int code = 0; code < 128; ++code) {
      Labels labels;
      std::int64_t moved = 0;
      for (std::size_t i = 0; i < 7; ++i) {
        labels.push_back(code >> i & 1);
        moved += labels[i] != nearest[i] ? 1 : 0;
      }
      const double gap = assigned_loss(points, prototypes, labels, loss) - base;
      EXPECT_LE(moved, fixed_prototype_bound(margins, gap, base)) << name;
    }
  }
}

TEST(Condition, DimensionlessAndIndifferentToNames) {
  const LabelledPoints data = [] {
    Random random(2, "sample");
    return gaussian_groups(90, 2, 3, 8, {}, random);
  }();
  const Loss loss;
  const auto numbers = [&](const Points& points, const Labels& labels) {
    return condition(points, labels, prototypes_of(points, labels, 3, loss), loss, 0.01);
  };
  const ConditionReport base = numbers(data.points, data.labels);
  Points moved = data.points;
  for (double& value : moved.values) value = 5 * value + 100;
  Labels renamed = data.labels;
  for (std::int32_t& label : renamed) label = 2 - label;
  Points doubled = data.points;
  doubled.rows *= 2;
  doubled.values.insert(doubled.values.end(), data.points.values.begin(), data.points.values.end());
  Labels doubled_labels = data.labels;
  doubled_labels.insert(doubled_labels.end(), data.labels.begin(), data.labels.end());
  EXPECT_NEAR(numbers(moved, data.labels).loss, 25 * base.loss, 1e-9 * 25 * base.loss);
  Points turned = data.points;  // by an angle with cosine 0.6
  for (std::int64_t i = 0; i < turned.rows; ++i) {
    const double x = data.points.at(i, 0), y = data.points.at(i, 1);
    turned.row(i)[0] = 0.6 * x - 0.8 * y;
    turned.row(i)[1] = 0.8 * x + 0.6 * y;
  }
  Labels flipped = data.labels, doubled_flipped;
  for (std::size_t i = 0; i < 10; ++i) flipped[i] = (flipped[i] + 1) % 3;
  doubled_flipped = flipped;
  doubled_flipped.insert(doubled_flipped.end(), flipped.begin(), flipped.end());
  EXPECT_DOUBLE_EQ(clustering::misclassification(flipped, data.labels), 10.0 / 90);
  EXPECT_DOUBLE_EQ(clustering::misclassification(flipped, renamed), 10.0 / 90);
  EXPECT_DOUBLE_EQ(clustering::misclassification(doubled_flipped, doubled_labels), 10.0 / 90);
  for (const ConditionReport& other : {numbers(moved, data.labels), numbers(turned, data.labels),
                                       numbers(data.points, renamed), numbers(doubled, doubled_labels)}) {
    EXPECT_NEAR(other.kappa, base.kappa, 1e-9 * base.kappa);
    EXPECT_NEAR(other.kappa_alpha, base.kappa_alpha, 1e-9 * base.kappa_alpha);
    EXPECT_NEAR(other.kappa_loc, base.kappa_loc, 1e-9 * base.kappa_loc);
    EXPECT_NEAR(other.kappa_rad, base.kappa_rad, 1e-9 * base.kappa_rad);
  }
}

TEST(Silhouettes, ByHand) {
  const Points points(4, 1, {0, 1, 10, 11});
  const std::vector<double> s = silhouettes(points, {0, 0, 1, 1}, 2, 0, 4);
  EXPECT_NEAR(s[0], (10.5 - 1) / 10.5, 1e-15);
  EXPECT_NEAR(s[1], (9.5 - 1) / 9.5, 1e-15);
  EXPECT_EQ(silhouettes(points, {0, 1, 1, 1}, 2, 0, 1)[0], 0);  // alone in its cluster
}

TEST(Thresholds, PublishedNumbers) {
  EXPECT_NEAR(two_atom_threshold(2, 0.2), 1 + std::sqrt(6.0), 1e-12);
  EXPECT_NEAR(two_atom_threshold(1, 0.01), 100, 1e-10);
  // By hand: (1 − p)(m^(−1/2) + p^(−1/2))² = 129.1425, its cube root 5.05463.
  EXPECT_NEAR(two_atom_threshold(3, 0.01), 6.05463, 5e-5);
  EXPECT_NEAR(outlier_threshold(2, 0.01), 1 + std::sqrt(1.01 / 0.04), 1e-12);
  EXPECT_NEAR(outlier_threshold(1, 0.01), 50.5, 1e-12);
  // q just above 1 is close to q = 1.
  EXPECT_NEAR(two_atom_threshold(1.001, 0.05), 20, 0.2);
}

TEST(ExactLine, ByHandAndAgainstThePlainRecursion) {
  const std::vector<double> x = {30, 1, 2, 12, 3, 10, 11};
  for (const char* name : {"kmeans", "kmedians"}) {
    const ExactLine found = exact_line(x, {}, 5, parse_loss(name));
    EXPECT_NEAR(found.loss[2], 4, 1e-12) << name;
    EXPECT_EQ(found.labels[2], (Labels{2, 0, 0, 1, 0, 1, 1})) << name;
  }
  Random random(6, "line");
  for (const char* name : {"kmeans", "kmedians", "huber:0.5", "power:3", "logcosh:1"}) {
    std::vector<double> values, weights;
    for (int i = 0; i < 24; ++i) {
      values.push_back(std::floor(8 * random.uniform()) + (i % 3 == 0 ? random.normal() : 0));
      weights.push_back(0.2 + random.uniform());
    }
    const ExactLine fast = exact_line(values, weights, 6, parse_loss(name));
    const ExactLine plain = exact_line_plain(values, weights, 6, parse_loss(name));
    for (std::size_t k = 0; k < 6; ++k) {
      EXPECT_NEAR(fast.loss[k], plain.loss[k], 1e-9) << name;
      if (k > 0) {
        EXPECT_LE(fast.loss[k], fast.loss[k - 1] + 1e-12);
      }
      // The labels have the loss that is reported: prototypes by the general routine.
      const Loss loss = parse_loss(name);
      double cost = 0;
      for (std::int32_t c = 0; c <= static_cast<std::int32_t>(k); ++c) {
        Points cluster(0, 1);
        std::vector<double> of_cluster;
        for (std::size_t i = 0; i < values.size(); ++i) {
          if (fast.labels[k][i] != c) continue;
          cluster.values.push_back(values[i]);
          ++cluster.rows;
          of_cluster.push_back(weights[i]);
        }
        const double center = prototype_of(cluster, of_cluster, loss)[0];
        for (std::size_t i = 0; i < of_cluster.size(); ++i)
          cost += of_cluster[i] * loss.psi(std::fabs(cluster.values[i] - center));
      }
      EXPECT_NEAR(cost, fast.loss[k], 1e-6 * (1 + cost)) << name << " k=" << k + 1;
    }
  }
}

TEST(Fit, KMeansOnTheLineReachesTheExactOptimum) {
  Random random(8, "line");
  Points points(40, 1);
  for (double& value : points.values) value = 10 * random.uniform();
  const double exact = exact_line(points.values, {}, 4, Loss()).loss[3];
  const Clustering found = fit(points, 4, Loss(), {40, 300}, 1);
  EXPECT_GE(found.loss, exact * (1 - 1e-9));
  EXPECT_LE(found.loss, exact * (1 + 1e-9));
  EXPECT_LT(exact, infinity);
}

}  // namespace
}  // namespace reprise::protoclust
