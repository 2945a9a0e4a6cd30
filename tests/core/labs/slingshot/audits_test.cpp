// logit-audit, log-audit and number-formats: hand-made inputs, and every line of bad input.
#include "core/labs/study_runs.h"
#include "data/npy.h"
#include "labs/slingshot/arm.h"
#include "labs/slingshot/example_log.h"
#include "labs/slingshot/logit_audit.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::slingshot {
namespace {

using namespace reprise::testing;

TEST(AuditLogits, StatesByHand) {
  // float16: margins 9 (absorbed: 1 + e^-9 rounds to 1), 2 (ok), 30 (e^-30 underflows: silent), wrong, tie
  // lost.
  LabelledLogits data;
  data.classes = 2;
  data.logits = {9, 0, 2, 0, 30, 0, 0, 1, 1, 1};
  data.labels = {0, 0, 0, 0, 1};
  const AbsorptionReport report = audit_logits(data, kernel_options(parse_arm("float16:softmax"), 1));
  EXPECT_EQ(report.state,
            (std::vector<SampleState>{SampleState::absorbed, SampleState::ok, SampleState::silent,
                                      SampleState::misclassified, SampleState::misclassified}));
  EXPECT_EQ(report.margin, (std::vector<double>{9, 2, 30, -1, 0}));
  EXPECT_DOUBLE_EQ(report.absorbed, 0.2);
  EXPECT_DOUBLE_EQ(report.silent, 0.2);
  EXPECT_EQ(report.median_margin, 2);
  // Multiplying by 1/N = 1/5 makes the same sample no less absorbed, a tiny scale makes it silent.
  EXPECT_EQ(audit_logits(data, kernel_options(parse_arm("float16:softmax"))).absorbed, 0.2);
  EXPECT_EQ(audit_logits(data, kernel_options(parse_arm("float16:softmax"), 1e-4)).silent, 0.4);
  // In float64 nothing is lost, nor in a repaired form.
  EXPECT_EQ(audit_logits(data, kernel_options(parse_arm("float64"), 1)).absorbed, 0);
  EXPECT_EQ(audit_logits(data, kernel_options(parse_arm("float16:recentred"), 1)).zero_sum_defect, 0);
}

const Files& own_logits() {
  static const Files files = {{"logits", "30,0,0\n1,5,0\n0.5,0.2,0.1\n0,40,1\n"}, {"labels", "0\n0\n0\n1\n"}};
  return files;
}

TEST(LogitAudit, OwnLogits) {
  const Json report = run_study("logit-audit", R"({"scale":1})", own_logits());
  const char* states[] = {"absorbed", "misclassified", "ok", "absorbed"};
  const double margins[] = {30, -4, 0.3, 39}, predictions[] = {0, 1, 0, 1};
  const double sums[] = {1 + 2 * std::exp(-30.0), std::exp(4.0) + 1 + std::exp(-1.0),
                         1 + std::exp(-0.3) + std::exp(-0.4), 1 + std::exp(-40.0) + std::exp(-39.0)};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(cell(report, "samples", i, "state").as_string(), states[i]);
    EXPECT_NEAR(cell(report, "samples", i, "margin").as_number(), margins[i], 1e-15);
    EXPECT_EQ(cell(report, "samples", i, "prediction").as_number(), predictions[i]);
    EXPECT_NEAR(cell(report, "samples", i, "true_loss").as_number(), std::log(sums[i]), 1e-12);
    EXPECT_NEAR(cell(report, "samples", i, "loss").as_number(), std::log(sums[i]), 5e-7);
  }
  EXPECT_NEAR(cell(report, "samples", 0, "true_loss").as_number(), 2 * std::exp(-30.0), 1e-25);
  EXPECT_EQ(metric(report, "absorbed_fraction"), 0.5);
  EXPECT_EQ(metric(report, "median_margin"), 15.15);
  // Gradients of sample 2 by class: softmax less one for the label.
  EXPECT_NEAR(cell(report, "gradient", 6, "gradient").as_number(), 1 / sums[2] - 1, 1e-7);
  EXPECT_NEAR(cell(report, "gradient", 7, "gradient").as_number(), std::exp(-0.3) / sums[2], 1e-7);
}

