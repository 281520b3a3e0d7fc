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

std::string python(const std::string& host, std::uint16_t port, bool password) {
  std::string arguments;
  if (host != "127.0.0.1") arguments += "host=\"" + host + "\", ";
  arguments += "port=" + std::to_string(port);
  if (password) arguments += ", password=…";
  return "redis.Redis(" + arguments + ").set(\"greeting\", \"hello\", ex=60)";
}

}  // namespace

std::string welcome(const Serving& serving) {
  const auto& options = serving.options;
  const bool password = !options.password.empty();
  const auto host = host_for_clients(options.bind);
  const auto url = "redis://" + net::to_string({host, serving.port});
  const auto cli_url = url == "redis://127.0.0.1:6379" ? "" : " --url " + url;

  std::string out = "larder " LARDER_VERSION " serves Redis clients on " +
                    net::to_string({options.bind, serving.port}) + "\n";
  out +=
      "  " + std::to_string(options.threads) + (options.threads == 1 ? " thread, " : " threads, ");
  out += options.memory_bytes_max == 0
             ? "memory unbounded (--max-memory 1GiB bounds it)"
             : base::size_text(options.memory_bytes_max) + " for entries, then " +
                   std::string{policy::to_string(options.eviction)};
  out += password ? ", password needed\n\n" : ", no password\n\n";

  out += "  redis-cli  " + redis_cli(host, serving.port, password) + "\n";
  out += "  Python     " + python(host, serving.port, password) + "\n";
  out += "  C++        auto store = larder::Store::open(\"" + url + "\"" +
         (password ? ", {.password = …}" : "") + ").value();\n";
  out += "  shell      larder set greeting hello" + cli_url + "\n";
  out += "  metrics    " +
         (serving.metrics_url.empty() ? "none; --metrics-port 9121 serves them to Prometheus"
                                      : serving.metrics_url + "/metrics") +
         "\n\n";

  out +=
      "Everything is in memory: nothing survives a restart without --dir, which this version "
      "lacks.\n";
  out += "Stop: Ctrl-C, or kill " + std::to_string(base::process_id()) + "\n";
  return out;
}

void print_welcome(const Serving& serving) {
  std::fputs(welcome(serving).c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace larder::apps
