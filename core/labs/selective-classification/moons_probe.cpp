#include "labs/selective-classification/moons_probe.h"

#include "base/error.h"
#include "base/math.h"
#include "base/random.h"
#include "classify/network.h"
#include "classify/scores.h"
#include "classify/two_moons.h"
#include "labs/selective-classification/budget.h"
#include "labs/selective-classification/curve.h"
#include "labs/selective-classification/two_moons_budget.h"
#include "study/parameters.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace reprise::selective {

namespace {

constexpr std::int64_t drawn_points = 120;
constexpr std::size_t most_points = 400;
constexpr std::int64_t population_rows = 1000;
constexpr std::size_t side = 24;  // of the map
constexpr double shown_coverage = 0.8;
constexpr std::int64_t curve_points = 50;

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
      : sigma(number_within(arguments, "sigma", {0.05, 2})),
        rotation(number_within(arguments, "rotation", {0, 90})),
        labels(static_cast<std::int64_t>(number_within(arguments, "labels", {50, 5000}))),
        seed(static_cast<std::uint64_t>(number_within(arguments, "seed", {0, 1e15}))),
        model(arguments.at("model").as_string()) {
    if (model != "logreg" && model != "mlp") refuse("model", model, "logreg, mlp");
    const Json* given = arguments.find("points");
    if (given == nullptr) {
      Random random(seed, "points");
      points = classify::draw_two_moons(drawn_points, sigma, random);
      return;
    }
    for (const Json& point : given->as_array()) {
      const Json::Array& values = point.as_array();
      if (values.size() != 3) refuse("points", point.dump(), "[x1, x2, class] each");
      points.x.push_back(values[0].as_number());
      points.x.push_back(values[1].as_number());
      points.label.push_back(values[2].as_number() == 1 ? 1 : 0);
    }
    const auto ones = std::count(points.label.begin(), points.label.end(), 1);
    const auto count = static_cast<std::ptrdiff_t>(points.rows());
    if (points.rows() > most_points || ones == 0 || ones == count)
      refuse("points", std::to_string(count) + " points", "2 to 400 points with both classes");
  }

  double sigma, rotation;
  std::int64_t labels;
  std::uint64_t seed;
  std::string model;
  classify::LabelledPoints points;
};

/// Turned counter-clockwise about the centre of symmetry.
std::vector<double> rotated(const std::vector<double>& x, double degrees) {
  constexpr double pi = 3.14159265358979323846;
  const double c = math::cos(degrees * pi / 180), s = math::sin(degrees * pi / 180);
  std::vector<double> result(x.size());
  for (std::size_t i = 0; i < x.size(); i += 2) {
    const double d1 = x[i] - 0.5, d2 = x[i + 1] - 0.25;
    result[i] = 0.5 + c * d1 - s * d2;
    result[i + 1] = 0.25 + s * d1 + c * d2;
  }
  return result;
}

/// A trained model on rows of inputs.
struct Answers {
  Answers(const classify::NetworkTraining& model, const std::vector<double>& x) {
    const std::vector<double> logits = model.logits(x);
    const classify::LogitsView view(logits, 2);
    prediction = classify::predictions(view);
    score = classify::score_from_logits(view, classify::ScoreKind::Msp);
  }
  Budget budget(const std::vector<double>& eta) const {
    std::vector<double> right, best;
    for (std::size_t i = 0; i < eta.size(); ++i) {
      right.push_back(prediction[i] == 1 ? eta[i] : 1 - eta[i]);
      best.push_back(std::max(eta[i], 1 - eta[i]));
    }
    return exact_budget(right, best, score);
  }
  std::vector<std::int32_t> prediction;
  std::vector<double> score;
};

