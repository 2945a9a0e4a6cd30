#include "http/router.h"

#include "data/text.h"

#include <optional>

namespace reprise {

namespace {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_capture(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{';
}

bool fits(std::string_view pattern, const std::vector<std::string>& segments) {
  const std::vector<std::string_view> parts = split_path(pattern);
  if (parts.size() != segments.size()) return false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (is_capture(parts[i]) ? segments[i].empty() : parts[i] != segments[i]) return false;
  }
  return true;
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

}  // namespace

std::string percent_decoded(std::string_view text, bool plus_is_space) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] == '%') {
      const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
      if (!high || !low) throw HttpError(400, "malformed-target", "the address has a wrong %-escape");
      decoded += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

void parse_target(Request& request) {
  std::string_view target = request.target;
  if (target.empty() || target.front() != '/') {
    throw HttpError(400, "malformed-target", "the address must be a path that begins with /");
  }
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  for (const std::string_view raw : split_path(path)) {
    std::string segment = percent_decoded(raw, false);
    if (segment == "." || segment == ".." || !is_utf8(segment)) {
      throw HttpError(400, "malformed-target",
                      "the address must not hold . or .. segments, and must be UTF-8");
    }
    for (const char c : segment) {
      if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
        throw HttpError(400, "malformed-target",
                        "a part of the path must not hold / \\ or control characters");
      }
    }
    request.segments.push_back(std::move(segment));
  }
  if (question == std::string_view::npos) return;
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size() < rest.size() ? pair.size() + 1 : rest.size());
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    request.query.emplace(percent_decoded(pair.substr(0, equals), true), percent_decoded(value, true));
  }
}

void Router::add(std::string method, std::string pattern, std::function<Response(const Request&)> handle) {
  routes_.push_back({std::move(method), std::move(pattern), std::move(handle), {}});
}

void Router::add_upload(std::string pattern,
                        std::function<std::unique_ptr<UploadSink>(const Request&)> upload) {
  routes_.push_back({"POST", std::move(pattern), {}, std::move(upload)});
}

std::string Router::allowed_methods(const Request& request) const {
  std::string methods;
  for (const Route& route : routes_) {
    if (!fits(route.pattern, request.segments)) continue;
    methods += route.method + ", ";
    if (route.method == "GET") methods += "HEAD, ";
  }
  if (!methods.empty()) methods += "OPTIONS";
  return methods;
}

const Route* Router::find(Request& request) const {
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  bool known_path = false;
  for (const Route& route : routes_) {
    if (!fits(route.pattern, request.segments)) continue;
    known_path = true;
    if (route.method != method) continue;
    const std::vector<std::string_view> parts = split_path(route.pattern);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!is_capture(parts[i])) continue;
      request.captured.emplace(parts[i].substr(1, parts[i].size() - 2), request.segments[i]);
    }
    return &route;
  }
  if (!known_path) return nullptr;
  const std::string allowed = allowed_methods(request);
  HttpError error(405, "method-not-allowed", request.method + " is not allowed here; allowed: " + allowed);
  error.headers.emplace_back("Allow", allowed);
  throw error;
}

}  // namespace reprise
