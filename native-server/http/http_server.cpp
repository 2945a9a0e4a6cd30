#include "http/http_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <thread>
#include <utility>  // Boost 1.74's awaitable.hpp needs it with GCC 12
#include <vector>

namespace reprise {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Parser = http::request_parser<http::buffer_body>;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t header_limit = 16 * 1024;
constexpr std::size_t chunk_bytes = 64 * 1024;
constexpr std::int64_t most_connections = 512;
constexpr seconds header_time{10};      // for the whole header: a client that trickles is cut off
constexpr seconds idle_time{60};        // between requests
constexpr seconds chunk_time{30};       // for one chunk of a body, either way
constexpr seconds keep_alive_time{15};  // comments in event streams
constexpr milliseconds stop_time{500};

// What the connections share.
struct Shared {
  const Dispatcher& dispatcher;
  std::atomic<bool> stopping{false};
  std::atomic<int> answering{0};
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Shared& shared)
      : stream_(std::move(socket)),
        shared_(shared),
        dispatcher_(shared.dispatcher),
        buffer_(header_limit + chunk_bytes) {
    dispatcher_.counts().connections.fetch_add(1);
  }
  ~Connection() { dispatcher_.counts().connections.fetch_sub(1); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Keeps itself alive through `self`.
  static asio::awaitable<void> serve(std::shared_ptr<Connection> self) {
    error_code error;
    self->stream_.socket().set_option(tcp::no_delay(true), error);
    bool first = true;
    while (co_await self->serve_request(first)) first = false;
    if (self->events_) {
      co_await self->send_events();
    } else {
      co_await self->linger();
    }
  }

 private:
  auto waiting(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

  // One request; true when the connection goes on.
  asio::awaitable<bool> serve_request(bool first) {
    error_code error;
    if (buffer_.size() == 0) {
      stream_.expires_after(first ? header_time : idle_time);
      const std::size_t count = co_await stream_.async_read_some(buffer_.prepare(4096), waiting(error));
      if (error) co_return false;
      buffer_.commit(count);
    }
    Parser parser;
    parser.header_limit(header_limit);
    // Judged here, so that the answer can say what is allowed (boost::none is taken for 0 by Boost 1.74).
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    stream_.expires_after(header_time);
    co_await http::async_read_header(stream_, buffer_, parser, waiting(error));
    Request request;
    if (error) {
      if (error.category() != beast::http::make_error_code(http::error::bad_method).category() ||
          error == http::error::end_of_stream || error == http::error::partial_message) {
        co_return false;
      }
      const bool too_long = error == http::error::header_limit || error == http::error::buffer_overflow;
      const Response response = dispatcher_.refuse(
          request,
          too_long ? HttpError(431, "header-too-large", "the header is longer than 16 kB")
                   : HttpError(400, "malformed-request", "this is no HTTP/1.1 request: " + error.message()));
      co_await send(request, response, false);
      co_return false;
    }
    fill(request, parser);
    shared_.answering.fetch_add(1);
    const bool goes_on = co_await answer(request, parser);
    shared_.answering.fetch_sub(1);
    co_return goes_on;
  }

  static void fill(Request& request, const Parser& parser) {
    const auto& message = parser.get();
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    for (const auto& field : message) {
      std::string name(field.name_string());
      for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      }
      const auto [place, fresh] = request.headers.emplace(std::move(name), std::string(field.value()));
      if (!fresh) place->second.append(", ").append(field.value().data(), field.value().size());
    }
    request.chunked = parser.chunked();
    request.content_length = parser.content_length().value_or(0);
  }

  asio::awaitable<bool> answer(Request& request, Parser& parser) {
    Dispatcher::Decision decision = dispatcher_.decide(request);
    std::optional<Response> response = std::move(decision.answer);
    std::unique_ptr<UploadSink> sink;
    if (!response && decision.route->upload) {
      auto begun = dispatcher_.begin_upload(request, *decision.route);
      if (auto* refusal = std::get_if<Response>(&begun)) {
        response = std::move(*refusal);
      } else {
        sink = std::move(std::get<std::unique_ptr<UploadSink>>(begun));
      }
    }
    bool connected = true;
    if (!response) {
      connected = co_await read_body(request, parser, decision.limit, sink.get(), response);
      if (!connected) co_return false;
    }
    if (!response) {
      response =
          sink ? dispatcher_.finish_upload(request, *sink) : dispatcher_.respond(request, *decision.route);
    }
    const auto* events = std::get_if<std::shared_ptr<EventStream>>(&response->body);
    if (events != nullptr && request.method != "HEAD") events_ = *events;
    const bool keep = parser.is_done() && parser.keep_alive() && !shared_.stopping && !events_;
    const bool sent = co_await send(request, *response, keep);
    if (!sent) events_.reset();
    co_return sent&& keep;
  }

  // Reads the body into the request or the sink. False: the client is gone. `response`: it was refused.
  asio::awaitable<bool> read_body(Request& request, Parser& parser, std::uint64_t limit, UploadSink* sink,
                                  std::optional<Response>& response) {
    error_code error;
    if (request.has_body() && request.header("expect") == "100-continue") {
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      stream_.expires_after(chunk_time);
      co_await asio::async_write(stream_, asio::buffer(go_on.data(), go_on.size()), waiting(error));
      if (error) co_return false;
    }
    std::vector<char> chunk(request.has_body() ? chunk_bytes : 1);
    std::uint64_t total = 0;
    while (!parser.is_done()) {
      parser.get().body().data = chunk.data();
      parser.get().body().size = chunk.size();
      parser.get().body().more = true;
      stream_.expires_after(chunk_time);
      co_await http::async_read(stream_, buffer_, parser, waiting(error));
      if (error && error != http::error::need_buffer) co_return false;
      const std::size_t count = chunk.size() - parser.get().body().size;
      total += count;
      if (total > limit) {
        response = dispatcher_.refuse_size(request, limit);
        co_return true;
      }
      if (sink != nullptr) {
        response = dispatcher_.write_upload(request, *sink, std::span<const char>(chunk.data(), count));
        if (response) co_return true;
      } else {
        request.body.append(chunk.data(), count);
      }
    }
    co_return true;
  }

  asio::awaitable<bool> send(const Request& request, const Response& response, bool keep) {
    error_code error;
    const std::string head = response_head(response, body_length(response), keep);
    std::string_view text;
    if (request.method != "HEAD") {
      if (const auto* own = std::get_if<std::string>(&response.body)) text = *own;
      if (const auto* common = std::get_if<std::shared_ptr<const std::string>>(&response.body))
        text = **common;
    }
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head),
                                                       asio::buffer(text.data(), text.size())};
    stream_.expires_after(chunk_time);
    co_await asio::async_write(stream_, buffers, waiting(error));
    if (error) co_return false;
    const auto* slice = std::get_if<FileSlice>(&response.body);
    if (slice == nullptr || request.method == "HEAD") co_return true;
    std::vector<char> chunk(
        static_cast<std::size_t>(std::min<std::uint64_t>(slice->length, 4 * chunk_bytes)));
    for (std::uint64_t sent = 0; sent < slice->length;) {
      const std::size_t wanted =
          static_cast<std::size_t>(std::min<std::uint64_t>(slice->length - sent, chunk.size()));
      const std::size_t count = slice->file->read(slice->offset + sent, std::span(chunk.data(), wanted));
      if (count == 0) co_return false;  // the file shrank: cut the connection rather than send something else
      stream_.expires_after(chunk_time);
      co_await asio::async_write(stream_, asio::buffer(chunk.data(), count), waiting(error));
      if (error) co_return false;
      sent += count;
    }
    co_return true;
  }

  // Sends events until the client hangs up, is too slow, or the server stops.
  asio::awaitable<void> send_events() {
    stream_.expires_never();
    const auto executor = stream_.get_executor();
    const auto timer = std::make_shared<asio::steady_timer>(executor);
    const auto self = shared_from_this();
    asio::co_spawn(executor, watch_hang_up(self, timer), asio::detached);
    events_->wake_with([executor, timer] { asio::post(executor, [timer] { timer->cancel(); }); });
    error_code error;
    std::string text = "retry: 2000\n\n";
    while (!error && !hung_up_) {
      if (text.empty()) {
        timer->expires_after(keep_alive_time);
        co_await timer->async_wait(waiting(error));
        const bool woken = error == asio::error::operation_aborted;
        error = {};
        text = events_->take();
        if (text.empty() && !woken) text = ": keep-alive\n\n";
        continue;
      }
      asio::steady_timer deadline(executor);
      deadline.expires_after(chunk_time);
      deadline.async_wait([self](error_code cancelled) {
        if (!cancelled) self->close();
      });
      co_await asio::async_write(stream_.socket(), asio::buffer(text), waiting(error));
      deadline.cancel();
      text = events_->take();
    }
    events_->wake_with({});
    close();
  }

  static asio::awaitable<void> watch_hang_up(std::shared_ptr<Connection> self,
                                             std::shared_ptr<asio::steady_timer> timer) {
    error_code error;
    std::array<char, 256> ignored{};
    while (!error) {
      co_await self->stream_.socket().async_read_some(asio::buffer(ignored),
                                                      asio::redirect_error(asio::use_awaitable, error));
    }
    self->hung_up_ = true;
    timer->cancel();
  }

  // Takes in what the client is still sending, so that it can read the answer before the connection ends.
  asio::awaitable<void> linger() {
    error_code error;
    stream_.socket().shutdown(tcp::socket::shutdown_send, error);
    std::vector<char> ignored(chunk_bytes);
    stream_.expires_after(seconds(2));
    std::uint64_t total = 0;
    while (!error && total < 64 * chunk_bytes) {
      total += co_await stream_.async_read_some(asio::buffer(ignored), waiting(error));
    }
    close();
  }

  void close() {
    error_code ignored;
    stream_.socket().close(ignored);
  }

  beast::tcp_stream stream_;
  Shared& shared_;
  const Dispatcher& dispatcher_;
  beast::flat_buffer buffer_;
  std::shared_ptr<EventStream> events_;
  bool hung_up_ = false;
};