classify::NetworkTraining train(const Question& question) {
  classify::NetworkOptions options;
  options.widths = moons_widths(question.model, 16);
  options.epochs = 40;
  options.batch = 32;
  const std::uint64_t seed = question.seed;
  classify::NetworkStreams streams{[=] { return Random(seed, "weights"); },
                                   [=](std::uint64_t epoch) { return Random(seed, "order", {epoch}); }};
  return classify::NetworkTraining(options, question.points.x, question.points.label, streams);
}

Json map_of(const classify::NetworkTraining& model, const classify::TwoMoonsPosterior& posterior,
            double threshold) {
  std::vector<double> x, eta, accepted;
  for (std::size_t i = 0; i < side; ++i) {
    for (std::size_t j = 0; j < side; ++j) {
      x.push_back(-2 + 5 * static_cast<double>(j) / static_cast<double>(side - 1));
      x.push_back(-1.5 + 3.5 * static_cast<double>(i) / static_cast<double>(side - 1));
    }
  }
  const Answers answers(model, x);
  for (std::size_t i = 0; i < answers.score.size(); ++i) {
    eta.push_back(posterior(x[2 * i], x[2 * i + 1]));
    accepted.push_back(answers.score[i] >= threshold ? 1 : 0);
  }
  return Json::object(
      {{"side", static_cast<std::int64_t>(side)}, {"eta", Json(eta)}, {"accepted", Json(accepted)}});
}

Json points_of(const classify::LabelledPoints& points) {
  Json list = Json::array();
  for (std::size_t i = 0; i < points.rows(); ++i) {
    Json point = Json::array();
    point.push_back(points.x[2 * i]);
    point.push_back(points.x[2 * i + 1]);
    point.push_back(points.label[i]);
    list.push_back(std::move(point));
  }
  return list;
}

}  // namespace

Json probe_moons(const Json& arguments) {
  const Question question(arguments);
  classify::NetworkTraining model = train(question);
  while (!model.step()) {
  }
  // Points by which the parts are computed, with their exact posterior; labels for the finite sample.
  Random points(question.seed, "population"), test(question.seed, "test");
  const classify::TwoMoonsPosterior posterior(question.sigma);
  const classify::LabelledPoints population =
      classify::draw_two_moons(population_rows, question.sigma, points);
  const classify::LabelledPoints sample = classify::draw_two_moons(question.labels, question.sigma, test);
  std::vector<double> eta;
  for (std::size_t i = 0; i < population.rows(); ++i)
    eta.push_back(posterior(population.x[2 * i], population.x[2 * i + 1]));

  const Answers plain(model, population.x);
  const Budget source = plain.budget(eta);
  // A turned point keeps its label probabilities.
  const Budget target = Answers(model, rotated(population.x, question.rotation)).budget(eta);
  const Answers tested(model, rotated(sample.x, question.rotation));
  const std::vector<std::uint8_t> correct = classify::right_answers(tested.prediction, sample.label);
  const RankedOutcomes outcomes(tested.score, correct);
  const Curve curve = accuracy_coverage(outcomes, grid_ranks(outcomes.rows(), curve_points));

  std::vector<double> descending = plain.score;
  std::sort(descending.begin(), descending.end(), std::greater<>());
  const double threshold = descending[static_cast<std::size_t>(rank_at(shown_coverage, population_rows) - 1)];
  return Json::object({{"points", points_of(question.points)},
                       {"parts", Json::object({{"bayes", source.mean_bayes},
                                               {"approximation", source.mean_approximation},
                                               {"ranking", source.mean_ranking},
                                               {"discount", source.mean_discount},
                                               {"shift", target.mean_gap - source.mean_gap},
                                               {"statistical", curve.e_aurc - target.mean_gap}})},
                       {"gap", curve.e_aurc},
                       {"accuracy", outcomes.accuracy()},
                       {"curve", Json::object({{"coverage", Json(curve.coverage)},
                                               {"accuracy", Json(curve.accuracy)},
                                               {"oracle", Json(curve.oracle)}})},
                       {"map", map_of(model, posterior, threshold)}});
}

}  // namespace reprise::selective
