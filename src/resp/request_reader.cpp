// A request is read in three parts: its first byte tells an array from an inline command; an
// array's arguments are taken one by one as they arrive; an inline command waits for its line.
//
// Before that, nearly every request is short and all there: it is read in one go, a third of the
// work. Whatever is unusual about it is left to the three parts, from its first byte on.
#include "resp/request_reader.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "resp/inline_command.hpp"
#include "resp/length_line.hpp"

namespace larder::resp {

using Found = LengthLine::Found;

namespace {

/// More than 9: it is none.
unsigned digit(char c) noexcept { return static_cast<unsigned char>(c - '0'); }

bool is_crlf(const char* at) noexcept { return std::memcmp(at, "\r\n", 2) == 0; }

}  // namespace

auto RequestReader::next(std::string_view input) -> Status {
  if (part_ == Part::start && shorts_fit_ && read_short(input)) return Status::command;
  return read_in_parts(input);
}

auto RequestReader::read_in_parts(std::string_view input) -> Status {
  consumed_ = 0;
  if (part_ == Part::args) return read_args(input);
  // A loop over what asks for nothing: empty lines, `*0`, `*-1`. As in Redis, they get no answer.
  while (true) {
    const std::string_view rest = input.substr(consumed_);
    const std::size_t before = consumed_;
    const Status status = read_one(rest);
    if (status != Status::command || !args_.empty()) return status;
    LARDER_ASSERT(consumed_ > before);
  }
}

/// False: it is not short, not all there, or wrong, and nothing was read.
inline bool RequestReader::read_short(std::string_view input) {
  const char* at = input.data();
  const char* const end = at + input.size();
  if (end - at < 4 || at[0] != '*' || !is_crlf(at + 2)) return false;
  const unsigned count = digit(at[1]);
  if (count == 0 || count > kShortArgsMax) return false;
  at += 4;
  if (args_.size() != count) args_.resize(count);
  for (std::string_view& arg : args_) {
    // The smallest bulk has six bytes, and so has the longest length line with its tag.
    if (end - at < 6 || at[0] != '$') return false;
    std::size_t bytes = digit(at[1]);
    if (bytes > 9) return false;
    at += 2;
    if (const unsigned second = digit(*at); second <= 9) {
      if (bytes == 0) return false;  // No length begins with a zero.
      bytes = bytes * 10 + second;
      ++at;
      if (const unsigned third = digit(*at); third <= 9) {
        bytes = bytes * 10 + third;
        ++at;
      }
    }
    if (!is_crlf(at)) return false;
    at += 2;
    if (static_cast<std::size_t>(end - at) < bytes + 2 || !is_crlf(at + bytes)) return false;
    arg = {at, bytes};
    at += bytes + 2;
  }
  consumed_ = static_cast<std::size_t>(at - input.data());
  in_request_ = false;
  return true;
}

auto RequestReader::read_one(std::string_view input) -> Status {
  if (part_ == Part::line) return read_inline(input);
  args_.clear();
  if (input.empty()) {
    in_request_ = false;
    missing_ = 1;
    return Status::need_more;
  }
  if (input[0] != '*') return read_inline(input);
  const LengthLine line = read_length(input.data(), input.data() + input.size());
  if (line.found == Found::incomplete) return pause(0, 1);
  if (line.found == Found::too_long) return fail("too big mbulk count string");
  if (line.found == Found::not_a_number) return fail("invalid multibulk length");
  const auto at = static_cast<std::size_t>(line.end - input.data());
  if (line.number <= 0) return finish(at);
  if (static_cast<std::uint64_t>(line.number) > limits_.args_max) {
    return fail(limits_.authenticated ? "invalid multibulk length"
                                      : "unauthenticated multibulk length");
  }
  part_ = Part::args;
  args_missing_ = static_cast<std::size_t>(line.number);
  bulk_bytes_ = kNoBulk;
  base_ = input.data();
  at_ = at;
  return read_args(input);
}

auto RequestReader::read_args(std::string_view input) -> Status {
  LARDER_ASSERT(input.size() >= at_);  // The owner kept what was not consumed.
  rebase(input.data());
  const char* const end = input.data() + input.size();
  const char* at = input.data() + at_;
  for (; args_missing_ > 0; --args_missing_) {
    if (bulk_bytes_ == kNoBulk) {
      if (at == end) return pause(input.size(), 1);
      if (*at != '$') return fail(std::string("expected '$', got '") + *at + "'");
      const LengthLine line = read_length(at, end);
      if (line.found == Found::incomplete)
        return pause(static_cast<std::size_t>(at - input.data()), 1);
      if (line.found == Found::too_long) return fail("too big bulk count string");
      if (line.found == Found::not_a_number || line.number < 0) return fail("invalid bulk length");
      bulk_bytes_ = static_cast<std::size_t>(line.number);
      if (bulk_bytes_ > limits_.bulk_bytes_max) {
        return fail(limits_.authenticated ? "invalid bulk length" : "unauthenticated bulk length");
      }
      at = line.end;
      if (static_cast<std::size_t>(at - input.data()) + bulk_bytes_ > limits_.request_bytes_max) {
        return fail("too big request");
      }
    }
    const auto arrived = static_cast<std::size_t>(end - at);
    if (arrived < bulk_bytes_ + 2) {
      return pause(static_cast<std::size_t>(at - input.data()), bulk_bytes_ + 2 - arrived);
    }
    if (at[bulk_bytes_] != '\r' || at[bulk_bytes_ + 1] != '\n')
      return fail("expected CRLF after bulk");
    args_.emplace_back(at, bulk_bytes_);
    at += bulk_bytes_ + 2;
    bulk_bytes_ = kNoBulk;
  }
  return finish(static_cast<std::size_t>(at - input.data()));
}

auto RequestReader::read_inline(std::string_view input) -> Status {
  const std::size_t newline = input.find('\n', at_);
  if (std::min(newline, input.size()) > base::limits::kInlineBytesMax)
    return fail("too big inline request");
  if (newline == std::string_view::npos) {
    part_ = Part::line;
    return pause(input.size(), 1);
  }
  args_.clear();
  std::string_view line = input.substr(0, newline);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!split_line(line, inline_text_, args_)) return fail("unbalanced quotes in request");
  return finish(newline + 1);
}

/// The arrived part stays in the input; `at` says where to go on.
auto RequestReader::pause(std::size_t at, std::size_t missing) noexcept -> Status {
  at_ = at;
  missing_ = missing;
  in_request_ = true;
  return Status::need_more;
}

auto RequestReader::finish(std::size_t at) noexcept -> Status {
  consumed_ += at;
  at_ = 0;
  part_ = Part::start;
  in_request_ = false;
  return Status::command;
}

auto RequestReader::fail(std::string_view why) -> Status {
  error_ = "Protocol error: ";
  error_ += why;
  args_.clear();
  return Status::error;
}

/// The owner's buffer may have moved since the last call; arguments read so far move with it.
void RequestReader::rebase(const char* base) noexcept {
  if (base == base_) return;
  const auto from = reinterpret_cast<std::uintptr_t>(base_);
  for (std::string_view& arg : args_) {
    arg = {base + (reinterpret_cast<std::uintptr_t>(arg.data()) - from), arg.size()};
  }
  base_ = base;
}

void RequestReader::restart() noexcept {
  args_.clear();
  error_.clear();
  consumed_ = at_ = 0;
  part_ = Part::start;
  in_request_ = false;
}

void RequestReader::release() {
  LARDER_ASSERT(!in_request_);
  std::vector<std::string_view>().swap(args_);
  std::string().swap(inline_text_);
}

}  // namespace larder::resp
