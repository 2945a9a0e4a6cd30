// Targets, routes, hosts and origins without sockets.

#include "http/access.h"
#include "http/router.h"

#include <gtest/gtest.h>

namespace reprise {
namespace {

Request request_for(const std::string& target, const std::string& method = "GET") {
  Request request;
  request.method = method;
  request.target = target;
  parse_target(request);
  return request;
}

int status_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const HttpError& error) {
    return error.status;
  }
  return 200;
}

TEST(Target, IsSplitAndDecoded) {
  const Request request = request_for("/a%20b/%E2%82%AC/?x=1+2%2B&flag&&y=a=b#end");
  EXPECT_EQ(request.segments, (std::vector<std::string>{"a b", "€", ""}));
  EXPECT_EQ(request.argument("x"), "1 2+");
  EXPECT_EQ(request.query.count("flag"), 1U);
  EXPECT_EQ(request.argument("y"), "a=b");
  EXPECT_EQ(request.argument("none"), "");
}

TEST(Target, RefusesTricks) {
  for (const char* target : {"", "a", "*", "http://x/", "/..", "/a/../b", "/%2e%2e/b", "/a%2fb", "/a%5cb",
                             "/a%00", "/a%0ab", "/%", "/%1", "/%zz", "/%ff", "/?x=%"}) {
    EXPECT_EQ(status_of([&] { request_for(target); }), 400) << target;
  }
  EXPECT_EQ(status_of([] { request_for("/...//b"); }), 200);
}

TEST(Router, FindsCapturesAndNamesMethods) {
  Router router;
  const auto nothing = [](const Request&) { return Response{}; };
  router.add("GET", "/jobs/{id}/files/{name}", nothing);
  router.add("POST", "/jobs", nothing);
  Request request = request_for("/jobs/7/files/a.csv", "HEAD");
  ASSERT_NE(router.find(request), nullptr);
  EXPECT_EQ(request.captured.at("id"), "7");
  EXPECT_EQ(request.captured.at("name"), "a.csv");
  for (const char* other : {"/jobs/7/files/", "/jobs/7/files/a/b", "/jobs/", "/"}) {
    Request unknown = request_for(other);
    EXPECT_EQ(router.find(unknown), nullptr) << other;
  }
  Request wrong = request_for("/jobs", "GET");
  try {
    router.find(wrong);
    FAIL();
  } catch (const HttpError& error) {
    EXPECT_EQ(error.status, 405);
    EXPECT_EQ(error.headers.at(0), (std::pair<std::string, std::string>{"Allow", "POST, OPTIONS"}));
  }
}

TEST(AccessRules, HostsAndOrigins) {
  const AccessRules rules("192.168.1.5", {"lab.example:8080", "cluster.example"}, {"https://course.example"});
  const auto check = [&](const std::string& host, const std::string& origin) {
    Request request;
    request.headers["host"] = host;
    if (!origin.empty()) request.headers["origin"] = origin;
    return status_of([&] { rules.check(request); });
  };
  EXPECT_EQ(check("192.168.1.5:8080", ""), 200);
  EXPECT_EQ(check("lab.example:8080", ""), 200);
  EXPECT_EQ(check("lab.example", ""), 421);
  EXPECT_EQ(check("lab.example:80", ""), 421);
  EXPECT_EQ(check("cluster.example:99", "https://cluster.example:99"), 200);
  EXPECT_EQ(check("[::1]:8080", "http://[::1]:8080"), 200);
  EXPECT_EQ(check("[::1]x", ""), 421);
  EXPECT_EQ(check("localhost:8080:1", ""), 421);
  EXPECT_EQ(check("localhost:", ""), 200);
  EXPECT_EQ(check("localhost:8080", "http://localhost:8081"), 403);
  EXPECT_EQ(check("localhost:8080", "https://COURSE.example"), 200);
  EXPECT_EQ(check("localhost:8080", "https://course.example.evil"), 403);
  // Any address: only names that were listed.
  const AccessRules all("0.0.0.0", {}, {});
  Request request;
  request.headers["host"] = "0.0.0.0:8080";
  EXPECT_EQ(status_of([&] { all.check(request); }), 421);
}

TEST(Response, HeadCannotBeSplit) {
  Response response;
  response.with("X-Name", "a\r\nSet-Cookie: b");
  const std::string head = response_head(response, 0, true);
  EXPECT_EQ(head, "HTTP/1.1 200 OK\r\nX-Name: a  Set-Cookie: b\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace reprise
