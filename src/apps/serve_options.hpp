// What `larder serve` was asked for, checked before anything is opened.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/fsync.hpp"
#include "node/packer.hpp"
#include "policy/eviction.hpp"

namespace larder::apps {

/// A line of the file of settings that has no flag of its own.
struct ServeSetting {
  std::string place;  ///< "larder.conf:3: "
  std::string name;
  std::string value;
};

struct ServeFlags {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 6379;
  std::uint16_t tls_port = 0;  ///< 0: none.
  std::map<std::string, std::string>
      tls;  ///< Settings of TLS by name, as their flags give them; empty: not given.
  std::string tls_key_pass_file;
  std::string dir, fsync, snapshot_every, snapshot_compression;  ///< Empty: not given.
  unsigned threads = 0;  ///< 0: one for each processor, four at most.
  std::string memory_max, eviction = "adaptive";
  std::string password_file;
  std::string password;     ///< From the file of settings.
  std::string config_file;  ///< Of settings; empty: none.
  std::vector<ServeSetting> settings;
  std::uint16_t metrics_port = 0;
  bool metrics = false;  ///< --metrics-port was given; 0 takes a free port.
  std::string metrics_bind = "127.0.0.1";
};

struct ServeOptions {
  std::string bind;
  std::optional<std::uint16_t> port = 0;  ///< 0: a free one.
  std::optional<std::uint16_t> tls_port;
  unsigned threads = 1;
  std::uint64_t memory_bytes_max = 0;
  policy::Eviction eviction = policy::Eviction::adaptive;
  std::string password;
  std::string config_file;
  std::vector<ServeSetting> settings;
  bool metrics = false;
  std::string metrics_bind;
  std::uint16_t metrics_port = 0;
  std::string dir = {};  ///< Empty: nothing is kept.
  node::Fsync fsync = node::Fsync::everysec;
  std::chrono::milliseconds snapshot_every{0};
  node::Compression snapshot_compression = node::Compression::none;
};

/// A setting of TLS that is a flag too, with two dashes in front.
struct TlsFlag {
  const char* name;
  const char* type;
  const char* help;
};
std::span<const TlsFlag> tls_flags();

/// The names that --eviction takes.
std::string eviction_names(std::string_view separator);

/// Throws BadInput: a combination that cannot be served, or would be served to strangers.
ServeOptions checked(const ServeFlags& flags);

}  // namespace larder::apps
