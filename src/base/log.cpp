// Lines are built in one buffer under the lock, bounded in length, and handed to the sink whole.
#include "base/log.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <utility>

#include "base/json_text.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace larder::base {
namespace {

// A name that holds one of these words is taken for a secret even if the caller forgot to say so.
constexpr std::string_view kSecretNames[] = {"password",   "passwd", "requirepass",
                                             "masterauth", "secret", "private_key"};

// Distinct event names we count repeats of. Names are literals, so this is only reached by a
// mistake.
constexpr std::size_t kEventsMax = 1'000;

bool names_secret(std::string_view key) {
  const std::string name = lower(key);
  for (const std::string_view word : kSecretNames) {
    if (name.find(word) != std::string::npos) return true;
  }
  return false;
}

bool needs_quotes(std::string_view text) noexcept {
  if (text.empty()) return true;
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\') return true;
  }
  return false;
}

void append_double(std::string& out, double value) {
  char buffer[32];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

/// "2026-11-20T18:16:03.123Z"
void append_time(std::string& out, WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  char buffer[64];
  const int n = std::snprintf(
      buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  out.append(buffer, static_cast<std::size_t>(n));
}

}  // namespace

std::string without_password(std::string_view url) {
  std::string result(url);
  std::size_t scheme = 0;
  // Every URL in the text: an error message may quote two.
  while ((scheme = result.find("://", scheme)) != std::string::npos) {
    scheme += 3;
    // To the end of the word, not of the authority: a password with an unescaped slash must not
    // slip through.
    const std::size_t end = std::min(result.find_first_of(" \t\n\"'", scheme), result.size());
    const std::size_t at = result.rfind('@', end);
    if (at == std::string::npos || at < scheme || at >= end) continue;
    const std::size_t colon = result.find(':', scheme);
    if (colon < at) result.replace(colon + 1, at - colon - 1, "***");
  }
  return result;
}

std::string Field::shown_text(std::string_view text) const {
  if (names_secret(key_)) return "***";
  std::string shown = without_password(text.substr(0, limits::kLogFieldBytesMax));
  if (text.size() > limits::kLogFieldBytesMax) shown += "...";
  return shown;
}

void Field::append_text(std::string& out) const {
  struct Visitor {
    std::string& out;
    const Field& field;
    void operator()(std::string_view text) const {
      const std::string shown = field.shown_text(text);
      out += needs_quotes(shown) ? quoted(shown, limits::kLogFieldBytesMax) : shown;
    }
    void operator()(bool value) const { out += value ? "true" : "false"; }
    void operator()(std::int64_t value) const { out += std::to_string(value); }
    void operator()(std::uint64_t value) const { out += std::to_string(value); }
    void operator()(double value) const { append_double(out, value); }
    void operator()(Nanos value) const { out += quoted(duration_text(value)); }
  };
  if (names_secret(key_)) {
    out += "***";
  } else {
    std::visit(Visitor{out, *this}, value_);
  }
}

void Field::append_json(std::string& out) const {
  struct Visitor {
    std::string& out;
    const Field& field;
    void operator()(std::string_view text) const {
      append_json_string_lossy(out, field.shown_text(text));
    }
    void operator()(bool value) const { out += value ? "true" : "false"; }
    void operator()(std::int64_t value) const { out += std::to_string(value); }
    void operator()(std::uint64_t value) const { out += std::to_string(value); }
    void operator()(double value) const {
      // JSON has no NaN and no infinity.
      if (value - value == 0)
        append_double(out, value);
      else
        out += "null";
    }
    void operator()(Nanos value) const {
      append_double(out, static_cast<double>(value.count()) / 1e9);
    }
  };
  if (names_secret(key_)) {
    out += "\"***\"";
  } else {
    std::visit(Visitor{out, *this}, value_);
  }
}

void StderrSink::write(std::string_view line) noexcept {
  // One system call a line: processes that share a terminal do not mix within lines. A log that
  // cannot be written is no reason to stop.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

StderrSink& StderrSink::instance() noexcept {
  static StderrSink sink;
  return sink;
}

std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "unknown";
}

Log::Log(LogSink& sink, const Clock& clock, const LogOptions& options)
    : sink_(sink), clock_(clock), options_(options) {}

/// Says by `shown` whether this line may go out, and returns how many before it could not.
std::uint64_t Log::admit(std::string_view event, bool& shown) {
  auto found = repeats_.find(event);
  if (found == repeats_.end()) {
    if (repeats_.size() >= kEventsMax) repeats_.clear();
    found = repeats_.emplace(std::string(event), Repeats{clock_.now(), 0, 0}).first;
  }
  Repeats& repeats = found->second;
  if (clock_.now() - repeats.since >= options_.repeats_time)
    repeats = {clock_.now(), 0, repeats.held_back};
  shown = repeats.written < options_.repeats_max;
  if (!shown) {
    ++repeats.held_back;
    return 0;
  }
  ++repeats.written;
  return std::exchange(repeats.held_back, 0);
}

void Log::write(Level level, std::string_view event, Fields fields) {
  if (!shows(level)) return;
  const std::lock_guard lock(mutex_);
  bool shown = false;
  const std::uint64_t held_back = admit(event, shown);
  if (!shown) return;
  line_.clear();
  if (options_.json) {
    build_json(level, event, fields, held_back);
  } else {
    build_text(level, event, fields, held_back);
  }
  sink_.write(line_);
}

void Log::build_text(Level level, std::string_view event, Fields fields, std::uint64_t held_back) {
  append_time(line_, clock_.wall());
  const bool short_name = level == Level::info || level == Level::warn;
  line_.append(" ").append(to_string(level)).append(short_name ? "  " : " ").append(event);
  const auto append = [this](const Field& field) {
    line_.append(" ").append(field.key()).append("=");
    field.append_text(line_);
  };
  for (const Field& field : fields) append(field);
  if (held_back > 0) append({"held_back", held_back});
  line_ += '\n';
}

void Log::build_json(Level level, std::string_view event, Fields fields, std::uint64_t held_back) {
  line_ += "{\"time\":\"";
  append_time(line_, clock_.wall());
  line_.append("\",\"level\":\"").append(to_string(level)).append("\",\"event\":");
  append_json_string_lossy(line_, event);
  const auto append = [this](const Field& field) {
    line_ += ',';
    append_json_string_lossy(line_, field.key());
    line_ += ':';
    field.append_json(line_);
  };
  for (const Field& field : fields) append(field);
  if (held_back > 0) append({"held_back", held_back});
  line_ += "}\n";
}

}  // namespace larder::base
