// Each element asks the buffer for room once, then writes through a bare pointer.
#include "resp/writer.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/numbers.hpp"

namespace larder::resp {
namespace {

// Tag, number, CRLF.
constexpr std::size_t kHeaderMax = 1 + base::kIntegerTextMax + 2;

char* write_crlf(char* at) noexcept {
  at[0] = '\r';
  at[1] = '\n';
  return at + 2;
}

char* write_header(char* at, char tag, std::uint64_t number) noexcept {
  *at++ = tag;
  if (number < 10) {
    *at++ = static_cast<char>('0' + number);
  } else if (number < 100) {
    *at++ = static_cast<char>('0' + number / 10);
    *at++ = static_cast<char>('0' + number % 10);
  } else {
    at = base::write_unsigned(at, number);
  }
  return write_crlf(at);
}

char* write_text(char* at, std::string_view text) noexcept {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* write_bulk(char* at, std::string_view text) noexcept {
  return write_crlf(write_text(write_header(at, '$', text.size()), text));
}

constexpr std::size_t bulk_bytes_max(std::string_view text) noexcept {
  return kHeaderMax + text.size() + 2;
}

/// Shortest form, inf and nan as Redis names them. Returns the length; `out` holds 32.
std::size_t write_double(char* out, double value) noexcept {
  const auto named = [out](std::string_view name) {
    return static_cast<std::size_t>(write_text(out, name) - out);
  };
  if (std::isnan(value)) return named("nan");
  if (std::isinf(value)) return named(value > 0 ? "inf" : "-inf");
  return static_cast<std::size_t>(std::to_chars(out, out + 32, value).ptr - out);
}

}  // namespace

void Writer::header(char tag, std::size_t count) {
  char* const start = out_.prepare(kHeaderMax);
  out_.commit(static_cast<std::size_t>(write_header(start, tag, count) - start));
}

void Writer::line(char tag, std::string_view text) {
  char* const start = out_.prepare(text.size() + 3);
  *start = tag;
  char* const end = write_text(start + 1, text);
  for (char* at = start + 1; at != end; ++at) {
    if (*at == '\r' || *at == '\n') *at = ' ';
  }
  write_crlf(end);
  out_.commit(text.size() + 3);
}

void Writer::integer(std::int64_t value) {
  char* const start = out_.prepare(kHeaderMax);
  *start = ':';
  char* const end = write_crlf(base::write_integer(start + 1, value));
  out_.commit(static_cast<std::size_t>(end - start));
}

void Writer::bulk(std::string_view text) {
  char* const start = out_.prepare(bulk_bytes_max(text));
  out_.commit(static_cast<std::size_t>(write_bulk(start, text) - start));
}

void Writer::boolean(bool value) {
  if (version_ == Version::resp3) {
    out_.append(value ? "#t\r\n" : "#f\r\n");
  } else {
    out_.append(value ? ":1\r\n" : ":0\r\n");
  }
}

void Writer::number(double value) {
  char text[32];
  const std::string_view digits(text, write_double(text, value));
  if (version_ == Version::resp3) {
    line(',', digits);
  } else {
    bulk(digits);
  }
}

void Writer::big_number(std::string_view digits) {
  if (version_ == Version::resp3) {
    line('(', digits);
  } else {
    bulk(digits);
  }
}

void Writer::verbatim(std::string_view kind, std::string_view text) {
  if (version_ == Version::resp2) return bulk(text);
  char* const start = out_.prepare(bulk_bytes_max(text) + 4);
  char* at = write_header(start, '=', text.size() + 4);
  at = write_text(at, kind.substr(0, 3));
  *at++ = ':';
  at = write_crlf(write_text(at, text));
  out_.commit(static_cast<std::size_t>(at - start));
}

void Writer::map(std::size_t pairs) {
  if (version_ == Version::resp3) {
    header('%', pairs);
  } else {
    header('*', 2 * pairs);
  }
}

void append_command(base::Buffer& out, std::span<const std::string_view> args) {
  std::size_t bytes = kHeaderMax;
  for (const std::string_view arg : args) bytes += bulk_bytes_max(arg);
  char* const start = out.prepare(bytes);
  char* at = write_header(start, '*', args.size());
  for (const std::string_view arg : args) at = write_bulk(at, arg);
  out.commit(static_cast<std::size_t>(at - start));
}

}  // namespace larder::resp
