// Datasets: named by their bytes, sent back exactly, kept while a job reads them. And the studies' documents.

#include "base/hash.h"
#include "server_under_test.h"

#include <thread>

namespace reprise::testing {
namespace {

class Datasets : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  ServerUnderTest server_{folder_.path()};
};

TEST_F(Datasets, UploadAndDownload) {
  const std::string bytes = "score,label\n0.5,1\n0.25,0\n";
  const Reply reply = server_.upload(bytes, "my%20scores%E2%82%AC.csv");
  ASSERT_EQ(reply.status, 201) << reply.body;
  const Json dataset = reply.json();
  const std::string sha256 = sha256_hex(bytes);
  EXPECT_EQ(dataset.at("sha256").as_string(), sha256);
  EXPECT_EQ(dataset.at("file_name").as_string(), "my scores€.csv");
  EXPECT_EQ(dataset.at("bytes").as_integer(), 25);
  EXPECT_EQ(dataset.at("rows").as_integer(), 2);
  EXPECT_EQ(reply.header("location"), "/api/v1/datasets/" + sha256);
  EXPECT_EQ(server_.upload(bytes).status, 200);  // it is here already
  EXPECT_EQ(server_.get("/api/v1/datasets/" + sha256).json().at("bytes").as_integer(), 25);

  const std::string content = "/api/v1/datasets/" + sha256 + "/content";
  const Reply whole = server_.get(content);
  EXPECT_EQ(whole.body, bytes);
  EXPECT_EQ(whole.header("content-disposition"), "attachment");
  EXPECT_EQ(whole.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(server_.get(content, {{"Range", "bytes=0-4"}}).body, "score");
  EXPECT_EQ(server_.get(content, {{"Range", "bytes=-7"}}).body, "0.25,0\n");
  EXPECT_EQ(server_.get(content, {{"Range", "bytes=24-99"}}).body, "\n");
  EXPECT_EQ(server_.get(content, {{"Range", "bytes=25-"}}).status, 416);
  EXPECT_EQ(server_.get(content, {{"Range", "bytes=0-4"}, {"If-Range", "\"other\""}}).body, bytes);
  EXPECT_EQ(server_.get(content, {{"If-None-Match", whole.header("etag")}}).status, 304);
}

TEST_F(Datasets, LargeUploadArrivesWhole) {
  std::string bytes(5'000'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 13);
  const Reply reply = server_.upload(bytes, "noise.bin");
  ASSERT_EQ(reply.status, 201);
  const std::string sha256 = sha256_hex(bytes);
  EXPECT_EQ(reply.json().at("sha256").as_string(), sha256);
  EXPECT_TRUE(server_.get("/api/v1/datasets/" + sha256 + "/content").body == bytes);
}

TEST_F(Datasets, NameOfThePathIsNotKept) {
  EXPECT_EQ(server_.upload("1\n", "..%2F..%2Fetc%2Fpasswd").json().at("file_name").as_string(), "passwd");
  EXPECT_EQ(server_.upload("2\n", "C:%5Cdata%5Ca.csv").json().at("file_name").as_string(), "a.csv");
}

TEST_F(Datasets, StayWhileAJobReadsThem) {
  const std::string sha256 = server_.upload("1\n2\n").json().at("sha256").as_string();
  const std::string path = "/api/v1/datasets/" + sha256;
  const std::string id = server_.submit(R"({"tasks": 2, "steps": 100000, "step_milliseconds": 5})",
                                        R"(, "inputs": {"numbers": ")" + sha256 + R"("})");
  EXPECT_EQ(server_.job(id).at("inputs").at("numbers").at("sha256").as_string(), sha256);
  EXPECT_EQ(server_.request("DELETE", path).status, 409);
  server_.post("/api/v1/jobs/" + id + "/cancel");
  ASSERT_TRUE(server_.wait_for_state(id, "cancelled"));
  EXPECT_EQ(server_.request("DELETE", path).status, 204);
  EXPECT_EQ(server_.request("DELETE", path).status, 404);
  EXPECT_EQ(server_.get(path).status, 404);
  EXPECT_EQ(server_.get(path + "/content").status, 404);
}

TEST_F(Datasets, TwoUploadsOfTheSameBytesAtOnce) {
  const std::string bytes(300'000, 'x');
  std::vector<std::thread> threads;
  std::array<int, 4> statuses{};
  for (int& status : statuses) {
    threads.emplace_back([&] { status = server_.upload(bytes).status; });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int status : statuses) EXPECT_TRUE(status == 200 || status == 201) << status;
  EXPECT_EQ(server_.get("/api/v1/datasets/" + sha256_hex(bytes)).status, 200);
}

TEST_F(Datasets, StudiesHaveEntityTagsAndCompression) {
  for (const char* path : {"/api/v1/studies", "/api/v1/studies/test/work", "/api/v1/openapi.json"}) {
    const Reply reply = server_.get(path);
    ASSERT_EQ(reply.status, 200) << path;
    EXPECT_EQ(server_.get(path, {{"If-None-Match", "\"x\", " + reply.header("etag")}}).status, 304);
    EXPECT_EQ(server_.get(path, {{"If-None-Match", "\"x\""}}).status, 200);
    const Reply compressed = server_.get(path, {{"Accept-Encoding", "br;q=1, gzip;q=0.5"}});
    EXPECT_EQ(compressed.header("content-encoding"), "gzip");
    EXPECT_EQ(compressed.body.substr(0, 2), "\x1f\x8b");
    EXPECT_EQ(server_.get(path, {{"Accept-Encoding", "gzip;q=0"}}).header("content-encoding"), "");
  }
  EXPECT_EQ(server_.get("/api/v1/studies").json().as_array().at(0).at("study").as_string(), "test/work");
  EXPECT_EQ(
      server_.get("/api/v1/studies/test/work").json().at("presets").at("paper").at("tasks").as_integer(),
      400);
}

TEST_F(Datasets, EstimateAndMetrics) {
  const Reply reply = server_.post(
      "/api/v1/studies/test/work/estimate",
      R"({"preset": "paper", "inputs": {"numbers": {"file_name": "a.csv", "bytes": 10, "rows": 2}}})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const Json estimate = reply.json();
  // 400 tasks of 3 steps of 100 special operations on two workers.
  const double special = estimate.at("estimate").at("stages").as_array()[0].at("special_ops").as_number();
  EXPECT_EQ(special, 400 * 3 * 100);
  EXPECT_EQ(estimate.at("workers").as_integer(), 2);
  const double speed = estimate.at("speeds").at("special_ops").as_number();
  EXPECT_GE(estimate.at("seconds").as_number(), special / speed / 2 * 0.999);
  EXPECT_EQ(estimate.at("queue").as_integer(), 0);
  const std::string metrics = server_.get("/metrics").body;
  EXPECT_NE(metrics.find("reprise_jobs{state=\"queued\"} 0\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("reprise_http_requests_total{status=\"2xx\"} 1\n"), std::string::npos) << metrics;
}

}  // namespace
}  // namespace reprise::testing
