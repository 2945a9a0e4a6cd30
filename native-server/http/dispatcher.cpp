#include "http/dispatcher.h"

#include "data/text.h"

#include <cstdio>

namespace reprise {

Dispatcher::Dispatcher(const Router& router, AccessRules access,
                       std::function<Response(const Request&)> fallback, std::uint64_t max_body,
                       std::uint64_t max_upload)
    : router_(router),
      access_(std::move(access)),
      fallback_(std::move(fallback)),
      max_body_(max_body),
      max_upload_(max_upload) {}

Response Dispatcher::finished(const Request& request, Response response) const {
  response.with("X-Content-Type-Options", "nosniff");
  access_.add_headers(request, response);
  const auto status_class = static_cast<std::size_t>(response.status / 100);
  if (status_class < counts_.by_class.size())
    counts_.by_class[status_class].fetch_add(1, std::memory_order_relaxed);
  return response;
}

Response Dispatcher::refuse(const Request& request, const HttpError& error) const {
  return finished(request, problem_response(error));
}

Response Dispatcher::refuse_size(const Request& request, std::uint64_t limit) const {
  return refuse(request, HttpError(413, "too-large",
                                   "the body is larger than the " + grouped(limit) + " bytes allowed here"));
}

std::optional<Response> Dispatcher::attempt(const Request& request,
                                            const std::function<std::optional<Response>()>& handle) const {
  try {
    std::optional<Response> answer = handle();
    if (!answer) return std::nullopt;
    return finished(request, std::move(*answer));
  } catch (const HttpError& error) {
    return refuse(request, error);
  } catch (const InputError& error) {
    return refuse(request, HttpError(422, "invalid-input", error.what(), error.problems()));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reprise: %s %s: %s\n", request.method.c_str(), request.target.c_str(),
                 error.what());
    return refuse(request,
                  HttpError(500, "internal", "something went wrong inside the server; its log says what"));
  }
}

Dispatcher::Decision Dispatcher::decide(Request& request) const {
  Decision decision;
  decision.answer = attempt(request, [&]() -> std::optional<Response> {
    parse_target(request);
    access_.check(request);
    const bool is_api =
        !request.segments.empty() && (request.segments[0] == "api" || request.segments[0] == "metrics");
    if (request.method == "OPTIONS") {
      std::string methods = router_.allowed_methods(request);
      if (methods.empty() && !is_api) methods = "GET, HEAD, OPTIONS";
      if (methods.empty())
        throw HttpError(404, "not-found", "there is nothing at " + in_quotes(request.target));
      return access_.answer_options(request, methods);
    }
    decision.route = router_.find(request);
    if (decision.route == nullptr) {
      if (is_api) throw HttpError(404, "not-found", "there is nothing at " + in_quotes(request.target));
      if (request.method != "GET" && request.method != "HEAD") {
        HttpError error(405, "method-not-allowed", "only GET and HEAD are allowed here");
        error.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
        throw error;
      }
      return fallback_(request);
    }
    if (decision.route->upload) {
      AccessRules::check_upload(request);
      decision.limit = max_upload_;
    } else {
      AccessRules::check_json_body(request);
      decision.limit = max_body_;
    }
    return std::nullopt;
  });
  if (!decision.answer && request.content_length > decision.limit) {
    decision.answer = refuse_size(request, decision.limit);
  }
  return decision;
}

Response Dispatcher::respond(const Request& request, const Route& route) const {
  return *attempt(request, [&] { return std::optional(route.handle(request)); });
}

std::variant<std::unique_ptr<UploadSink>, Response> Dispatcher::begin_upload(const Request& request,
                                                                             const Route& route) const {
  std::unique_ptr<UploadSink> sink;
  std::optional<Response> refusal = attempt(request, [&]() -> std::optional<Response> {
    sink = route.upload(request);
    return std::nullopt;
  });
  if (refusal) return std::move(*refusal);
  return sink;
}

std::optional<Response> Dispatcher::write_upload(const Request& request, UploadSink& sink,
                                                 std::span<const char> bytes) const {
  return attempt(request, [&]() -> std::optional<Response> {
    sink.write(bytes);
    return std::nullopt;
  });
}

Response Dispatcher::finish_upload(const Request& request, UploadSink& sink) const {
  return *attempt(request, [&] { return std::optional(sink.finish()); });
}

}  // namespace reprise
