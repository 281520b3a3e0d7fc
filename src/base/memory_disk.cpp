// Files are two strings, the one that is seen and the one that a power cut leaves; folders are two
// maps likewise.
#include "base/memory_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include "base/assert.hpp"

namespace larder::base {

struct MemoryDisk::Inode {
  std::string seen;
  std::string durable;
  // What a failed sync dropped: these bytes are never written, whatever later syncs say.
  std::vector<std::pair<std::size_t, std::size_t>> lost;
};

struct MemoryDisk::State {
  using Names = std::map<std::string, std::shared_ptr<Inode>, std::less<>>;
  struct Failure {
    std::uint64_t at = 0;  // 0: none.
    int error = 0;
    bool for_ever = false;
  };
  static constexpr std::size_t kDeeds = 8;

  mutable std::mutex mutex;
  // All guarded by mutex.
  Random random{1};
  Names seen, durable;
  std::uint64_t power_cuts = 0;
  std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max();
  std::array<std::uint64_t, kDeeds> counts{};
  std::array<Failure, kDeeds> failures{};
  std::uint64_t tear_at = 0;
  std::size_t tear_bytes = 0;
  std::map<std::string, std::weak_ptr<int>, std::less<>> locks;

  /// Counts the deed; the errno it shall fail with, or 0.
  int attempt(Deed deed) {
    const auto i = static_cast<std::size_t>(deed);
    ++counts[i];
    const Failure& failure = failures[i];
    if (failure.at == 0) return 0;
    return counts[i] == failure.at || (failure.for_ever && counts[i] > failure.at) ? failure.error
                                                                                   : 0;
  }

  std::uint64_t used() const {
    std::uint64_t bytes = 0;
    for (const auto& [name, inode] : seen) bytes += inode->seen.size();
    return bytes;
  }

  const Inode* find(std::string_view name) const {
    const auto found = seen.find(name);
    return found == seen.end() ? nullptr : found->second.get();
  }
};

namespace {

Error failed(std::string_view deed, std::string_view name, int error) {
  return {Errc::io, Effect::refused,
          std::string(deed) + " memory-disk/" + std::string(name) + ": " +
              std::generic_category().message(error)};
}

}  // namespace

class MemoryDisk::MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<State> state, std::shared_ptr<Inode> inode, std::string name)
      : state_(std::move(state)),
        inode_(std::move(inode)),
        name_(std::move(name)),
        born_(state_->power_cuts) {}

  Result<std::string> read(std::uint64_t offset, std::size_t bytes_max) const override {
    const std::lock_guard lock(state_->mutex);
    if (const int error = begin(Deed::read)) return failed("read", name_, error);
    if (offset >= inode_->seen.size()) return std::string();
    return inode_->seen.substr(offset, bytes_max);
  }

  Result<void> append(std::string_view bytes) override {
    const std::lock_guard lock(state_->mutex);
    int error = begin(Deed::write);
    std::size_t fits = error == 0 ? bytes.size() : 0;
    if (error == 0 && state_->counts[static_cast<std::size_t>(Deed::write)] == state_->tear_at) {
      error = EIO;
      fits = std::min(fits, state_->tear_bytes);
    }
    const std::uint64_t used = state_->used();
    const std::uint64_t room = state_->capacity > used ? state_->capacity - used : 0;
    if (fits > room) {
      error = ENOSPC;
      fits = static_cast<std::size_t>(room);
    }
    inode_->seen.append(bytes.substr(0, fits));
    if (error != 0) return failed("write", name_, error);
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    const std::lock_guard lock(state_->mutex);
    if (const int error = begin(Deed::truncate)) return failed("truncate", name_, error);
    inode_->seen.resize(size);
    return {};
  }

  Result<void> sync() override {
    const std::lock_guard lock(state_->mutex);
    const int error = begin(Deed::sync);
    const std::size_t from = std::min(inode_->durable.size(), inode_->seen.size());
    if (error != 0) {
      if (from < inode_->seen.size()) inode_->lost.emplace_back(from, inode_->seen.size());
      return failed("fsync", name_, error);
    }
    inode_->durable = inode_->seen;
    for (const auto& [first, last] : inode_->lost) {
      for (std::size_t i = first; i < std::min(last, inode_->durable.size()); ++i)
        inode_->durable[i] = '\0';
    }
    return {};
  }

  Result<std::uint64_t> size() const override {
    const std::lock_guard lock(state_->mutex);
    if (state_->power_cuts != born_) return failed("stat", name_, EIO);
    return inode_->seen.size();
  }

 private:
  int begin(Deed deed) const {
    const int error = state_->attempt(deed);
    return state_->power_cuts != born_ ? EIO : error;
  }

  std::shared_ptr<State> state_;
  std::shared_ptr<Inode> inode_;
  std::string name_;
  std::uint64_t born_;
};

class MemoryDisk::MemoryLock final : public DiskLock {
 public:
  explicit MemoryLock(std::shared_ptr<int> held) : held_(std::move(held)) {}

 private:
  std::shared_ptr<int> held_;
};

MemoryDisk::MemoryDisk(std::uint64_t seed) : state_(std::make_shared<State>()) {
  state_->random = Random(seed);
}
MemoryDisk::~MemoryDisk() = default;

