// The query that goes upstream, and whether what comes back is its answer.
//
// An answer must bring back the id, the question, and the question's letters in the very case they left in (0x20): together with the
// port, which is random too, what a forger off the path has to guess.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "dns/resolver.hpp"

namespace larder::dns {

/// 64 unpredictable bits a call.
using Chance = std::function<std::uint64_t()>;

/// The name with the case of each letter by chance.
std::string with_random_case(std::string_view name, const Chance& chance);

/// A query with EDNS: RD and AD set, DO and CD as asked.
std::string build_query(std::uint16_t id, std::string_view name, const Question& question);

enum class Match : unsigned char {
  yes,
  other_case,  ///< The question is right but for its case: forged, or from a server that does not keep it.
  no,          ///< Not an answer to this at all.
};
/// Looks at header and question only.
Match match_reply(std::string_view reply, std::uint16_t id, std::string_view name,
                  const Question& question) noexcept;

}  // namespace larder::dns
