// larder export and larder import: a store as lines of JSON, times to live included.
//
// line := { "key": text, "value": text, "expires_at_ms": number }
//
// What is not UTF-8 stands in base64 under "key_base64" and "value_base64". expires_at_ms is wall-clock time since 1970,
// so that a file may lie a while; an entry without it never expires.
#include <larder/json.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <limits>
#include <optional>

#include <CLI/CLI.hpp>

#include "apps/connect.hpp"
#include "apps/declare.hpp"
#include "apps/report.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/units.hpp"

namespace larder::apps {
namespace {

constexpr std::size_t kTogether = 256;
/// Of a line: key and value in base64, and the names around them.
constexpr std::size_t kLineBytesMax =
    (base::limits::kKeyBytesMax + base::limits::kValueBytesMax) * 6 + 1024;

std::int64_t wall_ms() { return base::SystemClock::instance().wall().time_since_epoch().count(); }

std::string entries_text(std::uint64_t count) {
  return base::count_text(count) + (count == 1 ? " entry" : " entries");
}

struct Transfer {
  std::string file = "-";
  std::string match;
};

// ---- out --------------------------------------------------------------------------------------------

class Out {
 public:
  explicit Out(const std::string& path)
      : path_(path), file_(path == "-" ? stdout : std::fopen(path.c_str(), "wx")) {
    if (!file_) {
      throw BadInput(path + ": cannot be made, or is there already: " + std::strerror(errno));
    }
  }
  void line(const std::string& text) {
    const bool put = std::fwrite(text.data(), 1, text.size(), file_) == text.size() &&
                     std::fputc('\n', file_) != EOF;
    if (!put) fail();
  }
  void close() {
    if (std::fflush(file_) != 0 || (file_ != stdout && std::fclose(file_) != 0)) fail();
  }

 private:
  [[noreturn]] void fail() { throw BadInput(path_ + ": " + std::strerror(errno)); }

  std::string path_;
  std::FILE* file_;
};

/// None: the key went between its page and now.
std::optional<std::string> line_of(const Store& store, const std::string& key,
                                   const std::optional<Bytes>& value) {
  if (!value) return std::nullopt;
  const auto ttl = value_or_end(store.ttl(key));
  if (ttl.state == Ttl::State::missing) return std::nullopt;
  Json json;
  json.bytes("key", key).bytes("value", *value);
  if (ttl.state == Ttl::State::remaining) {
    json.number("expires_at_ms", std::int64_t{wall_ms() + ttl.left.count()});
  }
  return json.str();
}

int export_all(const Transfer& options, const Target& target) {
  const auto store = open(target);
  Out out(options.file);
  std::uint64_t lines = 0;
  ScanPage page;
  do {
    page = value_or_end(store.scan(page.cursor, {.match = options.match, .count = kTogether}));
    const auto values = value_or_end(store.get_many(page.keys));
    for (std::size_t i = 0; i < page.keys.size(); ++i) {
      const auto line = line_of(store, page.keys[i], values[i]);
      if (!line) continue;
      out.line(*line);
      ++lines;
    }
  } while (page.cursor != 0);
  out.close();
  std::fprintf(stderr, "larder: %s\n", entries_text(lines).c_str());
  return kYes;
}

// ---- in ---------------------------------------------------------------------------------------------

std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  std::uint32_t bits = 0;
  unsigned have = 0;
  for (const char c : text) {
    const auto digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have & 0xff);
  }
  return out;
}

struct Line {
  std::optional<std::string> key, value;
  std::optional<std::int64_t> expires_at_ms;
};

bool read_text(json::Reader& reader, bool base64, std::optional<std::string>& into) {
  std::string text;
  if (!reader.string(text)) return false;
  into = base64 ? from_base64(text) : std::move(text);
  return into.has_value();
}

/// None: it is no such line.
std::optional<Line> read_line(std::string_view text) {
  json::Reader reader(text);
  Line line;
  if (!reader.begin('{')) return std::nullopt;
  while (reader.next('}')) {
    std::string_view name;
    if (!reader.key(name)) return std::nullopt;
    bool read = false;
    if (name == "key" || name == "key_base64") {
      read = read_text(reader, name != "key", line.key);
    } else if (name == "value" || name == "value_base64") {
      read = read_text(reader, name != "value", line.value);
    } else if (name == "expires_at_ms") {
      std::int64_t at = 0;
      read = reader.integer(at, 0, std::numeric_limits<std::int64_t>::max());
      line.expires_at_ms = at;
    } else {
      read = reader.skip();
    }
    if (!read) return std::nullopt;
  }
  if (!reader.finish() || !line.key || !line.value) return std::nullopt;
  return line;
}

class In {
 public:
  explicit In(const Store& store) : store_(store) {}

  void take(Line line) {
    if (line.expires_at_ms) {
      const Millis left{*line.expires_at_ms - wall_ms()};
      if (left <= Millis{0}) {
        ++expired_;
        return;
      }
      value_or_end(store_.set(*line.key, *line.value, {.ttl = left}));
      ++taken_;
      return;
    }
    waiting_.push_back(std::move(line));
    if (waiting_.size() == kTogether) flush();
  }
  void flush() {
    std::vector<KeyValue> entries;
    entries.reserve(waiting_.size());
    for (const Line& line : waiting_) entries.push_back({*line.key, *line.value});
    if (!entries.empty()) check(store_.set_many(entries));
    taken_ += entries.size();
    waiting_.clear();
  }
  std::string told() const {
    return entries_text(taken_) +
           (expired_ == 0 ? "" : ", " + base::count_text(expired_) + " had run out of time");
  }

 private:
  const Store& store_;
  std::vector<Line> waiting_;
  std::uint64_t taken_ = 0, expired_ = 0;
};

int import_all(const Transfer& options, const Target& target) {
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file);
    if (!file) throw BadInput(options.file + ": " + std::strerror(errno));
  }
  std::istream& in = options.file == "-" ? std::cin : file;
  const auto store = open(target);
  In taken(store);
  std::string text;
  for (std::uint64_t number = 1; std::getline(in, text); ++number) {
    if (text.empty()) continue;
    auto line = text.size() > kLineBytesMax ? std::nullopt : read_line(text);
    if (!line) {
      taken.flush();
      throw BadInput(
          options.file + ":" + std::to_string(number) +
          ": no line of an export: {\"key\": …, \"value\": …}; those before it are in (" +
          taken.told() + ")");
    }
    taken.take(std::move(*line));
  }
  taken.flush();
  print_line(taken.told());
  return kYes;
}

}  // namespace

Action declare_export(CLI::App& command) {
  auto options = std::make_shared<Transfer>();
  command.add_option("FILE", options->file, "Where to; - is standard output")
      ->capture_default_str();
  command
      .add_option("--match", options->match, "Only keys like this: * ? [a-z] and \\ as in Redis")
      ->type_name("PATTERN");
  return [options, target = declare_target(command)] { return export_all(*options, *target); };
}

Action declare_import(CLI::App& command) {
  auto options = std::make_shared<Transfer>();
  command.add_option("FILE", options->file, "Where from; - is standard input")
      ->capture_default_str();
  return [options, target = declare_target(command)] { return import_all(*options, *target); };
}

}  // namespace larder::apps
