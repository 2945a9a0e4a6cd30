// The study my-scores: its contract, reports worked out by hand, and the engine's promises.
#include "core/labs/recalibration/my_scores_runs.h"
#include "data/npy.h"

#include <cmath>

namespace reprise::recal {
namespace {

using namespace testing;

TEST(MyScores, Contract) {
  const std::unique_ptr<Study> study = make_my_scores();
  const Description& about = study->description();
  EXPECT_EQ(about.study, "recalibration/my-scores");
  EXPECT_EQ(about.guarantee, "exact");
  std::vector<std::string> keys;
  for (const Parameter& parameter : about.parameters) keys.push_back(parameter.key);
  EXPECT_EQ(keys,
            (std::vector<std::string>{"bins", "bin_rule", "edge_rule", "tie_policy", "score_kind", "mode",
                                      "positive_class", "sample_split", "delta", "lipschitz", "interval",
                                      "folds", "ece_bins", "reliability_bins", "pseudo", "shift_estimator"}));
  EXPECT_EQ(study->resolve("widget", Json::object()).dump(), study->resolve("paper", Json::object()).dump());
  EXPECT_EQ(study->resolve("", Json::object()).dump(),
            R"({"bin_rule":"plug_in","bins":0,"delta":0.1,"ece_bins":15,"edge_rule":"order","folds":10,)"
            R"("interval":0.95,"lipschitz":0,"mode":"binary","positive_class":0,"pseudo":0.5,)"
            R"("reliability_bins":0,"sample_split":false,"score_kind":"probability",)"
            R"("shift_estimator":"auto","tie_policy":"merge"})");

  const Report report = run(simulated(400, .5, 1, ",source", false).insert(0, "score,label,domain\n") +
                            "0.3,1,target\n0.6,,target\n");
  for (const char* name : {"rows",
                           "positives",
                           "bins",
                           "effective_bins",
                           "plug_in_bins",
                           "leave_one_out_bins",
                           "label_variance_estimate",
                           "rank_slope_energy_estimate",
                           "platt_slope",
                           "platt_intercept",
                           "temperature",
                           "auc",
                           "brier",
                           "bound_calibration",
                           "bound_sharpness",
                           "bound_total",
                           "n_required_exact",
                           "n_required_chernoff",
                           "pi_source",
                           "pi_target",
                           "pi_target_em",
                           "weight_0",
                           "weight_1",
                           "log_ratio_se"}) {
    EXPECT_EQ(report.metrics.count(name), 1u) << name;
  }
  using Names = std::vector<std::string>;
  EXPECT_EQ(columns_of(report, "bins"), (Names{"lower", "upper", "value", "count", "ci_low", "ci_high"}));
  EXPECT_EQ(columns_of(report, "methods"),
            (Names{"method", "brier", "log_loss", "ece_l1", "ce2_debiased", "auc", "distinct_values"}));
  EXPECT_EQ(columns_of(report, "recalibrated"),
            (Names{"row", "score", "identity", "platt", "temperature", "isotonic", "uniform_mass",
                   "uniform_width", "scaling_binning", "base_rate"}));
  EXPECT_EQ(columns_of(report, "leave_one_out"), (Names{"bins", "brier"}));
  EXPECT_EQ(columns_of(report, "reliability"),
            (Names{"stage", "mean_score", "label_mean", "count", "ci_low", "ci_high"}));
  EXPECT_EQ(columns_of(report, "adapted"),
            (Names{"row", "score", "source", "label_shift_only", "composite"}));
  EXPECT_EQ(columns_of(report, "comparisons"), (Names{"method", "brier_difference", "standard_error"}));
  EXPECT_EQ(report.tables.at("methods").texts("method"),
            (Names{"identity", "platt", "temperature", "isotonic", "uniform_mass", "uniform_width",
                   "scaling_binning", "base_rate"}));
  EXPECT_EQ(report.tables.at("comparisons").texts("method"), report.tables.at("methods").texts("method"));
  ASSERT_EQ(report.claims.size(), 2u);
  EXPECT_TRUE(report.all_claims_hold());
}

TEST(MyScores, TenRowsByHand) {
  const Report report = run(ten_rows, R"({"bins": 3, "folds": 0, "ece_bins": 2, "reliability_bins": 2})");
  EXPECT_EQ(report.metrics.at("rows"), 10);
  EXPECT_EQ(report.metrics.at("positives"), 6);
  // 24 pairs; wrongly ordered: (.3, .4), (.3, .6), (.5, .6).
  EXPECT_NEAR(report.metrics.at("auc"), 21.0 / 24, 1e-15);
  EXPECT_NEAR(report.metrics.at("brier"), (.01 + .04 + .49 + .16 + .25 + .36 + .09 + .04 + .01 + .0025) / 10,
              1e-15);

  // Edges z_(3) = .3, z_(6) = .6: label means 1/3, 1/3, 1.
  ASSERT_EQ(report.tables.at("bins").rows(), 3u);
  const double expected[3][4] = {{0, .3, 1.0 / 3, 3}, {.3, .6, 1.0 / 3, 3}, {.6, 1, 1, 4}};
  const char* names[4] = {"lower", "upper", "value", "count"};
  for (std::size_t bin = 0; bin < 3; ++bin) {
    for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(cell(report, "bins", bin, names[k]), expected[bin][k]);
  }
  EXPECT_NEAR(cell(report, "bins", 2, "ci_low"), std::pow(.025, .25), 1e-14);
  EXPECT_EQ(cell(report, "bins", 2, "ci_high"), 1);

  // In-sample, method uniform_mass: ((1/3)²·4 + (2/3)²·2)/10; its own predictions are calibrated.
  const std::size_t mass = 4;
  EXPECT_NEAR(cell(report, "methods", mass, "brier"), (4.0 / 9 + 8.0 / 9) / 10, 1e-15);
  EXPECT_NEAR(cell(report, "methods", mass, "log_loss"),
              (-4 * std::log(2.0 / 3) - 2 * std::log(1.0 / 3)) / 10, 1e-14);
  EXPECT_NEAR(cell(report, "methods", mass, "ece_l1"), 0, 1e-15);
  EXPECT_NEAR(cell(report, "methods", mass, "auc"), (4 * 4 + 2 * 4 * .5) / 24, 1e-15);
  EXPECT_EQ(cell(report, "methods", mass, "distinct_values"), 2);
  // Raw scores in two bins of five: means .3 and .79, label means .4 and .8.
  EXPECT_NEAR(cell(report, "methods", 0, "ece_l1"), .5 * .1 + .5 * .01, 1e-15);
  EXPECT_NEAR(cell(report, "methods", 0, "ce2_debiased"), .5 * (.01 - .24 / 4) + .5 * (.0001 - .16 / 4),
              1e-15);
  // The constant .6: its Brier score is .24, its one bin has no error.
  EXPECT_NEAR(cell(report, "methods", 7, "brier"), .24, 1e-15);
  EXPECT_EQ(cell(report, "methods", 7, "distinct_values"), 1);

  // Paired differences of the base rate to the raw score.
  const std::vector<double> z = {.1, .2, .3, .4, .5, .6, .7, .8, .9, .95};
  const std::vector<double> y = {0, 0, 1, 0, 1, 0, 1, 1, 1, 1};
  double mean = 0;
  std::vector<double> difference;
  for (std::size_t row = 0; row < 10; ++row) {
    difference.push_back((.6 - y[row]) * (.6 - y[row]) - (z[row] - y[row]) * (z[row] - y[row]));
    mean += difference.back() / 10;
  }
  double squares = 0;
  for (const double d : difference) squares += (d - mean) * (d - mean);
  EXPECT_NEAR(cell(report, "comparisons", 7, "brier_difference"), mean, 1e-15);
  EXPECT_NEAR(cell(report, "comparisons", 7, "standard_error"), std::sqrt(squares / 9 / 10), 1e-15);
  EXPECT_EQ(cell(report, "comparisons", 0, "brier_difference"), 0);

  EXPECT_EQ(report.tables.at("reliability").texts("stage"),
            (std::vector<std::string>{"before", "before", "after", "after"}));
  EXPECT_NEAR(cell(report, "reliability", 0, "mean_score"), .3, 1e-15);
  EXPECT_NEAR(cell(report, "reliability", 0, "label_mean"), .4, 1e-15);
  EXPECT_EQ(cell(report, "recalibrated", 3, "row"), 4);
  EXPECT_EQ(cell(report, "recalibrated", 3, "score"), .4);
  EXPECT_EQ(cell(report, "recalibrated", 3, "uniform_mass"), 1.0 / 3);
  // Isotonic: blocks .1–.2 (0), .3–.6 (½), .7–.95 (1).
  EXPECT_EQ(cell(report, "recalibrated", 3, "isotonic"), .5);
  EXPECT_EQ(cell(report, "recalibrated", 3, "base_rate"), .6);
}

TEST(MyScores, CrossFittingByHand) {
  // Two folds by the position within each class: zeros .1 | .2, .4 | .6 and ones .3 | .5, .7 | .8, .9 | .95
  // alternate. Fold 0 is judged by the base rate of fold 1 and the other way round: both 3/5.
  const Report report = run(ten_rows, R"({"bins": 1, "folds": 2})");
  EXPECT_EQ(report.metrics.at("folds_used"), 2);
  EXPECT_NEAR(cell(report, "methods", 7, "brier"), .24, 1e-15);
  EXPECT_NEAR(cell(report, "methods", 4, "brier"), .24, 1e-15);

  // Three zeros and two ones: fold 0 holds zeros 1 and 3 and one 1, fold 1 the others (one of each).
  const Report uneven = run("score,label\n.1,0\n.2,0\n.3,0\n.6,1\n.7,1\n", R"({"bins": 1, "folds": 10})");
  EXPECT_EQ(uneven.metrics.at("folds_used"), 2);
  EXPECT_TRUE(warned(uneven, "cross-fitting uses 2 folds instead of 10"));
  // Fold 0 (labels 0, 0, 1) gets ½; fold 1 (0, 1) gets 1/3.
  EXPECT_NEAR(cell(uneven, "methods", 7, "brier"), (3 * .25 + 1.0 / 9 + 4.0 / 9) / 5, 1e-15);
}

TEST(MyScores, RunsAreTheSameBytesHoweverTheyAreSliced) {
  const std::string text = simulated(3000, .4, 2);
  const auto bytes_of = [](const Report& report) { return write_report(report, {}).json; };
  const std::string reference = bytes_of(run(text));
  RunHooks steps;
  steps.make_budget = [] { return std::make_unique<SingleStep>(); };
  EXPECT_EQ(bytes_of(run(text, "{}", 1, steps)), reference);
  EXPECT_EQ(bytes_of(run(text, "{}", 2)), reference);
  EXPECT_EQ(bytes_of(run(text, "{}", 3, steps)), reference);
}

TEST(MyScores, EveryUnfinishedStateReduces) {
  const std::unique_ptr<Study> study = make_my_scores();
  const RunRequest request = request_for(*study, file_of(ten_rows), Json::parse(R"({"folds": 2})"));
  Results results;
  results.inputs = request.inputs;
  results.plan = study->plan(request.config, request.inputs);
  Resources resources = request.resources;
  for (const Stage& stage : results.plan) {
    for (std::int64_t index = 0; index < stage.count; ++index) {
      const Report report = study->reduce(request.config, results);
      ASSERT_EQ(report.claims.size(), 2u);
      for (const Claim& claim : report.claims) EXPECT_EQ(claim.status, ClaimStatus::NotEvaluated);
      TaskContext context(0, request.inputs, resources);
      const std::unique_ptr<Stepper> stepper = study->start(request.config, stage.name, index, context);
      while (!stepper->step()) {
      }
      if (results.goes_to_files(stage.name)) {
        results.stored[stage.name][index] = {std::make_shared<MemorySource>(context.partial().to_bytes())};
      } else {
        results.partials[stage.name][index] = std::move(context.partial());
      }
      for (auto& [name, bytes] : context.artefacts()) {
        resources.add_artefact(stage.name, index, name, std::make_shared<MemorySource>(std::move(bytes)));
      }
    }
  }
  results.complete = true;
  const Report report = study->reduce(request.config, results);
  EXPECT_TRUE(report.all_claims_hold());
  EXPECT_EQ(report.tables.at("recalibrated").rows(), 10U);
}

// The engine's guess at the number of rows decides only into how many parts the rows are cut.
TEST(MyScores, PartsOfTheRowsChangeNothing) {
  const std::unique_ptr<Study> study = make_my_scores();
  const auto bytes_with = [&](std::int64_t rows) {
    RunRequest request = request_for(*study, file_of(simulated(1000, .4, 5)), Json::parse(R"({"folds": 2})"));
    request.inputs["scores"].rows = rows;
    return write_report(run_locally(std::move(request)), {}).json;
  };
  EXPECT_EQ(bytes_with(5'000'000), bytes_with(1));
}

// More rows than one chunk: 300,000 in NPY, every third a tie; large tables are files.
TEST(MyScores, RowsOfSeveralChunks) {
  constexpr std::int64_t rows = 300'000;
  Random random(9, "my-scores", {6});
  std::vector<double> values;
  std::int64_t positives = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const double z = row % 3 == 0 ? .5 : random.uniform();
    const bool positive = random.bernoulli(z);
    positives += positive ? 1 : 0;
    values.push_back(z);
    values.push_back(positive ? 1 : 0);
  }
  const std::unique_ptr<Study> study = make_my_scores();
  const auto file = std::make_shared<MemorySource>(write_npy(values, {rows, 2}));
  RunRequest request =
      request_for(*study, file, Json::parse(R"({"folds": 0, "bins": 3, "edge_rule": "width"})"), "mine.npy");
  request.workers = 2;
  const Report report = run_locally(std::move(request));
  EXPECT_EQ(report.metrics.at("rows"), static_cast<double>(rows));
  EXPECT_EQ(report.metrics.at("positives"), static_cast<double>(positives));
  EXPECT_TRUE(report.all_claims_hold());
  EXPECT_EQ(report.tables.count("recalibrated"), 0U);
  const StoredTable& table = report.stored_tables.at("recalibrated");
  EXPECT_EQ(table.rows, static_cast<std::size_t>(rows));
  std::int64_t row = 0;
  visit_rows(table, 4096, [&](const Table& piece) {
    for (std::size_t i = 0; i < piece.rows(); ++i, ++row) {
      ASSERT_EQ(piece.integers("row")[i], row + 1);
      ASSERT_EQ(piece.reals("score")[i], values[static_cast<std::size_t>(2 * row)]);
      ASSERT_EQ(piece.reals("base_rate")[i], static_cast<double>(positives) / rows);
    }
  });
  EXPECT_EQ(row, rows);
  // The mean label of the scores in (1/3, 2/3], counted here.
  std::int64_t count = 0, ones = 0;
  for (std::size_t i = 0; i < values.size(); i += 2) {
    if (values[i] <= 1.0 / 3 || values[i] > 2.0 / 3) continue;
    ++count;
    ones += values[i + 1] == 1 ? 1 : 0;
  }
  EXPECT_EQ(cell(report, "bins", 1, "count"), static_cast<double>(count));
  EXPECT_EQ(cell(report, "bins", 1, "value"), static_cast<double>(ones) / static_cast<double>(count));

