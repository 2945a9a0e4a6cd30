// The certificate from the spectrum of all data, and the enumeration that holds certificates to account.
#include "clustering/agreement.h"
#include "clustering/distances.h"
#include "labs/prototype-clustering/certificate.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/scatter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace reprise::protoclust {

namespace {

constexpr double inflated = 1e-10;        // of the loss and of δ: this certificate is numerical
constexpr double least_eigengap = 1e-12;  // relative to λ₁
constexpr double same_loss = 1e-12;

}  // namespace

SubspaceCertificate::SubspaceCertificate(const clustering::Points& points, const clustering::Labels& labels,
                                         std::int64_t clusters, double loss)
    : loss_(loss * (1 + inflated)) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(points.rows));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  const std::vector<double> origin(static_cast<std::size_t>(points.dims));
  Scatter scatter(points, rows, origin.data());
  while (!scatter.step()) {
  }
  const stats::SymmetricEigen eigen = scatter.eigen(true);
  const auto value = [&](std::int64_t a) {
    return a < scatter.size() ? std::max(0.0, eigen.values[static_cast<std::size_t>(a)]) : 0.0;
  };
  for (std::int64_t a = clusters - 1; a < scatter.size(); ++a) lower_bound_ += value(a);
  first_ = value(0);
  above_ = clusters >= 2 ? value(clusters - 2) : 0;
  below_ = value(clusters - 1);

  const clustering::Points means = clustering::cluster_means(points, labels, clusters);
  const std::vector<std::int64_t> sizes = clustering::cluster_sizes(labels, clusters);
  largest_share_ =
      static_cast<double>(*std::max_element(sizes.begin(), sizes.end())) / static_cast<double>(points.rows);
  defect_ = static_cast<double>(clusters - 1);
  for (std::int64_t a = 0; a + 1 < clusters && a < scatter.size(); ++a) {
    if (!(value(a) > 0)) continue;
    const double* vector = eigen.vectors.data() + a * scatter.size();
    std::vector<double> sums(static_cast<std::size_t>(clusters));  // Σ_{i in C_j} u_i
    if (scatter.is_gram()) {
      for (std::int64_t i = 0; i < points.rows; ++i)
        sums[static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])] += vector[i];
    } else {
      for (std::int64_t j = 0; j < clusters; ++j) {
        double along = 0;
        for (std::int64_t d = 0; d < points.dims; ++d) along += means.at(j, d) * vector[d];
        sums[static_cast<std::size_t>(j)] =
            along * static_cast<double>(sizes[static_cast<std::size_t>(j)]) / std::sqrt(value(a));
      }
    }
    for (std::size_t j = 0; j < sums.size(); ++j) {
      if (sizes[j] > 0) defect_ -= sums[j] * sums[j] / static_cast<double>(sizes[j]);
    }
  }
  defect_ = std::max(0.0, defect_);
}

SubspaceBound SubspaceCertificate::bound(double epsilon) const {
  SubspaceBound result;
  result.lower_bound = lower_bound_;
  result.gap_upper = lower_bound_ > least_eigengap * first_ ? loss_ / (1 + inflated) / lower_bound_ - 1
                                                            : std::numeric_limits<double>::infinity();
  const double eigengap = above_ - below_;
  if (!(eigengap > least_eigengap * first_)) {
    result.epsilon = std::numeric_limits<double>::infinity();
    return result;
  }
  const double delta = std::max(0.0, ((1 + epsilon) * loss_ - lower_bound_) / eigengap) * (1 + inflated);
  const double root = std::sqrt(defect_) + std::sqrt(delta);
  result.epsilon = root * root;
  result.bound = result.epsilon < 1 ? std::min(1.0, result.epsilon * largest_share_) : 1;
  return result;
}

std::vector<double> enumerated_max_error(const clustering::Points& points, const clustering::Labels& labels,
                                         std::int64_t clusters, const std::vector<double>& epsilons) {
  const Loss loss;
  const auto n = static_cast<std::size_t>(points.rows);
  const double given =
      clustering::within_cluster_sum(points, clustering::cluster_means(points, labels, clusters), labels);
  std::vector<double> worst(epsilons.size());
  clustering::Labels partition(n, 0), highest(n, 0);  // restricted growth: label <= highest before + 1
  for (bool more = true; more;) {
    const std::int32_t parts = *std::max_element(partition.begin(), partition.end()) + 1;
    if (parts == clusters) {
      const clustering::Points means = clustering::cluster_means(points, partition, clusters);
      const clustering::Labels nearest = nearest_labels(points, means, loss);
      const double cost = clustering::within_cluster_sum(points, means, nearest);
      const double error = clustering::misclassification(nearest, labels);
      for (std::size_t e = 0; e < epsilons.size(); ++e) {
        if (cost <= (1 + epsilons[e]) * given * (1 + same_loss)) worst[e] = std::max(worst[e], error);
      }
    }
    more = false;
    for (std::size_t i = n; i-- > 1;) {
      if (partition[i] > highest[i - 1] || partition[i] + 1 >= clusters) continue;
      ++partition[i];
      highest[i] = std::max(highest[i - 1], partition[i]);
      for (std::size_t rest = i + 1; rest < n; ++rest) {
        partition[rest] = 0;
        highest[rest] = highest[i];
      }
      more = true;
      break;
    }
  }
  return worst;
}

}  // namespace reprise::protoclust