TEST(LogitAudit, ClaimFailsWhereAbsorptionMatters) {
  const Files files = {{"logits", "20,0,0\n0,21,0\n0,19,1\n"}, {"labels", "0\n1\n1\n"}};
  const Json report = run_study("logit-audit", "{}", files);
  EXPECT_EQ(metric(report, "zero_sum_defect"), 1);
  EXPECT_EQ(verdict(report, "zero-sum"), "fails");
  EXPECT_EQ(verdict(run_study("logit-audit", R"({"form":"recentred"})", files), "zero-sum"), "holds");
  EXPECT_EQ(verdict(run_study("logit-audit", R"({"format":"float64"})", files), "zero-sum"), "holds");
  // A float32 accumulator does not help when its sum is rounded to 16 bits.
  const Files nine = {{"logits", "9,0,0\n0,9,0\n"}, {"labels", "0\n1\n"}};
  for (const char* accumulator : {"same", "float32"}) {
    const Json mixed = run_study(
        "logit-audit", R"({"format":"float16","scale":1,"accumulator":")" + std::string(accumulator) + "\"}",
        nine);
    EXPECT_EQ(metric(mixed, "absorbed_fraction"), 1) << accumulator;
    EXPECT_EQ(verdict(mixed, "zero-sum"), "fails") << accumulator;
  }
}

TEST(LogitAudit, FormatsTableAgreesWithTheAuditOfItsRow) {
  const Json table = run_study("logit-audit", "{}");
  const Json alone = run_study("logit-audit", R"({"format":"bfloat16","form":"logsumexp"})");
  for (std::size_t row = 0; row < 49; ++row) {
    if (cell(table, "formats", row, "format").as_string() != "bfloat16" ||
        cell(table, "formats", row, "form").as_string() != "logsumexp")
      continue;
    EXPECT_EQ(cell(table, "formats", row, "absorbed"), alone.at("metrics").at("absorbed_fraction"));
    EXPECT_EQ(cell(table, "formats", row, "zero_sum_defect"), alone.at("metrics").at("zero_sum_defect"));
  }
}

TEST(LogitAudit, NpyFilesGiveTheSameReport) {
  RunRequest request = request_for("logit-audit", R"({"gradient_rows":0})");
  const auto add = [&](const char* name, std::vector<std::byte> bytes) {
    const auto source = std::make_shared<MemorySource>(std::move(bytes));
    request.inputs[name] = inspect_input(*source, std::string(name) + ".npy");
    request.resources.add_input(name, source);
  };
  const std::vector<double> logits = {30, 0, 0, 1, 5, 0, 0.5, 0.2, 0.1, 0, 40, 1}, labels = {0, 0, 0, 1};
  add("logits", write_npy(logits, {4, 3}));
  add("labels", write_npy(labels, {4}));
  const Json from_npy = Json::parse(write_report(run_locally(std::move(request)), std::nullopt).json);
  const Json from_csv = run_study("logit-audit", R"({"gradient_rows":0})", own_logits());
  EXPECT_EQ(from_npy.at("tables").dump(), from_csv.at("tables").dump());
}

TEST(LogitAudit, BadInput) {
  const auto refused = [](const std::string& logits, const std::string& labels) {
    return refusal("logit-audit", "{}", {{"logits", logits}, {"labels", labels}});
  };
  EXPECT_EQ(refused("1,2\n3,4\n", "0\n2\n"), "labels.csv row 2: label 2; allowed are integers 0…1");
  EXPECT_EQ(refused("1,2\n3,4\n", "0\n-1\n"), "labels.csv row 2: label -1; allowed are integers 0…1");
  EXPECT_EQ(refused("1,2\n3,4\n", "0\n0.5\n"), "labels.csv row 2: label 0.5; allowed are integers 0…1");
  EXPECT_NE(refused("1,2\n3,nan\n", "0\n1\n").find("logits.csv row 2, column 2:"), std::string::npos);
  EXPECT_NE(refused("1,2\n3,inf\n", "0\n1\n").find("logits.csv row 2, column 2:"), std::string::npos);
  EXPECT_NE(refused("1,2\nx,4\n", "0\n1\n").find("logits.csv row 2, column 1: \"x\""), std::string::npos);
  EXPECT_EQ(refused("1\n2\n", "0\n0\n"),
            "logits.csv has 1 column; allowed: one column for each of at least 2 classes");
  EXPECT_NE(refused("", "0\n").find("logits.csv row 1: the file is empty"), std::string::npos);
  EXPECT_EQ(refused("1,2\n3,4\n", "0\n"),
            "logits.csv and labels.csv hold 2 rows of logits and 1 labels; allowed: as many labels as rows "
            "of logits");
  EXPECT_EQ(refused("1,2\n", "0,1\n"), "labels.csv has 2 columns; labels are one integer a row");
  EXPECT_EQ(refusal("logit-audit", "{}", {{"logits", "1,2\n"}}),
            "input 'labels' is missing; logits, labels come together");
  EXPECT_NE(
      refusal("logit-audit", R"({"format":"p1"})").find("format: found \"p1\"; allowed: float64, float32"),
      std::string::npos);
}

