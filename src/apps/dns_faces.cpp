#include "apps/dns_faces.hpp"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/command.hpp"
#include "base/files.hpp"
#include "base/numbers.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "dns/rest.hpp"
#include "dns/service.hpp"
#include "http/server.hpp"
#include "net/socket.hpp"
#ifdef LARDER_GRPC
#include "dns/grpc/server.hpp"
#include "dns/grpc/source.hpp"
#endif

namespace larder::apps {
namespace {

/// Connections of a REST face: clients keep them, many at once.
constexpr std::size_t kHttpConnectionsMax = 1'024;

net::Endpoint place_of(const std::string& text, const char* flag) {
  const auto colon = text.rfind(':');
  const auto port = colon == std::string::npos
                        ? std::nullopt
                        : base::parse_unsigned(std::string_view(text).substr(colon + 1));
  if (!port || *port > 65'535 || colon == 0)
    throw BadInput(std::string(flag) + ": expected ADDR:PORT such as 127.0.0.1:8053, found " +
                   base::quoted(text));
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, static_cast<std::uint16_t>(*port)};
}

void observe(base::Metrics& metrics, dns::Service& service) {
  const struct {
    const char* name;
    const char* help;
    base::Labels labels;
    std::uint64_t dns::DnsStats::*figure;
  } rows[] = {
      {"larder_dns_questions_total",
       "Questions asked, whatever the way",
       {},
       &dns::DnsStats::questions},
      {"larder_dns_answers_total",
       "Answers by where they came from",
       {{"source", "near"}},
       &dns::DnsStats::near_hits},
      {"larder_dns_answers_total",
       "Answers by where they came from",
       {{"source", "shared"}},
       &dns::DnsStats::shared_hits},
      {"larder_dns_answers_total",
       "Answers by where they came from",
       {{"source", "stale"}},
       &dns::DnsStats::stale_served},
      {"larder_dns_answers_total",
       "Answers by where they came from",
       {{"source", "pinned"}},
       &dns::DnsStats::pinned_served},
      {"larder_dns_misses_total",
       "Questions that no tier could answer",
       {},
       &dns::DnsStats::misses},
      {"larder_dns_joined_total",
       "Questions that waited for another's flight",
       {},
       &dns::DnsStats::joined},
      {"larder_dns_prefetches_total",
       "Entries fetched anew before their end",
       {},
       &dns::DnsStats::prefetches},
      {"larder_dns_failures_total", "Questions without an answer", {}, &dns::DnsStats::failures},
      {"larder_dns_upstream_queries_total",
       "Queries sent upstream",
       {},
       &dns::DnsStats::upstream_queries},
      {"larder_dns_upstream_failures_total",
       "Of them, those that failed",
       {},
       &dns::DnsStats::upstream_failures},
      {"larder_dns_shared_errors_total",
       "Reads of the shared store that failed",
       {},
       &dns::DnsStats::shared_errors},
      {"larder_dns_shared_write_errors_total",
       "Writes to it that failed",
       {},
       &dns::DnsStats::write_errors},
  };
  for (const auto& row : rows) {
    metrics.observe(
        base::Metrics::Kind::counter, row.name, row.help,
        [&service, figure = row.figure] {
          return static_cast<double>(service.admin().stats().*figure);
        },
        row.labels);
  }
  metrics.observe(base::Metrics::Kind::gauge, "larder_dns_near_entries", "Entries in this process",
                  [&service] { return static_cast<double>(service.admin().stats().near_entries); });
  metrics.observe(base::Metrics::Kind::gauge, "larder_dns_near_bytes", "Their memory",
                  [&service] { return static_cast<double>(service.admin().stats().near_bytes); });
}

/// The token of --admin-token-file or LARDER_DNS_ADMIN_TOKEN; never an argument, which everybody on the machine can read.
std::string token_of(const DnsFaceFlags& flags) {
  constexpr const char* kVariable = "LARDER_DNS_ADMIN_TOKEN";
  constexpr std::size_t kTokenBytesMin = 16;
  std::string token = base::environment(kVariable), from = kVariable;
  if (!flags.token_file.empty()) {
    auto secret = value_or_bad_input(base::read_secret(flags.token_file));
    if (secret.others_can_read)
      std::fprintf(stderr, "larder dns: others can read %s, which holds the token: chmod 600 %s\n",
                   flags.token_file.c_str(), flags.token_file.c_str());
    token = std::move(secret.text);
    from = flags.token_file;
  }
  if (!token.empty() && token.size() < kTokenBytesMin)
    throw BadInput(
        from + ": a token of at least 16 characters is wanted, as `openssl rand -hex 16` makes");
  return token;
}

/// None: in clear.
net::TlsContext::Pointer tls_of(const DnsFaceFlags& flags) {
  if (flags.tls_cert.empty() && flags.tls_key.empty()) return nullptr;
  if (flags.tls_cert.empty() || flags.tls_key.empty())
    throw BadInput("--tls-cert-file and --tls-key-file: one needs the other");
  net::TlsOptions options;
  options.cert_file = flags.tls_cert;
  options.key_file = flags.tls_key;
  options.auth_clients = net::TlsOptions::AuthClients::no;
  return value_or_bad_input(net::TlsContext::for_server(options));
}

[[maybe_unused]] std::string pem_of(const std::string& path) {
  constexpr std::size_t kPemBytesMax = 1024 * 1024;
  return path.empty() ? "" : value_or_bad_input(base::read_file(path, kPemBytesMax));
}

/// A token that travels in clear is soon somebody else's.
void warn_of_clear(const char* what, const net::Endpoint& place, bool guarded, bool tls) {
  if (guarded && !tls && !net::is_loopback(place.host))
    std::fprintf(stderr,
                 "larder dns: %s on %s takes the administrator's token in clear; --tls-cert-file "
                 "and --tls-key-file encrypt it\n",
                 what, net::to_string(place).c_str());
}

}  // namespace

void declare_dns_faces(CLI::App& command, DnsFaceFlags& flags) {
  command
      .add_option("--http", flags.http,
                  "Answer by HTTP at ADDR:PORT too: /resolve, /cache, /readyz, /metrics; port 0 "
                  "takes a free one")
      ->type_name("ADDRESS");
  const auto file = [&](const char* name, std::string& into, const char* help) {
    command.add_option(name, into, help)->type_name("FILE");
  };
  file("--admin-token-file", flags.token_file,
       "Its first line is the token that those show who look into the cache or change it by HTTP "
       "or gRPC (or LARDER_DNS_ADMIN_TOKEN)");
  file("--tls-cert-file", flags.tls_cert, "TLS for HTTP and gRPC: the certificate in PEM");
  file("--tls-key-file", flags.tls_key, "Its private key");
#ifdef LARDER_GRPC
  file("--resolver-ca-file", flags.resolver_ca,
       "Believe a grpcs:// resolver whose certificate leads to an authority in this file");
  command
      .add_option("--grpc", flags.grpc,
                  "Answer by gRPC at ADDR:PORT too: larder.dns.v1.Resolver and CacheAdmin")
      ->type_name("ADDRESS");
  command
      .add_option(
          "--resolver", flags.resolver,
          "Ask the resolver of another process, grpc://HOST:PORT (grpcs:// by TLS), instead of "
          "upstreams")
      ->type_name("URL");
#endif
}

DnsFaces::DnsFaces(const DnsFaceFlags& flags, dns::Service& service) {
  observe(metrics_, service);
  token_.set(token_of(flags));
  const auto tls = tls_of(flags);
  if (!flags.http.empty()) {
    const auto place = place_of(flags.http, "--http");
    rest_ = std::make_unique<dns::RestApi>(dns::RestParts{.resolver = service.resolver(),
                                                          .admin = &service.admin(),
                                                          .metrics = &metrics_,
                                                          .token = &token_});
    warn_of_clear("HTTP", place, token_.is_set(), tls != nullptr);
    http_ = value_or_bad_input(
        http::Server::start({.bind = place.host,
                             .port = place.port,
                             .connections_max = kHttpConnectionsMax,
                             .body_bytes_max = dns::kRestBodyBytesMax,
                             .tls = tls},
                            [rest = rest_.get()](http::Request request, const http::Reply& reply) {
                              rest->handle(std::move(request), reply);
                            }),
        "--http ADDR:PORT picks another place");
    places_.emplace_back("HTTP", http_->url());
  }
#ifdef LARDER_GRPC
  if (!flags.grpc.empty()) {
    const auto place = place_of(flags.grpc, "--grpc");
    warn_of_clear("gRPC", place, token_.is_set(), tls != nullptr);
    grpc_ = value_or_bad_input(dns::GrpcServer::start(place.host, place.port,
                                                      {.resolver = service.resolver(),
                                                       .admin = &service.admin(),
                                                       .token = &token_,
                                                       .certificate_pem = pem_of(flags.tls_cert),
                                                       .key_pem = pem_of(flags.tls_key)}),
                               "--grpc ADDR:PORT picks another place");
    places_.emplace_back("gRPC", net::to_string({place.host, grpc_->port()}));
  }
#endif
}

DnsFaces::~DnsFaces() = default;

void DnsFaces::reload(const DnsFaceFlags& flags) {
  auto token = token_of(flags);
  const auto tls = tls_of(flags);
  if (http_ && tls && http_->url().starts_with("https:")) http_->use_tls(tls);
  token_.set(std::move(token));
}

std::function<std::unique_ptr<dns::Source>(net::EventLoop&)> remote_source(
    const DnsFaceFlags& flags) {
#ifdef LARDER_GRPC
  auto link = dns::open_grpc_link(flags.resolver, pem_of(flags.resolver_ca));
  if (!link) throw BadInput("--resolver: " + link.error().detail);
  return [link = *link](net::EventLoop& loop) {
    return dns::make_grpc_source(link, loop, base::SystemClock::instance());
  };
#else
  throw BadInput("--resolver " + flags.resolver + ": this build has no gRPC");
#endif
}

}  // namespace larder::apps