  const WrittenReport written = write_report(report, {});
  const MemoryView npy(std::span<const std::byte>(written.files.at("recalibrated.npy").bytes));
  const NpyReader reader(npy, "recalibrated.npy");
  EXPECT_EQ(reader.shape(), (std::vector<std::int64_t>{rows, 10}));
  EXPECT_EQ(reader.read_rows(rows - 1, 1)[1], values[values.size() - 2]);
  EXPECT_EQ(Json::parse(written.json).at("tables").at("recalibrated").at("rows").size(), 1000U);
}

TEST(MyScores, RowOrderAndIncreasingTransformsDoNotMatter) {
  const Report report = run(ten_rows, R"({"bins": 3, "folds": 0})");
  const Report shuffled =
      run("label,score\n1,0.9\n0,0.1\n1,0.95\n1,0.3\n0,0.2\n0,0.6\n1,0.5\n1,0.8\n0,0.4\n1,0.7\n",
          R"({"bins": 3, "folds": 0})");
  for (std::size_t method = 0; method < 8; ++method) {
    for (const char* column : {"brier", "log_loss", "ece_l1", "auc"}) {
      EXPECT_NEAR(cell(shuffled, "methods", method, column), cell(report, "methods", method, column), 1e-14)
          << method << column;
    }
  }
  // Logits of the same rows: bins have the same values, other edges.
  std::string logits = "score,label\n";
  for (const auto& [z, y] : std::vector<std::pair<double, int>>{
           {.1, 0}, {.2, 0}, {.3, 1}, {.4, 0}, {.5, 1}, {.6, 0}, {.7, 1}, {.8, 1}, {.9, 1}, {.95, 1}}) {
    logits += Json(std::log(z / (1 - z))).dump() + "," + std::to_string(y) + "\n";
  }
  const Report transformed = run(logits, R"({"bins": 3, "folds": 0, "score_kind": "logit"})");
  for (std::size_t bin = 0; bin < 3; ++bin) {
    EXPECT_EQ(cell(transformed, "bins", bin, "value"), cell(report, "bins", bin, "value"));
  }
  EXPECT_EQ(cell(transformed, "bins", 0, "lower"), -INFINITY);
  EXPECT_EQ(cell(transformed, "bins", 2, "upper"), INFINITY);
  EXPECT_NEAR(transformed.metrics.at("platt_slope"), report.metrics.at("platt_slope"), 1e-12);
  EXPECT_NEAR(transformed.metrics.at("brier"), report.metrics.at("brier"), 1e-14);
  EXPECT_NEAR(transformed.metrics.at("temperature"), report.metrics.at("temperature"), 1e-12);
}

}  // namespace
}  // namespace reprise::recal
