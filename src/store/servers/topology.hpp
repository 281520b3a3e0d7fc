// Topology: which server answers for a key, and who else where that one does not.
#pragma once

#include <larder/store.hpp>

#include <optional>
#include <string_view>
#include <vector>

#include "store/driver.hpp"
#include "store/servers/node.hpp"

namespace larder::store {

/// What an operation wants of a key: what to do without its server depends on it.
enum class Use : std::uint8_t {
  read,    ///< Without its server it is a miss.
  glance,  ///< A read that may be of a moment ago: a replica will do. Only where reads_replicas().
  write,   ///< May go to another server where the topology moves keys of dead ones.
  hold,    ///< A lock, a limit, a generation: its own server or none, or two would hold it.
};

constexpr bool is_read(Use use) noexcept { return use == Use::read || use == Use::glance; }

/// Where a request goes.
struct Place {
  NodePointer node;     ///< None: nobody has it, which for a read is a miss.
  bool asking = false;  ///< With ASKING before it.
};

/// Another try: where, and how long to wait before.
struct Detour {
  Place place;
  Millis after{0};
};

/// Threads  Safe from any.
class Topology {
 public:
  virtual ~Topology() = default;

  /// Errors: `unreachable`, where its server is known to be dead.
  virtual Result<Place> place(std::string_view key, Use use) = 0;
  /// Every server, in the order of their numbers.
  virtual std::vector<NodePointer> all() const = 0;
  /// Those that are asked for nothing but glances; none of them is among all().
  virtual std::vector<NodePointer> replicas() const { return {}; }
  /// Do plain reads go to replicas?
  virtual bool reads_replicas() const noexcept { return false; }

  virtual std::vector<ServerHealth> health() const;

  virtual Backing::Kind kind() const noexcept = 0;
  /// All keys are on one server: nothing needs to be split.
  virtual bool is_one() const noexcept { return false; }
  /// A request may name keys of one slot only, so a batch goes key by key.
  virtual bool splits_by_key() const noexcept { return false; }
  /// Does this server answer for the key? False: it is a left-over of a time when it did.
  virtual bool is_at_home(const RedisNode&, std::string_view) const { return true; }

  /// After a reply that says to ask elsewhere or later (redis/redirect.hpp); `tries` were made before. None: it is the
  /// answer.
  virtual std::optional<Detour> after_refusal(const Place& from, std::string_view key,
                                              std::string_view words, unsigned tries);
  /// After a lost connection, where asking again does no harm. None: tell the caller.
  virtual std::optional<Detour> after_loss(const Place& from, std::string_view key, Use use,
                                           unsigned tries);

  /// Before it goes: what it has under way on its own account is given up.
  virtual void close() {}

  virtual Result<void> add_server(std::string_view server, const ServerOptions& options);
  virtual Result<void> remove_server(std::string_view name);
};

// Of servers that are silent, where others could answer.
/// One that owes a reply for so long is passed over where another will do.
inline constexpr Millis kHesitates{100};
/// One that leaves a request unanswered for so long hangs: calls leave it where they can.
inline constexpr Millis kHangs{500};
/// Frees the calls that a replica keeps waiting: they are asked again, of its primary.
void leave_if_it_hangs(RedisNode& replica);

/// 5, 10, 20 … 200 ms.
Millis pause_before(unsigned tries) noexcept;

/// One server: redis://, rediss:// and unix://.
class OneServer final : public Topology {
 public:
  explicit OneServer(NodePointer node) : node_(std::move(node)) {}
  Result<Place> place(std::string_view, Use) override { return Place{node_}; }
  std::vector<NodePointer> all() const override { return {node_}; }
  Backing::Kind kind() const noexcept override { return Backing::Kind::server; }
  bool is_one() const noexcept override { return true; }

 private:
  const NodePointer node_;
};

}  // namespace larder::store
