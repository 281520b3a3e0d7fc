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
  std::uint64_t token = 0;
  const std::size_t digits = base::take_digits(text, 0, token);
  if (digits == 0 || digits > base::kDigitsMax || text.front() == '0') return std::nullopt;
  if (digits == text.size() || text[digits] != ' ') return std::nullopt;
  return Holder{token, text.substr(digits + 1)};
}

/// The number that the entry holds; 0 where it holds none.
Result<std::uint64_t> number_of(const Entry& entry) {
  if (!entry.exists()) return 0;
  if (entry.kind() != engine::Kind::string) return wrong_kind();
  const auto number = base::parse_unsigned(entry.value());
  if (!number || *number > limits::kTokenMax) return wrong_kind();
  return *number;
}

/// A number and its text, without memory of its own.
class NumberText {
 public:
  explicit NumberText(std::uint64_t number) noexcept
      : number_(number),
        bytes_(static_cast<std::size_t>(base::write_unsigned(text_, number) - text_)) {}
  std::uint64_t number() const noexcept { return number_; }
  std::string_view view() const noexcept { return {text_, bytes_}; }

 private:
  std::uint64_t number_;
  char text_[base::kIntegerTextMax];
  std::size_t bytes_;
};

/// Kept until `deadline`, which lies ahead.
Result<NumberText> grow(Node& node, Entry& entry, base::Instant deadline) {
  const auto last = number_of(entry);
  if (!last) return last.error();
  const NumberText next(node.next_token(*last));
  if (auto done = entry.assign(next.view(), Deadline::ahead(deadline)); !done) return done.error();
  return next;
}

Result<std::uint64_t> number_in(const Result<NumberText>& text) {
  if (!text) return text.error();
  return text->number();
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

Result<NumberText> next_fence(Node& node, Node::Held& held, unsigned db, const HashedKey& fence,
                              Millis life, base::Instant now) {
  return held.visit(db, fence, Mode::write, [&](Entry& entry) {
    return grow(node, entry, now + std::max(life, limits::kFenceTime));
  });
}

}  // namespace

Result<std::uint64_t> next_fence(Node& node, Node::Held& held, unsigned db, const HashedKey& fence,
                                 Millis life) {
  return number_in(next_fence(node, held, db, fence, life, node.clock().now()));
}

Result<LockGrant> acquire_lock(Node& node, Node::Held& held, unsigned db, const HashedKey& name,
                               const HashedKey& fence, std::string_view owner, Millis life) {
  const base::Instant now = node.clock().now();
  return held.visit(db, name, Mode::write, [&](Entry& entry) -> Result<LockGrant> {
    const auto there = look_at_lock(entry, owner, life, now);
    if (!there) return there.error();
    if (*there) return **there;
    // The fence first: a lock that then finds no memory costs a token that nobody has.
    const auto token = next_fence(node, held, db, fence, life, now);
    if (!token) return token.error();
    LARDER_ASSERT(owner.size() <= limits::kOwnerBytesMax);
    char text[base::kIntegerTextMax + 1 + limits::kOwnerBytesMax];
    const std::string_view number = token->view();
    char* end = std::copy(number.begin(), number.end(), text);
    *end++ = ' ';
    end = std::copy(owner.begin(), owner.end(), end);
    const std::string_view holder{text, static_cast<std::size_t>(end - text)};
    if (auto done = entry.assign(holder, Deadline::ahead(now + life)); !done) return done.error();
    return LockGrant{token->number(), life};
  });
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

Result<bool> fenced_set(Node& node, Node::Held& held, unsigned db, const HashedKey& name,
                        const HashedKey& fence, std::uint64_t token, std::string_view value,
                        Deadline deadline) {
  // The fence first: better a fence without its value than a value that an older one may overwrite.
  auto passed = held.visit(db, fence, Mode::write, [&](Entry& entry) -> Result<bool> {
    const auto seen = number_of(entry);
    if (!seen) return seen.error();
    if (*seen > token) return false;
    const auto until = Deadline::at(node.clock().now() + limits::kFenceTime);
    if (auto done = entry.assign(NumberText(token).view(), until); !done) return done.error();
    return true;
  });
  if (!passed || !*passed) return passed;
  auto done = held.visit(db, name, Mode::write,
                         [&](Entry& entry) { return entry.assign(value, deadline); });
  if (!done) return done.error();
  return true;
}

Result<std::uint64_t> generation(Node& node, Entry& entry) {
  if (!entry.exists()) return bump_generation(node, entry);
  const base::Instant now = node.clock().now();
  auto number = number_of(entry);
  // Asked for, it stays; written only now and then, for most questions come in a row.
  if (number && entry.deadline() && left_of(entry, now) < limits::kGenerationTime / 2)
    entry.set_deadline(now + limits::kGenerationTime);
  return number;
}

Result<std::uint64_t> bump_generation(Node& node, Entry& entry) {
  return number_in(grow(node, entry, node.clock().now() + limits::kGenerationTime));
}

}  // namespace larder::node
