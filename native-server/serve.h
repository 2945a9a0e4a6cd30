// `reprise serve`: the HTTP server with its store, its pool of worker processes and the page's static files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace reprise {

class Registry;

struct ServeOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;                    // 0: any free port
  std::filesystem::path data = "reprise-data";  // store, datasets and runs; one server at a time
  std::filesystem::path site;                   // built pages; may be empty
  int workers = 0;                              // worker processes; 0: as many as there are cores
  std::vector<std::string> allowed_hosts;       // besides loopback names and `address`: "host" or "host:port"
  std::vector<std::string> allowed_origins;     // other origins that may call the API: "https://host[:port]"
  std::uint64_t max_upload = std::uint64_t{4} << 30;  // bytes of one dataset
  std::uint64_t max_body = std::uint64_t{1} << 20;    // bytes of one JSON body
};

/// Serves every study of this build until SIGTERM or SIGINT; returns the exit code: 0 after a clean stop, 1
/// when it could not start (one line on stderr). Prints "Reprise listens on http://127.0.0.1:8080/" once it
/// is ready.
int serve(const ServeOptions& options);

/// The same for other studies; `worker_command` starts a process that calls `work` with the same registry.
int serve(const ServeOptions& options, const Registry& registry,
          const std::vector<std::string>& worker_command);

}  // namespace reprise
