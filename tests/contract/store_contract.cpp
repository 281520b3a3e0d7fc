#include "contract/store_contract.hpp"

#include <filesystem>
#include <ostream>
#include <thread>

#include "base/process.hpp"
#include "support/groups.hpp"
#if LARDER_TLS
#include "support/certificates.hpp"
#endif

namespace larder::contract {
namespace {

/// A folder of this process, gone with it.
std::string folder_url() {
  struct Folder {
    std::filesystem::path path = std::filesystem::temp_directory_path() /
                                 ("larder-contract-" + std::to_string(base::process_id()));
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  };
  static const Folder folder;
  return "memory:" + folder.path.string() + "?fsync=no";
}

std::string redis_url() {
  static test::RedisServer server;
  return server.url();
}

std::string unix_url() {
  static test::RedisServer server{{"unixsocket @FOLDER@/socket"}};
  return "unix://" + server.socket_path() + "?db=2";
}

#if LARDER_TLS
// The port that the fixture found speaks TLS only; whoever connects shows a certificate.
std::string tls_url() {
  static test::Certificates certificates;
  static const auto server_pair = certificates.issue("server");
  static const auto client_pair = certificates.issue("client");
  static test::RedisServer server{
      {"port 0", "tls-port @PORT@", "tls-ca-cert-file " + certificates.authority(),
       "tls-cert-file " + server_pair.cert_file, "tls-key-file " + server_pair.key_file}};
  return "rediss://localhost:" + std::to_string(server.port()) + "?ca=" + certificates.authority() +
         "&cert=" + client_pair.cert_file + "&key=" + client_pair.key_file;
}
#endif

std::string ring_url() {
  static test::RedisServer servers[3];
  std::string url = "redis+ring://";
  for (const auto& server : servers) url += "127.0.0.1:" + std::to_string(server.port()) + ",";
  url.back() = '/';
  return url + "1";
}

std::string sentinel_url() {
  static const test::SentinelGroup group;
  return group.url();
}

std::string cluster_url() {
  static const test::RedisCluster cluster{3};
  return cluster.url();
}

#ifdef LARDER_BINARY
std::string larder_url() {
  static test::LarderServer server{LARDER_BINARY};
  return server.url();
}
#endif

Store open(const std::string& url) {
  auto opened = Store::open(url);
  if (!opened) throw std::runtime_error(to_string(opened.error()));
  return *std::move(opened);
}

}  // namespace

std::vector<Engine> engines() {
  std::vector<Engine> all{
      {"memory", [] { return std::string{"memory:"}; }},
      {"memory_folder", &folder_url},
      {"redis", &redis_url},
      {"unix", &unix_url},
      {"ring", &ring_url},
      {"sentinel", &sentinel_url},
      {"cluster", &cluster_url},
  };
#if LARDER_TLS
  all.push_back({"tls", &tls_url});
#endif
#ifdef LARDER_BINARY
  all.push_back({"larder", &larder_url});
#endif
  return all;
}

void PrintTo(const Engine& engine, std::ostream* out) { *out << engine.name; }

StoreContract::StoreContract() : store(open(GetParam().url())) { store.flush().value(); }

Store StoreContract::another() const {
  return GetParam().name.starts_with("memory") ? store : open(GetParam().url());
}

bool StoreContract::eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{2};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace larder::contract
