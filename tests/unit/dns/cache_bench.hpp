// What the cache's tests share: a source that answers when it is told to, a store that keeps readers waiting, time by hand.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "dns/cache.hpp"
#include "dns/name.hpp"
#include "dns/rdata_text.hpp"
#include "dns/types.hpp"
#include "net/event_loop.hpp"
#include "store/driver.hpp"

namespace larder::dns {

class HandSource final : public Source {
 public:
  struct Asked {
    Question question;
    Done done;
  };
  void ask(const Question& question, base::Instant, Done done) override {
    asked.push_back({question, std::move(done)});
  }
  Origin origin() const noexcept override { return Origin::upstream; }
  std::string trouble() const override { return {}; }
  void count(DnsStats& stats) const override { stats.upstream_queries += total; }

  /// Answers the oldest question with an address.
  void answer(std::uint32_t ttl = 60, const char* address = "192.0.2.1") {
    Asked first = take();
    Message message;
    message.response = true;
    message.question = dns::Asked{first.question.name, first.question.type, kClassIn};
    message.answers.push_back(
        {first.question.name, type::kA, kClassIn, ttl, rdata_from_text(type::kA, address).value()});
    first.done(std::move(message));
  }
  void deny(std::uint32_t ttl) {
    Asked first = take();
    Message message;
    message.response = true;
    message.rcode = rcode::kNxDomain;
    message.question = dns::Asked{first.question.name, first.question.type, kClassIn};
    message.authority.push_back({name_from_text(".").value(), type::kSoa, kClassIn, ttl,
                                 rdata_from_text(type::kSoa, ". . 1 2 3 4 9999").value()});
    first.done(std::move(message));
  }
  void fail(Errc code = Errc::timeout) {
    take().done(Error{code, Effect::maybe_executed, "no upstream today"});
  }

  std::deque<Asked> asked;
  std::size_t total = 0;

 private:
  Asked take() {
    EXPECT_FALSE(asked.empty()) << "nobody asked upstream";
    Asked first = std::move(asked.front());
    asked.pop_front();
    ++total;
    return first;
  }
};

/// A store over another one whose readers wait until they are let go.
class HeldStore final : public store::RunsEach<HeldStore, store::Operations, StoreDriver> {
 public:
  using Base = store::RunsEach<HeldStore, store::Operations, StoreDriver>;
  using Base::start;
  explicit HeldStore(Store inner) : inner_(std::move(inner)) {}
  std::string_view url() const noexcept override { return "held:"; }
  std::string metrics_text() const override { return {}; }
  bool answers_at_once() const noexcept override { return false; }
  template <class Op>
  Result<typename Op::Answer> answer(const Op& op, const CallOptions& call) {
    return inner_.driver()->run(op, call);
  }
  void start(const store::Get& op, const CallOptions&,
             std::shared_ptr<store::Pending<std::optional<Bytes>>> pending) override {
    held.emplace_back(op.key, std::move(pending));
  }
  void let_go() {
    for (auto& [key, pending] : std::exchange(held, {})) pending->answered(inner_.get(key));
  }
  void fail(Errc code) {
    for (auto& [key, pending] : std::exchange(held, {}))
      pending->answered(Error{code, Effect::maybe_executed, {}});
  }
  std::vector<std::pair<std::string, std::shared_ptr<store::Pending<std::optional<Bytes>>>>> held;

 private:
  const Store inner_;
};

class CacheTest : public ::testing::Test {
 protected:
  void SetUp() override { open({}); }
  void open(CacheOptions options, std::optional<Store> shared = std::nullopt) {
    cache = std::make_unique<DnsCache>(Store::open("memory:?shards=1").value(), std::move(shared),
                                       std::vector<DnsCache::Lane>{{&loop, &source}},
                                       std::move(options), clock);
    cache->enter_lane(0);
  }

  static Question question(std::string_view name = "www.example.com") {
    Question asked;
    asked.name = name_from_text(name).value();
    return asked;
  }
  /// Asks; the outcome lands in the answer's place when it comes.
  std::shared_ptr<std::optional<Outcome>> ask(const Question& asked, base::Instant deadline = {}) {
    auto place = std::make_shared<std::optional<Outcome>>();
    cache->resolve(asked, deadline,
                   [place](Outcome outcome) { place->emplace(std::move(outcome)); });
    return place;
  }
  std::shared_ptr<std::optional<Outcome>> ask(std::string_view name = "www.example.com") {
    return ask(question(name));
  }
  /// Asks, lets upstream answer, and looks that it did.
  void fetch(std::uint32_t ttl = 60, std::string_view name = "www.example.com") {
    const auto got = ask(name);
    source.answer(ttl);
    ASSERT_TRUE(*got && **got);
  }
  void pass(base::Nanos time) {
    clock.advance(time);
    loop.run_once(base::Nanos{0});
  }
  static Origin origin(const std::shared_ptr<std::optional<Outcome>>& got) {
    EXPECT_TRUE(*got && **got) << (*got ? to_string((**got).error()) : "no outcome yet");
    return *got && **got ? (***got).origin : Origin::pinned;
  }
  static std::uint32_t ttl(const std::shared_ptr<std::optional<Outcome>>& got) {
    return parse_message((***got).wire).value().answers.at(0).ttl;
  }

  base::ManualClock clock;
  net::EventLoop loop{clock};
  HandSource source;
  std::unique_ptr<DnsCache> cache;
};

}  // namespace larder::dns
