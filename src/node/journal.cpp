// The journal as it listens: from a change to a record in the buffer.
#include "node/journal.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "engine/operation.hpp"
#include "node/kept_string.hpp"
#include "node/step_rewrite.hpp"

namespace larder::node {
namespace {

using base::limits::kMiB;
using engine::Change;
using engine::Operation;

/// A buffer that grows beyond this is handed to the kernel by whoever made it grow.
constexpr std::size_t kBufferBytesMax = 8 * kMiB;
/// What a thread's step keeps of its memory.
constexpr std::size_t kStepKeptBytes = 64 * 1024;
/// A record has at most so many bytes; a step that is larger, its repetitions aside, becomes several.
constexpr std::size_t kRecordBytesMax = 1024 * kMiB;
constexpr std::size_t kJournalsAThread = 8;

Operation operation_of(const Change& change, base::WallBridge& bridge) {
  using What = Change::What;
  Operation operation{.db = change.db, .other_db = change.other_db, .key = change.key};
  if (change.deadline) operation.deadline_ms = bridge.to_wall(*change.deadline).count();
  switch (change.what) {
    case What::write:
      operation.value = change.value;
      if (change.part.bytes > 0) {
        operation.what = Operation::What::patch;
        operation.offset = change.part.offset;
        operation.value = change.value.substr(change.part.offset, change.part.bytes);
      }
      break;
    case What::deadline:
      operation.what = Operation::What::deadline;
      break;
    case What::erase:
    case What::expire:
    case What::evict:
      operation.what = Operation::What::erase;
      operation.deadline_ms.reset();
      break;
    case What::flush:
      operation.what = Operation::What::flush;
      break;
    case What::swap:
      operation.what = Operation::What::swap;
      break;
  }
  return operation;
}

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

/// What this thread has changed since its last commit: a step is one thread's, from its first change to its commit, over
/// however many shards. So a thread's list keeps the order that lists by shard would lose.
struct Journal::Step {
  std::uint64_t journal = 0;
  std::string bytes;
  std::uint64_t last = 0;  // Sequence number of the last record made.
  int flushed_db = -1;     // The change before was a flush of it: each shard tells.
  std::size_t rewrite_at = 64 * kMiB;
};

Journal::Journal(base::Disk& disk, const base::Clock& clock, const JournalOptions& options)
    : disk_(disk), clock_(clock), options_(options), id_(next_id()), fsync_(options.fsync) {}

// ---- the change stream ------------------------------------------------------------------------------

Journal::Step& Journal::step() const noexcept {
  thread_local std::array<Step, kJournalsAThread> steps;
  for (Step& one : steps) {
    if (one.journal == id_) return one;
  }
  // One that is not in the middle of something. A thread that serves more journals in turn pays for it.
  thread_local std::size_t next = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Step& one = steps[next++ % steps.size()];
    if (!one.bytes.empty()) continue;
    one.journal = id_;
    one.last = 0;
    one.flushed_db = -1;
    return one;
  }
  LARDER_ASSERT(false);
}

void Journal::changed(const Change& change) noexcept {
  // A deadline says by itself that its entry is gone: while nothing can be written, it need not be said twice.
  if (change.what == Change::What::expire && refuses()) return;
  if (change.what == Change::What::swap && change.shard != 0) return;
  LARDER_ASSERT(change.kind == engine::Kind::string);
  Step& mine = step();
  if (change.what == Change::What::flush) {
    if (mine.flushed_db == change.db) return;
    mine.flushed_db = change.db;
  } else {
    mine.flushed_db = -1;
  }
  if (change.what == Change::What::swap) ++swaps_;
  engine::append_operation(mine.bytes, operation_of(change, *bridge_));
  if (mine.bytes.size() < mine.rewrite_at) return;
  mine.bytes = without_repetitions(mine.bytes);
  mine.flushed_db = -1;
  mine.rewrite_at = std::max(64 * kMiB, 2 * mine.bytes.size());
  if (mine.bytes.size() > kRecordBytesMax) add_record(mine);
}

void Journal::committed(std::span<const std::uint32_t>) noexcept {
  Step& mine = step();
  if (!mine.bytes.empty()) add_record(mine);
}

void Journal::add_record(Step& mine) noexcept {
  const std::uint32_t crc = engine::payload_crc(mine.bytes, options_.salt);
  std::size_t buffered = 0;
  {
    const std::lock_guard lock(buffer_mutex_);
    mine.last = appended_.load(std::memory_order_relaxed) + 1;
    engine::append_record(buffer_, generation_, {mine.last, mine.bytes}, crc);
    appended_.store(mine.last, std::memory_order_release);
    buffered = buffer_.size();
  }
  clear_and_keep(mine.bytes, kStepKeptBytes);
  mine.flushed_db = -1;
  mine.rewrite_at = 64 * kMiB;
  if (buffered < kBufferBytesMax) return;
  const std::lock_guard lock(file_mutex_);
  (void)write_out(mine.last);  // Whoever waits for it will hear if it fails.
}

std::uint64_t Journal::of_this_thread() const noexcept { return step().last; }

}  // namespace larder::node
