// A server in a process of its own over a fresh folder, and a client that speaks plain HTTP over sockets.
#pragma once

#include "base/json.h"

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace reprise::testing {

/// Removed in the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "reprise-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // lower case
  std::string body;

  Json json() const { return Json::parse(body); }
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

inline Reply parse_reply(const std::string& text) {
  Reply reply;
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos || text.size() < 12) return reply;
  reply.status = std::stoi(text.substr(9, 3));
  std::istringstream lines(text.substr(0, end));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const std::size_t colon = line.find(": ");
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    reply.headers[name] = line.substr(colon + 2);
  }
  reply.body = text.substr(end + 4);
  return reply;
}

/// A connection to the server on the loopback address.
class Socket {
 public:
  explicit Socket(int port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  ~Socket() { end(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// False when the server has closed the connection.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void end() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }
  /// Reads until the text holds `enough`, or the end, or a minute without anything.
  std::string read_until(const std::function<bool(const std::string&)>& enough) {
    while (!enough(text_)) {
      pollfd entry{descriptor_, POLLIN, 0};
      if (poll(&entry, 1, 60000) <= 0) break;
      std::array<char, 65536> chunk{};
      const ssize_t count = recv(descriptor_, chunk.data(), chunk.size(), 0);
      if (count <= 0) break;
      text_.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return text_;
  }
  std::string read_all() {
    return read_until([](const std::string&) { return false; });
  }

 private:
  int descriptor_;
  std::string text_;
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

class ServerUnderTest {
 public:
  /// `options` as main_test.cpp reads them: "--site=…", "--workers=…", "--allow-origin=…", "--max-upload=…".
  explicit ServerUnderTest(std::filesystem::path data, std::vector<std::string> options = {})
      : data_(std::move(data)), options_(std::move(options)) {
    start();
  }
  ~ServerUnderTest() {
    if (process_ > 0) stop(SIGKILL);
  }
  ServerUnderTest(const ServerUnderTest&) = delete;
  ServerUnderTest& operator=(const ServerUnderTest&) = delete;

  void start() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::vector<std::string> words = {"/proc/self/exe", "serve", data_.string()};
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int result = posix_spawn(&process_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (result != 0) throw std::runtime_error("cannot start the server");
    std::string line;
    char c = 0;
    while (read(ends[0], &c, 1) == 1 && c != '\n') line += c;
    close(ends[0]);
    const std::size_t colon = line.rfind(':');
    if (line.rfind("Reprise listens on http://127.0.0.1:", 0) != 0) {
      throw std::runtime_error("the server said: " + line);
    }
    port_ = std::stoi(line.substr(colon + 1));
  }
  /// Ends the server; its exit code, or −signal.
  int stop(int signal) {
    kill(process_, signal);
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  int port() const { return port_; }
  int process() const { return process_; }
  const std::filesystem::path& data() const { return data_; }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

  Reply exchange(const std::string& request) const {
    Socket socket(port_);
    socket.send(request);
    return parse_reply(socket.read_all());
  }
  Reply request(const std::string& method, const std::string& path, const std::string& body = "",
                HeaderList headers = {}) const {
    bool has_host = false, has_type = false;
    std::string text = method + " " + path + " HTTP/1.1\r\nConnection: close\r\n";
    for (const auto& [name, value] : headers) {
      has_host = has_host || name == "Host";
      has_type = has_type || name == "Content-Type";
      text += name + ": " + value + "\r\n";
    }
    if (!has_host) text += "Host: " + host() + "\r\n";
    if (!body.empty() && !has_type) text += "Content-Type: application/json\r\n";
    if (!body.empty() || method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return exchange(text + "\r\n" + body);
  }
  Reply get(const std::string& path, HeaderList headers = {}) const {
    return request("GET", path, "", std::move(headers));
  }
  Reply post(const std::string& path, const std::string& body = "", HeaderList headers = {}) const {
    return request("POST", path, body, std::move(headers));
  }
  Reply upload(const std::string& bytes, const std::string& name = "numbers.csv") const {
    return post("/api/v1/datasets", bytes,
                {{"X-Reprise", "1"}, {"X-File-Name", name}, {"Content-Type", "application/octet-stream"}});
  }

  /// Submits a run of test/work; its id.
  std::string submit(const std::string& config, const std::string& more = "") const {
    const Reply reply = post("/api/v1/jobs", R"({"study": "test/work", "config": )" + config + more + "}");
    EXPECT_EQ(reply.status, 202) << reply.body;
    return reply.json().at("id").as_string();
  }
  Json job(const std::string& id) const { return get("/api/v1/jobs/" + id).json(); }
  std::string state(const std::string& id) const { return job(id).at("state").as_string(); }
  /// Waits until `done`, a minute at most.
  static bool wait_for(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }
  bool wait_for_state(const std::string& id, const std::string& wanted) const {
    return wait_for([&] { return state(id) == wanted; });
  }

  /// Processes whose parent is the server.
  std::vector<int> worker_processes() const {
    std::vector<int> workers;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename().string();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      const std::string stat = file_text(entry.path() / "stat");
      const std::size_t after_name = stat.rfind(')');
      if (after_name == std::string::npos) continue;
      std::istringstream fields(stat.substr(after_name + 1));
      std::string state;
      int parent = 0;
      fields >> state >> parent;
      if (parent == process_ && state != "Z") workers.push_back(std::stoi(name));
    }
    return workers;
  }

 private:
  std::filesystem::path data_;
  std::vector<std::string> options_;
  pid_t process_ = -1;
  int port_ = 0;
};

/// The report without its provenance, as text.
inline std::string result_of(const std::string& report) {
  Json json = Json::parse(report);
  json.as_object().erase("provenance");
  return json.dump();
}

}  // namespace reprise::testing
