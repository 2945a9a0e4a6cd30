// Recalibration from C++: reads scores, picks a number of bins, prints the map with intervals, compares it
// with Platt scaling, and adapts it to a population with other class shares.
//
//   example_recalibration [scores.csv]      columns score,label; without a file: 20,000 simulated rows
#include "base/byte_source.h"
#include "base/error.h"
#include "base/math.h"
#include "base/random.h"
#include "labs/recalibration/bin_rules.h"
#include "labs/recalibration/bounds.h"
#include "labs/recalibration/calibration_error.h"
#include "labs/recalibration/calibrators.h"
#include "labs/recalibration/label_shift.h"
#include "labs/recalibration/score_table.h"
#include "stats/intervals.h"
#include "stats/ranking.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

using namespace reprise;
using namespace reprise::recal;

namespace {

ScoreTable read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(std::string("cannot open ") + path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const MemoryView bytes(text);
  ScoreTableReader reader(bytes, path, ScoreOptions{});
  while (!reader.step()) {
  }
  return reader.take();
}

/// An overconfident classifier: the true log odds are half of those that the score claims.
ScoreTable simulate(int rows) {
  ScoreTable table;
  Random random(1, "example");
  for (int row = 0; row < rows; ++row) {
    const double logit = 2 * random.normal();
    table.score.push_back(math::logistic(logit));
    table.label.push_back(random.bernoulli(math::logistic(logit / 2)) ? 1 : 0);
  }
  return table;
}

double brier(const std::vector<double>& predictions, const std::vector<std::uint8_t>& labels) {
  double sum = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    sum += (predictions[row] - labels[row]) * (predictions[row] - labels[row]);
  }
  return sum / static_cast<double>(labels.size());
}

template <class Map>
void print_quality(const char* name, const Map& map, const ScoreTable& test) {
  std::vector<double> predictions(test.rows());
  std::transform(test.score.begin(), test.score.end(), predictions.begin(), map);
  const EceReport error = ece(predictions, test.label, 15);
  std::printf("%-10s  %.4f   %.4f   %.4f\n", name, brier(predictions, test.label), error.l1,
              stats::auc(predictions, test.label));
}

void show(const ScoreTable& table) {
  // Every second row is kept for judging the maps.
  ScoreTable fitted;
  ScoreTable test;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    ScoreTable& part = row % 2 == 0 ? fitted : test;
    part.score.push_back(table.score[row]);
    part.label.push_back(table.label[row]);
  }

  const SortedScores sample(fitted.score, fitted.label);
  const BinChoice choice = plug_in_bins(sample);
  const BinMap map = fit_histogram(sample, choice.bins, EdgeRule::OrderStatistic, TiePolicy::Merge);
  const Bound bound = umb_bound(sample.size(), choice.bins, .1, 0);
  std::printf("%lld rows, %lld bins; the bound needs %lld rows\n", static_cast<long long>(sample.size()),
              static_cast<long long>(choice.bins), static_cast<long long>(bound.n_required_exact));

  std::printf("\nlower,upper,value,count,ci_low,ci_high\n");
  for (std::size_t b = 0; b < map.bins(); ++b) {
    const std::int64_t positives = std::llround(map.value[b] * static_cast<double>(map.count[b]));
    const stats::Interval interval = stats::clopper_pearson(positives, map.count[b], .95);
    std::printf("%.4f,%.4f,%.4f,%lld,%.4f,%.4f\n", map.edges[b], map.edges[b + 1], map.value[b],
                static_cast<long long>(map.count[b]), interval.low, interval.high);
  }

  const Platt platt = fit_platt(fitted.score, fitted.label);
  std::printf("\nPlatt: slope %.4f, intercept %.4f\n", platt.slope, platt.intercept);
  std::printf("method      Brier    ECE      AUC\n");
  print_quality(
      "raw", [](double z) { return z; }, test);
  print_quality("bins", map, test);
  print_quality("Platt", platt, test);

  // Elsewhere 12 of 100 labelled examples are positive.
  const ShiftWeights weights = weights_from_labels(sample.positives(), sample.size(), 12, 100);
  const Composite<BinMap> adapted = adapt(map, weights);
  std::printf("\nscore .8 means %.4f here, %.4f where 12 %% are positive (log ratio %.3f ± %.3f)\n", map(.8),
              adapted(.8), weights.log_ratio(), weights.se_log_ratio);
}

}  // namespace

int main(int count, char** arguments) {
  try {
    show(count > 1 ? read_file(arguments[1]) : simulate(20000));
    return 0;
  } catch (const InputError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