asio::awaitable<void> listen(tcp::acceptor& acceptor, asio::io_context& context, Shared& shared) {
  while (!shared.stopping) {
    error_code error;
    tcp::socket socket(asio::make_strand(context));
    co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (shared.stopping) co_return;
    if (error) {  // out of descriptors, or the client has gone already
      asio::steady_timer pause(co_await asio::this_coro::executor, milliseconds(50));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    if (shared.dispatcher.counts().connections.load() >= most_connections) {
      static constexpr std::string_view full =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: "
          "close\r\n\r\n";
      socket.non_blocking(true, error);
      socket.write_some(asio::buffer(full.data(), full.size()), error);
      continue;
    }
    const auto executor = socket.get_executor();
    asio::co_spawn(executor, Connection::serve(std::make_shared<Connection>(std::move(socket), shared)),
                   asio::detached);
  }
}

// Polls until nothing is being answered any more.
asio::awaitable<void> wind_down(asio::io_context& context, Shared& shared) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  error_code error;
  const auto end = std::chrono::steady_clock::now() + stop_time;
  while (shared.answering > 0 && std::chrono::steady_clock::now() < end) {
    timer.expires_after(milliseconds(10));
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
  context.stop();
}

}  // namespace

struct HttpServer::State {
  asio::io_context context;
  tcp::acceptor acceptor{asio::make_strand(context)};  // shared by the listener and the signals
  // From the start: a signal that arrives before run() is answered there.
  asio::signal_set signals{acceptor.get_executor(), SIGTERM, SIGINT};
};