TEST(LogAudit, OwnLogByHand) {
  // Minimum 0.001 by row 3; row 4 is 2000 times that; row 6 is below peak/100.
  const std::string log =
      "loss,step,w_mean_norm\n1,0,1\n0.5,10,1\n0.01,20,1\n0.001,30,1\n2,40,1\n0.5,50,1\n0.001,60,1\n";
  const Json report = run_study("log-audit", R"({"burn_in":2})", {{"log", log}});
  EXPECT_EQ(metric(report, "slingshots"), 1);
  EXPECT_EQ(metric(report, "max_loss"), 2);
  EXPECT_EQ(cell(report, "slingshots", 0, "start").as_number(), 40);
  EXPECT_EQ(cell(report, "slingshots", 0, "end").as_number(), 60);
  EXPECT_EQ(cell(report, "slingshots", 0, "peak_loss").as_number(), 2);
  EXPECT_EQ(cell(report, "growth", 0, "window_end").as_number(), 4);  // rows, up to the slingshot
  EXPECT_EQ(cell(report, "growth", 0, "slope").as_string(), "NaN");   // fewer than ten points
}

TEST(LogAudit, GrowthIsPerUnitOfStep) {
  std::string log = "step,loss,norm\n";
  for (int i = 0; i < 40; ++i) {
    log += std::to_string(5 * i) + ",1," + std::to_string(std::exp(0.02 * 5 * i)) + "\n";
  }
  const Json report =
      run_study("log-audit", R"({"growth_column":"norm","window_start":10,"window_end":30})", {{"log", log}});
  EXPECT_NEAR(cell(report, "growth", 0, "slope").as_number(), 0.02, 1e-6);
  EXPECT_NEAR(cell(report, "growth", 0, "r2_exponential").as_number(), 1, 1e-9);
  EXPECT_EQ(cell(report, "growth", 0, "window_start").as_number(), 10);
  const Json open = run_study("log-audit", R"({"growth_column":"other"})", {{"log", log}});
  EXPECT_EQ(open.at("tables").at("growth").at("rows_total").as_integer(), 0);
  EXPECT_NE(open.at("warnings").dump().find("no column other"), std::string::npos);
}

TEST(LogAudit, TheExampleLogIsThatOfTheWidgetRun) {
  const Json report = run_study("log-audit", "{}");
  RunRequest request = request_for("loss-spikes", "{}");
  request.config = request.study->resolve("widget", Json::object());
  request.seed = 0;
  const Json run = Json::parse(write_report(run_locally(std::move(request)), std::nullopt).json);
  ASSERT_EQ(run.at("tables").at("slingshots").at("rows_total").as_integer(), 1);
  EXPECT_EQ(metric(report, "slingshots"), 1);
  EXPECT_EQ(cell(report, "slingshots", 0, "start"), cell(run, "slingshots", 0, "start"));
  EXPECT_EQ(cell(report, "slingshots", 0, "end"), cell(run, "slingshots", 0, "end"));
  EXPECT_NEAR(cell(report, "slingshots", 0, "peak_loss").as_number(),
              cell(run, "slingshots", 0, "peak_true_loss").as_number(), 1e-5);
  EXPECT_EQ(report.at("series").at("loss").at("x").size(), 600U);
}

