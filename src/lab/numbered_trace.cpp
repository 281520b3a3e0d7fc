#include "lab/numbered_trace.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace larder::lab {
Result<NumberedTrace> NumberedTrace::read(RequestSource& source, std::uint64_t requests_max,
                                          const Progress& progress) {
  constexpr std::uint64_t kProgressEvery = 4'096;
  NumberedTrace trace;
  std::unordered_map<std::string, std::uint32_t> numbers;
  Request request;
  while (requests_max == 0 || trace.items.size() < requests_max) {
    const auto more = source.next(request);
    if (!more) return more.error();
    if (!*more) break;
    if (trace.items.size() == kRequestsMax) {
      return Error{Errc::bad_argument, Effect::not_sent,
                   "the trace has more than 268,435,456 requests; play a part: --requests 200M"};
    }
    const auto [at, is_new] =
        numbers.try_emplace(std::string(request.key), static_cast<std::uint32_t>(numbers.size()));
    const Item item{at->second, std::max(request.size, ShortKey(at->second).size()), request.ttl_s};
    if (is_new) trace.bytes += item.bytes;
    trace.bytes_max = std::max(trace.bytes_max, item.bytes);
    trace.has_ttl |= item.ttl_s != 0;
    trace.items.push_back(item);
    if (progress && trace.items.size() % kProgressEvery == 0)
      progress(source.progress(), trace.items.size());
  }
  trace.keys = numbers.size();
  return trace;
}

}  // namespace larder::lab
