// From the end to the beginning: whatever comes before a key's last whole write is void.
#include "node/step_rewrite.hpp"

#include <set>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "engine/operation.hpp"

namespace larder::node {

std::string without_repetitions(std::string_view operations) {
  using engine::Operation;
  using What = Operation::What;
  struct One {
    Operation operation;
    std::string_view bytes;
  };
  std::vector<One> all;
  for (std::string_view in = operations; !in.empty();) {
    One& one = all.emplace_back();
    one.bytes = in;
    LARDER_ASSERT(engine::take_operation(in, one.operation));
    one.bytes.remove_suffix(in.size());
  }
  std::set<std::pair<std::uint8_t, std::string_view>> settled;
  std::vector<std::string_view> kept;
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    const Operation& operation = one->operation;
    if (operation.what == What::flush || operation.what == What::swap) {
      settled.clear();
    } else {
      const std::pair key{operation.db, operation.key};
      if (settled.contains(key)) continue;
      if (operation.what == What::write || operation.what == What::erase) settled.insert(key);
    }
    kept.push_back(one->bytes);
  }
  std::string out;
  for (auto bytes = kept.rbegin(); bytes != kept.rend(); ++bytes) out.append(*bytes);
  return out;
}

}  // namespace larder::node
