#include "http/parse.hpp"

#include <utility>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/status.hpp>

#include "base/text.hpp"

namespace larder::http {
namespace {

namespace beast = boost::beast;
namespace beast_http = boost::beast::http;
using beast_http::field;
using Failed = beast::error_code;
using View = beast::string_view;

std::string text_of(View view) { return {view.data(), view.size()}; }

/// Gives `parser` all it takes of `in`. True: it stopped for want of bytes.
template <bool is_request>
bool feed_parser(beast_http::basic_parser<is_request>& parser, std::string& in, Failed& failed) {
  const auto taken = parser.put(boost::asio::const_buffer(in.data(), in.size()), failed);
  in.erase(0, taken);
  if (failed != beast_http::error::need_more) return false;
  failed = {};
  return true;
}

/// Keeps the body; the rest is left to who is interested.
template <bool is_request>
struct BodyParser : beast_http::basic_parser<is_request> {
  explicit BodyParser(std::string& into) : body(into) {}
  std::string& body;

  void on_request_impl(beast_http::verb, View, View, int, Failed&) override {}
  void on_response_impl(int, View, int, Failed&) override {}
  void on_field_impl(field, View, View, Failed&) override {}
  void on_header_impl(Failed&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Failed&) override {}
  std::size_t on_body_impl(View bytes, Failed&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, Failed&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View bytes, Failed& failed) override {
    return on_body_impl(bytes, failed);
  }
  void on_finish_impl(Failed&) override {}
};

}  // namespace

struct RequestReader::Parser final : BodyParser<true> {
  Parser() : BodyParser(request.body) {}

  Request request;
  int version = 11;
  bool expects = false;
  Failed failed;

  void on_request_impl(beast_http::verb, View method, View target, int number, Failed&) override {
    request.method = text_of(method);
    request.target = text_of(target);
    version = number;
  }
  void on_field_impl(field name, View, View value, Failed&) override {
    const auto keep = [&](std::string& first) {
      if (first.empty()) first = text_of(value);
    };
    switch (name) {
      case field::host:
        ++request.host_count;
        return keep(request.host);
      case field::content_type:
        return keep(request.content_type);
      case field::accept:
        return keep(request.accept);
      case field::origin:
        return keep(request.origin);
      case field::authorization:
        return keep(request.authorization);
      case field::expect:
        expects = expects || base::same_word(text_of(value), "100-continue");
        return;
      default:
        return;
    }
  }
};

RequestReader::RequestReader(const ReadBounds& bounds) : parser_(std::make_unique<Parser>()) {
  parser_->header_limit(bounds.header_bytes_max);
  parser_->body_limit(bounds.body_bytes_max);
}
RequestReader::~RequestReader() = default;

RequestReader::Status RequestReader::feed(std::string& in) {
  Parser& parser = *parser_;
  while (!parser.is_done()) {
    const bool starved = feed_parser(parser, in, parser.failed);
    if (parser.failed) return Status::fault;
    if (parser.is_header_done() && !parser.is_done() && std::exchange(parser.expects, false))
      return Status::expects;
    if (!parser.is_done() && (starved || in.empty())) return Status::more;
  }
  return Status::done;
}

Request& RequestReader::request() noexcept { return parser_->request; }
bool RequestReader::keep_alive() const { return parser_->keep_alive(); }
unsigned RequestReader::version() const noexcept { return static_cast<unsigned>(parser_->version); }

Response RequestReader::fault() const {
  if (parser_->failed == beast_http::error::header_limit)
    return {.status = 431, .body = "the request line and headers are too long\n"};
  if (parser_->failed == beast_http::error::body_limit)
    return {.status = 413, .body = "the body is too long: more than this server takes\n"};
  return {.status = 400, .body = "no HTTP request: " + parser_->failed.message() + "\n"};
}

struct ResponseReader::Parser final : BodyParser<false> {
  Parser() : BodyParser(text) {}

  unsigned status = 0;
  std::string text, error;

  void on_response_impl(int code, View, int, Failed&) override {
    status = static_cast<unsigned>(code);
  }
};

ResponseReader::ResponseReader(const ReadBounds& bounds) : parser_(std::make_unique<Parser>()) {
  parser_->header_limit(bounds.header_bytes_max);
  parser_->body_limit(bounds.body_bytes_max);
}
ResponseReader::~ResponseReader() = default;

bool ResponseReader::feed(std::string& in, bool ended) {
  Parser& parser = *parser_;
  Failed failed;
  while (!failed && !parser.is_done() && !in.empty()) {
    if (feed_parser(parser, in, failed)) break;
  }
  if (ended && !failed && !parser.is_done()) {
    if (parser.got_some()) {
      parser.put_eof(failed);
    } else {
      failed = beast_http::error::end_of_stream;
    }
  }
  if (failed) parser.error = failed.message();
  return failed || parser.is_done();
}

unsigned ResponseReader::status() const noexcept { return parser_->status; }
std::string& ResponseReader::body() noexcept { return parser_->body; }
const std::string& ResponseReader::error() const noexcept { return parser_->error; }

std::string_view reason_of(unsigned status) {
  const auto reason = beast_http::obsolete_reason(static_cast<beast_http::status>(status));
  return {reason.data(), reason.size()};
}

}  // namespace larder::http
