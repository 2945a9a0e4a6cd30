// Whatever is wrong with a request: the right status, and problem details that say what, where and what is
// allowed.

#include "server_under_test.h"

#include <set>

namespace reprise::testing {
namespace {

class BadInput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    server_ = new ServerUnderTest(
        folder_->path(),
        {"--max-upload=100000", "--allow-origin=https://course.example", "--allow-host=lab.example"});
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(server_->stop(SIGTERM), 0);
    delete server_;
    delete folder_;
  }

  // Every refusal is problem details with the same status inside.
  static Json expect_problem(const Reply& reply, int status) {
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(reply.header("content-type"), "application/problem+json");
    const Json problem = reply.json();
    EXPECT_EQ(problem.at("status").as_integer(), status);
    for (const char* member : {"type", "title", "detail"})
      EXPECT_FALSE(problem.at(member).as_string().empty());
    return problem;
  }
  static Json expect_one_error(const Reply& reply, int status, const std::string& key) {
    const Json problem = expect_problem(reply, status);
    const Json* errors = problem.find("errors");
    if (errors == nullptr || errors->size() != 1) {
      ADD_FAILURE() << reply.body;
      return Json::object({{"key", ""}, {"value", ""}, {"allowed", ""}, {"message", ""}});
    }
    EXPECT_EQ(errors->as_array()[0].at("key").as_string(), key);
    EXPECT_FALSE(errors->as_array()[0].at("allowed").as_string().empty());
    EXPECT_FALSE(errors->as_array()[0].at("message").as_string().empty());
    return errors->as_array()[0];
  }
  static Reply submit(const std::string& body, HeaderList headers = {}) {
    return server_->post("/api/v1/jobs", body, std::move(headers));
  }

  static TemporaryFolder* folder_;
  static ServerUnderTest* server_;
};
TemporaryFolder* BadInput::folder_ = nullptr;
ServerUnderTest* BadInput::server_ = nullptr;

TEST_F(BadInput, UnknownStudy) {
  expect_one_error(submit(R"({"study": "test/werk"})"), 422, "study");
  expect_problem(server_->get("/api/v1/studies/test/werk"), 404);
  expect_problem(server_->post("/api/v1/studies/test/werk/estimate", "{}"), 404);
}

TEST_F(BadInput, UnknownKeyNamesThoseThatExist) {
  const Json error =
      expect_one_error(submit(R"({"study": "test/work", "config": {"task": 3}})"), 422, "task");
  EXPECT_NE(error.at("allowed").as_string().find("tasks"), std::string::npos);
}

TEST_F(BadInput, UnknownMemberOfTheBody) {
  expect_one_error(submit(R"({"study": "test/work", "confg": {}})"), 422, "confg");
}

TEST_F(BadInput, UnknownPreset) {
  expect_one_error(submit(R"({"study": "test/work", "preset": "huge"})"), 422, "preset");
}

TEST_F(BadInput, UnknownInputName) {
  const std::string sha256 = server_->upload("1\n2\n").json().at("sha256").as_string();
  expect_one_error(submit(R"({"study": "test/work", "inputs": {"labels": ")" + sha256 + R"("}})"), 422,
                   "labels");
}

TEST_F(BadInput, UnknownDataset) {
  expect_one_error(
      submit(R"({"study": "test/work", "inputs": {"numbers": ")" + std::string(64, 'a') + R"("}})"), 422,
      "numbers");
  expect_one_error(submit(R"({"study": "test/work", "inputs": {"numbers": "../../etc/passwd"}})"), 422,
                   "numbers");
}

TEST_F(BadInput, WrongTypes) {
  expect_one_error(submit(R"({"study": "test/work", "config": {"tasks": "many"}})"), 422, "tasks");
  expect_one_error(submit(R"({"study": "test/work", "config": {"tasks": 2.5}})"), 422, "tasks");
  expect_one_error(submit(R"({"study": "test/work", "seed": -1})"), 422, "seed");
  expect_one_error(submit(R"({"study": "test/work", "seed": 9007199254740992})"), 422, "seed");
  expect_one_error(submit(R"({"study": 7})"), 422, "study");
  expect_problem(submit(R"({"study": "test/work", "inputs": []})"), 422);
  expect_problem(submit(R"({"study": "test/work", "config": [1]})"), 422);
  expect_problem(submit(R"(["test/work"])"), 422);
}

