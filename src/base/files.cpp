#include "base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "base/descriptor.hpp"

namespace larder::base {
namespace {

// A password with all its words fits; a log file named by mistake does not get read.
constexpr std::uint64_t kSecretBytesMax = 64 * 1024;

Error failed(const std::string& path, int error) {
  return {Errc::io, Effect::refused, path + ": " + std::generic_category().message(error)};
}

Result<std::string> read_all(int fd, const std::string& path, std::uint64_t bytes_max) {
  std::string bytes;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, errno);
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(got));
    if (bytes.size() > bytes_max) {
      return Error{Errc::too_large, Effect::refused,
                   path + ": more than " + std::to_string(bytes_max) + " bytes"};
    }
  }
}

Result<void> write_all(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

/// The folder's entry for a file that was just renamed into it.
Result<void> sync_folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!opened.good() || ::fsync(opened.get()) != 0) return failed(folder, errno);
  return {};
}

/// Writes a neighbour and renames it over `path`, so that nobody sees half a file. Renamed before its bytes are on the
/// disk, it could be empty after a power cut, and the old one gone.
Result<void> replace_file(const std::string& path, std::string_view bytes, mode_t mode,
                          Durable durable) {
  std::string name = path + ".XXXXXX";
  Descriptor file{::mkostemp(name.data(), O_CLOEXEC)};
  if (!file.good()) return failed(path, errno);
  auto written = write_all(file.get(), path, bytes);
  if (written && durable == Durable::yes && ::fsync(file.get()) != 0) written = failed(path, errno);
  if (written && (::fchmod(file.get(), mode) != 0 || ::rename(name.c_str(), path.c_str()) != 0)) {
    written = failed(path, errno);
  }
  if (!written) ::unlink(name.c_str());
  return written && durable == Durable::yes ? sync_folder_of(path) : written;
}

mode_t mode_of_new_files() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::uint64_t bytes_max) {
  if (path == "-") return read_all(STDIN_FILENO, "standard input", bytes_max);
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.good()) return failed(path, errno);
  return read_all(file.get(), path, bytes_max);
}

Result<std::string> read_from(const std::string& path, std::uint64_t offset,
                              std::uint64_t bytes_max) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.good()) return failed(path, errno);
  std::string bytes;
  char buffer[64 * 1024];
  while (bytes.size() < bytes_max) {
    const auto wanted = std::min<std::uint64_t>(sizeof buffer, bytes_max - bytes.size());
    const ssize_t got =
        ::pread(file.get(), buffer, wanted, static_cast<off_t>(offset + bytes.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, errno);
    if (got == 0) break;
    bytes.append(buffer, static_cast<std::size_t>(got));
  }
  return bytes;
}

std::uint64_t file_size(const std::string& path) noexcept {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

Result<void> write_file(const std::string& path, std::string_view bytes, Durable durable) {
  if (path == "-") return write_all(STDOUT_FILENO, "standard output", bytes);
  struct stat now {};
  const bool exists = ::lstat(path.c_str(), &now) == 0;
  if (!exists) return replace_file(path, bytes, mode_of_new_files(), durable);
  if (S_ISREG(now.st_mode)) return replace_file(path, bytes, now.st_mode & 07777, durable);
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC)};
  if (!file.good()) return failed(path, errno);
  return write_all(file.get(), path, bytes);
}

Result<Privacy> privacy_of(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return failed(path, errno);
  if (!S_ISREG(facts.st_mode)) return Privacy{};
  return Privacy{(facts.st_mode & (S_IRGRP | S_IROTH)) != 0,
                 (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0};
}

Result<void> check_own_folder(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT) return {};
    return failed(path, errno);
  }
  const auto refused = [&](const char* why) {
    return Error{Errc::bad_argument, Effect::refused, path + why};
  };
  if (!S_ISDIR(facts.st_mode)) return refused(" is not a folder");
  if (facts.st_uid != ::geteuid())
    return refused(" belongs to another user: name a folder of your own");
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return refused(": others may write there: chmod go-w it, or name another folder");
  }
  return {};
}

Result<Secret> read_secret(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat facts {};
  if (!file.good() || ::fstat(file.get(), &facts) != 0) return failed(path, errno);
  if (S_ISREG(facts.st_mode) && (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{
        Errc::bad_argument, Effect::refused,
        path + ": others may write this file, and with it the password: chmod 600 " + path};
  }
  auto text = read_all(file.get(), path, kSecretBytesMax);
  if (!text) return text.error();
  text->resize(std::min(text->size(), text->find_first_of("\r\n")));
  if (text->empty()) {
    return Error{Errc::bad_argument, Effect::refused,
                 path + ": the first line is empty; it is to hold the password"};
  }
  const bool others_can_read = S_ISREG(facts.st_mode) && (facts.st_mode & (S_IRGRP | S_IROTH)) != 0;
  return Secret{std::move(*text), others_can_read};
}

}  // namespace larder::base
