#include "engine/operation.hpp"

#include "base/assert.hpp"
#include "engine/wire.hpp"

namespace larder::engine {
namespace {

enum Tag : std::uint8_t {
  kWrite = 1,
  kWriteUntil = 2,
  kPatch = 3,
  kPatchUntil = 4,
  kPersist = 5,
  kDeadline = 6,
  kErase = 7,
  kFlush = 8,
  kSwap = 9,
};

Tag tag_of(const Operation& operation) {
  const bool until = operation.deadline_ms.has_value();
  switch (operation.what) {
    case Operation::What::write:
      return until ? kWriteUntil : kWrite;
    case Operation::What::patch:
      return until ? kPatchUntil : kPatch;
    case Operation::What::deadline:
      return until ? kDeadline : kPersist;
    case Operation::What::erase:
      return kErase;
    case Operation::What::flush:
      return kFlush;
    case Operation::What::swap:
      return kSwap;
  }
  LARDER_ASSERT(false);
}

Operation::What what_of(Tag tag) {
  using What = Operation::What;
  constexpr What kWhat[] = {What::write,    What::write,    What::write, What::patch, What::patch,
                            What::deadline, What::deadline, What::erase, What::flush, What::swap};
  return kWhat[tag];
}

bool has_deadline(Tag tag) { return tag == kWriteUntil || tag == kPatchUntil || tag == kDeadline; }

}  // namespace

void append_operation(std::string& out, const Operation& operation) {
  using What = Operation::What;
  out += static_cast<char>(tag_of(operation));
  out += static_cast<char>(operation.db);
  if (operation.what == What::flush) return;
  if (operation.what == What::swap) {
    out += static_cast<char>(operation.other_db);
    return;
  }
  const bool timed = operation.deadline_ms && operation.what != What::erase;
  if (timed) put_word(out, static_cast<std::uint64_t>(*operation.deadline_ms));
  put_bytes(out, operation.key);
  if (operation.what == What::patch) put_varint(out, operation.offset);
  if (operation.what == What::write || operation.what == What::patch) {
    put_bytes(out, operation.value);
  }
}

bool take_operation(std::string_view& in, Operation& operation) {
  using What = Operation::What;
  std::uint8_t tag = 0;
  operation = {};
  if (!take_word(in, tag) || tag < kWrite || tag > kSwap || !take_word(in, operation.db)) {
    return false;
  }
  operation.what = what_of(static_cast<Tag>(tag));
  if (operation.what == What::flush) return true;
  if (operation.what == What::swap) return take_word(in, operation.other_db);
  if (has_deadline(static_cast<Tag>(tag))) {
    std::uint64_t millis = 0;
    if (!take_word(in, millis)) return false;
    operation.deadline_ms = static_cast<std::int64_t>(millis);
  }
  if (!take_bytes(in, operation.key)) return false;
  if (operation.what == What::patch && !take_varint(in, operation.offset)) return false;
  if (operation.what != What::write && operation.what != What::patch) return true;
  return take_bytes(in, operation.value);
}

}  // namespace larder::engine
