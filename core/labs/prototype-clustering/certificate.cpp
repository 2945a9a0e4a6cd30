#include "labs/prototype-clustering/certificate.h"

#include "labs/prototype-clustering/certificate_work.h"
#include "labs/prototype-clustering/prototype.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double unit = 0x1p-53;         // rounding unit of double
constexpr double most_sum_error = 1e-3;  // n·η beyond which the error terms no longer hold
constexpr std::int64_t rows_of_a_tile = 64;
constexpr int most_bisections = 200;

}  // namespace

std::string_view name_of(CertificateStatus status) {
  if (status == CertificateStatus::Optimal) return "optimal";
  return status == CertificateStatus::Certified ? "certified" : "not-certified";
}

using Work = CertificateRun::Work;

Work::Work(const clustering::Points& points, const clustering::Labels& labels, std::int64_t clusters,
           const Loss& loss, std::vector<double> epsilons, const CertifyOptions& options)
    : points_(points),
      labels_(labels),
      k_(clusters),
      loss_(loss),
      epsilons_(std::move(epsilons)),
      options_(options) {
  members_.resize(static_cast<std::size_t>(k_));
  for (std::int64_t i = 0; i < points.rows; ++i)
    members_.at(static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])).push_back(i);
  for (const auto& rows : members_) {
    if (rows.empty()) throw std::logic_error("a cluster without points cannot be certified");
  }
}

double Work::progress() const {
  const double share = static_cast<double>(cluster_) / static_cast<double>(k_);
  const double each = 0.5 / static_cast<double>(std::max<std::size_t>(1, epsilons_.size()));
  switch (stage_) {
    case Stage::Distances:
      return 0;
    case Stage::Spectra:
      return 0.05 + 0.25 * share;
    case Stage::PairTables:
      return 0.3 + 0.2 * share;
    case Stage::Done:
      return 1;
    default:
      return 0.5 + each * (static_cast<double>(which_) +
                           static_cast<double>(iteration_) / (options_.max_iterations + 1));
  }
}

/// Means, own distances, distances of means, error terms.
void Work::measure() {
  double largest = 0;
  std::vector<double> origin(static_cast<std::size_t>(points_.dims));
  for (std::int64_t i = 0; i < points_.rows; ++i)
    largest = std::max(largest, loss_.distance(points_.row(i), origin.data(), points_.dims));
  eta_ = 4 * static_cast<double>(points_.rows + points_.dims + 16) * unit;
  tau_ = eta_ * largest;
  error_ = 32 * eta_ * largest * largest;

  geometry.prototypes = prototypes_of(points_, labels_, k_, loss_);
  geometry.sizes = clustering::cluster_sizes(labels_, k_);
  geometry.sse.assign(static_cast<std::size_t>(k_), 0);
  geometry.lambda_first = geometry.lambda_sum = geometry.sse;
  own_distance_.resize(labels_.size());
  for (std::int64_t i = 0; i < points_.rows; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const auto label = static_cast<std::size_t>(labels_[at]);
    const double* center = geometry.prototypes.row(labels_[at]);
    if (loss_.squared()) {
      const double squared = clustering::squared_distance(points_.row(i), center, points_.dims);
      geometry.sse[label] += squared;
      own_distance_[at] = std::sqrt(squared) + tau_;
    } else {
      const double distance = loss_.distance(points_.row(i), center, points_.dims);
      geometry.sse[label] += loss_.psi(distance);
      own_distance_[at] = distance + tau_;
    }
  }
  for (const double sse : geometry.sse) geometry.loss += sse;
  between_.assign(static_cast<std::size_t>(k_ * k_), 0);
  geometry.smallest_center_distance = infinity;
  for (std::int64_t a = 0; a < k_; ++a) {
    for (std::int64_t b = 0; b < k_; ++b) {
      if (a == b) continue;
      const double distance =
          loss_.distance(geometry.prototypes.row(a), geometry.prototypes.row(b), points_.dims);
      between_[static_cast<std::size_t>(a * k_ + b)] = distance;
      geometry.smallest_center_distance = std::min(geometry.smallest_center_distance, distance);
    }
  }
  safe_first_ = safe_sum_ = geometry.sse;
}

bool Work::step_spectra() {
  const auto j = static_cast<std::size_t>(cluster_);
  if (!scatter_) scatter_.emplace(points_, members_[j], geometry.prototypes.row(cluster_));
  if (!scatter_->step()) return false;
  const std::vector<double> values = scatter_->eigen(false).values;
  scatter_.reset();
  const auto count = static_cast<double>(members_[j].size());
  const double small = std::min(static_cast<double>(points_.dims), count);
  const double lost = 8 * (count + small * small) * unit * geometry.sse[j];
  const auto used = std::min({static_cast<std::size_t>(k_ - 1), values.size(), members_[j].size()});
  geometry.lambda_first[j] = values.empty() ? 0 : values[0];
  safe_first_[j] = (values.empty() ? 0 : std::max(0.0, values[0])) + lost;
  geometry.lambda_sum[j] = safe_sum_[j] = 0;
  for (std::size_t a = 0; a < used; ++a) {
    geometry.lambda_sum[j] += values[a];
    safe_sum_[j] += std::max(0.0, values[a]) + lost;
  }
  return ++cluster_ == k_;
}

