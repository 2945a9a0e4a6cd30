// Between connection and endpoints: checks a request as soon as its header is known, finds its route, and
// turns whatever goes wrong into problem details. Safe to use from several threads.
#pragma once

#include "http/access.h"
#include "http/message.h"
#include "http/router.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

namespace reprise {

/// Requests answered, for /metrics.
struct RequestCounts {
  std::array<std::atomic<std::uint64_t>, 6> by_class{};  // [status / 100]
  std::atomic<std::int64_t> connections{0};
};

class Dispatcher {
 public:
  /// `fallback` answers GET and HEAD outside the routes (the site); it may throw HttpError.
  Dispatcher(const Router& router, AccessRules access, std::function<Response(const Request&)> fallback,
             std::uint64_t max_body, std::uint64_t max_upload);

  /// What to do once the header is read: answer now, or read a body of at most `limit` bytes for `route`.
  struct Decision {
    std::optional<Response> answer;
    const Route* route = nullptr;
    std::uint64_t limit = 0;
  };
  Decision decide(Request& request) const;

  /// Begins an upload; a response instead when it is refused.
  std::variant<std::unique_ptr<UploadSink>, Response> begin_upload(const Request& request,
                                                                   const Route& route) const;
  Response finish_upload(const Request& request, UploadSink& sink) const;
  /// Passes bytes on; a response when that failed (disk full).
  std::optional<Response> write_upload(const Request& request, UploadSink& sink,
                                       std::span<const char> bytes) const;

  Response respond(const Request& request, const Route& route) const;
  /// For errors that the connection finds (too large, too slow, no HTTP).
  Response refuse(const Request& request, const HttpError& error) const;
  Response refuse_size(const Request& request, std::uint64_t limit) const;

  RequestCounts& counts() const { return counts_; }

 private:
  // What `handle` answers, or the problem that it throws.
  std::optional<Response> attempt(const Request& request,
                                  const std::function<std::optional<Response>()>& handle) const;
  Response finished(const Request& request, Response response) const;

  const Router& router_;
  AccessRules access_;
  std::function<Response(const Request&)> fallback_;
  std::uint64_t max_body_;
  std::uint64_t max_upload_;
  mutable RequestCounts counts_;
};

}  // namespace reprise
