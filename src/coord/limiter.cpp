#include <larder/limiter.hpp>

#include <algorithm>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "base/limits.hpp"
#include "coord/batches.hpp"
#include "coord/outages.hpp"
#include "coord/refuse.hpp"

namespace larder {
namespace {

using coord::bad_argument;
using coord::Batches;
using coord::Outages;
using coord::refuse;

std::string text_of(const detail::Space& space, const Key& key) {
  return std::string(detail::FullKey(space, key.text()).view());
}

/// What the caller gets for what the store said.
Result<Decision> settled(Outages& outages, std::string_view full_key, std::uint32_t count,
                         bool peek, Result<Decision> said) {
  if (said || !Outages::is_outage(said.error())) {
    outages.answered();
    return said;
  }
  outages.failed();
  return outages.answer(full_key, count, peek);
}

struct Question {
  std::string full_key;
  Limit limit;
  std::uint32_t count;
  bool peek;
};

/// `size` are asked for, of which the caller needs `question.count`.
Task<Result<Decision>> async_ask_store(const Store& store, Outages* outages,
                                       const Question& question, std::uint32_t size,
                                       CallOptions call) {
  const auto& [full_key, limit, count, peek] = question;
  if (outages && outages->is_away()) co_return outages->answer(full_key, count, peek);
  Result<Decision> said = peek ? co_await store.async_limit_peek(full_key, limit, size, call)
                               : co_await store.async_limit_take(full_key, limit, size, call);
  if (!outages) co_return said;
  co_return settled(*outages, full_key, count, peek, std::move(said));
}

Task<Result<Decision>> async_ask(Store store, std::shared_ptr<Outages> outages,
                                 std::shared_ptr<Batches> batches, Question question,
                                 CallOptions call) {
  const auto& [full_key, limit, count, peek] = question;
  if (!batches || peek || count == 0) {
    auto said = co_await async_ask_store(store, outages.get(), question, count, call);
    if (batches && said && !said->estimated) batches->add(full_key, count, *said);
    co_return said;
  }
  auto taken = batches->take(full_key, count);
  if (const auto* decision = std::get_if<Decision>(&taken)) co_return *decision;
  auto& ask = std::get<Batches::Ask>(taken);
  for (;;) {
    auto said = co_await async_ask_store(store, outages.get(), question, ask.size(), call);
    if (!said || said->estimated) co_return said;
    if (auto decision = ask.settle(*said)) co_return *decision;
  }
}

Task<Result<std::uint32_t>> async_left(Task<Result<Decision>> looking) {
  const auto decision = co_await std::move(looking);
  if (!decision) co_return decision.error();
  co_return decision->remaining;
}

Task<Result<bool>> async_forget(Store store, std::shared_ptr<Batches> batches, std::string full_key,
                                CallOptions call) {
  auto erased = co_await store.async_erase(full_key, call);
  batches->forget(full_key);
  co_return erased;
}

std::optional<std::string> batch_problem(const Limit& limit, std::uint32_t batch) {
  if (batch == 1) return std::nullopt;
  const std::string text = "a batch of " + std::to_string(batch);
  if (limit.algorithm == Algorithm::sliding_log)
    return text + " from a sliding log; it would not be exact, the other algorithms can have one";
  const bool bursts = limit.algorithm == Algorithm::token_bucket && limit.burst > 0;
  const std::uint32_t most = bursts ? limit.burst : limit.max;
  if (batch >= 1 && batch <= most) return std::nullopt;
  return text + " from a limit of " + std::to_string(most) + "; it must be 1 to that";
}

}  // namespace

Limiter::Limiter(Store store, std::string space, Rate rate, const LimiterOptions& options)
    : Limiter(std::move(store), std::move(space), rate, options, coord::system_world()) {}

Limiter::Limiter(Store store, std::string space, Rate rate, const LimiterOptions& options,
                 coord::World& world)
    : store_(std::move(store)), space_(space), rate_(rate) {
  if (space.size() > base::limits::kSpaceBytesMax) {
    throw Failure(bad_argument("space of " + std::to_string(space.size()) + " bytes; the most is " +
                               std::to_string(base::limits::kSpaceBytesMax)));
  }
  if (!(options.local_share > 0 && options.local_share <= 1))
    throw Failure(bad_argument("local_share of " + std::to_string(options.local_share) +
                               "; it must be above 0 and at most 1"));
  if (auto problem = batch_problem(rate.limit(), options.batch))
    throw Failure(bad_argument(*std::move(problem)));
  if (options.batch > 1) batches_ = std::make_shared<Batches>(rate.limit(), options.batch, world);
  if (options.outage != Outage::report)
    outages_ = std::make_shared<Outages>(rate.limit(), options, world);
}

Result<Decision> Limiter::ask(const Key& key, std::uint32_t count, bool peek,
                              const CallOptions& call) const {
  if (key.text().empty()) return bad_argument("empty key");
  const detail::FullKey full(space_, key.text());
  if (!batches_) return ask_store(full, count, count, peek, call);
  if (!peek && count > 0) return ask_ahead(full, count, call);
  auto said = ask_store(full, count, count, peek, call);
  if (said && !said->estimated) batches_->add(full, count, *said);
  return said;
}

// `size` are asked for, of which the caller needs `count`.
Result<Decision> Limiter::ask_store(std::string_view full_key, std::uint32_t size,
                                    std::uint32_t count, bool peek, const CallOptions& call) const {
  if (outages_ && outages_->is_away()) return outages_->answer(full_key, count, peek);
  auto said = peek ? store_.limit_peek(full_key, rate_.limit(), size, call)
                   : store_.limit_take(full_key, rate_.limit(), size, call);
  if (!outages_) return said;
  return settled(*outages_, full_key, count, peek, std::move(said));
}

Result<Decision> Limiter::ask_ahead(std::string_view full_key, std::uint32_t count,
                                    const CallOptions& call) const {
  auto taken = batches_->take(full_key, count);
  if (const auto* decision = std::get_if<Decision>(&taken)) return *decision;
  auto& ask = std::get<Batches::Ask>(taken);
  for (;;) {
    auto said = ask_store(full_key, ask.size(), count, false, call);
    if (!said || said->estimated) return said;
    if (auto decision = ask.settle(*said)) return *decision;
  }
}

Result<Decision> Limiter::allow(const Key& key, std::uint32_t count,
                                const CallOptions& call) const {
  return ask(key, count, false, call);
}

Result<Decision> Limiter::peek(const Key& key, std::uint32_t count, const CallOptions& call) const {
  return ask(key, count, true, call);
}

Result<std::uint32_t> Limiter::remaining(const Key& key, const CallOptions& call) const {
  const auto decision = peek(key, 1, call);
  if (!decision) return decision.error();
  return decision->remaining;
}

Result<bool> Limiter::reset(const Key& key, const CallOptions& call) const {
  if (key.text().empty()) return bad_argument("empty key");
  const detail::FullKey full(space_, key.text());
  auto erased = store_.erase(full, call);
  if (batches_) batches_->forget(full);
  return erased;
}

Task<Result<Decision>> Limiter::async_allow(const Key& key, std::uint32_t count,
                                            CallOptions call) const {
  if (key.text().empty()) return refuse<Decision>(bad_argument("empty key"));
  return async_ask(store_, outages_, batches_, {text_of(space_, key), rate_.limit(), count, false},
                   call);
}

Task<Result<Decision>> Limiter::async_peek(const Key& key, std::uint32_t count,
                                           CallOptions call) const {
  if (key.text().empty()) return refuse<Decision>(bad_argument("empty key"));
  return async_ask(store_, outages_, batches_, {text_of(space_, key), rate_.limit(), count, true},
                   call);
}

Task<Result<std::uint32_t>> Limiter::async_remaining(const Key& key, CallOptions call) const {
  return async_left(async_peek(key, 1, call));
}

Task<Result<bool>> Limiter::async_reset(const Key& key, CallOptions call) const {
  if (key.text().empty()) return refuse<bool>(bad_argument("empty key"));
  if (!batches_) return store_.async_erase(text_of(space_, key), call);
  return async_forget(store_, batches_, text_of(space_, key), call);
}

// ---- many -----------------------------------------------------------------------------------------------

/// One call about many limits, on its way through the limiters' privacies. It keeps what it needs of them.
struct LimitedCall {
  explicit LimitedCall(std::span<const Passing> limits) {
    for (const auto& [limiter, key, count] : limits) {
      asks.emplace_back(text_of(limiter.space_, key), LimitAsk{{}, limiter.rate_.limit(), count});
      outages.push_back(limiter.outages_);
      if (!store) store = limiter.store_;
      if (key.text().empty()) problem = bad_argument("empty key");
      if (limiter.store_.driver() != store->driver())
        problem = bad_argument("limiters of several stores; what is all or none needs one");
    }
    if (limits.empty()) problem = bad_argument("no limit to pass");
  }