TEST(LogAudit, BadInput) {
  const auto refused = [](const std::string& log, const std::string& settings = "{}") {
    return refusal("log-audit", settings, {{"log", log}});
  };
  EXPECT_EQ(refused("step,los\n0,1\n"), "log.csv has no column \"loss\"; its columns are step, los");
  EXPECT_NE(refused("step,loss\n0,1\n1,nan\n").find("log.csv row 2, column \"loss\":"), std::string::npos);
  EXPECT_NE(refused("step,loss\n0,1\nx,1\n").find("log.csv row 2, column \"step\": \"x\""),
            std::string::npos);
  EXPECT_NE(refused("step,loss,w_mean_norm\n0,1,a\n").find("log.csv row 1, column \"w_mean_norm\""),
            std::string::npos);
  EXPECT_EQ(refused("step,loss\n"), "log.csv: no rows; allowed: 1…5,000,000 rows under the header");
  EXPECT_EQ(
      refused("step,loss\n1,1\n1,1\n"),
      "log.csv: row 2 does not follow the step of the row before; allowed: rows in rising order of step");
  EXPECT_EQ(refused("step,loss\n0,1\n", R"({"window_end":5})"),
            "log.csv: a window of rows 0…5; allowed: rows 0…1, the start before the end");
  EXPECT_EQ(refused("step,loss\n0,1\n", R"({"window_start":9})"),
            "log.csv: a window of rows 9…9; allowed: rows 0…1, the start before the end");
  EXPECT_EQ(refusal("log-audit", R"({"window_start":9,"window_end":9})"),
            "window_end: 9 with window_start 9; allowed: above window_start, or −1");
  EXPECT_NE(refusal("log-audit", R"({"growth_column":""})").find("growth_column"), std::string::npos);
}

TEST(NumberFormats, PublishedRoundings) {
  const Json report =
      run_study("number-formats", "{}", {{"values", "value\n0.1\n500\n0.3\n3.3\n2.9802322387695312e-08\n"}});
  EXPECT_EQ(cell(report, "rounded", 0, "float16").as_number(), 0.0999755859375);
  EXPECT_EQ(cell(report, "rounded", 0, "bfloat16").as_number(), 0.10009765625);
  EXPECT_EQ(cell(report, "rounded", 1, "float8_e4m3").as_number(), 448);
  EXPECT_EQ(cell(report, "rounded", 2, "float8_e4m3").as_number(), 0.3125);
  EXPECT_EQ(cell(report, "rounded", 3, "float8_e5m2").as_number(), 3.5);
  EXPECT_EQ(cell(report, "rounded", 4, "float16").as_number(), 0);
  const Json defaults = run_study("number-formats", R"({"precision_bits":8,"min_exponent":-126})");
  for (std::size_t row = 0; row < 5; ++row) {
    EXPECT_EQ(cell(defaults, "rounded", row, "custom"), cell(defaults, "rounded", row, "bfloat16"));
  }
  EXPECT_EQ(cell(defaults, "rounded", 2, "float16").as_string(), "Infinity");  // 65520
  EXPECT_NEAR(cell(defaults, "formats", 7, "threshold").as_number(), 8 * std::log(2) - std::log1p(1.0 / 256),
              1e-12);
}

TEST(NumberFormats, BadInput) {
  EXPECT_NE(refusal("number-formats", "{}", {{"values", "value\n1\nx\n"}})
                .find("values.csv row 2, column \"value\""),
            std::string::npos);
  EXPECT_EQ(refusal("number-formats", "{}", {{"values", "x\n1\n"}}),
            "values.csv has no column \"value\"; its columns are x");
  EXPECT_EQ(refusal("number-formats", "{}", {{"values", "value\n"}}),
            "values: no rows; allowed: 1…5,000,000 rows under the header");
  EXPECT_EQ(refusal("number-formats", R"({"precision_bits":54})"),
            "precision_bits: found 54; allowed: an integer 2…53");
  EXPECT_EQ(refusal("number-formats", R"({"min_exponent":-1})"),
            "min_exponent: found -1; allowed: an integer -1022…-2");
}

}  // namespace
}  // namespace reprise::slingshot
