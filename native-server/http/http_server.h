// The listening socket and its connections (Boost.Beast coroutines; http_server.cpp alone includes Asio).
#pragma once

#include "http/dispatcher.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace reprise {

class HttpServer {
 public:
  /// Binds at once; port 0 takes any free port. std::runtime_error when the address is wrong or taken.
  HttpServer(const std::string& address, std::uint16_t port);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// Serves on `threads` threads until SIGTERM or SIGINT, then finishes what is being answered (at most half
  /// a second) and returns.
  void run(const Dispatcher& dispatcher, int threads);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprise
