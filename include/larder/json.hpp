// JSON text in and out, one value at a time and no tree in between: what Codec<T> is made of, and
// what a type of your own uses to join in (see json::Format).
#pragma once

#include <larder/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace larder::json {

/// What a value is by its first byte. `nothing`: the text ends here, or no JSON value begins so.
enum class Kind : std::uint8_t { nothing, null, boolean, number, string, array, object };

/// Where and why writing or reading stopped. Callers add places while they return: "/zip", then
/// "/address/zip".
class Failing {
 public:
  /// Notes the reason, the first one only. Always false, for `return out.fail(...)`.
  bool fail(std::string_view why);
  /// Says that what failed was this member or element of ours. Always false.
  bool at(std::string_view member);
  bool at(std::size_t index);
  bool failed() const noexcept { return !why_.empty(); }
  /// `bad_value`: "at /address/zip: expected integer, found string".
  Error error() const;

 protected:
  ~Failing() = default;
  void forget() noexcept;
  bool enter();
  std::size_t depth_ = 0;

 private:
  std::string place_;
  std::string why_;
};

/// Appends JSON text. Every call returns false once something cannot be said in JSON.
class Writer : public Failing {
 public:
  explicit Writer(std::string& out) noexcept : out_(out) {}

  bool null();
  bool boolean(bool value);
  bool integer(std::int64_t value);
  bool integer(std::uint64_t value);
  /// Shortest text that reads back the same, always with a point or an exponent. JSON has no NaN
  /// and no infinity.
  bool number(double value);
  bool number(float value);
  /// Errors: not UTF-8.
  bool string(std::string_view text);

  // `[` and `{`. Errors: nested deeper than limits::kValueDepthMax.
  bool begin(char bracket);
  bool end(char bracket);
  /// Before each element or member: the comma, if one is due.
  void next();
  /// A member's name and colon, comma included.
  bool key(std::string_view name);

 private:
  std::string& out_;
};

/// Reads JSON text (RFC 8259) as Python's json.dumps writes it: spaces anywhere, `\u` escapes with
/// surrogate pairs. Every call returns false at the first thing that is not as asked for.
class Reader : public Failing {
 public:
  explicit Reader(std::string_view text) noexcept : text_(text) {}

  /// What comes next; nothing is taken.
  Kind peek() noexcept;
  bool null();
  bool boolean(bool& value);
  /// Any integer between `low` and `high`; no point, no exponent.
  bool integer(std::int64_t& value, std::int64_t low, std::int64_t high);
  bool integer(std::uint64_t& value, std::uint64_t high);
  bool number(double& value);
  bool number(float& value);
  bool string(std::string& value);
  /// Any value at all, checked and dropped.
  bool skip();

  /// `[` or `{`.
  bool begin(char bracket);
  /// True: another element follows. False: the closing bracket was taken, or failed().
  bool next(char closing);
  /// Takes a member's name and its colon; the view lives until the next call.
  bool key(std::string_view& name);
  /// Nothing but space may follow.
  bool finish();

  /// A place to come back to, for variants. Bounded: trying alternatives costs no more than 64
  /// looks per byte of text.
  struct Mark {
    std::size_t at, depth;
    bool first;
  };
  Mark mark() const noexcept { return {at_, depth_, first_}; }
  bool rewind(const Mark& mark);

  /// "expected `what`, found string"
  bool expected(std::string_view what);

 private:
  void skip_space() noexcept;
  bool take(char c) noexcept;
  bool word(std::string_view text);
  bool number_text(std::string_view& text, bool& is_integer);
  template <class Float>
  bool floating(Float& value);
  bool raw_string(std::string_view& body, bool& escaped);
  bool unescape(std::string_view body, std::string& out);
  bool code_unit(std::string_view body, std::size_t at, unsigned& unit);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t looks_ = 0;
  bool first_ = false;
  std::string key_;
};

}  // namespace larder::json
