// The names of what health and events tell, and what each kind of store is good for.
#include <larder/health.hpp>

#include "store/driver.hpp"

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

std::string_view to_string(Capability::Grade grade) noexcept {
  switch (grade) {
    case Capability::Grade::exact:
      return "exact";
    case Capability::Grade::best_effort:
      return "best effort";
    case Capability::Grade::absent:
      return "absent";
  }
  return "unknown";
}

}  // namespace larder

namespace larder::store {
namespace {

using Grade = Capability::Grade;
using Kind = Backing::Kind;

Capability values_of(Kind kind) {
  switch (kind) {
    case Kind::process:
      return {"values", Grade::exact, "in this process, and gone with it"};
    case Kind::folder:
      return {"values", Grade::exact, "in this process and its folder, as fsync= says"};
    case Kind::server:
      return {"values", Grade::exact, "on one server, as durable as it is set to be"};
    case Kind::ring:
      return {"values", Grade::exact, "each on one server; while that is dead, misses"};
    case Kind::rehashing_ring:
      return {"values", Grade::best_effort, "a dead server's keys begin anew on the others"};
    case Kind::sentinel:
    case Kind::cluster:
      break;
  }
  return {"values", Grade::best_effort,
          "what a primary acknowledged and did not replicate is lost when it fails"};
}

Capability locks_of(Kind kind, bool native) {
  switch (kind) {
    case Kind::process:
    case Kind::folder:
      return {"locks, limits", Grade::exact, "one step of this process"};
    case Kind::server:
      return {"locks, limits", Grade::exact,
              native ? "one step of the server, by commands of its own"
                     : "one step of the server, by scripts"};
    case Kind::ring:
      return {"locks, limits", Grade::exact,
              "one step of one server; while that is dead, they fail"};
    case Kind::rehashing_ring:
      return {"locks, limits", Grade::best_effort,
              "never on another server, but flushed with theirs when it returns"};
    case Kind::sentinel:
    case Kind::cluster:
      break;
  }
  return {"locks, limits", Grade::best_effort,
          "a failover may lose a lock that was granted; fencing tokens tell"};
}

Capability batches_of(Kind kind) {
  if (kind == Kind::process || kind == Kind::folder)
    return {"batches", Grade::best_effort, "key by key: others may see a part of one"};
  if (kind == Kind::server || kind == Kind::sentinel)
    return {"batches", Grade::best_effort,
            "a thousand keys are one step; more, or a condition, are several"};
  return {"batches", Grade::best_effort,
          "one step a server at most; the others' part stands where one fails"};
}

}  // namespace

std::vector<Capability> capabilities_of(Backing backing) {
  const Kind kind = backing.kind;
  const bool rings = kind == Kind::ring || kind == Kind::rehashing_ring;
  const bool splits = rings || kind == Kind::cluster;
  std::vector<Capability> out{
      values_of(kind),
      {"counters", values_of(kind).grade,
       "never added to twice: what is in doubt is told as maybe_executed"},
      locks_of(kind, backing.native),
      batches_of(kind),
      {"several limits at once", splits ? Grade::best_effort : Grade::exact,
       splits ? "all or none, if a {tag} keeps their names together; else refused" : "all or none"},
      {"scans", Grade::best_effort,
       "what is there throughout is shown; what comes or goes meanwhile, perhaps"},
      {"servers that come and go", rings ? Grade::exact : Grade::absent,
       rings ? "add_server, remove_server" : "only a redis+ring:// takes and gives servers"},
  };
  if (backing.reads_replicas) {
    out.insert(out.begin() + 1,
               {"reads", Grade::best_effort,
                "from replicas: what was just written may be missing; at_primary() sees it"});
  }
  return out;
}

}  // namespace larder::store
