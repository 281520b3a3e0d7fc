// A limit that all processes share, in an HTTP server: who asks too often gets 429 and is told when to come back.
//
//     ./16_limiter [URL]
#include <larder/larder.hpp>

#include <cstdio>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

/// One connection. The key of its limit is the client's account, or its address where it names none.
larder::Task<void> serve(tcp::socket socket, const larder::Limiter& api) {
  const auto address = socket.remote_endpoint().address().to_string();
  boost::beast::flat_buffer buffer;
  for (;;) {
    http::request<http::empty_body> request;
    co_await http::async_read(socket, buffer, request, use_awaitable);
    const std::string account(request["X-Account"]);
    const auto decision = (co_await api.async_allow(account.empty() ? address : account)).value();
    http::response<http::string_body> response{http::status(larder::http_status(decision)), 11};
    for (const auto& [name, value] : larder::rate_limit_headers(api.rate(), decision))
      response.set(name, value);
    response.body() = decision.allowed ? "hello\n" : "too many requests\n";
    response.prepare_payload();
    co_await http::async_write(socket, response, use_awaitable);
  }
}

larder::Task<void> accept(tcp::acceptor& acceptor, const larder::Limiter& api) {
  for (;;) {
    auto socket = co_await acceptor.async_accept(use_awaitable);
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), api), asio::detached);
  }
}

/// What a client sees of it.
void ask_four_times(const tcp::endpoint& server) {
  asio::io_context io;
  tcp::socket socket(io);
  socket.connect(server);
  boost::beast::flat_buffer buffer;
  for (int i = 1; i <= 4; ++i) {
    http::request<http::empty_body> request{http::verb::get, "/", 11};
    request.set("X-Account", "client-7");
    http::write(socket, request);
    http::response<http::string_body> response;
    http::read(socket, buffer, response);
    std::printf("request %d: %u, %s more\n", i, response.result_int(),
                std::string(response["RateLimit-Remaining"]).c_str());
    if (response.result() != http::status::too_many_requests) continue;
    for (const auto* name : {"RateLimit-Limit", "RateLimit-Policy"})
      std::printf("  %s: %s\n", name, std::string(response[name]).c_str());
    std::printf("  told when to come back: %s\n", response.count("Retry-After") ? "yes" : "no");
  }
}

int main(int argc, char** argv) {
  auto store = larder::Store::open(argc > 1 ? argv[1] : "memory:");
  if (!store) return std::fprintf(stderr, "%s\n", to_string(store.error()).c_str()), 2;
  // While the store is away this process lets pass what it counts itself, rather than nobody or everybody.
  const larder::Limiter api{*store,
                            "api",
                            larder::Rate::sliding_window(3, 1h),
                            {.outage = larder::Outage::local_estimate}};
  const larder::Limiter service{*store, "service", larder::Rate::token_bucket(100, 24h, 5)};
  api.reset("client-7").value();
  api.reset("client-8").value();
  service.reset("all").value();

  asio::io_context io;
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  asio::co_spawn(io, accept(acceptor, api), asio::detached);
  std::thread server([&] { io.run(); });
  ask_four_times(acceptor.local_endpoint());
  io.stop();
  server.join();

  // One request, two limits: taken from both, or from none.
  const auto first = larder::allow_all({{api, "client-8", 2}, {service, "all", 2}}).value();
  const auto second = larder::allow_all({{api, "client-8", 2}, {service, "all", 2}}).value();
  std::printf("both allow: %s\n", first.allowed ? "yes" : "no");
  std::printf("then limit %d denies, and the other has %u left\n",
              static_cast<int>(*second.denied_by), second.each[1].remaining);
  for (const auto* client : {"client-7", "client-8"}) api.reset(client).value();
  service.reset("all").value();
}
