#include "server/slow_log.hpp"

#include <algorithm>
#include <utility>

namespace larder::server {
namespace {

std::string shortened(std::string_view arg) {
  std::string text(arg.substr(0, SlowLog::kArgBytesMax));
  if (arg.size() > text.size()) {
    text += "... (" + std::to_string(arg.size() - text.size()) + " more bytes)";
  }
  return text;
}

std::vector<std::string> shown(std::span<const std::string_view> args, const Command& row) {
  const std::size_t named = row.name.find('|') == std::string_view::npos ? 1 : 2;
  const bool secret = (row.flags & kSecret) != 0;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min(args.size(), SlowLog::kArgsMax); ++i) {
    texts.push_back(secret && i >= named ? "(redacted)" : shortened(args[i]));
  }
  if (args.size() > SlowLog::kArgsMax) {
    texts.back() =
        "... (" + std::to_string(args.size() - SlowLog::kArgsMax + 1) + " more arguments)";
  }
  return texts;
}

}  // namespace

void SlowLog::add(std::span<const std::string_view> args, const Command& row, Entry entry) {
  entry.args = shown(args, row);
  const std::lock_guard lock(mutex_);
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  if (entries_.size() > length_max_) entries_.resize(length_max_);
}

std::size_t SlowLog::length_max() const {
  const std::lock_guard lock(mutex_);
  return length_max_;
}

void SlowLog::set_length_max(std::size_t length_max) {
  const std::lock_guard lock(mutex_);
  length_max_ = length_max;
}

std::size_t SlowLog::length() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void SlowLog::clear() {
  std::deque<Entry> old;
  const std::lock_guard lock(mutex_);
  entries_.swap(old);
}

std::vector<SlowLog::Entry> SlowLog::newest(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries_.size()));
  return {entries_.begin(), end};
}

}  // namespace larder::server
