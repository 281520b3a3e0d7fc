// Served: a connection and its place in the loop of the thread that has it.
#pragma once

#include <memory>

#include "net/event_loop.hpp"
#include "server/balance.hpp"
#include "server/connection.hpp"
#include "server/io_thread.hpp"

namespace larder::server {

class IoThread::Served final : public net::Watcher {
 public:
  Served(IoThread& owner, std::unique_ptr<net::Stream> stream, Addresses addresses, bool over_tls)
      : connection(std::move(stream), owner.context_, owner.scratch_, std::move(addresses)),
        tls(over_tls),
        owner_(&owner) {}

  void ready(unsigned events) override {
    turn([this, events](base::Instant now) { return connection.ready(events, now); });
  }
  /// What is left of an earlier turn.
  void go_on() {
    turn([this](base::Instant now) { return connection.turn(false, false, now); });
  }
  /// Sends what was published, if anything was.
  void pass_messages() {
    if (!connection.has_messages()) return;
    turn([this](base::Instant now) { return connection.pass_messages(now); });
  }
  std::uint64_t id() noexcept { return connection.session().client().id; }
  int descriptor() noexcept { return connection.stream().descriptor(); }
  /// Between two turns, with nothing of it under way on this thread.
  bool may_move() const noexcept { return !queued && !held && !awaits && connection.may_move(); }
  /// Before another thread takes it over: from here on only that one touches it.
  void give_to(IoThread& owner) noexcept {
    connection.give_to(owner.context_, owner.scratch_);
    owner_ = &owner;
  }

  Connection connection;
  std::size_t place = 0;         // In served_.
  std::size_t active_place = 0;  // In active_, where work is not 0.
  std::uint64_t work = 0;        // Estimated, of the present period.
  std::size_t accounted_bytes = 0;
  unsigned interest = net::Ready::read;
  const bool tls;
  bool queued = false;  // In again_ or running_.
  bool held = false;    // In held_.
  bool awaits = false;  // In awaiting_.

 private:
  /// One turn, and what it cost.
  template <class Turn>
  void turn(Turn&& of_connection) {
    IoThread& owner = *owner_;
    const Counters& counters = owner.counters_;
    const auto moved = [&] { return counters.bytes_in.get() + counters.bytes_out.get(); };
    const std::uint64_t commands = counters.commands.get();
    const std::uint64_t bytes = moved();
    const auto next = of_connection(owner.loop_.now());
    // A RESETSTAT may have set them back.
    const auto since = [](std::uint64_t now, std::uint64_t before) {
      return now > before ? now - before : 0;
    };
    const std::uint64_t done = since(counters.commands.get(), commands);
    owner.note_work(*this, estimated_work(1, done, since(moved(), bytes)));
    owner.act(*this, next);
  }

  IoThread* owner_;
};

}  // namespace larder::server
