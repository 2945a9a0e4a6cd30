// Requests and responses as the program sees them: plain values, no sockets. Only connection.cpp knows Asio.
#pragma once

#include "base/error.h"
#include "base/json.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace reprise {

struct Request {
  std::string method;
  std::string target;                 // as sent
  std::vector<std::string> segments;  // of the path, percent-decoded; "/a/" is {"a", ""}
  std::map<std::string, std::string, std::less<>> query;
  std::map<std::string, std::string, std::less<>>
      headers;  // names in lower case; repeated ones joined by ", "
  std::map<std::string, std::string, std::less<>> captured;  // {names} of the route's pattern
  std::string body;
  bool chunked = false;
  std::uint64_t content_length = 0;

  /// "" when the header was not sent.
  const std::string& header(std::string_view lower_case_name) const;
  /// "" when the query has no such key.
  const std::string& argument(std::string_view name) const;
  bool has_body() const { return chunked || content_length > 0; }
};

/// An open file, closed with its last owner.
class OpenFile {
 public:
  /// nullptr when there is no such regular file.
  static std::shared_ptr<const OpenFile> open(const std::string& path);
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  std::uint64_t size() const { return size_; }
  /// `"size-time"`, quoted as an entity tag.
  std::string entity_tag(std::string_view suffix = "") const;
  /// Up to `target.size()` bytes; 0 at the end or on a read error.
  std::size_t read(std::uint64_t offset, std::span<char> target) const;

 private:
  OpenFile(int descriptor, std::uint64_t size, std::int64_t changed)
      : descriptor_(descriptor), size_(size), changed_(changed) {}
  int descriptor_;
  std::uint64_t size_;
  std::int64_t changed_;  // nanoseconds since 1970
};

struct FileSlice {
  std::shared_ptr<const OpenFile> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// A response without end: the connection asks for text, sleeps until it is woken, and asks again.
class EventStream {
 public:
  virtual ~EventStream() = default;
  /// What is there to send; empty: nothing yet.
  virtual std::string take() = 0;
  /// Called (from any thread) when take() has something again; an empty function ends that.
  virtual void wake_with(std::function<void()> wake) = 0;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Response {
  int status = 200;
  Headers headers;
  std::variant<std::string, std::shared_ptr<const std::string>, FileSlice, std::shared_ptr<EventStream>> body;

  Response& with(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

/// Takes the body of an upload piece by piece. Destroyed without finish(): nothing is left of it.
class UploadSink {
 public:
  virtual ~UploadSink() = default;
  virtual void write(std::span<const char> bytes) = 0;
  virtual Response finish() = 0;
};

/// Ends a handler with problem details (RFC 9457).
class HttpError : public std::runtime_error {
 public:
  /// `kind` names the problem in its type: "unknown-job" becomes "urn:reprise:problem:unknown-job".
  HttpError(int status_code, std::string kind_name, const std::string& detail, std::vector<Problem> list = {})
      : std::runtime_error(detail),
        status(status_code),
        kind(std::move(kind_name)),
        problems(std::move(list)) {}

  int status;
  std::string kind;
  std::vector<Problem> problems;
  Headers headers;  // e.g. Allow
};

std::string_view reason_phrase(int status);
Response json_response(int status, const Json& body);
Response problem_response(const HttpError& error);

/// The status line and headers, up to the empty line. `length` is not written for event streams.
std::string response_head(const Response& response, std::uint64_t length, bool keep_alive);
std::uint64_t body_length(const Response& response);

/// A file as a response: 200, or 206/416 when the request has a Range, or 304 when it has the same entity
/// tag.
Response file_response(const Request& request, std::shared_ptr<const OpenFile> file,
                       std::string_view media_type, const std::string& entity_tag);
/// Whether If-None-Match names this entity tag (or *).
bool matches_entity_tag(const Request& request, std::string_view entity_tag);
/// Whether Accept-Encoding allows gzip.
bool accepts_gzip(const Request& request);

}  // namespace reprise
