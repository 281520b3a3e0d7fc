#include "console/console.hpp"

#include "http/server.hpp"

namespace larder::console {
namespace {

http::Response response_to(const http::Request& request, Answer answer) {
  http::Response response{.status = answer.status,
                          .content_type = std::move(answer.content_type),
                          .body = std::move(answer.body)};
  if (!answer.allow.empty()) response.headers.emplace_back("Allow", std::move(answer.allow));
  // A request with a body is not one of ours: no second one is read behind it, so nothing can be
  // smuggled there.
  response.close = !request.body.empty();
  return response;
}

}  // namespace

Result<std::unique_ptr<Console>> Console::start(const Options& options, std::vector<Page> pages) {
  auto handler = [pages = std::move(pages), title = options.title](http::Request request,
                                                                   const http::Reply& reply) {
    const Question question{.method = request.method,
                            .target = request.target,
                            .host = request.host,
                            .host_count = request.host_count};
    reply(response_to(request, answer(question, pages, request.loopback_only, title)));
  };
  auto server = http::Server::start({.bind = options.bind,
                                     .port = options.port,
                                     .deadline = options.deadline,
                                     .connections_max = options.connections_max,
                                     .header_bytes_max = options.header_bytes_max,
                                     .body_bytes_max = options.body_bytes_max},
                                    std::move(handler));
  if (!server) return server.error();
  return std::unique_ptr<Console>(new Console(std::move(*server)));
}

Console::Console(std::unique_ptr<http::Server> server) noexcept : server_(std::move(server)) {}
Console::~Console() = default;

std::uint16_t Console::port() const noexcept { return server_->port(); }
std::string Console::url() const { return server_->url(); }

}  // namespace larder::console
