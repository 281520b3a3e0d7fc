#include "apps/serve_options.hpp"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "apps/command.hpp"
#include "base/files.hpp"
#include "base/limits.hpp"
#include "base/process.hpp"
#include "base/units.hpp"
#include "net/socket.hpp"

namespace larder::apps {
namespace {

constexpr std::chrono::seconds kSnapshotEvery{60};

/// What is kept on disk, and how.
void read_durability(const ServeFlags& flags, ServeOptions& options) {
  options.dir = flags.dir;
  options.snapshot_every = flags.dir.empty() ? std::chrono::seconds{0} : kSnapshotEvery;
  if (!flags.fsync.empty()) {
    if (flags.dir.empty()) {
      throw BadInput("--fsync: says how the log in --dir reaches the disk; give --dir FOLDER too");
    }
    const auto fsync = node::fsync_from(flags.fsync);
    if (!fsync) throw BadInput("--fsync " + flags.fsync + ": there are always, everysec and no");
    options.fsync = *fsync;
  }
  if (!flags.snapshot_every.empty()) {
    if (flags.dir.empty()) {
      throw BadInput(
          "--snapshot-every: says when a snapshot is written to --dir; give --dir FOLDER too");
    }
    const auto every = base::parse_duration(flags.snapshot_every);
    if (!every) throw BadInput("--snapshot-every: " + every.error().detail);
    options.snapshot_every = *every;
  }
  if (!flags.snapshot_compression.empty()) {
    if (flags.dir.empty()) {
      throw BadInput(
          "--snapshot-compression: is about the snapshots in --dir; give --dir FOLDER too");
    }
    const auto compression = node::compression_from(flags.snapshot_compression);
    if (!compression) {
      throw BadInput("--snapshot-compression " + flags.snapshot_compression + ": there is " +
                     std::string(node::compression_names()));
    }
    options.snapshot_compression = *compression;
  }
}

std::string read_password(const std::string& path) {
  auto secret = value_or_bad_input(base::read_secret(path));
  if (secret.others_can_read) {
    std::fprintf(stderr, "larder serve: others can read %s: chmod 600 %s\n", path.c_str(),
                 path.c_str());
  }
  return secret.text;
}

constexpr TlsFlag kTlsFlags[] = {
    {"tls-cert-file", "FILE", "The certificate in PEM, then those that lead to its authority"},
    {"tls-key-file", "FILE", "Its private key"},
    {"tls-ca-cert-file", "FILE", "Authorities whose client certificates are believed"},
    {"tls-ca-cert-dir", "FOLDER", "The same, a file each, named by `openssl rehash`"},
    {"tls-auth-clients", "yes|no|optional", "Whether clients must show a certificate; yes without"},
    {"tls-protocols", "LIST", "'TLSv1.2 TLSv1.3' without, or one of them"},
    {"tls-ciphers", "LIST", "Ciphers of TLS 1.2, as OpenSSL lists them"},
    {"tls-ciphersuites", "LIST", "Ciphers of TLS 1.3, as OpenSSL lists them"},
};

/// Which ports to listen on. A port of 0 is any free one, or none where TLS has one.
void choose_ports(const ServeFlags& flags, ServeOptions& options) {
  if (flags.tls_port == 0) {
    options.port = flags.port;
    return;
  }
  options.tls_port = flags.tls_port;
  options.port = flags.port == 0 ? std::nullopt : std::optional(flags.port);
  if (flags.port == flags.tls_port) {
    throw BadInput("--tls-port " + std::to_string(flags.tls_port) +
                   ": is --port too; --port 0 leaves only TLS, another number serves both");
  }
}

/// What flags say of TLS becomes settings, behind those of the file: what is typed is nearer.
void add_tls_settings(const ServeFlags& flags, std::vector<ServeSetting>& settings) {
  for (const auto& [name, value] : flags.tls) {
    if (value.empty()) continue;
    if (flags.tls_port == 0) {
      throw BadInput("--" + name + ": nothing is served over TLS without --tls-port N");
    }
    settings.push_back({"--", name, value});
  }
  if (flags.tls_port == 0) return;
  const std::string pass = !flags.tls_key_pass_file.empty()
                               ? read_password(flags.tls_key_pass_file)
                               : base::environment("LARDER_TLS_KEY_FILE_PASS");
  if (!pass.empty()) settings.push_back({"", "tls-key-file-pass", pass});
}

/// So little is a unit forgotten, not a cache.
std::uint64_t read_memory_max(const std::string& text) {
  const auto bytes = base::parse_size(text);
  if (!bytes) throw BadInput("--max-memory: " + bytes.error().detail);
  if (*bytes != 0 && *bytes < base::limits::kMiB) {
    throw BadInput("--max-memory " + text + ": that is " + base::size_text(*bytes) +
                   ", and a cache needs 1 MiB at least; units are kb, mb, gb and KiB, MiB, GiB");
  }
  return *bytes;
}

/// More threads than four do not help before the network is faster than 10 Gbit/s.
unsigned threads_of_this_machine() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
}

}  // namespace

std::span<const TlsFlag> tls_flags() { return kTlsFlags; }

std::string eviction_names(std::string_view separator) {
  std::string names;
  for (const auto policy : policy::kEvictions) {
    names.append(names.empty() ? "" : separator).append(to_string(policy));
  }
  return names;
}

ServeOptions checked(const ServeFlags& flags) {
  ServeOptions options{
      .bind = flags.bind,
      .tls_port = {},
      .threads = flags.threads == 0 ? threads_of_this_machine() : flags.threads,
      .password = flags.password_file.empty() ? flags.password : read_password(flags.password_file),
      .config_file = flags.config_file,
      .settings = flags.settings,
      .metrics = flags.metrics,
      .metrics_bind = flags.metrics_bind,
      .metrics_port = flags.metrics_port};
  choose_ports(flags, options);
  add_tls_settings(flags, options.settings);
  read_durability(flags, options);
  if (options.password.empty() && !net::is_loopback(options.bind)) {
    throw BadInput("--bind " + options.bind +
                   ": whoever reaches this address could read and erase everything; give "
                   "--requirepass-file FILE, or listen on 127.0.0.1");
  }
  if (!flags.memory_max.empty()) options.memory_bytes_max = read_memory_max(flags.memory_max);
  const auto eviction = policy::eviction_from(flags.eviction);
  if (!eviction) {
    throw BadInput("--eviction: no policy '" + flags.eviction + "'; there are " +
                   eviction_names(", "));
  }
  options.eviction = *eviction;
  return options;
}

}  // namespace larder::apps
