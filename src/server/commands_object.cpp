// OBJECT: how a value is kept, in Redis' names. Idle times and use counts of single keys are not kept by the table, so
// there is no IDLETIME and no FREQ.
#include "base/numbers.hpp"
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

}  // namespace larder::server
