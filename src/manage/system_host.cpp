#include "manage/system_host.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/disk.hpp"
#include "base/files.hpp"
#include "manage/plan.hpp"
#include "net/socket.hpp"
#include "redis/ask_once.hpp"

namespace larder::manage {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFileBytesMax = 64 * 1024 * 1024;

Error io_failure(const std::string& path, const std::error_code& error) {
  return {Errc::io, Effect::refused, path + ": " + error.message()};
}

class FolderLock final : public HostLock {
 public:
  explicit FolderLock(std::unique_ptr<base::DiskLock> lock) : lock_(std::move(lock)) {}

 private:
  std::unique_ptr<base::DiskLock> lock_;
};

class SystemHost final : public Host {
 public:
  explicit SystemHost(base::Millis answer_time) : answer_time_(answer_time) {}

  std::string find_program(std::string_view name) override {
    if (name.find('/') == std::string_view::npos) return base::find_program(name);
    std::error_code error;
    return fs::is_regular_file(name, error) ? std::string(name) : std::string();
  }
  std::string boot_name() override { return base::boot_name(); }
  std::optional<base::ProcessFacts> process_facts(int id) override {
    return base::process_facts(id);
  }
  Result<base::ProcessMark> start(const base::Launch& launch) override {
    return base::start_detached(launch);
  }
  Result<bool> signal(const base::ProcessMark& mark, base::Signal signal) override {
    return base::signal_process(mark, signal);
  }

  Result<void> make_folder(const std::string& path) override {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return io_failure(path, error);
    return {};
  }
  Result<void> erase_folder(const std::string& path) override {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) return io_failure(path, error);
    return {};
  }
  Result<std::optional<std::string>> read(const std::string& path) override {
    std::error_code error;
    if (!fs::exists(path, error) && !error) return std::optional<std::string>();
    auto text = base::read_file(path, kFileBytesMax);
    if (!text) return text.error();
    return std::optional<std::string>(std::move(*text));
  }
  std::string tail(const std::string& path, std::size_t bytes_max) override {
    const auto size = base::file_size(path);
    const auto from = size - std::min<std::uint64_t>(size, bytes_max);
    auto text = base::read_from(path, from, bytes_max);
    return text ? std::move(*text) : std::string();
  }
  Result<void> write(const std::string& path, std::string_view text) override {
    return base::write_file(path, text);
  }
  Result<void> remove(const std::string& path) override {
    std::error_code error;
    fs::remove(path, error);
    if (error) return io_failure(path, error);
    return {};
  }
  Result<std::unique_ptr<HostLock>> lock(const std::string& folder) override {
    auto disk = base::open_system_disk(folder);
    if (!disk) return disk.error();
    auto held = (*disk)->lock("lock");
    if (held) return std::unique_ptr<HostLock>(std::make_unique<FolderLock>(std::move(*held)));
    if (held.error().detail.find("in use") == std::string::npos) return held.error();
    return std::unique_ptr<HostLock>();
  }

  bool port_is_free(std::uint16_t port) override {
    return net::listen_tcp({kHost, port}).has_value();
  }
  base::Instant now() override { return base::SystemClock::instance().now(); }
  void sleep(base::Millis time) override { std::this_thread::sleep_for(time); }

  Result<std::string> ask(std::uint16_t port, const std::string& password,
                          const std::vector<std::string>& words) override {
    redis::ClientOptions options;
    options.host = kHost;
    options.port = port;
    options.connect_timeout = answer_time_;
    options.identity = {.password = password, .client_name = "larder-redis"};
    return redis::ask_once(options, words, answer_time_);
  }

 private:
  const base::Millis answer_time_;
};

}  // namespace

std::unique_ptr<Host> make_system_host(base::Millis answer_time) {
  return std::make_unique<SystemHost>(answer_time);
}

}  // namespace larder::manage
