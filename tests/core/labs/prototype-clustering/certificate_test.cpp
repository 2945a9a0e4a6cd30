// Certificates against hand calculations, against every partition of small sets, against perturbed
// prototypes, and on the inputs that a sceptic would try.
#include "labs/prototype-clustering/certificate.h"

#include "base/random.h"
#include "clustering/agreement.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/sources.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace reprise::protoclust {
namespace {

const Loss kmeans_loss;

Points two_diamonds(double apart) {
  Points points(8, 2);
  const double corners[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
  for (std::int64_t i = 0; i < 8; ++i) {
    points.row(i)[0] = corners[i % 4][0] + (i < 4 ? -apart / 2 : apart / 2);
    points.row(i)[1] = corners[i % 4][1];
  }
  return points;
}
const Labels halves = {0, 0, 0, 0, 1, 1, 1, 1};

TEST(Certificate, TwoDiamondsByHand) {
  const Certificate far = certify(two_diamonds(30), halves, 2, kmeans_loss, 0);
  EXPECT_EQ(far.status, CertificateStatus::Optimal);
  EXPECT_EQ(far.bound, 0);
  EXPECT_NEAR(far.radius_spectral[0], (std::sqrt(2.0) + 2) / 2, 1e-6);
  EXPECT_NEAR(far.separation_ratio, 0.113807, 1e-6);
  for (const double radius : far.radius_final) EXPECT_LE(radius, 1e-4);
  EXPECT_EQ(far.core, std::vector<std::uint8_t>(8, 1));
  const Certificate near = certify(two_diamonds(2.2), halves, 2, kmeans_loss, 0);
  EXPECT_EQ(near.status, CertificateStatus::NotCertified);
  EXPECT_NEAR(near.separation_ratio, 1.551916, 1e-6);
  EXPECT_EQ(near.bound, 1);
}

TEST(Certificate, ClassicsThatCannotBeCertified) {
  for (const auto& [name, k, loss, ratio] : {std::tuple{"iris", 2, 152.348, 1.0623},
                                             {"iris", 3, 78.8514, 2.146},
                                             {"wine", 2, 4543749.6, 1.237},
                                             {"wine", 3, 2370689.7, 1.931}}) {
    Points points = bundled(name).points;
    center_columns(points);
    const Clustering found = fit(points, k, kmeans_loss, {10, 300}, 1);
    EXPECT_NEAR(found.loss, loss, 1e-5 * loss) << name << k;
    const Certificate certificate = certify(points, found.labels, k, kmeans_loss, 0);
    EXPECT_NEAR(certificate.separation_ratio, ratio, 6e-4) << name << k;
    EXPECT_EQ(certificate.status, CertificateStatus::NotCertified);
    if (std::string(name) == "iris" && k == 2) {
      EXPECT_NEAR(SubspaceCertificate(points, found.labels, 2, found.loss).bound(0).bound, 0.430, 5e-4);
    }
  }
}

/// Small sets at many separations; the labels are the fit's.
TEST(Certificate, NoPartitionBreaksItByEnumeration) {
  int certified = 0;
  const std::vector<double> epsilons = {0, 0.05, 0.3, 1};
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed, "sample");
    const std::int64_t k = 2 + static_cast<std::int64_t>(seed % 2);
    Points points = gaussian_groups(9, 2, k, 3 + 0.5 * static_cast<double>(seed % 30), {}, random).points;
    center_columns(points);
    const Clustering found = fit(points, k, kmeans_loss, {5, 300}, seed);
    const std::vector<double> worst = enumerated_max_error(points, found.labels, k, epsilons);
    CertificateRun run(points, found.labels, k, kmeans_loss, epsilons);
    while (!run.step()) {
    }
    const SubspaceCertificate spectral(points, found.labels, k, run.geometry().loss);
    for (std::size_t e = 0; e < epsilons.size(); ++e) {
      EXPECT_LE(worst[e], run.certificates()[e].bound + 1e-12) << "seed " << seed;
      EXPECT_LE(worst[e], spectral.bound(epsilons[e]).bound + 1e-12) << "seed " << seed;
      certified += run.certificates()[e].status != CertificateStatus::NotCertified ? 1 : 0;
    }
    // Lower bound of every loss: the fit found the best of these tiny sets.
    EXPECT_LE(spectral.bound(0).lower_bound, found.loss * (1 + 1e-9));
  }
  EXPECT_GT(certified, 60);
}

