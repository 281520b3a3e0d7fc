#include "apps/welcome.hpp"

#include <cstdio>

#include "base/process.hpp"
#include "base/units.hpp"
#include "net/socket.hpp"

namespace larder::apps {
namespace {

/// Where a client on this machine finds it.
std::string host_for_clients(const std::string& bind) {
  if (bind == "0.0.0.0") return "127.0.0.1";
  return bind == "::" ? "::1" : bind;
}

std::string redis_cli(const std::string& host, std::uint16_t port, bool password) {
  std::string line = "redis-cli";
  if (host != "127.0.0.1") line += " -h " + host;
  if (port != 6379) line += " -p " + std::to_string(port);
  return line + (password ? " --askpass" : "");
}

std::string python(const std::string& host, std::uint16_t port, bool password, bool tls) {
  std::string arguments;
  if (host != "127.0.0.1") arguments += "host=\"" + host + "\", ";
  arguments += "port=" + std::to_string(port);
  if (password) arguments += ", password=…";
  if (tls) arguments += ", ssl=True, ssl_ca_certs=\"CA.pem\"";
  return "redis.Redis(" + arguments + ").set(\"greeting\", \"hello\", ex=60)";
}

/// "on 127.0.0.1:6379 and with TLS on 127.0.0.1:6380"
std::string places(const Serving& serving) {
  const auto place = [&](std::uint16_t port) {
    return net::to_string({serving.options.bind, port});
  };
  if (serving.port == 0) return "with TLS on " + place(serving.tls_port);
  return "on " + place(serving.port) +
         (serving.tls_port == 0 ? "" : " and with TLS on " + place(serving.tls_port));
}

/// How to reach the port without TLS.
std::string plain_ways(const Serving& serving, const std::string& host, bool password) {
  const auto url = "redis://" + net::to_string({host, serving.port});
  const auto cli_url = url == "redis://127.0.0.1:6379" ? "" : " --url " + url;
  return "  redis-cli  " + redis_cli(host, serving.port, password) + "\n  Python     " +
         python(host, serving.port, password, false) +
         "\n  C++        auto store = larder::Store::open(\"" + url + "\"" +
         (password ? ", {.password = …}" : "") +
         ").value();\n  shell      larder set greeting hello" + cli_url + "\n";
}

std::string tls_ways(const Serving& serving, const std::string& host, bool password) {
  return "  TLS        " + redis_cli(host, serving.tls_port, password) +
         " --tls --cacert CA.pem\n             " + python(host, serving.tls_port, password, true) +
         "\n";
}

/// What survives the end of the process.
std::string kept(const ServeOptions& options) {
  if (options.dir.empty()) {
    return "Everything is in memory: nothing survives a restart; --dir FOLDER keeps it.\n";
  }
  const auto snapshots = options.snapshot_every.count() == 0
                             ? std::string("a snapshot at the end")
                             : "a snapshot every " + base::duration_text(options.snapshot_every);
  return "Kept in " + options.dir + ": a log (fsync " + std::string(to_string(options.fsync)) +
         ") and " + snapshots + ".\n";
}

}  // namespace

std::string welcome(const Serving& serving) {
  const auto& options = serving.options;
  const bool password = !options.password.empty();
  const auto host = host_for_clients(options.bind);

  std::string out = "larder " LARDER_VERSION " serves Redis clients " + places(serving) + "\n";
  out +=
      "  " + std::to_string(options.threads) + (options.threads == 1 ? " thread, " : " threads, ");
  out += options.memory_bytes_max == 0
             ? "memory unbounded (--max-memory 1GiB bounds it)"
             : base::size_text(options.memory_bytes_max) + " for entries, then " +
                   std::string{policy::to_string(options.eviction)};
  out += password ? ", password needed\n\n" : ", no password\n\n";

  if (serving.port != 0) out += plain_ways(serving, host, password);
  if (serving.tls_port != 0) out += tls_ways(serving, host, password);
  out += "  metrics    " +
         (serving.metrics_url.empty() ? "none; --metrics-port 9121 serves them to Prometheus"
                                      : serving.metrics_url + "/metrics") +
         "\n\n";

  out += kept(options);
  out += "Stop: Ctrl-C, or kill " + std::to_string(base::process_id()) + "\n";
  return out;
}

void print_welcome(const Serving& serving) {
  std::fputs(welcome(serving).c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace larder::apps
