// The end of servers, and of what they leave.
#include <algorithm>

#include "manage/local_redis.hpp"

namespace larder::manage {
namespace {

constexpr base::Millis kEndTime{30'000}, kKillTime{5'000}, kEndPause{10}, kAskAgain{1'000};

}  // namespace

Result<bool> LocalRedis::end(const Setup& setup, const Node& node, base::Signal signal,
                             base::Millis at_most) {
  if (auto sent = host_.signal(node.process, signal); !sent) return sent.error();
  const auto until = host_.now() + at_most;
  auto again = host_.now() + kAskAgain;
  while (runs(setup, node)) {
    const auto now = host_.now();
    if (now >= until) return false;
    // A Redis that writes its first AOF, as a new replica does, refuses to end, and forgets that it was asked.
    if (now >= again) {
      (void)host_.signal(node.process, signal);
      again = now + kAskAgain;
    }
    host_.sleep(kEndPause);
  }
  return true;
}

Result<std::size_t> LocalRedis::stop(bool kill) {
  auto held = lock();
  if (!held) return held.error();
  auto setup = known();
  if (!setup) return setup.error();
  // Sentinels first, or they would look for another primary; then replicas, so that no primary waits for them.
  std::vector<Node*> order;
  for (Node& node : setup->nodes) {
    if (runs(*setup, node)) order.push_back(&node);
  }
  std::stable_sort(order.begin(), order.end(), [](const Node* a, const Node* b) {
    const auto rank = [](const Node& node) {
      return node.sentinel ? 0 : node.primary != 0 ? 1 : 2;
    };
    return rank(*a) < rank(*b);
  });
  for (Node* const node : order) {
    auto over = end(*setup, *node, base::Signal::terminate, kill ? kKillTime : kEndTime);
    if (over && !*over && kill) over = end(*setup, *node, base::Signal::kill, kKillTime);
    if (!over) return over.error();
    if (!*over) {
      (void)save(*setup);
      return Error{Errc::timeout, Effect::maybe_executed,
                   node->name + " (process " + std::to_string(node->process.id) +
                       ") was asked to end and has not; see " + log_of(*node) +
                       ", or `larder redis stop --kill`"};
    }
    node->process = {};
  }
  if (auto saved = save(*setup); !saved) return saved.error();
  return order.size();
}

Result<void> LocalRedis::erase() {
  auto held = lock();
  if (!held) return held.error();
  auto setup = known();
  if (!setup) return setup.error();
  for (const Node& node : setup->nodes) {
    if (runs(*setup, node)) {
      return Error{Errc::bad_argument, Effect::refused,
                   node.name + " runs; `larder redis stop` comes first"};
    }
  }
  // By name, so that nothing goes that is not ours, whatever --dir said.
  for (const Node& node : setup->nodes) {
    if (auto gone = host_.erase_folder(folder_of(node)); !gone) return gone;
  }
  if (auto gone = host_.remove(password_file()); !gone) return gone;
  return host_.remove(folder_ + "/state");
}

}  // namespace larder::manage
