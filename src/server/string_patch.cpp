#include "server/string_patch.hpp"

#include <string>

namespace larder::server {

Result<void> reach(engine::Entry& entry, std::size_t bytes) {
  const std::size_t size = entry.exists() ? entry.value().size() : 0;
  if (size >= bytes) return {};
  return entry.append(std::string(bytes - size, '\0'));
}

Result<void> write_at(engine::Entry& entry, std::size_t offset, std::string_view bytes) {
  if (auto reached = reach(entry, offset + bytes.size()); !reached) return reached;
  entry.overwrite(offset, bytes);
  return {};
}

}  // namespace larder::server