TEST(Certificate, PerturbedPrototypesStayInsideRadiiAndCores) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Random random(seed, "sample");
    Points points = gaussian_groups(120, 3, 3, 9 + static_cast<double>(seed % 4), {}, random).points;
    center_columns(points);
    const Clustering found = fit(points, 3, kmeans_loss, {5, 300}, seed);
    for (const double epsilon : {0.02, 0.2}) {
      const Certificate certificate = certify(points, found.labels, 3, kmeans_loss, epsilon);
      if (certificate.status == CertificateStatus::NotCertified) continue;
      for (int repeat = 0; repeat < 300; ++repeat) {
        Points moved = found.prototypes;
        const double size = 0.05 * (1 + repeat % 20);
        for (double& value : moved.values) value += size * random.normal();
        const Labels labels = nearest_labels(points, moved, kmeans_loss);
        if (assigned_loss(points, moved, labels, kmeans_loss) > (1 + epsilon) * found.loss) continue;
        ++compared;
        const clustering::Agreement agreement = clustering::agreement(labels, found.labels);
        EXPECT_LE(agreement.error, certificate.bound);
        for (std::int64_t j = 0; j < 3; ++j)
          EXPECT_LE(kmeans_loss.distance(moved.row(agreement.match[static_cast<std::size_t>(j)]),
                                         found.prototypes.row(j), 3),
                    certificate.radius_final[static_cast<std::size_t>(j)]);
        for (std::size_t i = 0; i < labels.size(); ++i) {
          if (certificate.core[i] != 0) {
            EXPECT_EQ(labels[i], agreement.match[static_cast<std::size_t>(found.labels[i])]);
          }
        }
      }
    }
  }
  EXPECT_GT(compared, 1000);
}

TEST(Certificate, GenericLossesCoverTheirPerturbations) {
  for (const char* name : {"kmedians", "huber:1", "power:3"}) {
    const Loss loss = parse_loss(name);
    Random random(3, "sample");
    Points points = gaussian_groups(60, 2, 2, 30, {}, random).points;
    center_columns(points);
    const Clustering found = fit(points, 2, loss, {5, 300}, 1);
    const Certificate certificate = certify(points, found.labels, 2, loss, 0.1);
    EXPECT_EQ(certificate.status, CertificateStatus::Certified) << name;
    for (int repeat = 0; repeat < 300; ++repeat) {
      Points moved = found.prototypes;
      for (double& value : moved.values) value += 0.02 * (1 + repeat % 30) * random.normal();
      const Labels labels = nearest_labels(points, moved, loss);
      if (assigned_loss(points, moved, labels, loss) > 1.1 * found.loss) continue;
      EXPECT_LE(clustering::misclassification(labels, found.labels), certificate.bound) << name;
    }
  }
  EXPECT_EQ(certify(two_diamonds(30), halves, 2, parse_loss("capped:0.5"), 0).status,
            CertificateStatus::NotCertified);
}

TEST(Certificate, NamesAndCopiesChangeNothing) {
  const Points points = two_diamonds(9);
  const Certificate base = certify(points, halves, 2, kmeans_loss, 0.05);
  Labels swapped = halves;
  for (std::int32_t& label : swapped) label = 1 - label;
  const Certificate renamed = certify(points, swapped, 2, kmeans_loss, 0.05);
  EXPECT_EQ(renamed.bound, base.bound);
  EXPECT_DOUBLE_EQ(renamed.separation_ratio, base.separation_ratio);
  Points doubled = points;
  doubled.rows = 16;
  doubled.values.insert(doubled.values.end(), points.values.begin(), points.values.end());
  Labels twice = halves;
  twice.insert(twice.end(), halves.begin(), halves.end());
  const Certificate copies = certify(doubled, twice, 2, kmeans_loss, 0.05);
  for (std::size_t j = 0; j < 2; ++j) {
    EXPECT_NEAR(copies.radius_spectral[j], base.radius_spectral[j], 1e-6 * base.radius_spectral[j]);
    EXPECT_NEAR(copies.radius_generic[j], base.radius_generic[j], 1e-6 * base.radius_generic[j]);
  }
}

TEST(Certificate, WhatASceptic) {
  Random random(1, "sample");
  Points uniform = uniform_square(200, random);
  center_columns(uniform);
  const Clustering found = fit(uniform, 4, kmeans_loss, {5, 300}, 1);
  EXPECT_EQ(certify(uniform, found.labels, 4, kmeans_loss, 0).bound, 1);
  // One cluster; k equal to n; a cluster of one point; collinear points; equal points in two clusters.
  EXPECT_EQ(certify(uniform, Labels(200), 1, kmeans_loss, 0).status, CertificateStatus::Optimal);
  const Points line(4, 2, {-3, 0, -1, 0, 1, 0, 3, 0});
  EXPECT_EQ(certify(line, {0, 1, 2, 3}, 4, kmeans_loss, 0).status, CertificateStatus::Optimal);
  const Points outlier(4, 1, {-20, -19, -21, 60});
  const Certificate alone = certify(outlier, {0, 0, 0, 1}, 2, kmeans_loss, 0);
  EXPECT_EQ(alone.status, CertificateStatus::Optimal);
  EXPECT_EQ(certify(Points(4, 1, {0, 0, 0, 0}), {0, 0, 1, 1}, 2, kmeans_loss, 0).status,
            CertificateStatus::NotCertified);
  // Far from the origin the error terms grow until nothing can be said, rather than something wrong.
  Points far = two_diamonds(30);
  for (double& value : far.values) value += 1e9;
  EXPECT_EQ(certify(far, halves, 2, kmeans_loss, 0).status, CertificateStatus::NotCertified);
  EXPECT_THROW(certify(line, {0, 0, 2, 2}, 3, kmeans_loss, 0), std::logic_error);
}

}  // namespace
}  // namespace reprise::protoclust
