// The names of what health and events tell.
#include <larder/health.hpp>

namespace larder {

std::string_view to_string(ServerHealth::State state) noexcept {
  switch (state) {
    case ServerHealth::State::up:
      return "up";
    case ServerHealth::State::connecting:
      return "connecting";
    case ServerHealth::State::tripped:
      return "tripped";
    case ServerHealth::State::dead:
      return "dead";
  }
  return "unknown";
}

std::string_view to_string(StoreEvent::Kind kind) noexcept {
  switch (kind) {
    case StoreEvent::Kind::server_died:
      return "server_died";
    case StoreEvent::Kind::server_returned:
      return "server_returned";
    case StoreEvent::Kind::server_added:
      return "server_added";
    case StoreEvent::Kind::server_removed:
      return "server_removed";
    case StoreEvent::Kind::primary_changed:
      return "primary_changed";
    case StoreEvent::Kind::slots_moved:
      return "slots_moved";
  }
  return "unknown";
}

}  // namespace larder