Result<std::unique_ptr<File>> MemoryDisk::open(std::string_view name, Open mode) {
  if (auto good = check_file_name(name); !good) return good.error();
  const std::lock_guard lock(state_->mutex);
  if (const int error = state_->attempt(Deed::open)) return failed("open", name, error);
  auto found = state_->seen.find(name);
  if (found == state_->seen.end()) {
    if (mode == Open::existing) return failed("open", name, ENOENT);
    found = state_->seen.emplace(std::string(name), std::make_shared<Inode>()).first;
  } else if (mode == Open::fresh) {
    return failed("open", name, EEXIST);
  }
  return std::unique_ptr<File>(
      std::make_unique<MemoryFile>(state_, found->second, std::string(name)));
}

Result<void> MemoryDisk::rename(std::string_view from, std::string_view to) {
  if (auto good = check_file_name(from); !good) return good;
  if (auto good = check_file_name(to); !good) return good;
  const std::lock_guard lock(state_->mutex);
  if (const int error = state_->attempt(Deed::rename)) return failed("rename", from, error);
  const auto found = state_->seen.find(from);
  if (found == state_->seen.end()) return failed("rename", from, ENOENT);
  auto inode = found->second;
  state_->seen.erase(found);
  state_->seen.insert_or_assign(std::string(to), std::move(inode));
  return {};
}

Result<void> MemoryDisk::remove(std::string_view name) {
  if (auto good = check_file_name(name); !good) return good;
  const std::lock_guard lock(state_->mutex);
  if (const int error = state_->attempt(Deed::remove)) return failed("remove", name, error);
  if (const auto found = state_->seen.find(name); found != state_->seen.end())
    state_->seen.erase(found);
  return {};
}

Result<std::vector<std::string>> MemoryDisk::list() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> names;
  for (const auto& [name, inode] : state_->seen) names.push_back(name);
  return names;
}

Result<void> MemoryDisk::sync() {
  const std::lock_guard lock(state_->mutex);
  if (const int error = state_->attempt(Deed::sync_folder)) return failed("fsync", ".", error);
  state_->durable = state_->seen;
  return {};
}

Result<std::unique_ptr<DiskLock>> MemoryDisk::lock(std::string_view name) {
  if (auto good = check_file_name(name); !good) return good.error();
  const std::lock_guard lock(state_->mutex);
  auto& holder = state_->locks[std::string(name)];
  if (!holder.expired())
    return Error{Errc::io, Effect::refused, path_ + " is in use by another process"};
  auto held = std::make_shared<int>(0);
  holder = held;
  return std::unique_ptr<DiskLock>(std::make_unique<MemoryLock>(std::move(held)));
}

void MemoryDisk::power_cut(bool torn) {
  const std::lock_guard lock(state_->mutex);
  ++state_->power_cuts;
  state_->locks.clear();
  if (torn) {
    // Each name that is new or gone since the last sync: the toss of a coin.
    State::Names kept = state_->durable;
    for (const auto& [name, inode] : state_->seen) {
      if (state_->random.below(2) == 0) kept.insert_or_assign(name, inode);
    }
    for (const auto& [name, inode] : state_->durable) {
      if (!state_->seen.contains(name) && state_->random.below(2) == 0) kept.erase(name);
    }
    state_->durable = std::move(kept);
  }
  for (const auto& [name, inode] : state_->durable) {
    // A file under two names (one renamed, torn) is cut once: afterwards seen and durable agree.
    const std::string tail =
        inode->seen.size() > inode->durable.size() ? inode->seen.substr(inode->durable.size()) : "";
    if (torn && inode->lost.empty())
      inode->durable += tail.substr(0, state_->random.below(tail.size() + 1));
    inode->seen = inode->durable;
    inode->lost.clear();
  }
  state_->seen = state_->durable;
}

void MemoryDisk::fail(Deed deed, std::uint64_t nth, int error, bool for_ever) {
  LARDER_ASSERT(nth > 0);
  const std::lock_guard lock(state_->mutex);
  const auto i = static_cast<std::size_t>(deed);
  state_->failures[i] = {state_->counts[i] + nth, error, for_ever};
}

void MemoryDisk::tear_write(std::uint64_t nth, std::size_t bytes) {
  LARDER_ASSERT(nth > 0);
  const std::lock_guard lock(state_->mutex);
  state_->tear_at = state_->counts[static_cast<std::size_t>(Deed::write)] + nth;
  state_->tear_bytes = bytes;
}

void MemoryDisk::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->capacity = bytes;
}

std::uint64_t MemoryDisk::count(Deed deed) const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts[static_cast<std::size_t>(deed)];
}

std::string MemoryDisk::content(std::string_view name) const {
  const std::lock_guard lock(state_->mutex);
  const Inode* inode = state_->find(name);
  return inode == nullptr ? "" : inode->seen;
}

std::string MemoryDisk::durable(std::string_view name) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->durable.find(name);
  return found == state_->durable.end() ? "" : found->second->durable;
}

void MemoryDisk::corrupt(std::string_view name, std::size_t offset, unsigned char bits) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->seen.find(name);
  LARDER_ASSERT(found != state_->seen.end() && offset < found->second->seen.size());
  const auto flip = [&](std::string& text) {
    if (offset < text.size())
      text[offset] = static_cast<char>(static_cast<unsigned char>(text[offset]) ^ bits);
  };
  flip(found->second->seen);
  flip(found->second->durable);
}

}  // namespace larder::base
