// Answers, entries and counts as the REST face writes them: JSON text.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "dns/cache_admin.hpp"
#include "dns/message.hpp"
#include "dns/resolver.hpp"

namespace larder::json {
class Writer;
}

namespace larder::dns {

/// What is asked, from its parts as people write them. Errors: `bad_argument` names the part: a name over 253 bytes, a label
/// over 63, an unknown type.
Result<Question> question_from_text(std::string_view name, std::string_view type);
/// A record type by name, TYPEnnn or number; 0 is none. Errors: `bad_argument`.
Result<std::uint16_t> type_or_error(std::string_view text);

/// How an answer is shown beside its records.
struct AnswerFacts {
  std::string comment;
  bool larder = false;  ///< Add a `Larder` object: where the answer came from.
  base::Nanos took{0};
};

/// An object in the shape of Google's and Cloudflare's resolvers. Errors: `protocol`: the answer's bytes are no message.
Result<std::string> json_of_answer(const Answer& answer, const AnswerFacts& facts);
/// The same shape for a failure: Status 2 and why.
std::string json_of_failure(const Question& question, const Error& error);
/// `{"error": "…"}`
std::string json_of_error(std::string_view words);

std::string json_of_entries(std::span<const CachedEntry> entries, std::uint64_t cursor);
std::string json_of_stats(const DnsStats& stats);
/// With the evenness of requests over them: standard deviation by mean, busiest by mean.
std::string json_of_partitions(std::span<const PartitionStats> partitions);
std::string json_of_policies(std::span<const TierPolicy> tiers);

/// Who is missing, and why.
struct Missing {
  std::string who;
  std::string why;
};
std::string json_of_readiness(std::span<const Missing> missing, std::size_t partitions);

/// Queries of a batch, each as read or as refused.
struct BatchQuery {
  Question question;
  std::string refused;  ///< Not empty: why there is nothing to ask.
};
inline constexpr std::size_t kBatchMax = 1'000;
/// Reads `{"queries": [{"name": …, "type": …, "do": …, "cd": …}]}`, or `{"names": […]}`, or the list alone.
/// Errors: `bad_argument` says where the text is not as it should be.
Result<std::vector<BatchQuery>> read_batch(std::string_view json);

}  // namespace larder::dns