HttpServer::HttpServer(const std::string& address, std::uint16_t port) : state_(std::make_unique<State>()) {
  error_code error;
  const asio::ip::address parsed =
      asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
  if (error) throw std::runtime_error("'" + address + "' is no IP address to listen on");
  const tcp::endpoint endpoint(parsed, port);
  tcp::acceptor& acceptor = state_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error) {
    throw std::runtime_error("cannot listen on " + address + " port " + std::to_string(port) + ": " +
                             error.message());
  }
  fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  return state_->acceptor.local_endpoint().port();
}

void HttpServer::run(const Dispatcher& dispatcher, int threads) {
  Shared shared{dispatcher};
  asio::io_context& context = state_->context;
  tcp::acceptor& acceptor = state_->acceptor;
  state_->signals.async_wait([&](error_code error, int) {
    if (error) return;
    shared.stopping = true;
    error_code ignored;
    acceptor.close(ignored);
    asio::co_spawn(acceptor.get_executor(), wind_down(context, shared), asio::detached);
  });
  asio::co_spawn(acceptor.get_executor(), listen(acceptor, context, shared), asio::detached);
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) {
    others.emplace_back([&context] { context.run(); });
  }
  context.run();
  for (std::thread& thread : others) thread.join();
  // Connections that are still open refer to `shared`: end them while it lives.
  // No executor may outlive the context.
  state_.reset();
}

}  // namespace reprise
