// What only grows: the tokens of locks, the fences that compare them, the generations of tags.
//
//   lock       := token " " owner            ; the entry of the lock's own name, with the lock's deadline
//   fence      := token                      ; its side key `f`: the greatest token given, or that has written
//   generation := number                     ; side key `g`
#include <algorithm>
#include <string>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "node/steps.hpp"
#include "node/wrong_kind.hpp"

namespace larder::node {
namespace {

using engine::Deadline;
using engine::Entry;
namespace limits = base::limits;

struct Holder {
  std::uint64_t token;
  std::string_view owner;
};

/// None: no lock's text. The views last as long as the entry's.
std::optional<Holder> holder_of(const Entry& entry) {
  if (entry.kind() != engine::Kind::string) return std::nullopt;
  const std::string_view text = entry.value();
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto token = base::parse_unsigned(text.substr(0, space));
  if (!token || *token == 0) return std::nullopt;
  return Holder{*token, text.substr(space + 1)};
}

/// The number that the entry holds; 0 where it holds none.
Result<std::uint64_t> number_of(const Entry& entry) {
  if (!entry.exists()) return 0;
  if (entry.kind() != engine::Kind::string) return wrong_kind();
  const auto number = base::parse_unsigned(entry.value());
  if (!number || *number > limits::kTokenMax) return wrong_kind();
  return *number;
}

/// A number as text, without memory of its own.
class NumberText {
 public:
  explicit NumberText(std::uint64_t number) noexcept : end_(base::write_unsigned(text_, number)) {}
  NumberText(const NumberText&) = delete;
  NumberText& operator=(const NumberText&) = delete;
  std::string_view view() const noexcept { return {text_, static_cast<std::size_t>(end_ - text_)}; }

 private:
  char text_[base::kIntegerTextMax];
  char* end_;
};

Result<std::uint64_t> grow(Node& node, Entry& entry, base::Instant deadline) {
  auto last = number_of(entry);
  if (!last) return last;
  const std::uint64_t next = node.next_token(*last);
  if (auto done = entry.assign(NumberText(next).view(), Deadline::at(deadline)); !done)
    return done.error();
  return next;
}

Millis left_of(const Entry& entry, base::Instant now) {
  const auto deadline = entry.deadline();
  if (!deadline) return Millis{0};
  return std::max(std::chrono::ceil<Millis>(*deadline - now), Millis{1});
}

/// True if the lock is `owner`'s; false for another's, and where there is none.
Result<bool> belongs_to(const Entry& entry, std::string_view owner) {
  if (!entry.exists()) return false;
  const auto holder = holder_of(entry);
  if (!holder) return wrong_kind();
  return holder->owner == owner;
}

/// The answer for a lock that is there already, `owner`'s or another's. None: it is free.
Result<std::optional<LockGrant>> look_at_lock(Entry& entry, std::string_view owner, Millis life,
                                              base::Instant now) {
  if (!entry.exists()) return std::optional<LockGrant>{};
  const auto holder = holder_of(entry);
  if (!holder) return wrong_kind();
  if (holder->owner != owner) return LockGrant{0, left_of(entry, now)};
  const std::uint64_t token = holder->token;
  entry.set_deadline(now + life);
  return LockGrant{token, life};
}

Result<std::uint64_t> next_fence(Node& node, Node::Held& held, unsigned db, std::string_view fence,
                                 Millis life, base::Instant now) {
  return held.visit(db, fence, Mode::write, [&](Entry& entry) {
    return grow(node, entry, now + std::max(life, limits::kFenceTime));
  });
}

}  // namespace

Result<std::uint64_t> next_fence(Node& node, Node::Held& held, unsigned db, std::string_view fence,
                                 Millis life) {
  return next_fence(node, held, db, fence, life, node.clock().now());
}

Result<LockGrant> acquire_lock(Node& node, Node::Held& held, unsigned db, std::string_view name,
                               std::string_view fence, std::string_view owner, Millis life) {
  const base::Instant now = node.clock().now();
  const auto there = held.visit(
      db, name, Mode::write, [&](Entry& entry) { return look_at_lock(entry, owner, life, now); });
  if (!there) return there.error();
  if (*there) return **there;
  // The fence first: a lock that then finds no memory costs a token that nobody has.
  const auto token = next_fence(node, held, db, fence, life, now);
  if (!token) return token.error();
  LARDER_ASSERT(owner.size() <= limits::kOwnerBytesMax);
  char text[base::kIntegerTextMax + 1 + limits::kOwnerBytesMax];
  char* end = base::write_unsigned(text, *token);
  *end++ = ' ';
  end = std::copy(owner.begin(), owner.end(), end);
  const auto done = held.visit(db, name, Mode::write, [&](Entry& entry) {
    return entry.assign({text, static_cast<std::size_t>(end - text)}, Deadline::at(now + life));
  });
  if (!done) return done.error();
  return LockGrant{*token, life};
}

Result<bool> extend_lock(Entry& entry, std::string_view owner, base::Instant deadline) {
  auto mine = belongs_to(entry, owner);
  if (mine && *mine) entry.set_deadline(deadline);
  return mine;
}

Result<bool> release_lock(Entry& entry, std::string_view owner) {
  auto mine = belongs_to(entry, owner);
  if (mine && *mine) entry.erase();
  return mine;
}

Result<bool> fenced_set(Node& node, Node::Held& held, unsigned db, std::string_view name,
                        std::string_view fence, std::uint64_t token, std::string_view value,
                        Deadline deadline) {
  const auto seen =
      held.visit(db, fence, Mode::write, [](Entry& entry) { return number_of(entry); });
  if (!seen) return seen.error();
  if (*seen > token) return false;
  // The fence first: better a fence without its value than a value that an older one may overwrite.
  auto done = held.visit(db, fence, Mode::write, [&](Entry& entry) {
    return entry.assign(NumberText(token).view(),
                        Deadline::at(node.clock().now() + limits::kFenceTime));
  });
  if (!done) return done.error();
  done = held.visit(db, name, Mode::write,
                    [&](Entry& entry) { return entry.assign(value, deadline); });
  if (!done) return done.error();
  return true;
}

Result<std::uint64_t> generation(Node& node, Entry& entry) {
  if (!entry.exists()) return grow(node, entry, node.clock().now() + limits::kGenerationTime);
  const base::Instant now = node.clock().now();
  auto number = number_of(entry);
  // Asked for, it stays; written only now and then, for most questions come in a row.
  if (number && entry.deadline() && left_of(entry, now) < limits::kGenerationTime / 2)
    entry.set_deadline(now + limits::kGenerationTime);
  return number;
}

Result<std::uint64_t> bump_generation(Node& node, Entry& entry) {
  return grow(node, entry, node.clock().now() + limits::kGenerationTime);
}

}  // namespace larder::node
