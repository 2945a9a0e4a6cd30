#include "serve.h"

#include "api/api.h"
#include "http/http_server.h"
#include "http/static_site.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <thread>

namespace reprise {

namespace {

// Requests wait for the store now and then; more than one thread keeps the others going.
int http_threads() {
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2U, 4U));
}

std::string base_address(const std::string& address, std::uint16_t port) {
  const bool is_ipv6 = address.find(':') != std::string::npos;
  return "http://" + (is_ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(port) + "/";
}

}  // namespace

int serve(const ServeOptions& options) {
  return serve(options, make_registry(), {"/proc/self/exe", "worker"});
}

int serve(const ServeOptions& options, const Registry& registry,
          const std::vector<std::string>& worker_command) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const DataFolder data(options.data);
    Store store(data.root());
    EventHub events;
    Engine engine(registry, store, data, events, options.workers, worker_command);
    HttpServer server(options.address, options.port);

    Api api({registry, store, data, events, engine});
    Router router;
    api.add_routes(router);
    const StaticSite site(options.site);
    const Dispatcher dispatcher(
        router, AccessRules(options.address, options.allowed_hosts, options.allowed_origins),
        [&site](const Request& request) { return site.answer(request); }, options.max_body,
        options.max_upload);
    api.watch(dispatcher.counts());

    engine.start();
    std::cout << "Reprise listens on " << base_address(options.address, server.port()) << std::endl;
    server.run(dispatcher, http_threads());
    engine.stop();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reprise: %s\n", error.what());
    return 1;
  }
}

}  // namespace reprise
