// A disk that can lose its power, be full and fail, for a real process: preloaded (LD_PRELOAD) into a server, it keeps beside the
// server's folder, FAULTY_DISK, what a power cut would leave of it, in FAULTY_DISK_SHADOW. A file's bytes get there by
// fdatasync, its name by an fsync of the folder, the folder by an fsync of its parent; what is there at the start counts as
// brought to the disk. It knows the calls that src/base/disk.cpp makes, of files that are only appended to and truncated.
//
//   shadow  := control names content*
//   control := space:u64 tear:u64 sync_at:u64 failures:u64 slowest_us:u64   ; shared with the test, which may change it any time
//   names   := (content inode name LF)*                                     ; content names a file beside it
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <map>
#include <mutex>
#include <string>

namespace {

struct Control {
  std::atomic<std::uint64_t> space;    // Bytes that may still be written; then ENOSPC.
  std::atomic<std::uint64_t> tear;     // Bytes until the process dies in the middle of a write.
  std::atomic<std::uint64_t> sync_at;  // How many more fdatasyncs succeed,
  std::atomic<std::uint64_t>
      failures;  // until so many fail: EIO, and what they should have brought to the disk is lost.
  std::atomic<std::uint64_t> slowest_us;  // Told to the test: the longest fdatasync.
};

struct Content {
  std::string id;
  off_t durable = 0;      // Bytes in the shadow.
  off_t cut = LLONG_MAX;  // Truncated to so many since.
};

class FaultyDisk {
 public:
  FaultyDisk(const char* folder, const char* shadow)
      : folder_(folder), shadow_(std::string(shadow) + "/") {
    const int fd = ::open((shadow_ + "control").c_str(), O_RDWR | O_CLOEXEC);
    void* const at = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || at == MAP_FAILED) std::abort();
    ::close(fd);
    control = static_cast<Control*>(at);
    each([&](const char* name, const struct stat& status) {
      const int file = ::open((folder_ + "/" + name).c_str(), O_RDONLY | O_CLOEXEC);
      bring(content(status.st_ino), file, status.st_size, false);
      ::close(file);
    });
    struct stat status {};
    folder_is_durable_ = ::stat(folder_.c_str(), &status) == 0;
    bring_names();
  }

  /// A file of the folder's, by a name that it still has?
  bool has(int fd) const {
    char path[PATH_MAX];
    const ssize_t size =
        ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
    const std::string_view at(path, size > 0 ? static_cast<std::size_t>(size) : 0);
    return at.size() > folder_.size() && at.starts_with(folder_) && at[folder_.size()] == '/' &&
           !at.ends_with(" (deleted)");
  }

