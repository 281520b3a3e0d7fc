#include "lab/trace.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace larder::lab {
namespace {

constexpr std::uint64_t kNumberedKeys = 1'000'000'000'000;

/// "k:" and twelve digits.
std::string_view numbered_key(std::uint64_t number, char (&into)[14]) {
  into[0] = 'k';
  into[1] = ':';
  for (int at = 13; at > 1; --at, number /= 10) into[at] = static_cast<char>('0' + number % 10);
  return {into, 14};
}

/// The next word of `text`, which loses it and the blanks before it.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

template <class Number>
bool read_number(std::string_view word, Number& number) {
  const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
  return read.ec == std::errc{} && read.ptr == word.data() + word.size();
}

}  // namespace

TraceReader::TraceReader(std::unique_ptr<ByteSource> bytes, std::string name)
    : bytes_(std::move(bytes)), name_(std::move(name)), buffer_(4 * kLineBytesMax) {}

Error TraceReader::complain(std::string_view expected, std::string_view found) const {
  return {Errc::bad_argument, Effect::not_sent,
          name_ + ":" + std::to_string(line_) + ": expected " + std::string(expected) + ", found " +
              base::quoted(found, 60)};
}

Result<std::optional<std::string_view>> TraceReader::line() {
  using Line = std::optional<std::string_view>;
  for (;;) {
    const char* const from = buffer_.data() + scanned_;
    if (const void* found = std::memchr(from, '\n', end_ - scanned_)) {
      const auto stop = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      const std::string_view text(buffer_.data() + begin_, stop - begin_);
      begin_ = scanned_ = stop + 1;
      ++line_;
      return Line{text};
    }
    if (end_ - begin_ > kLineBytesMax) {
      ++line_;
      return complain("a line of at most 64 KiB", {buffer_.data() + begin_, end_ - begin_});
    }
    if (at_end_) {
      const std::string_view text(buffer_.data() + begin_, end_ - begin_);
      begin_ = scanned_ = end_;
      if (text.empty()) return Line{};
      ++line_;
      return Line{text};
    }
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    scanned_ = end_;
    const auto got = bytes_->read({buffer_.data() + end_, buffer_.size() - end_});
    if (!got) return got.error();
    end_ += *got;
    at_end_ = *got == 0;
  }
}

std::optional<Error> TraceReader::parse(std::string_view text, Request& request) {
  constexpr std::string_view kForm = "\"key size [ttl]\"";
  std::string_view rest = text;
  request.key = take_word(rest);
  const std::string_view size = take_word(rest);
  const std::string_view ttl = take_word(rest);
  if (size.empty() || !take_word(rest).empty()) return complain(kForm, text);

  std::uint64_t bytes = 0;
  if (!read_number(size, bytes)) return complain(kForm, text);
  if (bytes > kSizeMax) return complain("a size of at most 512 MiB", size);
  request.size = static_cast<std::uint32_t>(bytes);
  request.ttl_s = 0;
  if (!ttl.empty() && !read_number(ttl, request.ttl_s)) return complain(kForm, text);

  std::uint64_t number = 0;
  if (read_number(request.key, number) && number < kNumberedKeys) {
    request.key = numbered_key(number, numbered_key_);
  }
  return std::nullopt;
}

Result<bool> TraceReader::next(Request& request) {
  for (;;) {
    const auto text = line();
    if (!text) return text.error();
    if (!*text) return false;
    std::string_view trimmed = **text;
    if (trimmed.ends_with('\r')) trimmed.remove_suffix(1);
    const std::size_t first = trimmed.find_first_not_of(" \t");
    if (first == trimmed.npos || trimmed[first] == '#') continue;
    if (auto error = parse(trimmed, request)) return *error;
    return true;
  }
}

GeneratedTrace::GeneratedTrace(const GenerateOptions& options)
    : options_(options), picker_(options.distribution, options.keys, options.seed) {}

Result<bool> GeneratedTrace::next(Request& request) {
  if (done_ == options_.requests) return false;
  ++done_;
  const std::uint64_t rank = picker_.next();
  request.key = numbered_key(rank, key_);
  // A key keeps its size: it follows from the key, not from the order of requests.
  const std::uint64_t hash = base::keyed_hash(request.key, {options_.seed, 0});
  request.size = options_.size.low + static_cast<std::uint32_t>(hash % options_.size.choices());
  request.ttl_s = 0;
  return true;
}

std::optional<double> GeneratedTrace::progress() const {
  return options_.requests == 0
             ? 1.0
             : static_cast<double>(done_) / static_cast<double>(options_.requests);
}

}  // namespace larder::lab
