// The table of routes: methods and path patterns ("/api/v1/jobs/{id}/files/{name}") with what handles them.
#pragma once

#include "http/message.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise {

struct Route {
  std::string method;
  std::string pattern;
  std::function<Response(const Request&)> handle;                     // empty for uploads
  std::function<std::unique_ptr<UploadSink>(const Request&)> upload;  // empty for everything else
};

class Router {
 public:
  void add(std::string method, std::string pattern, std::function<Response(const Request&)> handle);
  void add_upload(std::string pattern, std::function<std::unique_ptr<UploadSink>(const Request&)> upload);

  /// The route of a request (HEAD is answered by GET), with `captured` filled in. nullptr when no pattern has
  /// this path; HttpError 405 with Allow when the path exists for other methods only.
  const Route* find(Request& request) const;
  /// "GET, HEAD, OPTIONS" for the path of the request; empty when no pattern has it.
  std::string allowed_methods(const Request& request) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

/// Splits a request target into decoded path segments and query arguments. HttpError 400 for escapes that are
/// wrong or hide a '/' or control character, and for "." and ".." segments.
void parse_target(Request& request);
/// Percent-decoding; `plus_is_space` as in query strings. HttpError 400 for wrong escapes.
std::string percent_decoded(std::string_view text, bool plus_is_space);

}  // namespace reprise