  int sync_file(int fd, off_t size) {
    // A real one would be as good; this one takes long enough for a reply that does not wait to be seen.
    timespec pause{0,
                   static_cast<long>(1'000 * (random_.fetch_add(2'654'435'761) >> 16) % 3'000'000)};
    const std::uint64_t begin = now_us();
    ::nanosleep(&pause, nullptr);
    const std::lock_guard lock(mutex_);
    struct stat status {};
    ::fstat(fd, &status);
    const bool fails = control->sync_at == 0 && control->failures > 0;
    if (fails) --control->failures;
    if (!fails && control->sync_at > 0) --control->sync_at;
    if (has(fd)) bring(content(status.st_ino), fd, std::min(size, status.st_size), fails);
    control->slowest_us = std::max(control->slowest_us.load(), now_us() - begin);
    return fails ? (errno = EIO, -1) : 0;
  }

  void sync_folder(const struct stat& which) {
    const std::lock_guard lock(mutex_);
    struct stat folder {
    }, parent{};
    if (::stat(folder_.c_str(), &folder) != 0 || ::stat((folder_ + "/..").c_str(), &parent) != 0)
      return;
    if (which.st_ino == parent.st_ino && which.st_dev == parent.st_dev) folder_is_durable_ = true;
    if (which.st_ino == folder.st_ino && which.st_dev == folder.st_dev) bring_names();
  }

  void truncated(int fd, off_t size) {
    const std::lock_guard lock(mutex_);
    struct stat status {};
    if (!has(fd) || ::fstat(fd, &status) != 0) return;
    Content& file = content(status.st_ino);
    file.cut = std::min(file.cut, size);
  }

  /// The number of an inode that lost its name may soon be another file's.
  void forget(int folder, const char* name) {
    const std::lock_guard lock(mutex_);
    struct stat status {};
    if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0) contents_.erase(status.st_ino);
  }

  Control* control = nullptr;

 private:
  static std::uint64_t now_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
  }

  template <class Look>
  void each(Look look) const {
    DIR* const stream = ::opendir(folder_.c_str());
    if (stream == nullptr) return;
    while (const dirent* entry = ::readdir(stream)) {
      struct stat status {};
      if (::fstatat(::dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
          S_ISREG(status.st_mode))
        look(entry->d_name, status);
    }
    ::closedir(stream);
  }

  Content& content(ino_t inode) {
    Content& file = contents_[inode];
    if (!file.id.empty()) return file;
    file.id = "content-" + std::to_string(count_++);
    ::close(::open((shadow_ + file.id).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    return file;
  }

  /// What came since the last time; as zeros where it was lost: a later sync that succeeds does not bring it back.
  void bring(Content& file, int fd, off_t size, bool lost) {
    const int shadow = ::open((shadow_ + file.id).c_str(), O_WRONLY | O_CLOEXEC);
    off_t at = std::min(file.durable, file.cut);
    if (::syscall(SYS_ftruncate, shadow, at) != 0) std::abort();
    char piece[65536] = {};
    while (at < size) {
      const auto want = static_cast<std::size_t>(std::min<off_t>(size - at, sizeof piece));
      const ssize_t got = lost ? static_cast<ssize_t>(want) : ::pread(fd, piece, want, at);
      if (got <= 0 || ::pwrite(shadow, piece, static_cast<std::size_t>(got), at) != got) break;
      at += got;
    }
    ::close(shadow);
    file.durable = at;
    file.cut = LLONG_MAX;
  }

  void bring_names() {
    std::string text;
    each([&](const char* name, const struct stat& status) {
      text += content(status.st_ino).id + " " + std::to_string(status.st_ino) + " " + name + "\n";
    });
    if (!folder_is_durable_) return;
    const int file =
        ::open((shadow_ + "names.new").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (::syscall(SYS_write, file, text.data(), text.size()) != static_cast<long>(text.size()))
      std::abort();
    ::close(file);
    if (::rename((shadow_ + "names.new").c_str(), (shadow_ + "names").c_str()) != 0) std::abort();
  }

  const std::string folder_;
  const std::string shadow_;
  std::mutex mutex_;
  std::map<ino_t, Content> contents_;  // By the inode of the file.
  unsigned count_ = 0;
  bool folder_is_durable_ = false;
  std::atomic<std::uint32_t> random_{static_cast<std::uint32_t>(::getpid())};
};

FaultyDisk* disk = nullptr;

__attribute__((constructor)) void begin() {
  const char* const folder = std::getenv("FAULTY_DISK");
  const char* const shadow = std::getenv("FAULTY_DISK_SHADOW");
  if (folder != nullptr && shadow != nullptr) disk = new FaultyDisk(folder, shadow);
}

int sync(int fd, long call) {
  struct stat status {};
  if (disk == nullptr || ::fstat(fd, &status) != 0) return static_cast<int>(::syscall(call, fd));
  if (S_ISDIR(status.st_mode)) return disk->sync_folder(status), 0;
  return disk->has(fd) ? disk->sync_file(fd, status.st_size)
                       : static_cast<int>(::syscall(call, fd));
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  if (disk == nullptr || !disk->has(fd)) return ::syscall(SYS_write, fd, bytes, size);
  Control& control = *disk->control;
  if (control.tear <= size) {
    ::syscall(SYS_write, fd, bytes, static_cast<size_t>(control.tear));
    ::kill(::getpid(), SIGKILL);
  }
  const size_t fits = static_cast<size_t>(std::min<std::uint64_t>(size, control.space));
  if (fits == 0 && size > 0) return errno = ENOSPC, -1;
  control.space -= fits;
  control.tear -= fits;
  return ::syscall(SYS_write, fd, bytes, fits);
}

int ftruncate(int fd, off_t size) {
  const int done = static_cast<int>(::syscall(SYS_ftruncate, fd, size));
  if (disk != nullptr && done == 0) disk->truncated(fd, size);
  return done;
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int fdatasync(int fd) { return sync(fd, SYS_fdatasync); }
int fsync(int fd) { return sync(fd, SYS_fsync); }

int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  if (disk != nullptr) disk->forget(to_folder, to);
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, 0));
}
int unlinkat(int folder, const char* name, int flags) {
  if (disk != nullptr) disk->forget(folder, name);
  return static_cast<int>(::syscall(SYS_unlinkat, folder, name, flags));
}
}
