// Selective classification from C++: reads scores and answers, says how far abstention is from the best
// order, and which threshold keeps the risk.
//
//   example_selective-classification [scores.csv]      columns score, correct; without a file: 4000 simulated
//   rows
#include "base/byte_source.h"
#include "base/error.h"
#include "base/math.h"
#include "base/random.h"
#include "data/csv.h"
#include "labs/selective-classification/bootstrap.h"
#include "labs/selective-classification/calibrators.h"
#include "labs/selective-classification/curve.h"
#include "labs/selective-classification/threshold.h"

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace reprise;
using namespace reprise::selective;

namespace {

struct Rows {
  std::vector<double> score;
  std::vector<std::uint8_t> correct;
};

Rows read_rows(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError("cannot open " + path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const MemoryView source(text);
  CsvReader reader(source, path);
  const std::size_t score = reader.required_column("score"), correct = reader.required_column("correct");
  Rows rows;
  while (reader.next_row()) {
    rows.score.push_back(reader.number(score));
    rows.correct.push_back(reader.number(correct) != 0 ? 1 : 0);
  }
  return rows;
}

/// Right with probability σ(1 + 2 s).
Rows simulate(int count) {
  Random random(1, "example");
  Rows rows;
  for (int i = 0; i < count; ++i) {
    rows.score.push_back(random.normal());
    rows.correct.push_back(random.bernoulli(math::logistic(1 + 2 * rows.score.back())) ? 1 : 0);
  }
  return rows;
}

void show(const Rows& rows) {
  const RankedOutcomes outcomes(rows.score, rows.correct);
  const std::vector<std::int64_t> ranks = grid_ranks(outcomes.rows(), 5);
  const Curve curve = accuracy_coverage(outcomes, ranks);
  Random random(1, "bootstrap");
  const Band band = bootstrap_band(outcomes, ranks, 200, 0.95, random);
  std::printf("coverage  accuracy  95 %% band          oracle\n");
  for (std::size_t i = 0; i < curve.k.size(); ++i)
    std::printf("%8.3f  %8.4f  %.4f to %.4f  %.4f\n", curve.coverage[i], curve.accuracy[i], band.low[i],
                band.high[i], curve.oracle[i]);
  std::printf("E-AURC %.5f (a random score: %.5f), AUROC %.4f\n", curve.e_aurc, curve.e_aurc_random,
              curve.auroc);

  // Calibration makes the confidence honest; the order, and with it the curve, stays.
  const Platt platt = fit_platt(rows.score, rows.correct);
  std::vector<double> calibrated;
  for (const double score : rows.score) calibrated.push_back(platt.linear(score));
  std::printf("after Platt scaling: E-AURC %.5f\n", accuracy_coverage(calibrated, rows.correct).e_aurc);

  const ThresholdChoice choice =
      threshold_for_risk(rows.score, rows.correct, 0.05, 0.05, 20, Correction::FixedSequence);
  if (choice.found) {
    std::printf("answer iff score > %.4f: %.1f %% answered, right at least %.2f %% of the time\n",
                choice.threshold, 100 * choice.coverage, 100 * choice.lower_bound);
  } else {
    std::printf("no threshold is certain to keep 5 %% risk\n");
  }
}

}  // namespace

int main(int count, char** arguments) {
  try {
    show(count > 1 ? read_rows(arguments[1]) : simulate(4000));
    return 0;
  } catch (const InputError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
