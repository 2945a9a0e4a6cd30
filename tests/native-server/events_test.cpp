// The event stream: order, ids, resumption, several jobs in one stream.

#include "engine/events.h"

#include "server_under_test.h"

#include <algorithm>

namespace reprise::testing {
namespace {

struct Event {
  std::uint64_t id = 0;
  std::string type;
  Json data;
};

// Whole events of a stream's text, with or without a response head before them.
std::vector<Event> events_of(std::string text) {
  if (const std::size_t head = text.find("\r\n\r\n"); head != std::string::npos) text.erase(0, head + 4);
  std::vector<Event> events;
  std::size_t start = 0;
  for (std::size_t end = text.find("\n\n"); end != std::string::npos; end = text.find("\n\n", start)) {
    std::istringstream lines(text.substr(start, end - start));
    start = end + 2;
    Event event;
    std::string line;
    while (std::getline(lines, line)) {
      if (line.rfind("id: ", 0) == 0) event.id = std::stoull(line.substr(4));
      if (line.rfind("event: ", 0) == 0) event.type = line.substr(7);
      if (line.rfind("data: ", 0) == 0) event.data = Json::parse(line.substr(6));
    }
    if (!event.type.empty()) events.push_back(std::move(event));
  }
  return events;
}

bool has_state(const std::string& text, const std::string& job, const std::string& state) {
  for (const Event& event : events_of(text)) {
    if (event.type == "state" && event.data.at("job").as_string() == job &&
        event.data.at("state").as_string() == state) {
      return true;
    }
  }
  return false;
}

// Reads the stream of `jobs` until `enough`.
std::vector<Event> watch(const ServerUnderTest& server, const std::string& jobs,
                         const std::function<bool(const std::string&)>& enough,
                         const std::string& last_id = "") {
  Socket socket(server.port());
  socket.send("GET /api/v1/events?jobs=" + jobs + " HTTP/1.1\r\nHost: " + server.host() + "\r\n" +
              (last_id.empty() ? "" : "Last-Event-ID: " + last_id + "\r\n") + "\r\n");
  const std::string text = socket.read_until(enough);
  const Reply head = parse_reply(text);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-type"), "text/event-stream");
  return events_of(text);
}

TEST(Events, OfARunningJob) {
  const TemporaryFolder folder;
  const ServerUnderTest server(folder.path());
  const std::string id = server.submit(R"({"tasks": 60, "steps": 10, "step_milliseconds": 5})");
  const auto events =
      watch(server, id, [&](const std::string& text) { return has_state(text, id, "succeeded"); });
  ASSERT_FALSE(events.empty());
  std::map<std::string, int> counts;
  std::uint64_t last = 0;
  std::int64_t done = 0;
  double rows = 0;
  for (const Event& event : events) {
    ++counts[event.type];
    EXPECT_GT(event.id, last);
    last = event.id;
    EXPECT_EQ(event.data.at("job").as_string(), id);
    if (event.type == "progress") {
      EXPECT_GE(event.data.at("done").as_integer(), done);
      done = event.data.at("done").as_integer();
      EXPECT_EQ(event.data.at("total").as_integer(), 61);
      EXPECT_GE(event.data.at("fraction").as_number(), 0);
      EXPECT_LE(event.data.at("fraction").as_number(), 1);
      EXPECT_NE(event.data.find("eta_seconds"), nullptr);
    }
    if (event.type == "rows" && event.data.at("stage").as_string() == "draw") {
      EXPECT_EQ(event.data.at("rows").at("draws").as_integer(), 10);
    }
    if (event.type == "snapshot") {
      const Json& report = event.data.at("report");
      EXPECT_EQ(report.at("study").as_string(), "test/work");
      EXPECT_EQ(report.at("claims").as_array()[0].at("status").as_string(), "not_evaluated");
      EXPECT_GE(report.at("metrics").at("rows").as_number(), rows);
      rows = report.at("metrics").at("rows").as_number();
    }
  }
  EXPECT_EQ(done, 61);
  EXPECT_GE(counts["snapshot"], 1);
  EXPECT_GE(counts["rows"], 1);
  EXPECT_EQ(events.back().data.at("state").as_string(), "succeeded");
}

TEST(Events, TasksInHandShowTheirRows) {
  const TemporaryFolder folder;
  const ServerUnderTest server(folder.path());
  const std::string id = server.submit(R"({"tasks": 1, "steps": 100000, "step_milliseconds": 5})");
  const auto events = watch(server, id, [](const std::string& text) {
    for (const Event& event : events_of(text)) {
      if (event.type == "snapshot" && event.data.at("report").at("metrics").at("rows").as_number() > 50)
        return true;
    }
    return false;
  });
  ASSERT_EQ(events.back().type, "snapshot");
  EXPECT_EQ(server.job(id).at("progress").at("done").as_integer(), 0);
  EXPECT_GT(server.job(id).at("progress").at("fraction").as_number(), 0);
}

TEST(Events, ResumeWithLastEventId) {
  const TemporaryFolder folder;
  const ServerUnderTest server(folder.path());
  const std::string id = server.submit(R"({"tasks": 1, "steps": 100000, "step_milliseconds": 5})");
  const auto has_snapshot = [](const std::string& text) {
    const auto events = events_of(text);
    return std::any_of(events.begin(), events.end(),
                       [](const Event& event) { return event.type == "snapshot"; });
  };
  const auto first = watch(server, id, has_snapshot);
  const std::string last = std::to_string(first.back().id);
  // Again: state and progress of now, and in time a snapshot that is newer.
  const auto second = watch(server, id, has_snapshot, last);
  EXPECT_EQ(second.front().type, "state");
  EXPECT_EQ(second.front().data.at("state").as_string(), "running");
  EXPECT_EQ(second.back().type, "snapshot");
  EXPECT_GT(second.back().id, first.back().id);
}

TEST(Events, OfAJobThatHasFinished) {
  const TemporaryFolder folder;
  ServerUnderTest server(folder.path());
  const std::string failed = server.submit(R"({"mode": "exception"})");
  ASSERT_TRUE(server.wait_for_state(failed, "failed"));
  server.stop(SIGTERM);
  server.start();
  const auto events = watch(
      server, failed, [&](const std::string& text) { return has_state(text, failed, "failed"); }, "1");
  EXPECT_EQ(events.back().data.at("errors").size(), 1U);
}

TEST(Events, SeveralJobsInOneStream) {
  const TemporaryFolder folder;
  const ServerUnderTest server(folder.path());
  const std::string a = server.submit(R"({"tasks": 10, "steps": 5})");
  const std::string b = server.submit(R"({"mode": "input_error"})");
  const auto events = watch(server, a + "," + b, [&](const std::string& text) {
    return has_state(text, a, "succeeded") && has_state(text, b, "failed");
  });
  for (const Event& event : events) {
    const std::string job = event.data.at("job").as_string();
    EXPECT_TRUE(job == a || job == b);
  }
}

TEST(EventHub, KeepsTheNewestForThoseWhoComeLater) {
  EventHub hub;
  hub.publish("a", EventType::State, R"({"state":"queued"})");
  hub.publish("a", EventType::State, R"({"state":"running"})");
  hub.publish("a", EventType::Rows, R"({"rows":1})");
  hub.publish("a", EventType::Snapshot, R"({"report":1})");
  hub.publish("b", EventType::State, R"({"state":"failed"})");
  const auto events = events_of(hub.subscribe({"a"}, 0)->take());
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].data.at("state").as_string(), "running");
  EXPECT_EQ(events[1].type, "snapshot");
  EXPECT_EQ(events_of(hub.subscribe({"a"}, events[1].id)->take()).size(), 1U);
  hub.forget("a");
  EXPECT_EQ(hub.subscribe({"a"}, 0)->take(), "");
}