/// Upper end of a bracket for sup{ρ: Σ_{i in C_j} ψ((ρ − r_i)₊) <= B}.
void Work::generic_radii(Certificate& certificate) {
  for (std::int64_t j = 0; j < k_; ++j) {
    const auto& rows = members_[static_cast<std::size_t>(j)];
    double farthest = 0;
    for (const std::int64_t i : rows)
      farthest = std::max(farthest, own_distance_[static_cast<std::size_t>(i)]);
    const auto cost = [&](double rho) {
      double sum = 0;
      for (const std::int64_t i : rows) {
        const double beyond = rho - own_distance_[static_cast<std::size_t>(i)];
        if (beyond > 0) sum += loss_.squared() ? beyond * beyond : loss_.psi(beyond);
      }
      return sum;
    };
    double low = 0, high = farthest + loss_.inverse(budget_ / static_cast<double>(rows.size()));
    high += 1e-12 * high;
    if (std::isfinite(high)) {
      while (high > 0 && std::isfinite(high) && cost(high) <= budget_) high = 2 * high + tau_;
      for (int step = 0; step < most_bisections && high - low > 1e-12 * high; ++step) {
        const double middle = low + (high - low) / 2;
        (cost(middle) <= budget_ ? low : high) = middle;
      }
    }
    certificate.radius_generic.push_back(high);
  }
}

void Work::spectral_radii(Certificate& certificate) {
  double all = 0;
  for (const double sum : safe_sum_) all += sum;
  for (std::size_t j = 0; j < members_.size(); ++j) {
    // Λ_j + Σ_{l ≠ j} Λ_l is the sum over all clusters.
    certificate.radius_spectral.push_back((std::sqrt(safe_sum_[j]) + std::sqrt(slack_ + all)) /
                                          std::sqrt(static_cast<double>(members_[j].size())));
  }
}

double Work::separation(const std::vector<double>& radii) const {
  double worst = 0;
  for (std::int64_t a = 0; a < k_; ++a) {
    for (std::int64_t b = 0; b < a; ++b) {
      const double apart = center_distance(a, b) - tau_;
      const double sum = radii[static_cast<std::size_t>(a)] + radii[static_cast<std::size_t>(b)];
      worst = std::max(worst, apart > 0 ? sum / apart : infinity);
    }
  }
  return worst;
}

void Work::begin_epsilon() {
  Certificate& certificate = certificates.emplace_back();
  certificate.epsilon = epsilons_[which_];
  const auto rows = static_cast<double>(points_.rows);
  certificate.error_term = rows * error_;
  certificate.uncertain = geometry.sizes;
  certificate.core.assign(labels_.size(), 0);
  if (loss_.squared()) {
    slack_ = certificate.epsilon * geometry.loss + rows * error_;
    budget_ = geometry.loss + slack_;
  } else {
    budget_ = (1 + certificate.epsilon) * geometry.loss * (1 + eta_) + rows * loss_.psi(tau_);
  }
  generic_radii(certificate);
  radii_ = certificate.radius_generic;
  if (loss_.squared()) {
    spectral_radii(certificate);
    for (std::size_t j = 0; j < radii_.size(); ++j)
      radii_[j] = (1 + eta_) * std::min(radii_[j], certificate.radius_spectral[j]);
  }
  certificate.separation_ratio = separation(radii_);
  iteration_ = 0;
  if (k_ == 1) {
    certificate.bound = 0;
    certificate.core.assign(labels_.size(), 1);
    certificate.uncertain = {0};
    return end_epsilon(CertificateStatus::Optimal);
  }
  if (!(rows * eta_ <= most_sum_error) || !(certificate.separation_ratio < 1))
    return end_epsilon(CertificateStatus::NotCertified);
  if (!loss_.squared()) {
    generic_tube(certificate);
    return end_epsilon(CertificateStatus::Certified);
  }
  tube_ = members_;
  cluster_ = 0;
  stage_ = sums_.empty() ? Stage::PairTables : Stage::Iterations;
  if (stage_ == Stage::Iterations) begin_iteration();
}

void Work::end_epsilon(CertificateStatus status) {
  Certificate& certificate = certificates.back();
  certificate.status = status;
  certificate.radius_final = radii_;
  stage_ = ++which_ == epsilons_.size() ? Stage::Done : Stage::Radii;
}

