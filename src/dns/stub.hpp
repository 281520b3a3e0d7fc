// The stub authority: made-up answers for tests and experiments, the same for the same name on every machine.
//
// Nothing it says is true, and everything shows it: addresses are of 198.18.0.0/15 (benchmarks, RFC 2544) and 2001:db8::/32
// (documentation, RFC 3849), answers are marked as made up, and over EDNS carry "Forged Answer" (RFC 8914).
//
// Labels of the name tell it what to do: `ttl-5` gives that TTL, `slow-200` waits so many milliseconds, `nx` does not exist,
// `empty` has no records, `cname` points to the name behind it, `big-4000` has about that many bytes of records,
// `servfail` fails, `silent` never answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/metrics.hpp"
#include "dns/source.hpp"
#include "net/event_loop.hpp"

namespace larder::dns {

struct StubOptions {
  std::uint32_t ttl_s = 300;
  std::uint32_t negative_ttl_s = 60;
  double nxdomain_share = 0;     ///< Of all names, chosen by hash: the same ones always. 0 to 1.
  std::string nxdomain_match{};  ///< Glob over the lower-case name with its final dot; empty: none.
  base::Millis delay{0};         ///< Before every answer.
};

/// The message the stub gives, without the waiting. Rcodes other than NOERROR and NXDOMAIN occur.
Message stub_answer(const Question& question, const StubOptions& options);
/// How long it takes; none: for ever.
std::optional<base::Millis> stub_delay(const Question& question, const StubOptions& options);

class Stub final : public Source {
 public:
  Stub(net::EventLoop& loop, StubOptions options) : loop_(loop), options_(std::move(options)) {}
  void ask(const Question& question, base::Instant deadline, Done done) override;
  Origin origin() const noexcept override { return Origin::stub; }
  std::string trouble() const override { return {}; }
  void count(DnsStats& stats) const override { stats.upstream_queries += asked_.value(); }

 private:
  void answer(const Question& question, const Done& done) const;

  net::EventLoop& loop_;
  const StubOptions options_;
  base::Counter asked_;
};

}  // namespace larder::dns
