// The operating system's folder behind Disk. Every name is looked up relative to one descriptor of
// the folder, without following links, so that nobody who renames folders or plants links can lead
// a write elsewhere.
#include "base/disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include "base/descriptor.hpp"
#include "base/text.hpp"

namespace larder::base {
namespace {

constexpr std::size_t kNameBytesMax = 200;

Error failed_to(std::string_view deed, const std::string& what, int error) {
  return {Errc::io, Effect::refused,
          std::string(deed) + " " + what + ": " + std::generic_category().message(error)};
}

template <class Call>
auto retried(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class SystemFile final : public File {
 public:
  SystemFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::string> read(std::uint64_t offset, std::size_t bytes_max) const override {
    std::string bytes(bytes_max, '\0');
    std::size_t have = 0;
    while (have < bytes_max) {
      const ssize_t got = retried([&] {
        return ::pread(fd_.get(), bytes.data() + have, bytes_max - have,
                       static_cast<off_t>(offset + have));
      });
      if (got < 0) return failed_to("read", path_, errno);
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
  }

  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = retried([&] { return ::write(fd_.get(), bytes.data(), bytes.size()); });
      if (put < 0) return failed_to("write", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    if (retried([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) < 0)
      return failed_to("truncate", path_, errno);
    return {};
  }

  Result<void> sync() override {
    // Not repeated on EINTR: a second fsync after a failed one may report success for data that is
    // lost.
    if (::fdatasync(fd_.get()) < 0) return failed_to("fsync", path_, errno);
    return {};
  }

  Result<std::uint64_t> size() const override {
    struct stat status {};
    if (::fstat(fd_.get(), &status) < 0) return failed_to("stat", path_, errno);
    return static_cast<std::uint64_t>(status.st_size);
  }

 private:
  Descriptor fd_;
  std::string path_;
};

class SystemLock final : public DiskLock {
 public:
  explicit SystemLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  Descriptor fd_;
};

/// Gives the blocks of a file without a name back piece by piece. All at once, 270 MB held a core in the kernel for 93 ms,
/// in which no request of that core was served (ext4 with discard).
void shrink(int fd) noexcept {
  constexpr off_t kPiece = 4 << 20;
  struct stat status {};
  if (::fstat(fd, &status) < 0 || status.st_nlink != 0 || !S_ISREG(status.st_mode)) return;
  // Granted only where nobody else has it open: a backup that is reading it reads on. Who opens it now, by way of
  // /proc, has us told by a signal that is ignored.
  if (::fcntl(fd, F_SETSIG, SIGURG) < 0 || ::fcntl(fd, F_SETLEASE, F_WRLCK) < 0) return;
  for (off_t left = status.st_size - kPiece; left > 0; left -= kPiece) {
    if (::ftruncate(fd, left) < 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

class SystemDisk final : public Disk {
 public:
  SystemDisk(Descriptor folder, std::string path)
      : folder_(std::move(folder)), path_(std::move(path)) {}

  Result<std::unique_ptr<File>> open(std::string_view name, Open mode) override {
    const int flags = O_RDWR | O_APPEND | (mode == Open::existing ? 0 : O_CREAT) |
                      (mode == Open::fresh ? O_EXCL : 0);
    auto fd = open_descriptor(name, flags);
    if (!fd) return fd.error();
    return std::unique_ptr<File>(std::make_unique<SystemFile>(std::move(*fd), full(name)));
  }

  Result<void> rename(std::string_view from, std::string_view to) override {
    if (auto good = check_file_name(from); !good) return good;
    if (auto good = check_file_name(to); !good) return good;
    if (::renameat(folder_.get(), std::string(from).c_str(), folder_.get(),
                   std::string(to).c_str()) < 0) {
      return failed_to("rename", full(from), errno);
    }
    return {};
  }

  Result<void> remove(std::string_view name) override {
    if (auto good = check_file_name(name); !good) return good;
    const Descriptor held(::openat(folder_.get(), std::string(name).c_str(),
                                   O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (::unlinkat(folder_.get(), std::string(name).c_str(), 0) < 0 && errno != ENOENT)
      return failed_to("remove", full(name), errno);
    if (held.good()) shrink(held.get());
    return {};
  }

  Result<std::vector<std::string>> list() const override {
    // A descriptor of its own: closedir closes it, and the read position is not shared.
    const int fd = ::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed_to("list", path_, errno);
    DIR* const stream = ::fdopendir(fd);
    if (stream == nullptr) {
      const int error = errno;
      ::close(fd);
      return failed_to("list", path_, error);
    }
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(stream)) {
      if (check_file_name(entry->d_name)) names.emplace_back(entry->d_name);
    }
    ::closedir(stream);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<void> sync() override {
    if (::fsync(folder_.get()) < 0) return failed_to("fsync", path_, errno);
    return {};
  }

  Result<std::unique_ptr<DiskLock>> lock(std::string_view name) override {
    auto fd = open_descriptor(name, O_RDWR | O_CREAT);
    if (!fd) return fd.error();
    if (retried([&] { return ::flock(fd->get(), LOCK_EX | LOCK_NB); }) < 0) {
      if (errno == EWOULDBLOCK)
        return Error{Errc::io, Effect::refused, path_ + " is in use by another process"};
      return failed_to("lock", full(name), errno);
    }
    return std::unique_ptr<DiskLock>(std::make_unique<SystemLock>(std::move(*fd)));
  }

  const std::string& path() const noexcept override { return path_; }

 private:
  std::string full(std::string_view name) const { return path_ + "/" + std::string(name); }

  Result<Descriptor> open_descriptor(std::string_view name, int flags) const {
    if (auto good = check_file_name(name); !good) return good.error();
    Descriptor fd(retried([&] {
      return ::openat(folder_.get(), std::string(name).c_str(),
                      flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    }));
    if (!fd.good()) return failed_to("open", full(name), errno);
    // A pipe or device in a data folder is a trap: reading it could block for ever.
    struct stat status {};
    if (::fstat(fd.get(), &status) < 0) return failed_to("stat", full(name), errno);
    if (!S_ISREG(status.st_mode))
      return Error{Errc::io, Effect::refused, "open " + full(name) + ": not a plain file"};
    return fd;
  }

  Descriptor folder_;
  std::string path_;
};

}  // namespace

Result<void> check_file_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (name.empty() || name.size() > kNameBytesMax || name[0] == '.' ||
      !std::all_of(name.begin(), name.end(), good)) {
    return Error{Errc::bad_argument, Effect::not_sent,
                 quoted(name) + " is not a file name of ours (letters, digits, . _ -)"};
  }
  return {};
}

Result<std::unique_ptr<Disk>> open_system_disk(const std::string& folder) {
  const bool made = ::mkdir(folder.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return failed_to("make folder", folder, errno);
  Descriptor fd(retried(
      [&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
  if (!fd.good()) {
    struct stat status {};
    if (::lstat(folder.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) {
      return Error{Errc::io, Effect::refused,
                   folder + " is a symbolic link: name the folder itself"};
    }
    return failed_to("open folder", folder, errno);
  }
  if (::faccessat(fd.get(), ".", W_OK | X_OK, 0) < 0)
    return failed_to("write to folder", folder, errno);
  if (made) {
    // Its own name has to outlast a power cut too. Who may make a folder there, but not look, goes without.
    const Descriptor parent(::openat(fd.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent.good() && ::fsync(parent.get()) < 0)
      return failed_to("fsync", folder + "/..", errno);
  }
  return std::unique_ptr<Disk>(std::make_unique<SystemDisk>(std::move(fd), folder));
}

}  // namespace larder::base