/// One pass over the tube with the generic radii.
void Work::generic_tube(Certificate& certificate) {
  std::fill(certificate.uncertain.begin(), certificate.uncertain.end(), 0);
  std::int64_t uncertain = 0;
  for (std::int64_t i = 0; i < points_.rows; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const auto own = static_cast<std::size_t>(labels_[at]);
    double other = infinity;
    for (std::int64_t l = 0; l < k_; ++l) {
      if (l == labels_[at]) continue;
      const double distance = loss_.distance(points_.row(i), geometry.prototypes.row(l), points_.dims);
      other = std::min(other, distance - tau_ - radii_[static_cast<std::size_t>(l)]);
    }
    certificate.core[at] = own_distance_[at] + radii_[own] < other;
    if (certificate.core[at] != 0) continue;
    ++certificate.uncertain[own];
    ++uncertain;
  }
  certificate.history.push_back(uncertain);
  certificate.bound = static_cast<double>(uncertain) / static_cast<double>(points_.rows);
}

/// A_jl for the cluster in hand.
bool Work::step_pair_tables() {
  if (sums_.empty()) sums_.resize(static_cast<std::size_t>(k_ * k_));
  const std::int64_t j = cluster_;
  const auto& rows = members_[static_cast<std::size_t>(j)];
  const clustering::Centers centers(geometry.prototypes);
  const std::int64_t padded = centers.padded();
  std::vector<double> distances(static_cast<std::size_t>(rows_of_a_tile * padded));
  std::vector<double> tile(static_cast<std::size_t>(rows_of_a_tile * points_.dims));
  for (std::int64_t l = 0; l < k_; ++l) {
    if (l != j) sums_[static_cast<std::size_t>(j * k_ + l)].assign(rows.size() + 1, 0.0);
  }
  for (std::size_t first = 0; first < rows.size(); first += rows_of_a_tile) {
    const std::size_t count = std::min(static_cast<std::size_t>(rows_of_a_tile), rows.size() - first);
    for (std::size_t r = 0; r < count; ++r)
      std::copy_n(points_.row(rows[first + r]), points_.dims,
                  tile.data() + static_cast<std::int64_t>(r) * points_.dims);
    centers.squared_distances(tile.data(), static_cast<std::int64_t>(count), distances.data());
    for (std::size_t r = 0; r < count; ++r) {
      const double* of_row = distances.data() + static_cast<std::int64_t>(r) * padded;
      for (std::int64_t l = 0; l < k_; ++l) {
        if (l != j) sums_[static_cast<std::size_t>(j * k_ + l)][first + r + 1] = of_row[l] - of_row[j];
      }
    }
  }
  for (std::int64_t l = 0; l < k_; ++l) {
    if (l == j) continue;
    std::vector<double>& sums = sums_[static_cast<std::size_t>(j * k_ + l)];
    std::sort(sums.begin() + 1, sums.end());
    double sum = 0;
    for (std::size_t s = 1; s < sums.size(); ++s) {
      sum += sums[s];
      sums[s] = sum - static_cast<double>(s) * error_;
    }
  }
  return ++cluster_ == k_;
}

bool Work::step() {
  switch (stage_) {
    case Stage::Distances:
      measure();
      cluster_ = 0;
      stage_ = loss_.squared() ? Stage::Spectra : Stage::Radii;
      if (epsilons_.empty()) stage_ = Stage::Done;
      break;
    case Stage::Spectra:
      if (step_spectra()) stage_ = Stage::Radii;
      break;
    case Stage::Radii:
      begin_epsilon();
      break;
    case Stage::PairTables:
      if (step_pair_tables()) {
        stage_ = Stage::Iterations;
        begin_iteration();
      }
      break;
    case Stage::Iterations:
      if (cluster_ < k_) {
        iterate_cluster(cluster_++);
      } else if (!end_iteration()) {
        begin_iteration();
      }
      break;
    case Stage::Done:
      break;
  }
  return stage_ == Stage::Done;
}

CertificateRun::CertificateRun(const clustering::Points& points, const clustering::Labels& labels,
                               std::int64_t clusters, const Loss& loss, std::vector<double> epsilons,
                               const CertifyOptions& options)
    : work_(std::make_unique<Work>(points, labels, clusters, loss, std::move(epsilons), options)) {}
CertificateRun::~CertificateRun() = default;
bool CertificateRun::step() {
  return work_->step();
}
double CertificateRun::progress() const {
  return work_->progress();
}
const std::vector<Certificate>& CertificateRun::certificates() const {
  return work_->certificates;
}
const CertificateGeometry& CertificateRun::geometry() const {
  return work_->geometry;
}

Certificate certify(const clustering::Points& points, const clustering::Labels& labels, std::int64_t clusters,
                    const Loss& loss, double epsilon, const CertifyOptions& options) {
  CertificateRun run(points, labels, clusters, loss, {epsilon}, options);
  while (!run.step()) {
  }
  return run.certificates().front();
}

}  // namespace reprise::protoclust
