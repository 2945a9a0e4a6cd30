// Who may talk to the server. Any web page can send requests to a loopback port, so the Host and Origin of
// every request are checked from the first day: Host against rebinding of names, Origin against foreign
// pages.
#pragma once

#include "http/message.h"

#include <string>
#include <vector>

namespace reprise {

class AccessRules {
 public:
  /// Allowed hosts: loopback names and `address` with any port, and the listed ones ("host": any port;
  /// "host:port": this one). Allowed origins: those of the request's own host, and the listed ones.
  AccessRules(const std::string& address, const std::vector<std::string>& hosts,
              const std::vector<std::string>& origins);

  /// HttpError 421 when the request is for another host, 403 when it comes from another origin.
  void check(const Request& request) const;
  /// HttpError 415 when there is a body that is not application/json.
  static void check_json_body(const Request& request);
  /// HttpError 403 without `X-Reprise: 1`, which no foreign page can send without being asked first.
  static void check_upload(const Request& request);

  bool is_foreign_but_listed(const std::string& origin) const;
  /// Adds what a browser needs to hand the response to a page of a listed origin.
  void add_headers(const Request& request, Response& response) const;
  /// The answer to OPTIONS; a preflight when it carries Access-Control-Request-Method.
  Response answer_options(const Request& request, const std::string& allowed_methods) const;

 private:
  std::vector<std::string> hosts_;    // lower case
  std::vector<std::string> origins_;  // lower case
};

}  // namespace reprise
