#include "http/access.h"

#include <algorithm>

namespace reprise {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// "host:port" and "[::1]:port" without the port.
std::string_view without_port(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');
  if (colon == std::string_view::npos) return authority;
  if (bracket != std::string_view::npos ? colon < bracket : authority.find(':') != colon) return authority;
  const std::string_view port = authority.substr(colon + 1);
  const bool digits = std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && port.size() <= 5 ? authority.substr(0, colon) : authority;
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

AccessRules::AccessRules(const std::string& address, const std::vector<std::string>& hosts,
                         const std::vector<std::string>& origins)
    : hosts_{"127.0.0.1", "localhost", "[::1]"} {
  if (address != "0.0.0.0" && address != "::") {
    hosts_.push_back(address.find(':') == std::string::npos ? lower(address) : "[" + lower(address) + "]");
  }
  for (const std::string& host : hosts) hosts_.push_back(lower(host));
  for (const std::string& origin : origins) origins_.push_back(lower(origin));
}

bool AccessRules::is_foreign_but_listed(const std::string& origin) const {
  return contains(origins_, lower(origin));
}

void AccessRules::check(const Request& request) const {
  const std::string host = lower(request.header("host"));
  if (host.empty() || (!contains(hosts_, host) && !contains(hosts_, without_port(host)))) {
    throw HttpError(
        421, "foreign-host",
        "this server does not answer for the host '" + host + "'; name it with --allow-host when it should");
  }
  const auto origin = request.headers.find("origin");
  if (origin == request.headers.end()) return;
  const std::string from = lower(origin->second);
  if (from == "http://" + host || from == "https://" + host || contains(origins_, from)) return;
  throw HttpError(
      403, "foreign-origin",
      "pages of '" + from + "' may not use this server; list them with --allow-origin when they should");
}

void AccessRules::check_json_body(const Request& request) {
  if (!request.has_body()) return;
  const std::string type = lower(request.header("content-type"));
  std::string_view media = std::string_view(type).substr(0, type.find(';'));
  while (!media.empty() && media.back() == ' ') media.remove_suffix(1);
  if (media == "application/json") return;
  throw HttpError(415, "unsupported-media-type",
                  "the body must be application/json, not '" + (type.empty() ? "(none)" : type) + "'");
}

void AccessRules::check_upload(const Request& request) {
  if (request.header("x-reprise") == "1") return;
  throw HttpError(403, "missing-header", "an upload needs the header X-Reprise: 1");
}

void AccessRules::add_headers(const Request& request, Response& response) const {
  if (origins_.empty()) return;
  response.with("Vary", "Origin");
  const std::string& origin = request.header("origin");
  if (origin.empty() || !is_foreign_but_listed(origin)) return;
  response.with("Access-Control-Allow-Origin", origin);
  response.with("Access-Control-Expose-Headers",
                "Location, ETag, Content-Range, Accept-Ranges, Content-Disposition, Idempotent-Replayed");
}

Response AccessRules::answer_options(const Request& request, const std::string& allowed_methods) const {
  Response response;
  response.status = 204;
  response.with("Allow", allowed_methods);
  if (!request.header("access-control-request-method").empty() &&
      is_foreign_but_listed(request.header("origin"))) {
    response.with("Access-Control-Allow-Methods", allowed_methods);
    response.with("Access-Control-Allow-Headers",
                  "Content-Type, Idempotency-Key, X-Reprise, X-File-Name, Last-Event-ID, Range, If-Range, "
                  "If-None-Match, Authorization");
    response.with("Access-Control-Max-Age", "600");
    if (request.header("access-control-request-private-network") == "true") {
      response.with("Access-Control-Allow-Private-Network", "true");
    }
  }
  return response;
}

}  // namespace reprise
