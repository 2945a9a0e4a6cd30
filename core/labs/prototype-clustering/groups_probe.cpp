#include "labs/prototype-clustering/groups_probe.h"

#include "base/error.h"
#include "base/math.h"
#include "base/random.h"
#include "clustering/agreement.h"
#include "clustering/distances.h"
#include "labs/prototype-clustering/certificate.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/sources.h"
#include "study/parameters.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr std::int64_t restarts = 6, tried_runs = 12, tried_moves = 40;
constexpr double ln_ten = 2.302585092994045684;
const Loss kmeans_loss;

[[noreturn]] void refuse(const char* key, const std::string& found, const std::string& allowed) {
  throw InputError(
      Problem{key, found, allowed, std::string(key) + ": found " + found + "; allowed: " + allowed});
}

double number_within(const Json& arguments, const char* key, const Range& range) {
  const Json& value = arguments.at(key);
  if (!value.is_number() || !range.contains(value.as_number())) refuse(key, value.dump(), range.text());
  return value.as_number();
}

struct Question {
  explicit Question(const Json& arguments)
      : share(number_within(arguments, "share", {0.02, 0.9})),
        count(static_cast<std::int64_t>(number_within(arguments, "points", {20, 400}))),
        epsilon(number_within(arguments, "epsilon", {0, 1})),
        seed(static_cast<std::uint64_t>(number_within(arguments, "seed", {0, 1e15}))) {
    const Json::Array& given = arguments.at("centers").as_array();
    if (given.size() < 2 || given.size() > 4)
      refuse("centers", std::to_string(given.size()) + " centres", "2 to 4 centres");
    centers = Points(static_cast<std::int64_t>(given.size()), 2);
    for (std::size_t c = 0; c < given.size(); ++c) {
      const Json::Array& place = given[c].as_array();
      if (place.size() != 2) refuse("centers", given[c].dump(), "[x, y] each");
      for (std::size_t j = 0; j < 2; ++j) {
        const double value = place[j].as_number();
        if (!(std::fabs(value) <= 100)) refuse("centers", given[c].dump(), "numbers within ±100");
        centers.values[2 * c + j] = value;
      }
    }
    draw();
  }

  /// The first ⌊share·n⌋ points (at least one) belong to the first group, the others are dealt out in turn.
  void draw() {
    const auto first =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(share * static_cast<double>(count)));
    Random random(seed, "noise");
    points = Points(count, 2);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t group = i < first ? 0 : 1 + (i - first) % (centers.rows - 1);
      groups.push_back(static_cast<std::int32_t>(group));
      for (std::int64_t j = 0; j < 2; ++j) points.row(i)[j] = centers.at(group, j) + random.normal();
    }
  }

  double share;
  std::int64_t count;
  double epsilon;
  std::uint64_t seed;
  Points centers, points;
  Labels groups;
};

/// The best of runs from k-means++ seeds and one from the groups' own centres.
Clustering best_of(const Question& question, const Points& points, const Points& centers) {
  Clustering best = lloyd(points, centers, kmeans_loss);
  for (std::int64_t restart = 0; restart < restarts; ++restart) {
    Clustering found = fit_once(points, centers.rows, kmeans_loss,
                                Random(question.seed, "start", {static_cast<std::uint64_t>(restart)}));
    if (found.loss < best.loss) best = std::move(found);
  }
  return best;
}

/// The largest difference among solutions within the loss: other runs, and prototypes that were moved.
double most_different(const Question& question, const Points& points, const Clustering& best,
                      const Labels& labels) {
  const double allowed = (1 + question.epsilon) * best.loss;
  const double deviation = std::sqrt(best.loss / static_cast<double>(points.values.size()));
  double largest = 0;
  const auto look_at = [&](const Points& prototypes) {
    const Labels other = nearest_labels(points, prototypes, kmeans_loss);
    if (assigned_loss(points, prototypes, other, kmeans_loss) <= allowed)
      largest = std::max(largest, clustering::misclassification(other, labels));
  };
  for (std::int64_t run = 0; run < tried_runs; ++run) {
    Random random(question.seed, "rows", {static_cast<std::uint64_t>(run)});
    look_at(lloyd(points, clustering::seed_random_rows(points, best.prototypes.rows, random), kmeans_loss)
                .prototypes);
  }
  Random random(question.seed, "moves");
  for (std::int64_t move = 0; move < tried_moves; ++move) {
    Points prototypes = best.prototypes;
    const double size = deviation * math::exp(ln_ten * (-2 + 2.3 * random.uniform()));
    for (double& value : prototypes.values) value += size * random.normal();
    look_at(prototypes);
  }
  return largest;
}

/// The pair of clusters whose balls are closest to each other for their distance.
std::pair<std::int64_t, std::int64_t> closest_pair(const Points& prototypes,
                                                   const std::vector<double>& radii) {
  std::pair<std::int64_t, std::int64_t> pair = {0, 0};
  double largest = -1;
  for (std::int64_t a = 0; a < prototypes.rows; ++a) {
    for (std::int64_t b = a + 1; b < prototypes.rows; ++b) {
      const double distance =
          std::sqrt(clustering::squared_distance(prototypes.row(a), prototypes.row(b), prototypes.dims));
      const double ratio =
          (radii[static_cast<std::size_t>(a)] + radii[static_cast<std::size_t>(b)]) / distance;
      if (ratio <= largest) continue;
      largest = ratio;
      pair = {a, b};
    }
  }
  return pair;
}

}  // namespace

Json probe_groups(const Json& arguments) {
  const Question question(arguments);
  Points points = question.points;
  const std::vector<double> center = center_columns(points);
  Points centers = question.centers;
  for (std::int64_t c = 0; c < centers.rows; ++c) {
    for (std::int64_t j = 0; j < 2; ++j) centers.row(c)[j] -= center[static_cast<std::size_t>(j)];
  }
  const Clustering best = best_of(question, points, centers);
  Labels labels = best.labels;
  const std::int64_t clusters = compact_labels(labels);
  const Certificate certificate = certify(points, labels, clusters, kmeans_loss, question.epsilon);
  const Points means = prototypes_of(points, labels, clusters, kmeans_loss);

  Json::Array dots, prototypes, radii, final_radii;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const bool safe = i < certificate.core.size() && certificate.core[i] != 0;
    dots.push_back(Json(Json::Array{question.points.at(row, 0), question.points.at(row, 1),
                                    question.groups[i], labels[i], safe ? 1 : 0}));
  }
  std::vector<double> initial;
  for (std::int64_t c = 0; c < clusters; ++c) {
    const auto at = static_cast<std::size_t>(c);
    initial.push_back(std::min(certificate.radius_generic[at], certificate.radius_spectral[at]));
    prototypes.push_back(Json(Json::Array{means.at(c, 0) + center[0], means.at(c, 1) + center[1]}));
    radii.push_back(initial.back());
    final_radii.push_back(certificate.radius_final[at]);
  }
  const auto [a, b] = closest_pair(means, initial);
  return Json::object({{"points", Json(std::move(dots))},
                       {"prototypes", Json(std::move(prototypes))},
                       {"radii", Json(std::move(radii))},
                       {"final_radii", Json(std::move(final_radii))},
                       {"pair", Json(Json::Array{a, b})},
                       {"ratio", certificate.separation_ratio},
                       {"status", name_of(certificate.status)},
                       {"bound", certificate.bound},
                       {"error", clustering::misclassification(labels, question.groups)},
                       {"observed", most_different(question, points, best, labels)}});
}

}  // namespace reprise::protoclust
