// The study my-scores: its contract, a report worked out by hand, own-data features, and the engine's
// promises.
#include "base/error.h"
#include "base/math.h"
#include "base/random.h"
#include "data/npy.h"
#include "labs/recalibration/studies.h"
#include "study/driver.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace reprise::recal {
namespace {

RunRequest request_for(const Study& study, std::shared_ptr<const ByteSource> file, const Json& overrides,
                       const std::string& name = "mine.csv") {
  RunRequest request;
  request.study = &study;
  request.config = study.resolve("", overrides);
  request.inputs["scores"] = inspect_input(*file, name);
  request.resources.add_input("scores", std::move(file));
  const std::vector<Problem> problems = study.validate(request.config, request.inputs);
  if (!problems.empty()) throw InputError(problems);
  return request;
}

std::shared_ptr<const ByteSource> file_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return std::make_shared<MemorySource>(std::vector<std::byte>(bytes.begin(), bytes.end()));
}

Report run(const std::string& text, const std::string& overrides = "{}", int workers = 1,
           const RunHooks& hooks = {}) {
  const std::unique_ptr<Study> study = make_my_scores();
  RunRequest request = request_for(*study, file_of(text), Json::parse(overrides));
  request.workers = workers;
  return run_locally(std::move(request), hooks);
}

std::vector<Problem> problems_of(const std::string& text, const std::string& overrides = "{}") {
  try {
    run(text, overrides);
  } catch (const InputError& error) {
    return error.problems();
  }
  ADD_FAILURE() << "no problem was found";
  return {{}};
}

void expect_problem(const Problem& problem, const std::string& key, const std::string& message) {
  EXPECT_EQ(problem.key, key);
  EXPECT_NE(problem.message.find(message), std::string::npos) << problem.message;
}

double cell(const Report& report, const std::string& table, std::size_t row, const std::string& column) {
  for (const Column& one : report.tables.at(table).columns()) {
    if (one.name == column) return one.cell(row).as_number();
  }
  throw std::runtime_error("no column " + column);
}

std::vector<std::string> columns_of(const Report& report, const std::string& table) {
  std::vector<std::string> names;
  for (const Column& column : report.tables.at(table).columns()) names.push_back(column.name);
  return names;
}

