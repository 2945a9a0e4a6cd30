// Jobs from submission to report: the same bytes as a local run, whatever happens to workers and server
// meanwhile.

#include "server_under_test.h"
#include "store/store.h"
#include "study/driver.h"
#include "test_studies.h"

#include <cmath>

namespace reprise::testing {
namespace {

// The report of the same run in this process, without provenance.
std::string local_result(const std::string& config, std::uint64_t seed = default_seed) {
  const Registry registry = make_test_registry();
  RunRequest request;
  request.study = &registry.find("test/work");
  request.config = request.study->resolve("", Json::parse(config));
  request.seed = seed;
  return result_of(write_report(run_locally(std::move(request)), std::nullopt).json);
}

class Jobs : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(Jobs, ReportHasTheBytesOfALocalRun) {
  const ServerUnderTest server(folder_.path());
  const std::string config = R"({"tasks": 50, "steps": 20})";
  const std::string id = server.submit(config, R"(, "seed": 7)");
  ASSERT_TRUE(server.wait_for_state(id, "succeeded"));
  const Reply reply = server.get("/api/v1/jobs/" + id + "/report");
  ASSERT_EQ(reply.status, 200);
  EXPECT_EQ(result_of(reply.body), local_result(config, 7));

  const Json report = reply.json();
  EXPECT_EQ(report.at("metrics").at("rows").as_number(), 50 * 20);
  EXPECT_EQ(report.at("claims").as_array()[0].at("status").as_string(), "holds");
  const Json& provenance = report.at("provenance");
  EXPECT_EQ(provenance.at("engine").as_string(), "local");
  EXPECT_EQ(provenance.at("tasks").as_integer(), 51);
  const Json job = server.job(id);
  EXPECT_EQ(provenance.at("run_id"), job.at("run_id"));
  EXPECT_EQ(job.at("progress").at("done").as_integer(), 51);
  EXPECT_EQ(job.at("progress").at("fraction").as_number(), 1);
  EXPECT_EQ(job.at("attempts").size(), 0U);
  EXPECT_LE(job.at("created").as_string(), job.at("started").as_string());
  EXPECT_LE(job.at("started").as_string(), job.at("finished").as_string());
  // Only what is asked for later is kept.
  EXPECT_TRUE(ServerUnderTest::wait_for(
      [&] { return !std::filesystem::exists(folder_.path() / "jobs" / id / "work"); }));
}

TEST_F(Jobs, FilesOfTheReport) {
  const ServerUnderTest server(folder_.path());
  const std::string id = server.submit(R"({"tasks": 2, "steps": 3})");
  ASSERT_TRUE(server.wait_for_state(id, "succeeded"));
  const Reply file = server.get("/api/v1/jobs/" + id + "/files/count.csv");
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.header("content-type"), "text/csv");
  EXPECT_EQ(file.body, "rows\n6\n");
  const Reply part = server.get("/api/v1/jobs/" + id + "/files/count.csv", {{"Range", "bytes=5-5"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "6");
  EXPECT_EQ(part.header("content-range"), "bytes 5-5/7");
  EXPECT_EQ(server.get("/api/v1/jobs/" + id + "/files/count.csv", {{"Range", "bytes=7-"}}).status, 416);
  EXPECT_EQ(server.get("/api/v1/jobs/" + id + "/files/report.json").status, 404);
  EXPECT_EQ(server.get("/api/v1/jobs/" + id + "/files/..%2freport.json").status, 400);
  const Reply log = server.get("/api/v1/jobs/" + id + "/log");
  EXPECT_NE(log.body.find("succeeded"), std::string::npos) << log.body;
}

TEST_F(Jobs, TasksReadBundledAssets) {
  const ServerUnderTest server(folder_.path());
  const std::string config = R"({"tasks": 3, "steps": 2, "mode": "asset"})";
  const std::string id = server.submit(config);
  ASSERT_TRUE(server.wait_for_state(id, "succeeded"));
  const Reply reply = server.get("/api/v1/jobs/" + id + "/report");
  EXPECT_EQ(reply.json().at("metrics").at("total").as_number(), 6.0 * 985000);
  EXPECT_EQ(result_of(reply.body), local_result(config));
  const Registry registry = make_test_registry();
  const Study& study = registry.find("test/work");
  EXPECT_EQ(server.job(id).at("run_id").as_string(),
            run_id(study, study.resolve("", Json::parse(config)), default_seed, {}, portable_level));
}

TEST_F(Jobs, NoReportBeforeTheEnd) {
  const ServerUnderTest server(folder_.path());
  const std::string id = server.submit(R"({"tasks": 1, "steps": 1, "step_milliseconds": 60000})");
  EXPECT_EQ(server.get("/api/v1/jobs/" + id + "/report").status, 409);
  EXPECT_EQ(server.get("/api/v1/jobs/" + id + "/report?partial=1").status, 404);
  EXPECT_EQ(server.get("/api/v1/jobs/" + id + "/files/count.csv").status, 404);
}

TEST_F(Jobs, IdempotencyKey) {
  const ServerUnderTest server(folder_.path());
  const HeaderList key = {{"Idempotency-Key", "one"}};
  const std::string body = R"({"study": "test/work"})";
  const Reply first = server.post("/api/v1/jobs", body, key);
  const Reply again = server.post("/api/v1/jobs", body, key);
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(first.json().at("id"), again.json().at("id"));
  EXPECT_EQ(again.header("location"), "/api/v1/jobs/" + first.json().at("id").as_string());
  EXPECT_EQ(again.header("idempotent-replayed"), "true");
  EXPECT_EQ(server.post("/api/v1/jobs", R"({"study": "test/work", "seed": 2})", key).status, 409);
  EXPECT_NE(server.post("/api/v1/jobs", body, {{"Idempotency-Key", "two"}}).json().at("id"),
            first.json().at("id"));
  EXPECT_EQ(server.get("/api/v1/jobs").json().at("items").size(), 2U);
  EXPECT_EQ(server.post("/api/v1/jobs", body, {{"Idempotency-Key", std::string(201, 'k')}}).status, 400);
}

TEST_F(Jobs, PagesOfTheList) {
  const ServerUnderTest server(folder_.path());
  std::vector<std::string> submitted;
  for (int i = 0; i < 5; ++i) submitted.push_back(server.submit(R"({"tasks": 1})"));
  for (const std::string& id : submitted) ASSERT_TRUE(server.wait_for_state(id, "succeeded"));
  std::vector<std::string> listed;
  std::string cursor;
  int pages = 0;
  do {
    const Json page =
        server.get("/api/v1/jobs?limit=2&state=succeeded" + (cursor.empty() ? "" : "&cursor=" + cursor))
            .json();
    for (const Json& job : page.at("items").as_array()) listed.push_back(job.at("id").as_string());
    cursor = page.at("next").is_null() ? "" : page.at("next").as_string();
    ++pages;
  } while (!cursor.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(listed, std::vector<std::string>(submitted.rbegin(), submitted.rend()));
  EXPECT_EQ(server.get("/api/v1/jobs?state=failed").json().at("items").size(), 0U);
}

TEST_F(Jobs, CancelStopsBetweenSteps) {
  const ServerUnderTest server(folder_.path());
  const std::string id = server.submit(R"({"tasks": 4, "steps": 100000, "step_milliseconds": 5})");
  ASSERT_TRUE(server.wait_for_state(id, "running"));
  const Reply reply = server.post("/api/v1/jobs/" + id + "/cancel");
  EXPECT_EQ(reply.status, 202);
  ASSERT_TRUE(server.wait_for_state(id, "cancelled"));
  EXPECT_EQ(server.post("/api/v1/jobs/" + id + "/cancel").status, 409);
  EXPECT_EQ(server.get("/api/v1/jobs/" + id + "/report").status, 409);
}

TEST_F(Jobs, CancelOfAWorkerThatDoesNotAnswer) {
  const ServerUnderTest server(folder_.path());
  const std::string id = server.submit(R"({"tasks": 1, "steps": 1, "step_milliseconds": 60000})");
  ASSERT_TRUE(server.wait_for_state(id, "running"));
  EXPECT_EQ(server.post("/api/v1/jobs/" + id + "/cancel").status, 202);
  ASSERT_TRUE(server.wait_for_state(id, "cancelled"));
  const std::string next = server.submit(R"({"tasks": 1})");
  EXPECT_TRUE(server.wait_for_state(next, "succeeded"));
}

TEST_F(Jobs, CancelledAndFailedJobsKeepAPartialReport) {
  const ServerUnderTest server(folder_.path(), {"--workers=1"});
  const std::string id = server.submit(R"({"tasks": 1000, "steps": 1, "step_milliseconds": 20})");
  ASSERT_TRUE(
      ServerUnderTest::wait_for([&] { return server.job(id).at("progress").at("done").as_integer() > 3; }));
  server.post("/api/v1/jobs/" + id + "/cancel");
  ASSERT_TRUE(server.wait_for_state(id, "cancelled"));
  const std::string path = "/api/v1/jobs/" + id + "/report?partial=1";
  ASSERT_TRUE(ServerUnderTest::wait_for([&] { return server.get(path).status == 200; }));
  const Json report = server.get(path).json();
  EXPECT_GT(report.at("metrics").at("rows").as_number(), 0);
  EXPECT_EQ(report.at("claims").as_array()[0].at("status").as_string(), "not_evaluated");
}

TEST_F(Jobs, InputErrorsAndExceptionsAreNotTriedAgain) {
  const ServerUnderTest server(folder_.path());
  const std::string input = server.submit(R"({"mode": "input_error"})");
  const std::string internal = server.submit(R"({"mode": "exception"})");
  ASSERT_TRUE(server.wait_for_state(input, "failed"));
  ASSERT_TRUE(server.wait_for_state(internal, "failed"));
  const Json error = server.job(input).at("errors").as_array().at(0);
  EXPECT_EQ(error.at("key").as_string(), "numbers");
  EXPECT_EQ(error.at("message").as_string(), "row 2, column 1: 'x' is no number");
  EXPECT_EQ(server.job(input).at("attempts").size(), 0U);
  const Json failure = server.job(internal).at("errors").as_array().at(0);
  EXPECT_EQ(failure.at("message").as_string(), "task 1 of stage 'draw' failed: the matrix is singular");
}

TEST_F(Jobs, AWorkerThatDiesOnceIsTriedAgain) {
  const std::string marker = (folder_.path() / "marker").string();
  setenv("REPRISE_TEST_MARKER", marker.c_str(), 1);
  const ServerUnderTest server(folder_.path() / "data");
  unsetenv("REPRISE_TEST_MARKER");
  const std::string id = server.submit(R"({"mode": "die_once", "tasks": 20})");
  ASSERT_TRUE(server.wait_for_state(id, "succeeded"));
  const Json attempts = server.job(id).at("attempts");
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts.as_array()[0].at("stage").as_string(), "draw");
  EXPECT_EQ(attempts.as_array()[0].at("index").as_integer(), 1);
  EXPECT_EQ(attempts.as_array()[0].at("reason").as_string(), "signal 9 (Killed)");
  EXPECT_EQ(result_of(server.get("/api/v1/jobs/" + id + "/report").body),
            local_result(R"({"mode": "die_once", "tasks": 20})"));
}

TEST_F(Jobs, AWorkerThatDiesTwiceFailsTheJob) {
  const ServerUnderTest server(folder_.path());
  const std::string id = server.submit(R"({"mode": "die_always"})");
  const std::string other = server.submit(R"({"tasks": 30})");
  ASSERT_TRUE(server.wait_for_state(id, "failed"));
  EXPECT_EQ(server.job(id).at("attempts").size(), 1U);
  EXPECT_NE(server.job(id).at("errors").as_array().at(0).at("message").as_string().find("draw/1"),
            std::string::npos);
  EXPECT_TRUE(server.wait_for_state(other, "succeeded"));
}

TEST_F(Jobs, WorkersKilledFromOutside) {
  const ServerUnderTest server(folder_.path());
  const std::string config = R"({"tasks": 80, "steps": 10, "step_milliseconds": 5})";
  const std::string id = server.submit(config);
  ASSERT_TRUE(
      ServerUnderTest::wait_for([&] { return server.job(id).at("progress").at("done").as_integer() > 2; }));
  for (const int worker : server.worker_processes()) kill(worker, SIGKILL);
  ASSERT_TRUE(server.wait_for_state(id, "succeeded"));
  EXPECT_GE(server.job(id).at("attempts").size(), 1U);
  EXPECT_EQ(result_of(server.get("/api/v1/jobs/" + id + "/report").body), local_result(config));
}

TEST_F(Jobs, SurviveTheDeathOfTheServer) {
  const std::string config = R"({"tasks": 60, "steps": 10, "step_milliseconds": 5})";
  ServerUnderTest server(folder_.path());
  const std::string id = server.submit(config);
  const auto done = [&] { return server.job(id).at("progress").at("done").as_integer(); };
  ASSERT_TRUE(ServerUnderTest::wait_for([&] { return done() > 15; }));
  const std::string waiting = server.submit(R"({"tasks": 2})");
  const std::int64_t before = done();
  // The store lags behind by a quarter of a second.
  ASSERT_TRUE(
      ServerUnderTest::wait_for([&] { return Store(folder_.path()).find_job(id)->tasks_done >= before; }));
  const std::vector<int> workers = server.worker_processes();
  EXPECT_EQ(server.stop(SIGKILL), -SIGKILL);
  for (const int worker : workers) {
    EXPECT_TRUE(ServerUnderTest::wait_for([&] {
      const std::string stat = file_text("/proc/" + std::to_string(worker) + "/stat");
      return stat.empty() || stat.find(") Z") != std::string::npos;
    })) << "a worker outlived its server";
  }
  server.start();
  const Json job = server.job(id);
  EXPECT_GE(job.at("progress").at("done").as_integer(), before);  // finished tasks stay
  ASSERT_TRUE(server.wait_for_state(id, "succeeded"));
  ASSERT_TRUE(server.wait_for_state(waiting, "succeeded"));
  EXPECT_EQ(result_of(server.get("/api/v1/jobs/" + id + "/report").body), local_result(config));
  EXPECT_NE(server.get("/api/v1/jobs/" + id + "/log").body.find("of 61 tasks done"), std::string::npos);
}

TEST_F(Jobs, LostRowsAreComputedAgain) {
  const std::string config = R"({"tasks": 30, "steps": 10, "step_milliseconds": 5})";
  ServerUnderTest server(folder_.path());
  const std::string id = server.submit(config);
  ASSERT_TRUE(
      ServerUnderTest::wait_for([&] { return server.job(id).at("progress").at("done").as_integer() > 10; }));
  EXPECT_EQ(server.stop(SIGTERM), 0);
  // As after a power failure: a file that is there, but empty.
  const auto rows = folder_.path() / "jobs" / id / "work/partials/draw/0.safetensors";
  ASSERT_TRUE(std::filesystem::exists(rows));
  std::filesystem::resize_file(rows, 0);
  server.start();
  ASSERT_TRUE(server.wait_for_state(id, "succeeded"));
  EXPECT_EQ(result_of(server.get("/api/v1/jobs/" + id + "/report").body), local_result(config));
}

TEST_F(Jobs, CleanStopWhileWorking) {
  ServerUnderTest server(folder_.path());
  const std::string id = server.submit(R"({"tasks": 1000, "steps": 10, "step_milliseconds": 5})");
  ASSERT_TRUE(server.wait_for_state(id, "running"));
  EXPECT_EQ(server.stop(SIGTERM), 0);
  server.start();
  EXPECT_NE(server.state(id), "failed");
  EXPECT_EQ(server.job(id).at("attempts").size(), 0U);
  EXPECT_EQ(server.stop(SIGINT), 0);
}

TEST_F(Jobs, OneServerForOneFolder) {
  const ServerUnderTest server(folder_.path());
  EXPECT_THROW(ServerUnderTest second(folder_.path()), std::runtime_error);
}

TEST_F(Jobs, ManyJobsTakeTurns) {
  const ServerUnderTest server(folder_.path());
  const std::string large = server.submit(R"({"tasks": 2000, "steps": 10, "step_milliseconds": 2})");
  const std::string small = server.submit(R"({"tasks": 2})");
  ASSERT_TRUE(server.wait_for_state(small, "succeeded"));
  EXPECT_EQ(server.state(large), "running");
}

}  // namespace
}  // namespace reprise::testing
