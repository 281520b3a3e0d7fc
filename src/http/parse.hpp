// Incremental HTTP/1.1 readers: bytes in, a request or a response out. They know no socket. Beast's parser does the work, and
// is seen in parse.cpp only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/server.hpp"

namespace larder::http {

struct ReadBounds {
  std::uint32_t header_bytes_max = base::limits::kHttpRequestBytesMax;
  std::uint64_t body_bytes_max = base::limits::kMiB;
};

/// One request; the next one takes a reader of its own.
class RequestReader {
 public:
  enum class Status : std::uint8_t {
    more,     ///< The rest is not here yet.
    expects,  ///< As `more`, and the client sends its body once it is told "100 Continue". Said once.
    done,
    fault,  ///< No request, or one beyond the bounds; see fault().
  };

  explicit RequestReader(const ReadBounds& bounds);
  ~RequestReader();

  /// Takes from the front of `in` what is this request's.
  Status feed(std::string& in);

  Request& request() noexcept;
  bool keep_alive() const;
  unsigned version() const noexcept;  ///< 10 or 11.
  Response fault() const;             ///< 400, 413 or 431, in words.

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// One response to a request that wanted the connection closed.
class ResponseReader {
 public:
  explicit ResponseReader(const ReadBounds& bounds = {});
  ~ResponseReader();

  /// True: that was all of it, or it is none; see error(). `ended`: nothing comes behind `in`.
  bool feed(std::string& in, bool ended);

  unsigned status() const noexcept;
  std::string& body() noexcept;
  const std::string& error() const noexcept;  ///< Empty: none.

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// "Not Found" for 404.
std::string_view reason_of(unsigned status);

}  // namespace larder::http