bool warned(const Report& report, const std::string& part) {
  return std::any_of(report.warnings.begin(), report.warnings.end(),
                     [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

// Ten rows in the order of their score.
const std::string ten_rows =
    "score,label\n0.1,0\n0.2,0\n0.3,1\n0.4,0\n0.5,1\n0.6,0\n0.7,1\n0.8,1\n0.9,1\n0.95,1\n";

/// Scores σ(x), x ~ N(±1, 1) for labels 0 and 1.
std::string simulated(int rows, double share, std::uint64_t stream, const std::string& suffix = "",
                      bool header = true) {
  Random random(9, "my-scores", {stream});
  std::string text = header ? "score,label\n" : "";
  for (int row = 0; row < rows; ++row) {
    const bool positive = random.bernoulli(share);
    const double z = math::logistic(random.normal() + (positive ? 1 : -1));
    text += Json(z).dump() + (positive ? ",1" : ",0") + suffix + "\n";
  }
  return text;
}

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

TEST(MyScores, FlippedLabelsGiveTheComplementaryMap) {
  const Report report = run(simulated(500, .4, 3), R"({"bins": 10, "folds": 0, "edge_rule": "interp"})");
  Random random(9, "my-scores", {3});
  std::string text = "score,label\n";
  for (int row = 0; row < 500; ++row) {
    const bool positive = random.bernoulli(.4);
    const double z = math::logistic(random.normal() + (positive ? 1 : -1));
    text += Json(1 - z).dump() + (positive ? ",0" : ",1") + "\n";
  }
  const Report flipped = run(text, R"({"bins": 10, "folds": 0, "edge_rule": "interp"})");
  for (std::size_t bin = 0; bin < 10; ++bin) {
    EXPECT_NEAR(cell(flipped, "bins", 9 - bin, "value"), 1 - cell(report, "bins", bin, "value"), 1e-15);
    EXPECT_NEAR(cell(flipped, "bins", 9 - bin, "lower"), 1 - cell(report, "bins", bin, "upper"), 1e-12);
  }
  EXPECT_NEAR(flipped.metrics.at("auc"), report.metrics.at("auc"), 1e-15);
  EXPECT_NEAR(flipped.metrics.at("platt_slope"), report.metrics.at("platt_slope"), 1e-9);
  EXPECT_NEAR(flipped.metrics.at("platt_intercept"), -report.metrics.at("platt_intercept"), 1e-9);
}

TEST(MyScores, SplitJudgesOnTestRows) {
  const Report report =
      run("score,label,split\n.1,0,cal\n.2,0,cal\n.8,1,cal\n.9,1,cal\n.4,1,cal\n.6,0,cal\n.3,0,test\n.7,1,"
          "test\n.5,,test\n",
          R"({"bins": 2})");
  EXPECT_EQ(report.metrics.at("rows"), 6);
  EXPECT_EQ(report.metrics.at("rows_judged"), 2);
  // Edge z_(3) = .4: label means 1/3 and 2/3.
  EXPECT_NEAR(cell(report, "methods", 4, "brier"), 1.0 / 9, 1e-15);
  EXPECT_NEAR(cell(report, "methods", 0, "brier"), .09, 1e-15);
  EXPECT_EQ(report.tables.at("recalibrated").rows(), 9u);
  EXPECT_NEAR(cell(report, "recalibrated", 8, "uniform_mass"), 2.0 / 3, 1e-15);
  EXPECT_TRUE(warned(report, "1 test rows have no label"));
  // The mean on the fitted rows is still the base rate.
  EXPECT_EQ(report.claims.size(), 2u);
}

TEST(MyScores, LabelShiftByLabels) {
  std::string text = "score,label,domain\n";
  for (int row = 0; row < 10; ++row)
    text += (row < 5 ? ".3," : ".7,") + std::string(row % 5 < (row < 5 ? 2 : 3) ? "1" : "0") + ",source\n";
  text += ".3,1,target\n.7,0,target\n.3,0,target\n.7,0,target\n.3,,target\n.3,,target\n";
  const Report report = run(text, R"({"bins": 2, "pseudo": 0, "folds": 0})");
  // Source 5 of 10, target 1 of 4.
  EXPECT_NEAR(report.metrics.at("pi_source"), .5, 1e-15);
  EXPECT_NEAR(report.metrics.at("pi_target"), .25, 1e-15);
  EXPECT_NEAR(report.metrics.at("weight_1"), .5, 1e-15);
  EXPECT_NEAR(report.metrics.at("weight_0"), 1.5, 1e-15);
  EXPECT_NEAR(report.metrics.at("log_ratio_se"), std::sqrt(1 + 1.0 / 3 + 2.0 / 5), 1e-14);
  ASSERT_EQ(report.tables.at("adapted").rows(), 6u);
  EXPECT_EQ(cell(report, "adapted", 0, "row"), 11);
  EXPECT_NEAR(cell(report, "adapted", 0, "source"), .4, 1e-15);
  EXPECT_NEAR(cell(report, "adapted", 0, "composite"), .5 * .4 / (.5 * .4 + 1.5 * .6), 1e-15);
  EXPECT_NEAR(cell(report, "adapted", 1, "label_shift_only"), .5 * .7 / (.5 * .7 + 1.5 * .3), 1e-15);
  // EM: four rows at .4, two at .6. The likelihood falls from π = 0 on: 4·(.8 − 1.2)/1.2 + 2·(1.2 − .8)/.8 <
  // 0.
  EXPECT_TRUE(warned(report, "boundary"));

  const Report by_default = run(text, R"({"bins": 2, "folds": 0})");
  EXPECT_NEAR(by_default.metrics.at("pi_target"), 1.5 / 5, 1e-15);
  EXPECT_NEAR(by_default.metrics.at("pi_source"), .5, 1e-15);
}

TEST(MyScores, LabelShiftByScoresAlone) {
  const std::string text = "score,label,domain\n" + simulated(20000, .5, 4, ",source", false);
  std::string target = simulated(20000, .2, 5, "", false);
  std::string unlabelled;
  for (std::size_t begin = 0; begin < target.size();) {
    const std::size_t end = target.find('\n', begin);
    unlabelled += target.substr(begin, target.find(',', begin) - begin) + ",,target\n";
    begin = end + 1;
  }
  const Report report = run(text + unlabelled, R"({"folds": 0})");
  EXPECT_NEAR(report.metrics.at("pi_target_em"), .2, .015);
  EXPECT_EQ(report.metrics.at("pi_target"), report.metrics.at("pi_target_em"));
  EXPECT_LT(report.metrics.at("pi_target_em_low"), report.metrics.at("pi_target_em"));
  EXPECT_NEAR(report.metrics.at("weight_1"), report.metrics.at("pi_target") / report.metrics.at("pi_source"),
              1e-12);
  // Adapted scores have about the target share as their mean.
  double mean = 0;
  for (const double p : report.tables.at("adapted").reals("composite")) mean += p / 20000;
  EXPECT_NEAR(mean, .2, .015);
}

TEST(MyScores, SeveralClasses) {
  const std::string text =
      "label,p_0,p_1,p_2\n0,.7,.2,.1\n1,.3,.4,.3\n2,.2,.2,.6\n1,.6,.3,.1\n0,.5,.25,.25\n2,.1,.8,.1\n0,.8,.1,."
      "1\n"
      "1,.2,.7,.1\n";
  const Report top = run(text, R"({"mode": "top_label", "bins": 1, "folds": 0})");
  EXPECT_EQ(top.metrics.at("positives"), 6);  // rows 4 and 6 are wrong
  EXPECT_EQ(cell(top, "recalibrated", 1, "score"), .4);
  const Report rest = run(text, R"({"mode": "one_vs_rest", "positive_class": 1, "bins": 1, "folds": 0})");
  EXPECT_EQ(rest.metrics.at("positives"), 3);
  EXPECT_EQ(cell(rest, "recalibrated", 5, "score"), .8);
}

TEST(MyScores, NpyAndCsvGiveTheSameReport) {
  const std::unique_ptr<Study> study = make_my_scores();
  const std::vector<double> values = {.1, 0, .2, 0, .3, 1, .4, 0, .5, 1, .6, 0, .7, 1, .8, 1, .9, 1, .95, 1};
  const auto file = std::make_shared<MemorySource>(write_npy(values, {10, 2}));
  const Report npy = run_locally(request_for(*study, file, Json::object(), "mine.npy"));
  EXPECT_EQ(write_report(npy, {}).json, write_report(run(ten_rows), {}).json);
}

TEST(MyScores, OneClassIsBinnedAllTheSame) {
  const Report report = run("score,label\n.1,1\n.2,1\n.3,1\n.4,1\n.5,1\n.6,1\n.7,1\n.8,1\n");
  EXPECT_TRUE(std::isnan(report.metrics.at("platt_slope")));
  EXPECT_TRUE(std::isnan(report.metrics.at("temperature")));
  EXPECT_TRUE(std::isnan(report.metrics.at("auc")));
  EXPECT_EQ(report.metrics.at("bins"), 2);
  EXPECT_EQ(cell(report, "bins", 0, "value"), 1);
  EXPECT_TRUE(std::isnan(cell(report, "methods", 1, "brier")));
  EXPECT_TRUE(std::isnan(cell(report, "methods", 6, "distinct_values")));
  EXPECT_EQ(cell(report, "methods", 3, "brier"), 0);
  EXPECT_TRUE(warned(report, "All labels are 1"));
  EXPECT_TRUE(warned(report, "Platt scaling cannot be fitted"));
  EXPECT_EQ(report.claims.size(), 1u);  // without Platt's slope that claim has no meaning
}

TEST(MyScores, EqualScoresAreOneBin) {
  const std::string text = "score,label\n.4,1\n.4,0\n.4,1\n.4,0\n.4,0\n.4,1\n.4,0\n.4,0\n";
  const Report report = run(text, R"({"bins": 4})");
  EXPECT_EQ(report.metrics.at("bins"), 4);
  EXPECT_EQ(report.metrics.at("effective_bins"), 1);
  EXPECT_EQ(cell(report, "bins", 0, "value"), 3.0 / 8);
  EXPECT_TRUE(warned(report, "All scores are equal"));
  EXPECT_TRUE(std::isnan(cell(report, "methods", 1, "brier")));
  expect_problem(problems_of(text, R"({"bins": 4, "tie_policy": "interpolate"})").at(0), "bins",
                 "all scores are equal");
  EXPECT_EQ(run(text, R"({"tie_policy": "interpolate"})").metrics.at("bins"), 1);
}

TEST(MyScores, WarningsTellWhatToBeCarefulAbout) {
  EXPECT_TRUE(
      warned(run("score,label\n.9,0\n.8,0\n.3,1\n.4,0\n.2,1\n.6,0\n.1,1\n.7,1\n"), "slope is not positive"));
  EXPECT_TRUE(
      warned(run("score,label\n.1,0\n.2,0\n.3,0\n.4,0\n.6,1\n.7,1\n.8,1\n.9,1\n"), "separates the labels"));
  EXPECT_TRUE(
      warned(run("score,label\n.1,0\n.2,0\n.2,1\n.2,0\n.6,1\n.7,0\n.8,1\n.9,1\n"), "37 % of the rows share"));
  const Report interpolated =
      run("score,label\n.2,0\n.2,0\n.2,1\n.6,0\n.6,1\n.8,1\n",
          R"({"bins": 3, "tie_policy": "interpolate", "folds": 0, "edge_rule": "width"})");
  EXPECT_EQ(interpolated.metrics.at("effective_bins"), 3);
  EXPECT_TRUE(warned(run("score,label\n.1,0\n.15,1\n.2,1\n.9,0\n.95,1\n.97,1\n",
                         R"({"bins": 3, "edge_rule": "width", "folds": 0})"),
                     "have no row"));
  // 1 bin needs 2 rows, 5 bins of 10 rows need more than 10.
  EXPECT_TRUE(warned(run(ten_rows, R"({"bins": 5, "folds": 0})"), "not guaranteed"));
  const Report shift = run("score,label,domain\n" + simulated(400, .5, 6, ",source", false) +
                           simulated(2000, .002, 7, ",target", false));
  EXPECT_TRUE(warned(shift, "more than 50-fold"));
  // All target scores are among the lowest: without labels the share of class 1 is estimated as 0.
  const Report boundary = run("score,label,domain\n" + simulated(400, .5, 6, ",source", false) +
                                  "0.001,,target\n0.001,,target\n0.001,,target\n",
                              R"({"folds": 0})");
  EXPECT_TRUE(warned(boundary, "ends at the boundary"));
  // Four bins over two values: merged by default, kept and filled in on demand.
  const std::string tied = "score,label\n.2,0\n.2,0\n.2,1\n.2,0\n.7,1\n.7,1\n.7,0\n.7,1\n";
  EXPECT_TRUE(warned(run(tied, R"({"bins": 4, "folds": 0})"), "2 of 4 bins are left"));
  EXPECT_TRUE(warned(run(tied, R"({"bins": 4, "folds": 0, "tie_policy": "interpolate"})"), "have no row"));
}

TEST(MyScores, SampleSplitUsesHalfForEdgesAndHalfForMeans) {
  // Edges from rows 1–4 (z_(2) = .4), means from rows 5–8: below (.1, .2): ½, above (.5, .9): 1.
  const Report report = run("score,label\n.3,0\n.4,0\n.6,1\n.7,1\n.1,0\n.2,1\n.5,1\n.9,1\n",
                            R"({"bins": 2, "sample_split": true, "folds": 0})");
  EXPECT_EQ(cell(report, "bins", 0, "upper"), .4);
  EXPECT_EQ(cell(report, "bins", 0, "value"), .5);
  EXPECT_EQ(cell(report, "bins", 0, "count"), 2);
  EXPECT_EQ(cell(report, "bins", 1, "value"), 1);
  for (const Claim& claim : report.claims) EXPECT_NE(claim.id, "mean-preserved-by-bins");
}

TEST(MyScoresBadInput, BinsThatTheRowsDoNotAllow) {
  std::string text = "score,label\n";
  for (int row = 0; row < 80; ++row) text += Json(row / 80.0).dump() + (row % 3 == 0 ? ",1\n" : ",0\n");
  const std::vector<Problem> problems = problems_of(text, R"({"bins": 50})");
  EXPECT_EQ(problems.at(0).message, "bins=50 needs at least 100 rows, got 80; allowed 1…40");
  EXPECT_EQ(problems.at(0).key, "bins");
  expect_problem(problems_of(text, R"({"bins": 21, "sample_split": true})").at(0), "bins", "allowed 1…20");
  expect_problem(problems_of(text, R"({"bins": -1})").at(0), "bins", "-1");
  expect_problem(problems_of("score,label\n.1,0\n.2,1\n.3,0\n").at(0), "bins",
                 "needs at least 8 rows, got 3");
  EXPECT_EQ(run("score,label\n.1,0\n.2,1\n.3,0\n.5,1\n", R"({"bins": 2})").metrics.at("bins"), 2);
}

TEST(MyScoresBadInput, RowsToFitOn) {
  expect_problem(problems_of("score,label\n.1,0\n").at(0), "scores", "2 or more rows");
  expect_problem(problems_of("score,label,split\n.1,0,test\n.2,1,test\n").at(0), "scores", "split=cal");
  expect_problem(problems_of("score,label,domain\n.1,0,target\n.2,1,target\n").at(0), "scores",
                 "domain=source");
}

TEST(MyScoresBadInput, ShiftThatCannotBeEstimated) {
  const std::string source = "score,label,domain\n.1,0,source\n.2,1,source\n.3,0,source\n.4,1,source\n";
  const std::string labels = R"({"bins": 1, "shift_estimator": "labels"})";
  expect_problem(problems_of(source + ".2,,target\n", labels).at(0), "shift_estimator", "have none");
  expect_problem(problems_of(source + ".2,1,target\n", R"({"bins": 1, "pseudo": 0})").at(0), "pseudo",
                 "no target row has label 0");
  // Several problems at once.
  EXPECT_EQ(problems_of(source + ".2,1,target\n", R"({"bins": 3, "pseudo": 0})").size(), 2u);
}

TEST(MyScoresBadInput, ParametersOutOfRange) {
  for (const char* overrides : {R"({"delta": 0})", R"({"delta": 1})", R"({"lipschitz": -1})",
                                R"({"pseudo": -1})", R"({"interval": 1})", R"({"folds": 51})",
                                R"({"ece_bins": 0})", R"({"edge_rule": "quantile"})", R"({"unknown": 1})"}) {
    const std::unique_ptr<Study> study = make_my_scores();
    EXPECT_THROW(study->resolve("", Json::parse(overrides)), InputError) << overrides;
  }
  expect_problem(problems_of(ten_rows, R"({"folds": 1})").at(0), "folds", "0, or 2…50");
  expect_problem(problems_of(ten_rows, R"({"score_kind": "logit", "mode": "top_label"})").at(0), "score_kind",
                 "z_0");
}

TEST(MyScoresBadInput, TheFileItself) {
  expect_problem(problems_of("score,label\n.1,0\n3.7,1\n").at(0), "scores", "mine.csv row 2");
  expect_problem(problems_of("").at(0), "scores", "empty");
  const std::unique_ptr<Study> study = make_my_scores();
  const std::vector<Problem> problems = study->validate(study->resolve("", Json::object()), {});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].message, "input 'scores' is required");
}

}  // namespace
}  // namespace reprise::recal