  /// Each limiter's policy. None: one of them reports outages.
  std::optional<std::vector<Decision>> policies() const {
    if (reports()) return std::nullopt;
    auto decisions = each_policy(true);
    const auto allows = [](const Decision& decision) { return decision.allowed; };
    if (std::all_of(decisions.begin(), decisions.end(), allows)) decisions = each_policy(false);
    return decisions;
  }
  /// Whether nobody needs to wait for the store. The first limiter's watch is asked for all: several would take turns to
  /// say that somebody else is trying.
  bool is_away() const { return !reports() && outages.front()->is_away(); }
  bool reports() const {
    return std::any_of(outages.begin(), outages.end(), [](const auto& of) { return !of; });
  }
  void note(bool answered) const {
    for (const auto& of : outages) {
      if (of) answered ? of->answered() : of->failed();
    }
  }
  std::vector<Decision> each_policy(bool peek) const {
    std::vector<Decision> decisions;
    for (std::size_t i = 0; i < asks.size(); ++i)
      decisions.push_back(outages[i]->answer(asks[i].first, asks[i].second.count, peek));
    return decisions;
  }

  std::vector<std::pair<std::string, LimitAsk>> asks;
  std::vector<std::shared_ptr<Outages>> outages;
  std::optional<Store> store;
  std::optional<Error> problem;
};

namespace {

ManyDecision many_of(std::vector<Decision> each) {
  ManyDecision many;
  many.each = std::move(each);
  for (std::size_t i = 0; i < many.each.size(); ++i) {
    const Decision& decision = many.each[i];
    if (decision.allowed || (many.denied_by && decision.retry_after <= many.retry_after)) continue;
    many.denied_by = i;
    many.retry_after = decision.retry_after;
  }
  many.allowed = !many.denied_by;
  return many;
}

/// What the caller gets for what the store said.
Result<ManyDecision> settled(const LimitedCall& many, Result<std::vector<Decision>> said) {
  const bool outage = !said && Outages::is_outage(said.error());
  many.note(!outage);
  if (said) return many_of(*std::move(said));
  if (!outage) return said.error();
  auto decisions = many.policies();
  if (!decisions) return said.error();
  return many_of(*std::move(decisions));
}

Task<Result<ManyDecision>> async_ask_all(LimitedCall many, CallOptions call) {
  if (many.problem) co_return *std::move(many.problem);
  if (many.is_away()) co_return many_of(*many.policies());
  auto said = co_await many.store->async_limit_take_all(many.asks, call);
  co_return settled(many, std::move(said));
}

}  // namespace

Result<ManyDecision> allow_all(std::span<const Passing> limits, const CallOptions& call) {
  const LimitedCall many(limits);
  if (many.problem) return *many.problem;
  if (many.is_away()) return many_of(*many.policies());
  std::vector<LimitAsk> asks;
  for (const auto& [key, ask] : many.asks) asks.push_back({key, ask.limit, ask.count});
  return settled(many, many.store->limit_take_all(asks, call));
}

Task<Result<ManyDecision>> async_allow_all(std::span<const Passing> limits, CallOptions call) {
  return async_ask_all(LimitedCall(limits), call);
}

Task<Result<ManyDecision>> async_allow_all(std::initializer_list<Passing> limits,
                                           CallOptions call) {
  return async_allow_all(std::span<const Passing>(limits.begin(), limits.size()), call);
}

// ---- HTTP -----------------------------------------------------------------------------------------------

std::vector<std::pair<std::string, std::string>> rate_limit_headers(const Rate& rate,
                                                                    const Decision& decision) {
  const auto seconds = [](Millis time) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count());
  };
  const Limit& limit = rate.limit();
  const bool bursts = limit.algorithm == Algorithm::token_bucket && limit.burst > 0;
  std::string policy = std::to_string(limit.max) + ";w=" + seconds(limit.window);
  if (bursts) policy += ";burst=" + std::to_string(limit.burst);
  std::vector<std::pair<std::string, std::string>> headers{
      {"RateLimit-Limit", std::to_string(bursts ? limit.burst : limit.max)},
      {"RateLimit-Remaining", std::to_string(decision.remaining)},
      {"RateLimit-Reset", seconds(decision.allowed ? decision.reset_after : decision.retry_after)},
      {"RateLimit-Policy", policy}};
  if (!decision.allowed) headers.emplace_back("Retry-After", seconds(decision.retry_after));
  return headers;
}

}  // namespace larder
