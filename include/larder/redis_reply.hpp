// Reply: what a Redis server answered to a command, whatever that was.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder {

/// A reply, or one element of it, as a value of its own.
///
/// RESP3 knows numbers, booleans, sets and maps; RESP2 sends texts, integers and arrays in their place. The `as_…` forms and
/// `find` read both alike; `kind` tells what really came.
struct Reply {
  enum class Kind : std::uint8_t {
    nil,
    text,        ///< Bytes: `text`.
    status,      ///< "OK" and the like: `text`.
    integer,     ///< `integer`.
    number,      ///< `number`. RESP3.
    boolean,     ///< `integer`, 1 or 0. RESP3.
    big_number,  ///< `text` holds the digits. RESP3.
    verbatim,    ///< `text`, without its "txt:". RESP3.
    error,  ///< Inside an array only: `text` begins with its code. Of a whole reply the call fails.
    array,  ///< `items`.
    set,    ///< `items`. RESP3.
    map,    ///< `items`: key, value, key, value, … RESP3.
  };

  Kind kind = Kind::nil;
  std::string text = {};
  std::int64_t integer = 0;
  double number = 0;
  std::vector<Reply> items = {};

  bool is_nil() const noexcept { return kind == Kind::nil; }
  /// None: it has none. An error is no text. Of a reply that goes away the text itself.
  std::optional<std::string_view> as_text() const& noexcept;
  std::optional<std::string> as_text() && noexcept;
  /// Of an integer, a boolean, or a text that is an integer.
  std::optional<std::int64_t> as_integer() const noexcept;
  /// Of a number, an integer, or a text that is one.
  std::optional<double> as_number() const noexcept;
  /// Of a boolean, or an integer that is 0 or 1.
  std::optional<bool> as_boolean() const noexcept;
  /// What an error inside an array means; its words are in `detail`.
  std::optional<Error> as_error() const;
  /// The value beside `key` in a map, or in the array that RESP2 sends for one; null: there is none. Cost: linear.
  const Reply* find(std::string_view key) const& noexcept;
  /// It would point at nothing: keep the reply.
  const Reply* find(std::string_view key) && = delete;

  friend bool operator==(const Reply&, const Reply&) = default;
};

/// In one line, for people: `["a", 1, nil]`, `{"k": "v"}`.
std::string to_string(const Reply& reply);

}  // namespace larder
