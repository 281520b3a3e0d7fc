// GET and what reads or changes a string in part.
#include <algorithm>

#include "base/limits.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"
#include "server/string_patch.hpp"

namespace larder::server {

void get(Call& call) {
  call.on_string(call.arg(1), call.reading(), [&](engine::Entry& entry) {
    if (entry.exists()) {
      call.reply.bulk(entry.value());
    } else {
      call.reply.null();
    }
  });
}

void get_del(Call& call) {
  call.on_string(call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    if (!entry.exists()) return call.reply.null();
    call.reply.bulk(entry.value());
    entry.erase();
  });
}

void append(Call& call) {
  call.on_string(call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    if (const auto done = entry.append(call.arg(2)); !done) return call.fail(done.error());
    call.reply.integer(static_cast<std::int64_t>(entry.value().size()));
  });
}

void strlen_of(Call& call) {
  call.on_string(call.arg(1), call.reading(), [&](engine::Entry& entry) {
    call.reply.integer(entry.exists() ? static_cast<std::int64_t>(entry.value().size()) : 0);
  });
}

namespace {

/// The bytes from `start` to `end`, both inclusive, negative ones counted from the end.
std::string_view slice(std::string_view value, std::int64_t start, std::int64_t end) {
  const auto size = static_cast<std::int64_t>(value.size());
  if (start < 0 && end < 0 && start > end) return {};
  start = std::max<std::int64_t>(start < 0 ? start + size : start, 0);
  end = std::min(std::max<std::int64_t>(end < 0 ? end + size : end, 0), size - 1);
  if (size == 0 || start > end) return {};
  return value.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1));
}

}  // namespace

void get_range(Call& call) {
  const auto start = call.integer(2);
  if (!start) return;
  const auto end = call.integer(3);
  if (!end) return;
  call.on_string(call.arg(1), call.reading(), [&](engine::Entry& entry) {
    call.reply.bulk(entry.exists() ? slice(entry.value(), *start, *end) : std::string_view{});
  });
}

void set_range(Call& call) {
  const auto offset = call.integer(2);
  if (!offset) return;
  if (*offset < 0) return call.fail(errors::kOffsetOutOfRange);
  const std::string_view patch = call.arg(3);
  // Checked before anything is built: an offset is a declared length like any other.
  if (static_cast<std::uint64_t>(*offset) > base::limits::kValueBytesMax - patch.size() &&
      !patch.empty()) {
    return call.fail(errors::kStringTooLong);
  }
  call.on_string(call.arg(1), node::Mode::write, [&](engine::Entry& entry) {
    if (patch.empty()) {
      const std::size_t size = entry.exists() ? entry.value().size() : 0;
      return call.reply.integer(static_cast<std::int64_t>(size));
    }
    if (const auto done = write_at(entry, static_cast<std::size_t>(*offset), patch); !done) {
      return call.fail(done.error());
    }
    call.reply.integer(static_cast<std::int64_t>(entry.value().size()));
  });
}

}  // namespace larder::server
