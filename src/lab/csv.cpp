#include "lab/csv.hpp"

#include <algorithm>
#include <cstring>

namespace larder::lab {

char find_delimiter(std::string_view first_lines) noexcept {
  char best = ',';
  std::size_t best_count = 0;
  for (const char candidate : {',', ';', '\t', '|'}) {
    std::size_t least = ~std::size_t{0}, count = 0, lines = 0;
    bool quoted = false;
    for (const char c : first_lines) {
      if (c == '"') quoted = !quoted;
      if (quoted) continue;
      if (c == candidate) ++count;
      if (c != '\n') continue;
      least = std::min(least, count);
      count = 0;
      ++lines;
    }
    if (lines == 0) least = count;  // One line without an end.
    if (least > best_count) {
      best = candidate;
      best_count = least;
    }
  }
  return best;
}

CsvReader::CsvReader(std::unique_ptr<ByteSource> bytes, std::string name, char delimiter)
    : bytes_(std::move(bytes)),
      name_(std::move(name)),
      delimiter_(delimiter),
      buffer_(256 * 1024) {}

Error CsvReader::complain(std::string_view what) const {
  return {Errc::bad_argument, Effect::not_sent,
          name_ + ":" + std::to_string(record_line_) + ": " + std::string(what)};
}

/// More bytes behind those that are left. False at the end.
Result<bool> CsvReader::fill() {
  if (begin_ == end_) begin_ = end_ = 0;
  const auto got = bytes_->read(std::span(buffer_).subspan(end_));
  if (!got) return got.error();
  end_ += *got;
  if (*got == 0) at_end_ = true;
  if (started_ || *got == 0) return *got != 0;

  started_ = true;
  // Enough to judge by, even where a pipe gives a little at a time.
  while (!at_end_ && end_ < 4'096) {
    if (const auto more = fill(); !more) return more.error();
  }
  if (end_ >= 3 && std::memcmp(buffer_.data(), "\xEF\xBB\xBF", 3) == 0) begin_ = 3;
  if (delimiter_ == 0) {
    std::string_view head(buffer_.data() + begin_, std::min<std::size_t>(end_ - begin_, 65'536));
    if (const auto last = head.rfind('\n'); last != head.npos) head = head.substr(0, last + 1);
    delimiter_ = find_delimiter(head);
  }
  return true;
}

Result<bool> CsvReader::take_byte(char& byte) {
  if (begin_ == end_) {
    if (at_end_) return false;
    const auto more = fill();
    if (!more) return more.error();
    if (begin_ == end_) return false;
  }
  byte = buffer_[begin_++];
  if (byte == '\n') ++line_;
  if (++record_bytes_ > kRecordBytesMax) {
    return complain("a record is longer than 64 KiB: is a quote left open, or is this no CSV?");
  }
  return true;
}

Result<void> CsvReader::quoted_field(std::string& into) {
  for (;;) {
    char c = 0;
    const auto got = take_byte(c);
    if (!got) return got.error();
    if (!*got) return complain("a quote is opened here and never closed");
    if (c != '"') {
      into.push_back(c);
      continue;
    }
    if (begin_ == end_ && !at_end_) {
      if (const auto more = fill(); !more) return more.error();
    }
    if (begin_ == end_ || buffer_[begin_] != '"') return {};
    ++begin_;  // Two quotes are one.
    into.push_back('"');
  }
}

Result<void> CsvReader::field(std::string& into, bool& record_ends) {
  into.clear();
  record_ends = false;
  bool was_quoted = false;
  for (;;) {
    char c = 0;
    const auto got = take_byte(c);
    if (!got) return got.error();
    if (!*got || c == '\n') {
      if (!was_quoted && !into.empty() && into.back() == '\r') into.pop_back();
      record_ends = true;
      return {};
    }
    if (c == delimiter_) return {};
    if (c == '"' && into.empty() && !was_quoted) {
      was_quoted = true;
      if (auto done = quoted_field(into); !done) return done;
      continue;
    }
    if (c == '\0') return complain("a zero byte: this is no text (UTF-16? a packed file?)");
    if (was_quoted && c == '\r') continue;
    if (was_quoted) return complain("text behind a closing quote");
    into.push_back(c);
  }
}

Result<bool> CsvReader::next(std::vector<std::string>& fields) {
  for (;;) {
    record_line_ = line_;
    record_bytes_ = 0;
    std::size_t count = 0;
    for (bool record_ends = false; !record_ends; ++count) {
      if (count == kFieldsMax) return complain("more than 1024 fields in a record");
      if (count == fields.size()) fields.emplace_back();
      if (auto done = field(fields[count], record_ends); !done) return done.error();
    }
    const bool blank = count == 1 && fields[0].empty();
    if (blank && begin_ == end_ && at_end_) return false;
    if (blank) continue;
    fields.resize(count);
    return true;
  }
}

}  // namespace larder::lab