TEST_F(BadInput, OutOfRangeAndNotFinite) {
  const Json error =
      expect_one_error(submit(R"({"study": "test/work", "config": {"tasks": 0}})"), 422, "tasks");
  EXPECT_EQ(error.at("value").as_string(), "0");
  expect_one_error(submit(R"({"study": "test/work", "config": {"tasks": "NaN"}})"), 422, "tasks");
}

TEST_F(BadInput, NumbersThatAreNoJson) {
  expect_problem(submit(R"({"study": "test/work", "config": {"tasks": NaN}})"), 400);
  const Json problem = expect_problem(submit(R"({"study": "test/work", "config": {"tasks": 1e400}})"), 400);
  EXPECT_NE(problem.at("detail").as_string().find("1e400"), std::string::npos);
}

TEST_F(BadInput, AllErrorsAtOnce) {
  const Json problem = expect_problem(
      submit(
          R"({"study": "test/work", "x": 1, "seed": "a", "config": {"tasks": 0, "mode": "odd", "q": 1}, "inputs": {"labels": "b"}})"),
      422);
  std::set<std::string> keys;
  for (const Json& error : problem.at("errors").as_array()) keys.insert(error.at("key").as_string());
  EXPECT_EQ(keys, (std::set<std::string>{"x", "seed", "tasks", "mode", "q", "labels"}));
}

TEST_F(BadInput, MalformedJsonNamesLineAndColumn) {
  const Json problem = expect_problem(submit("{\"study\":\n  \"test/work\",,}"), 400);
  EXPECT_NE(problem.at("detail").as_string().find("line 2, column 15"), std::string::npos) << problem.dump();
  expect_problem(submit("{\"study\": \"\xff\xfe\"}"), 400);
  expect_problem(submit("\x7f\x45\x4c\x46"), 400);
  expect_problem(server_->request("POST", "/api/v1/jobs"), 400);  // no body at all
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "[";
  expect_problem(submit(deep), 400);
}

TEST_F(BadInput, WrongMediaType) {
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}) {
    expect_problem(submit(R"({"study": "test/work"})", {{"Content-Type", type}}), 415);
  }
  EXPECT_EQ(submit(R"({"study": "test/work"})", {{"Content-Type", "Application/JSON; charset=utf-8"}}).status,
            202);
}

TEST_F(BadInput, OversizedBody) {
  expect_problem(submit(std::string((1 << 20) + 1, ' ')), 413);
  // Without a length: refused when it has become too long.
  std::string request =
      "POST /api/v1/jobs HTTP/1.1\r\nHost: " + server_->host() +
      "\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 17; ++i) request += "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
  expect_problem(server_->exchange(request + "0\r\n\r\n"), 413);
}

TEST_F(BadInput, OversizedHeaderAndNoHttp) {
  expect_problem(server_->get("/api/v1/health", {{"X-Long", std::string(20000, 'x')}}), 431);
  expect_problem(server_->exchange("HELLO\r\n\r\n"), 400);
}

TEST_F(BadInput, ForeignHost) {
  for (const char* host :
       {"evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost@evil.example", ""}) {
    expect_problem(server_->get("/api/v1/health", {{"Host", host}}), 421);
  }
  for (const char* host : {"localhost", "LOCALHOST:1234", "[::1]:8080", "127.0.0.1", "lab.example"}) {
    EXPECT_EQ(server_->get("/api/v1/health", {{"Host", host}}).status, 200) << host;
  }
  // Also for files of the site, and when a second Host hides behind the first.
  expect_problem(server_->get("/", {{"Host", "evil.example"}}), 421);
  expect_problem(server_->get("/api/v1/health", {{"Host", "localhost"}, {"Host", "evil.example"}}), 421);
}

