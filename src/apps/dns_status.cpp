// larder dns status: whether a running service is ready, and who is missing.
#include <larder/json.hpp>

#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/dns_tools.hpp"
#include "apps/report.hpp"
#include "http/client.hpp"

namespace larder::apps {
namespace {

struct Readiness {
  bool ready = false;
  std::uint64_t partitions = 0;
  std::vector<std::pair<std::string, std::string>> missing;
};

bool read_missing(json::Reader& in, Readiness& readiness) {
  if (!in.begin('[')) return false;
  while (in.next(']')) {
    auto& [who, why] = readiness.missing.emplace_back();
    if (!in.begin('{')) return false;
    while (in.next('}')) {
      std::string_view key;
      if (!in.key(key) || !in.string(key == "who" ? who : why)) return false;
    }
  }
  return !in.failed();
}

bool read_readiness(json::Reader& in, Readiness& readiness) {
  if (!in.begin('{')) return false;
  while (in.next('}')) {
    std::string_view key;
    if (!in.key(key)) return false;
    const bool good = key == "ready"        ? in.boolean(readiness.ready)
                      : key == "partitions" ? in.integer(readiness.partitions, 1'000'000)
                      : key == "missing"    ? read_missing(in, readiness)
                                            : in.skip();
    if (!good) return false;
  }
  return in.finish();
}

int dns_status(std::string url, const std::string& ca_file, bool json) {
  while (url.ends_with('/')) url.pop_back();
  if (url.find("://") == url.npos && url.find(':') != url.npos) url = "http://" + url;
  net::TlsContext::Pointer tls;
  if (!ca_file.empty()) {
    net::TlsOptions options;
    options.ca_cert_file = ca_file;
    tls = value_or_bad_input(net::TlsContext::for_client(options));
  }
  const auto fetched = http::fetch(url + "/readyz", base::Millis{12'000}, tls);
  if (!fetched)
    throw BadInput(fetched.error().detail + (fetched.error().code == Errc::bad_url
                                                 ? ""
                                                 : "; is `larder dns --http` running there?"));
  Readiness readiness;
  json::Reader in(fetched->body);
  if ((fetched->status != 200 && fetched->status != 503) || !read_readiness(in, readiness)) {
    throw BadInput(url + " is no `larder dns --http`: it answered " +
                   std::to_string(fetched->status));
  }
  if (json) {
    print_line(fetched->body);
  } else if (readiness.ready) {
    print_line("ready: the resolver answers, and so do all partitions (" +
               std::to_string(readiness.partitions) + ")");
  } else {
    for (const auto& [who, why] : readiness.missing) print_line("missing: " + who + ": " + why);
  }
  return readiness.ready ? kYes : kNo;
}

}  // namespace

void declare_dns_status(CLI::App& dns, DnsTools& tools) {
  struct Flags {
    std::string url = "http://127.0.0.1:8053";
    std::string ca_file;
    bool json = false;
  };
  auto flags = std::make_shared<Flags>();
  auto& command =
      *dns.add_subcommand("status", "Tell whether a running service is ready, and who is missing");
  command.get_option("--help")->description("Print this and end");
  command.add_option("URL", flags->url, "Of its HTTP face")->capture_default_str();
  command
      .add_option(
          "--ca-file", flags->ca_file,
          "Believe an https:// service whose certificate leads to an authority in this file")
      ->type_name("FILE");
  command.add_flag("--json", flags->json, "Print a JSON object");
  tools.emplace_back(&command,
                     [flags] { return dns_status(flags->url, flags->ca_file, flags->json); });
}

}  // namespace larder::apps
