// The page's files, as a browser asks for them.

#include "server_under_test.h"

namespace reprise::testing {
namespace {

class StaticSiteTest : public ::testing::Test {
 protected:
  StaticSiteTest() {
    write("index.html", "<!doctype html>home");
    write("labs/coins/index.html", "<!doctype html>coins");
    write("app.js", "let a = 1;");
    write("app.js.gz", "compressed");
    write("core.wasm", std::string("\0asm", 4));
    for (const char* name :
         {"app/lab-3JVKSV4X.js", "app/lab-3JVKSV4X.js.gz", "app/lab.js", "app/lab-settings.js",
          "assets/letters-0123456789.bin", "engines/reprise-0123456789.wasm", "styles/letters-IDFWSPAZ.woff2",
          "samples/scores-3JVKSV4X.csv"}) {
      write(name, "bytes");
    }
    write(".secret", "hidden");
    std::ofstream(folder_.path() / "outside.txt") << "outside";
    server_ = std::make_unique<ServerUnderTest>(
        folder_.path() / "data", std::vector<std::string>{"--site=" + (folder_.path() / "site").string()});
  }
  void write(const std::string& name, const std::string& text) const {
    const auto path = folder_.path() / "site" / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  TemporaryFolder folder_;
  std::unique_ptr<ServerUnderTest> server_;
};

TEST_F(StaticSiteTest, TypesAndPolicy) {
  const Reply home = server_->get("/");
  EXPECT_EQ(home.status, 200);
  EXPECT_EQ(home.body, "<!doctype html>home");
  EXPECT_EQ(home.header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(
      home.header("content-security-policy"),
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self' "
      "'unsafe-inline'; img-src 'self' data: blob:; frame-ancestors *");
  EXPECT_EQ(home.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(server_->get("/core.wasm").header("content-type"), "application/wasm");
  EXPECT_EQ(server_->get("/index.html?x=1").status, 200);
}

TEST_F(StaticSiteTest, FoldersEndInASlash) {
  const Reply reply = server_->get("/labs/coins");
  EXPECT_EQ(reply.status, 308);
  EXPECT_EQ(reply.header("location"), "./coins/");
  EXPECT_EQ(server_->get("/labs/coins/").body, "<!doctype html>coins");
  EXPECT_EQ(server_->get("/labs/").status, 404);
  EXPECT_EQ(server_->get("/app.js/").status, 404);
}

TEST_F(StaticSiteTest, EntityTagsAndCompressedSiblings) {
  const Reply plain = server_->get("/app.js");
  EXPECT_EQ(plain.body, "let a = 1;");
  EXPECT_EQ(server_->get("/app.js", {{"If-None-Match", plain.header("etag")}}).status, 304);
  const Reply compressed = server_->get("/app.js", {{"Accept-Encoding", "gzip, br"}});
  EXPECT_EQ(compressed.body, "compressed");
  EXPECT_EQ(compressed.header("content-encoding"), "gzip");
  EXPECT_EQ(compressed.header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_NE(compressed.header("etag"), plain.header("etag"));
}

TEST_F(StaticSiteTest, FilesNamedAfterTheirContentAreKept) {
  const std::string for_ever = "public, max-age=31536000, immutable";
  for (const char* path : {"/app/lab-3JVKSV4X.js", "/assets/letters-0123456789.bin",
                           "/engines/reprise-0123456789.wasm", "/styles/letters-IDFWSPAZ.woff2"}) {
    EXPECT_EQ(server_->get(path).header("cache-control"), for_ever) << path;
  }
  const Reply compressed = server_->get("/app/lab-3JVKSV4X.js", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(compressed.header("content-encoding"), "gzip");
  EXPECT_EQ(compressed.header("cache-control"), for_ever);
  EXPECT_EQ(server_->get("/styles/letters-IDFWSPAZ.woff2").header("content-type"), "font/woff2");
  for (const char* path :
       {"/", "/index.html", "/app/lab.js", "/app/lab-settings.js", "/samples/scores-3JVKSV4X.csv"}) {
    EXPECT_EQ(server_->get(path).header("cache-control"), "no-cache") << path;
  }
  // what is not there may come: it is never kept
  EXPECT_EQ(server_->get("/app/lab-ZZZZZZZZ.js").header("cache-control"), "no-store");
}

TEST_F(StaticSiteTest, NothingOutsideTheFolder) {
  for (const char* path :
       {"/../outside.txt", "/labs/../../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt",
        "/labs/..%5c..%5coutside.txt", "/app.js%00.html", "http://127.0.0.1/app.js"}) {
    EXPECT_EQ(server_->get(path).status, 400) << path;
  }
  for (const char* path : {"/.secret", "/nothing", "//etc/passwd", "/site/../.secret%20"}) {
    const int status = server_->get(path).status;
    EXPECT_TRUE(status == 404 || status == 400) << path;
  }
}

TEST_F(StaticSiteTest, KeepAliveAndPipelining) {
  const std::string one = "GET /app.js HTTP/1.1\r\nHost: " + server_->host() + "\r\n\r\n";
  const std::string last =
      "GET /app.js HTTP/1.1\r\nHost: " + server_->host() + "\r\nConnection: close\r\n\r\n";
  Socket socket(server_->port());
  socket.send(one + one + last);
  const std::string text = socket.read_all();
  std::size_t answers = 0;
  for (std::size_t at = text.find("let a = 1;"); at != std::string::npos;
       at = text.find("let a = 1;", at + 1))
    ++answers;
  EXPECT_EQ(answers, 3U);
}

}  // namespace
}  // namespace reprise::testing
