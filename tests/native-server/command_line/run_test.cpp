#include "base/hash.h"
#include "base/json.h"
#include "native-server/command_line/program.h"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>

namespace reprise::testing {
namespace {

const std::string seedless = "run recalibration/optimal-bins --set n_list=300,600 --set seeds=3 ";
const std::string small = seedless + "--seed 7 ";

std::string without_provenance(const std::string& report) {
  Json json = Json::parse(report);
  json.as_object().erase("provenance");
  return json.dump();
}

TEST(CommandLine, ListNamesEveryStudy) {
  const Outcome outcome = reprise_program("list --json");
  EXPECT_EQ(outcome.exit_code, 0);
  const Json list = Json::parse(outcome.out);
  bool found = false;
  for (const Json& entry : list.as_array()) {
    for (const char* key : {"study", "lab", "title", "question", "presets", "inputs"}) {
      EXPECT_NE(entry.find(key), nullptr) << key;
    }
    found |= entry.at("study").as_string() == "recalibration/optimal-bins";
  }
  EXPECT_TRUE(found);
}

TEST(CommandLine, DescribeGivesTheContract) {
  const Outcome outcome = reprise_program("describe recalibration/my-scores");
  EXPECT_EQ(outcome.exit_code, 0);
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json.at("lab").as_string(), "recalibration");
  EXPECT_TRUE(json.at("inputs").as_array().at(0).at("required").as_bool());
  EXPECT_EQ(json.at("guarantee").as_string(), "exact");
}

TEST(CommandLine, JsonIsExactlyOneReport) {
  const Outcome outcome = reprise_program(small + "--json");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");  // progress is drawn on terminals only
  const Json report = Json::parse(outcome.out);
  EXPECT_EQ(report.at("seed").as_integer(), 7);
  EXPECT_EQ(report.at("config").at("n_list").dump(), "[300,600]");
  EXPECT_EQ(report.at("provenance").at("engine").as_string(), "local");
}

TEST(CommandLine, WorkersChangeNoByte) {
  const std::string one = reprise_program(small + "--json --workers 1").out;
  const std::string two = reprise_program(small + "--json --workers 2").out;
  EXPECT_EQ(without_provenance(one), without_provenance(two));
}

TEST(CommandLine, OutHoldsReportTablesAndWhatARepeatedCallResumesFrom) {
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  const std::string first = reprise_program(small + "--json --out " + out).out;
  EXPECT_EQ(file_text(folder / "run/report.json"), first);
  EXPECT_EQ(file_text(folder / "run/tables/optimal.csv").substr(0, 2), "n,");

  const std::string again = reprise_program(small + "--json --out " + out).out;
  EXPECT_EQ(without_provenance(again), without_provenance(first));

  // Another run in the same folder starts afresh.
  const std::string other = reprise_program(seedless + "--seed 8 --json --out " + out).out;
  EXPECT_EQ(without_provenance(other), without_provenance(reprise_program(seedless + "--seed 8 --json").out));
  EXPECT_NE(without_provenance(other), without_provenance(first));
}

// Rows of several parts lie in a temporary folder when nobody asked for files; with --out they become files
// that the report names by their hash, each once on the disk, and what a repeated call resumes from.
TEST(CommandLine, LargeInputsStayOnDisk) {
  const TemporaryFolder folder;
  constexpr int rows = 270'000;
  std::string text = "score,label\n";
  for (int row = 0; row < rows; ++row)
    text += "0." + std::to_string(100'000 + row) + (row % 7 < row / 50'000 ? ",1\n" : ",0\n");
  std::filesystem::create_directory(folder / "tmp");
  const std::string call = "run recalibration/my-scores --json --set folds=0 --set bins=10 --input scores=" +
                           folder.file("rows.csv", text) + " ";
  ::setenv("TMPDIR", (folder / "tmp").c_str(), 1);
  const Outcome plain = reprise_program(call);
  const std::string out = (folder / "run").string();
  const Outcome kept = reprise_program(call + "--out " + out);
  const Outcome again = reprise_program(call + "--out " + out);
  ::unsetenv("TMPDIR");
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(without_provenance(kept.out), without_provenance(plain.out));
  EXPECT_EQ(without_provenance(again.out), without_provenance(plain.out));
  EXPECT_TRUE(std::filesystem::is_empty(folder / "tmp"));

  const Json report = Json::parse(kept.out);
  EXPECT_EQ(report.at("tables").at("recalibrated").at("rows_total").as_integer(), rows);
  const std::string csv = file_text(folder / "run/files/recalibrated.csv");
  const Json& listed = report.at("files").at("recalibrated.csv");
  EXPECT_EQ(listed.at("bytes").as_integer(), static_cast<std::int64_t>(csv.size()));
  EXPECT_EQ(listed.at("sha256").as_string(), sha256_hex(csv));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), rows + 1);
  EXPECT_TRUE(std::filesystem::equivalent(folder / "run/files/recalibrated.csv",
                                          folder / "run/tables/recalibrated.csv"));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/resume/read/0/partial.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(folder / "run/resume/recalibrate"));
}

TEST(CommandLine, AnInterruptedRunResumesToTheSameReport) {
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  const std::string longer =
      "run recalibration/optimal-bins --set n_list=300,3000,30000 --set seeds=200 --workers 1 ";
  const Outcome stopped =
      reprise_program(longer + "--json --out " + out + " & sleep 0.6; kill -INT $!; wait $!");
  if (stopped.exit_code != 0) {  // a very fast machine may have finished
    EXPECT_EQ(stopped.exit_code, 3) << stopped.err;
    EXPECT_EQ(stopped.out, "");
    EXPECT_FALSE(std::filesystem::exists(folder / "run/report.json"));
  }
  const std::string resumed = reprise_program(longer + "--json --out " + out).out;
  EXPECT_EQ(without_provenance(resumed), without_provenance(reprise_program(longer + "--json").out));
}

TEST(CommandLine, CheckTurnsAFailingClaimIntoExitCode4) {
  // Four samples of 20 and 40 rows cannot show an exponent: some claim fails.
  const std::string tiny = "run recalibration/optimal-bins --set n_list=20,40 --set seeds=1 --json ";
  const Json report = Json::parse(reprise_program(tiny).out);
  bool fails = false;
  for (const Json& claim : report.at("claims").as_array()) fails |= claim.at("status").as_string() == "fails";
  ASSERT_TRUE(fails);
  EXPECT_EQ(reprise_program(tiny).exit_code, 0);
  EXPECT_EQ(reprise_program(tiny + "--check").exit_code, 4);
  EXPECT_EQ(reprise_program(tiny + "--check=strict").exit_code, 4);
}

TEST(CommandLine, WithoutJsonASummaryNamesClaimsAndVerdicts) {
  const Outcome outcome = reprise_program(small);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.out.find("optimal_bins_exponent"), std::string::npos);
  EXPECT_NE(outcome.out.find("optimal-risk-exponent"), std::string::npos);
}

}  // namespace
}  // namespace reprise::testing
