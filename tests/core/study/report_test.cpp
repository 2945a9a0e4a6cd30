#include "study/report.h"

#include "base/hash.h"
#include "data/npy.h"
#include "study/partial.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise {
namespace {

Report small_report() {
  Report report;
  report.study = "toy/coin";
  report.revision = 3;
  report.seed = 9007199254740991;
  report.config = Json::parse(R"({"p":0.1})");
  report.metrics = {{"b", 1e-7}, {"a", std::nan("")}, {"c", 2.0}};
  report.table("t", {{"n", ColumnType::Integer}, {"text", ColumnType::Text}}).append_row(1, "x,\"y\"");
  report.series["s"] = {{1, 2}, {0.5, INFINITY}, {}, {}};
  Claim claim;
  claim.id = "near";
  claim.statement = "It is near.";
  claim.statistic = 0.25;
  claim.threshold = 0.5;
  claim.status = ClaimStatus::Holds;
  report.claims.push_back(claim);
  return report;
}

TEST(Report, IsCanonicalJsonOfTheContract) {
  EXPECT_EQ(
      write_report(small_report(), std::nullopt).json,
      R"({"claims":[{"holds":true,"id":"near","relation":"<=","statement":"It is near.","statistic":0.25,)"
      R"("status":"holds","threshold":0.5}],"config":{"p":0.1},"files":{},"grids":{},"images":{},)"
      R"("metrics":{"a":"NaN","b":1e-7,"c":2},"revision":3,"seed":9007199254740991,)"
      R"("series":{"s":{"x":[1,2],"y":[0.5,"Infinity"]}},"study":"toy/coin",)"
      R"("tables":{"t":{"columns":["n","text"],"rows":[[1,"x,\"y\""]],"rows_total":1}}})"
      "\n");
}

TEST(Report, ProvenanceNamesTheHashOfEverythingElse) {
  const std::string bare = write_report(small_report(), std::nullopt).json;
  const WrittenReport written =
      write_report(small_report(), Provenance{"id", "local", "portable", "cpu", "b1", 4, 0.5});
  Json json = Json::parse(written.json);
  EXPECT_EQ(json.at("provenance").at("result_sha256").as_string(),
            sha256_hex(bare.substr(0, bare.size() - 1)));
  EXPECT_EQ(json.at("provenance").at("tasks").as_integer(), 4);
  json.as_object().erase("provenance");
  EXPECT_EQ(json.dump() + "\n", bare);
}

TEST(Report, LargeTablesBecomeFiles) {
  Report report = small_report();
  Table& table = report.table("rows", {{"row", ColumnType::Integer}, {"score", ColumnType::Real}});
  for (int i = 0; i < 20001; ++i) table.append_row(i, i / 8.0);
  const WrittenReport written = write_report(report, std::nullopt);
  const Json json = Json::parse(written.json);
  EXPECT_EQ(json.at("tables").at("rows").at("rows").size(), 1000U);
  EXPECT_EQ(json.at("tables").at("rows").at("rows_total").as_integer(), 20001);
  const std::vector<std::byte>& csv = written.files.at("rows.csv").bytes;
  EXPECT_EQ(json.at("files").at("rows.csv").at("bytes").as_integer(), static_cast<std::int64_t>(csv.size()));
  const std::string text(reinterpret_cast<const char*>(csv.data()), csv.size());
  EXPECT_EQ(text.substr(0, 30), "row,score\n0,0\n1,0.125\n2,0.25\n3");
  EXPECT_TRUE(text.ends_with("\n20000,2500\n"));

  const MemoryView view(std::span<const std::byte>(written.files.at("rows.npy").bytes));
  NpyReader reader(view, "rows.npy");
  EXPECT_EQ(reader.shape(), (std::vector<std::int64_t>{20001, 2}));
  EXPECT_EQ(reader.read_rows(20000, 1), (std::vector<double>{20000, 2500}));
}

// A table outside the memory is written like one inside, whoever takes the bytes.
TEST(Report, StoredTablesGiveTheSameBytes) {
  const std::vector<ColumnSpec> specs = {{"row", ColumnType::Integer}, {"score", ColumnType::Real}};
  Report inside = small_report(), outside = small_report();
  StoredPartials partials;
  for (int part = 0; part < 3; ++part) {
    Partial partial;
    for (int i = 0; i < 7000; ++i) {
      const int row = 7000 * part + i;
      inside.table("rows", specs).append_row(row, row / 8.0);
      partial.table("rows", specs).append_row(row, row / 8.0);
    }
    partials.push_back(std::make_shared<MemorySource>(partial.to_bytes()));
  }
  outside.stored_tables["rows"] = find_stored_table(partials, "rows");
  const WrittenReport expected = write_report(inside, std::nullopt);
  EXPECT_EQ(write_report(outside, std::nullopt).json, expected.json);

  struct Collector final : FileSink {
    std::map<std::string, std::vector<std::byte>> files;
    std::vector<std::string> finished;
    void append(const std::string& file, std::span<const std::byte> bytes) override {
      EXPECT_LE(bytes.size(), 200'000U);
      files[file].insert(files[file].end(), bytes.begin(), bytes.end());
    }
    void finish(const std::string& file) override { finished.push_back(file); }
  } sink;
  const WrittenReport written = write_report(outside, std::nullopt, &sink);
  EXPECT_EQ(written.json, expected.json);
  EXPECT_EQ(sink.finished, (std::vector<std::string>{"rows.csv", "rows.npy"}));
  for (const char* name : {"rows.csv", "rows.npy"}) {
    EXPECT_EQ(sink.files.at(name), expected.files.at(name).bytes) << name;
    EXPECT_TRUE(written.files.at(name).bytes.empty());
    EXPECT_EQ(written.files.at(name).media_type, expected.files.at(name).media_type);
  }
}

TEST(Report, ARangeThresholdIsAPair) {
  Claim claim;
  claim.id = "between";
  claim.relation = Relation::Within;
  claim.threshold = 1;
  claim.threshold_high = 2;
  claim.statistic = std::nan("");
  claim.status = ClaimStatus::Fails;
  claim.reason = "the statistic is not a finite number";
  EXPECT_EQ(
      claim.to_json().dump(),
      R"({"holds":false,"id":"between","reason":"the statistic is not a finite number","relation":"in",)"
      R"("statement":"","statistic":"NaN","status":"fails","threshold":[1,2]})");
}

}  // namespace
}  // namespace reprise
