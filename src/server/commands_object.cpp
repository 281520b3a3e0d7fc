// OBJECT: how a value is kept, in Redis' names, and how it is used. Idle times and counts of uses cost memory for each
// entry, so only the policies that rank by them keep them.
#include <string>

#include "base/numbers.hpp"
#include "policy/usage.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

/// The longest string that Redis calls "embstr".
constexpr std::size_t kEmbeddedBytesMax = 44;

std::string_view encoding_of(std::string_view value) {
  if (base::parse_integer(value)) return "int";
  return value.size() <= kEmbeddedBytesMax ? "embstr" : "raw";
}

// Redis' words. It tracks idle times under every policy that isn't LFU; we only under LRU.
constexpr std::string_view kIdleUnderLfu =
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
    "switching between policies at runtime LRU and LFU data will take some time to adjust.";
constexpr std::string_view kNoFrequency =
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that "
    "when switching between policies at runtime LRU and LFU data will take some time to adjust.";
constexpr std::string_view kNotYet =
    "ERR The maxmemory policy was selected after this key was last written, its use is not tracked "
    "yet: that takes some time, or the next write of the key.";

std::string no_idle_time(policy::Eviction eviction) {
  return "ERR Idle time is not tracked under the maxmemory policy '" +
         std::string(policy::to_string(eviction)) +
         "'. CONFIG SET maxmemory-policy to allkeys-lru or volatile-lru to track it.";
}

}  // namespace

void object_encoding(Call& call) {
  call.on_string(call.arg(2), node::Mode::peek, [&](engine::Entry& entry) {
    entry.exists() ? call.reply.bulk(encoding_of(entry.value())) : call.reply.null();
  });
}

void object_ref_count(Call& call) {
  call.node().visit(call.database(), call.arg(2), node::Mode::peek, [&](engine::Entry& entry) {
    entry.exists() ? call.reply.integer(1) : call.reply.null();
  });
}

void object_idle_time(Call& call) {
  const policy::Eviction eviction = call.node().eviction();
  call.node().visit(call.database(), call.arg(2), node::Mode::peek, [&](engine::Entry& entry) {
    if (!entry.exists()) return call.reply.null();
    if (policy::is_lfu(eviction)) return call.fail(kIdleUnderLfu);
    if (!policy::is_lru(eviction)) return call.fail(no_idle_time(eviction));
    const auto idle = entry.idle();
    if (!idle) return call.fail(kNotYet);
    call.reply.integer(std::chrono::floor<std::chrono::seconds>(*idle).count());
  });
}

void object_frequency(Call& call) {
  const policy::Eviction eviction = call.node().eviction();
  call.node().visit(call.database(), call.arg(2), node::Mode::peek, [&](engine::Entry& entry) {
    if (!entry.exists()) return call.reply.null();
    if (!policy::is_lfu(eviction)) return call.fail(kNoFrequency);
    const auto frequency = entry.frequency();
    if (!frequency) return call.fail(kNotYet);
    call.reply.integer(*frequency);
  });
}

}  // namespace larder::server
