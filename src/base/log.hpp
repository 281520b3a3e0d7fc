// The structured log: what happened, with its fields, as one line for people or for machines. No
// secret leaves through it.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"

namespace larder::base {

enum class Level : std::uint8_t { debug, info, warn, error };

/// One `key=value` of a line. Text that looks like a URL loses its password; names such as
/// "password" are never shown.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const char* value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, const std::string& value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, bool value) : key_(key), value_(value) {}
  Field(std::string_view key, double value) : key_(key), value_(value) {}
  Field(std::string_view key, Nanos value) : key_(key), value_(value) {}
  template <std::integral Int>
  Field(std::string_view key, Int value) : key_(key), value_(widen(value)) {}

  /// A field whose value must not be seen; that there was one may be.
  static Field secret(std::string_view key) { return {key, std::string_view("***")}; }

  std::string_view key() const noexcept { return key_; }
  void append_text(std::string& out) const;
  void append_json(std::string& out) const;

 private:
  using Value = std::variant<std::string_view, bool, std::int64_t, std::uint64_t, double, Nanos>;
  template <std::integral Int>
  static Value widen(Int value) {
    if constexpr (std::is_signed_v<Int>) return static_cast<std::int64_t>(value);
    return static_cast<std::uint64_t>(value);
  }
  std::string shown_text(std::string_view text) const;

  std::string_view key_;
  Value value_;
};

/// Takes finished lines, newline included. Called under the log's lock: one at a time.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(std::string_view line) noexcept = 0;
};

/// Standard error, one write per line.
class StderrSink final : public LogSink {
 public:
  void write(std::string_view line) noexcept override;
  static StderrSink& instance() noexcept;
};

/// Collects lines: tests, and the last lines a console shows.
class MemorySink final : public LogSink {
 public:
  void write(std::string_view line) noexcept override { text_.append(line); }
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

struct LogOptions {
  Level level = Level::info;  ///< Lines below it are not made.
  bool json = false;          ///< One JSON object a line, instead of `time level event key=value`.
  unsigned repeats_max = 10;  ///< Of one event within `repeats_time`; the next line let through
                              ///< counts those held back.
  Millis repeats_time{10'000};
};

/// Threads  Safe from any thread. Cost: nothing below the level; else a line built and written
/// under a lock.
///
///     log.warn("client_closed", {{"peer", address}, {"why", "output buffer over limit"}});
class Log {
 public:
  Log(LogSink& sink, const Clock& clock, const LogOptions& options = {});

  using Fields = std::initializer_list<Field>;
  void debug(std::string_view event, Fields fields = {}) { write(Level::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
  void warn(std::string_view event, Fields fields = {}) { write(Level::warn, event, fields); }
  void error(std::string_view event, Fields fields = {}) { write(Level::error, event, fields); }
  void write(Level level, std::string_view event, Fields fields);
  bool shows(Level level) const noexcept { return level >= options_.level; }

 private:
  struct Repeats {
    Instant since{};
    unsigned written = 0;
    std::uint64_t held_back = 0;
  };
  std::uint64_t admit(std::string_view event, bool& shown);
  void build_text(Level level, std::string_view event, Fields fields, std::uint64_t held_back);
  void build_json(Level level, std::string_view event, Fields fields, std::uint64_t held_back);

  LogSink& sink_;
  const Clock& clock_;
  const LogOptions options_;
  std::mutex mutex_;
  std::map<std::string, Repeats, std::less<>> repeats_;  // guarded by mutex_
  std::string line_;                                     // guarded by mutex_
};

std::string_view to_string(Level level) noexcept;

/// The URL without its password: "redis://app:***@host:6379". Text that is no URL comes back as it
/// is.
std::string without_password(std::string_view url);

}  // namespace larder::base
