// Writing RESP: replies for a server, requests for a client, appended to a buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "base/buffer.hpp"

namespace larder::resp {

/// The two protocols that HELLO chooses between.
enum class Version : std::uint8_t { resp2 = 2, resp3 = 3 };

/// Appends replies. What RESP2 cannot say is said as Redis says it there: a map as a flat array, a
/// double as a bulk string, a boolean as 0 or 1.
///
/// Lifetime  Holds a reference to the buffer; cheap to make for each batch.
/// Cost      A bulk of 64 bytes about 5 ns.
class Writer {
 public:
  explicit Writer(base::Buffer& out, Version version = Version::resp2) noexcept
      : out_(out), version_(version) {}

  Version version() const noexcept { return version_; }
  base::Buffer& buffer() noexcept { return out_; }

  void ok() { out_.append("+OK\r\n"); }
  /// One line; CR and LF in it become spaces, so that no value can forge a second reply.
  void simple(std::string_view text) { line('+', text); }
  /// With its code in front: "ERR syntax error", "WRONGTYPE ...". CR and LF as in `simple`.
  void error(std::string_view text) { line('-', text); }
  void integer(std::int64_t value);
  void bulk(std::string_view text);
  /// "No such value": `$-1` or `_`.
  void null() { out_.append(version_ == Version::resp3 ? "_\r\n" : "$-1\r\n"); }
  /// "No such array": `*-1` or `_`.
  void null_array() { out_.append(version_ == Version::resp3 ? "_\r\n" : "*-1\r\n"); }
  void boolean(bool value);
  /// Shortest text that reads back as the same double; inf, -inf and nan by name.
  void number(double value);
  /// An integer of any length, as decimal digits.
  void big_number(std::string_view digits);
  /// Text for people: INFO. `kind` has three letters, "txt" or "mkd".
  void verbatim(std::string_view kind, std::string_view text);

  // Headers: that many elements (pairs, for a map) follow.
  void array(std::size_t count) { header('*', count); }
  void map(std::size_t pairs);
  void set(std::size_t count) { header(version_ == Version::resp3 ? '~' : '*', count); }
  /// Out of band, to be sent between replies only. In RESP2 an array, as pub/sub messages are
  /// there.
  void push(std::size_t count) { header(version_ == Version::resp3 ? '>' : '*', count); }

 private:
  void line(char tag, std::string_view text);
  void header(char tag, std::size_t count);

  base::Buffer& out_;
  Version version_;
};

/// Appends one request: an array of bulk strings.
void append_command(base::Buffer& out, std::span<const std::string_view> args);
inline void append_command(base::Buffer& out, std::initializer_list<std::string_view> args) {
  append_command(out, std::span(args.begin(), args.size()));
}

}  // namespace larder::resp