TEST_F(BadInput, ForeignOrigin) {
  const std::string job = R"({"study": "test/work"})";
  for (const char* origin : {"http://evil.example", "null", "http://127.0.0.1:1", "http://localhost"}) {
    expect_problem(submit(job, {{"Origin", origin}}), 403);
    expect_problem(server_->get("/api/v1/studies", {{"Origin", origin}}), 403);
  }
  EXPECT_EQ(submit(job, {{"Origin", "http://" + server_->host()}}).status, 202);
  const Reply listed = submit(job, {{"Origin", "https://course.example"}});
  EXPECT_EQ(listed.status, 202);
  EXPECT_EQ(listed.header("access-control-allow-origin"), "https://course.example");
}

TEST_F(BadInput, Preflight) {
  const HeaderList listed = {{"Origin", "https://course.example"}, {"Access-Control-Request-Method", "POST"}};
  const Reply reply = server_->request("OPTIONS", "/api/v1/jobs", "", listed);
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "https://course.example");
  EXPECT_NE(reply.header("access-control-allow-methods").find("POST"), std::string::npos);
  EXPECT_NE(reply.header("access-control-allow-headers").find("Idempotency-Key"), std::string::npos);
  expect_problem(server_->request("OPTIONS", "/api/v1/jobs", "", {{"Origin", "http://evil.example"}}), 403);
}

TEST_F(BadInput, MethodsThatAreNotAllowed) {
  const Reply reply = server_->request("DELETE", "/api/v1/jobs");
  expect_problem(reply, 405);
  EXPECT_EQ(reply.header("allow"), "GET, HEAD, POST, OPTIONS");
  expect_problem(server_->request("PUT", "/api/v1/studies"), 405);
  expect_problem(server_->request("POST", "/"), 405);
  const Reply head = server_->request("HEAD", "/api/v1/studies");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.header("content-length"), server_->get("/api/v1/studies").header("content-length"));
}

TEST_F(BadInput, UnknownJob) {
  for (const std::string& id :
       {std::string(32, '0'), std::string("7"), std::string("%2e%2e"), std::string("x'--")}) {
    const int status = id == "%2e%2e" ? 400 : 404;
    for (const char* end : {"", "/report", "/log", "/files/a"}) {
      expect_problem(server_->get("/api/v1/jobs/" + id + end), status);
    }
    expect_problem(server_->post("/api/v1/jobs/" + id + "/cancel"), status);
  }
  expect_problem(server_->get("/api/v1/events?jobs=" + std::string(32, '0')), 404);
  expect_problem(server_->get("/api/v1/events"), 422);
}

TEST_F(BadInput, WrongQuery) {
  expect_one_error(server_->get("/api/v1/jobs?limit=0"), 422, "limit");
  expect_one_error(server_->get("/api/v1/jobs?limit=many"), 422, "limit");
  expect_one_error(server_->get("/api/v1/jobs?state=lost"), 422, "state");
  expect_one_error(server_->get("/api/v1/jobs?cursor=-1"), 422, "cursor");
  expect_problem(server_->get("/api/v1/jobs?state=%zz"), 400);
}

TEST_F(BadInput, Uploads) {
  expect_problem(server_->post("/api/v1/datasets", "1\n", {{"Content-Type", "text/csv"}}), 403);
  expect_problem(server_->upload(std::string(100001, '1')), 413);
  expect_problem(server_->upload(""), 422);
  EXPECT_TRUE(std::filesystem::is_empty(server_->data() / "uploads"));
}

TEST_F(BadInput, TruncatedUploadLeavesNothing) {
  {
    Socket socket(server_->port());
    socket.send("POST /api/v1/datasets HTTP/1.1\r\nHost: " + server_->host() +
                "\r\nX-Reprise: 1\r\nContent-Length: 90000\r\n\r\n" + std::string(40000, '7'));
    EXPECT_TRUE(
        ServerUnderTest::wait_for([] { return !std::filesystem::is_empty(server_->data() / "uploads"); }));
  }
  EXPECT_TRUE(
      ServerUnderTest::wait_for([] { return std::filesystem::is_empty(server_->data() / "uploads"); }));
}

TEST_F(BadInput, TheServerIsStillWell) {
  EXPECT_EQ(server_->get("/api/v1/health").json().at("status").as_string(), "ok");
}

}  // namespace
}  // namespace reprise::testing
