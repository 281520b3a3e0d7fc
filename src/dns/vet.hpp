// Vetting: what of an upstream's message answers the question, and for how long it holds.
//
// A whole message is stored for one question and nothing else, so that no record of it ever answers another one. Of the answer section the chain of
// CNAMEs that begins at the question is kept, and what was asked for at its end; of the rest the SOA that makes "there is none" last
// (RFC 2308) and, for those who want signatures, the proofs.
#pragma once

#include <larder/error.hpp>

#include <cstdint>

#include "dns/message.hpp"
#include "dns/resolver.hpp"

namespace larder::dns {

struct TtlRules {
  std::uint32_t min_s = 0;       ///< Shorter ones are raised: 0 keeps what upstream says.
  std::uint32_t max_s = 86'400;  ///< Longer ones are cut.
  std::uint32_t negative_max_s =
      300;  ///< Of NXDOMAIN and of empty answers; RFC 2308 allows 3 hours.
  bool drop_private =
      false;  ///< Addresses of private networks are taken out of answers (DNS rebinding).
};

struct Vetted {
  Message message;          ///< What to store and answer: id 0, the question in lower case.
  std::uint32_t ttl_s = 0;  ///< 0: answered, not stored.
  bool negative = false;
};

/// Errors: `server_error` for an rcode that is no answer, or a referral; `protocol` for an answer to something else.
Result<Vetted> vet(const Question& question, Message message, const TtlRules& rules);

}  // namespace larder::dns