TEST(EventHub, ASlowReaderGetsTheNewestAndNoMoreThanAFew) {
  EventHub hub;
  const auto stream = hub.subscribe({"a"}, 0);
  int woken = 0;
  stream->wake_with([&] { ++woken; });
  EXPECT_TRUE(hub.is_watched("a"));
  EXPECT_FALSE(hub.is_watched("b"));
  for (int i = 0; i < 1000; ++i) {
    hub.publish("a", EventType::Progress, R"({"done":)" + std::to_string(i) + "}");
    hub.publish("a", EventType::Snapshot, R"({"report":)" + std::to_string(i) + "}");
    hub.publish("a", EventType::Rows, R"({"index":)" + std::to_string(i) + "}");
  }
  EXPECT_EQ(woken, 3000);
  const auto events = events_of(stream->take());
  EXPECT_EQ(events.size(), 256U + 2U);
  std::int64_t last_row = 0;
  for (const Event& event : events) {
    if (event.type == "progress") {
      EXPECT_EQ(event.data.at("done").as_integer(), 999);
    }
    if (event.type == "snapshot") {
      EXPECT_EQ(event.data.at("report").as_integer(), 999);
    }
    if (event.type == "rows") last_row = event.data.at("index").as_integer();
  }
  EXPECT_EQ(last_row, 999);
  EXPECT_EQ(stream->take(), "");
}

}  // namespace
}  // namespace reprise::testing
