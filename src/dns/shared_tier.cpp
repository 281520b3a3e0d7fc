#include "dns/shared_tier.hpp"

#include <utility>

#include "dns/name.hpp"
#include "dns/types.hpp"
#include "store/driver.hpp"

namespace larder::dns {
namespace {

/// One call under way: its arguments live here until the answer came.
template <class Op, class... Kept>
class SharedCall final : public store::Pending<typename Op::Answer> {
 public:
  using Answer = typename Op::Answer;
  SharedCall(std::function<void(Result<Answer>)> done, Kept... values)
      : kept(std::move(values)...), done_(std::move(done)) {}
  void answered(Result<Answer> answer) noexcept override { done_(std::move(answer)); }

  std::tuple<Kept...> kept;
  std::optional<Op> op;  ///< Views into `kept`.

 private:
  std::function<void(Result<Answer>)> done_;
};

template <class Op, class Make, class... Kept>
void start(const Store& store, Millis deadline,
           std::function<void(Result<typename Op::Answer>)> done, Make make, Kept... kept) {
  auto call = std::make_shared<SharedCall<Op, Kept...>>(std::move(done), std::move(kept)...);
  StoreDriver& driver = *store.driver();
  const Op& op = call->op.emplace(std::apply(make, call->kept));
  driver.start(op, CallOptions{deadline}, std::move(call));
}

std::vector<std::string_view> key_views(const std::vector<std::string>& keys) {
  return {keys.begin(), keys.end()};
}

}  // namespace

SharedTier::SharedTier(Store store, std::string prefix, Millis read_deadline, Millis write_deadline)
    : store_(std::move(store)),
      prefix_(std::move(prefix)),
      read_deadline_(read_deadline),
      write_deadline_(write_deadline) {}

bool SharedTier::answers_at_once() const noexcept { return store_.driver()->answers_at_once(); }

std::string SharedTier::key_of(const Question& question) const {
  std::string key = prefix_ + "{" + name_to_text(lowered(question.name));
  key += "}/";
  key += type_text(question.type);
  key += '/';
  if (question.dnssec_ok) key += 'd';
  if (question.checking_disabled) key += 'c';
  return key;
}

std::optional<Question> SharedTier::question_of(std::string_view key) const {
  if (key.substr(0, prefix_.size()) != prefix_) return std::nullopt;
  key.remove_prefix(prefix_.size());
  const std::size_t flags_at = key.rfind('/');
  if (flags_at == std::string_view::npos || flags_at == 0) return std::nullopt;
  const std::size_t type_at = key.rfind('/', flags_at - 1);
  if (type_at == std::string_view::npos) return std::nullopt;
  if (type_at < 2 || key.front() != '{' || key[type_at - 1] != '}') return std::nullopt;
  const auto name = name_from_text(key.substr(1, type_at - 2));
  const auto type = type_from_text(key.substr(type_at + 1, flags_at - type_at - 1));
  const auto flags = key.substr(flags_at + 1);
  if (!name || !type) return std::nullopt;
  return Question{*name,
                  *type,
                  kClassIn,
                  flags.find('d') != std::string_view::npos,
                  flags.find('c') != std::string_view::npos,
                  false};
}

void SharedTier::get(std::string key, Done<std::optional<Bytes>> done) const {
  start<store::Get>(
      store_, read_deadline_, std::move(done), [](const std::string& k) { return store::Get{k}; },
      std::move(key));
}

void SharedTier::lease(std::string key, Millis time, Done<Lease> done) const {
  start<store::LeaseMiss>(
      store_, read_deadline_, std::move(done),
      [time](const std::string& k) {
        return store::LeaseMiss{k, time};
      },
      std::move(key));
}

void SharedTier::fill(std::string key, std::string value, std::uint64_t token,
                      std::optional<Millis> ttl, Done<bool> done) const {
  start<store::Fill>(
      store_, write_deadline_, std::move(done),
      [token, ttl](const std::string& k, const std::string& v) {
        return store::Fill{k, v, token, ttl};
      },
      std::move(key), std::move(value));
}

void SharedTier::get_many(std::vector<std::string> keys,
                          Done<std::vector<std::optional<Bytes>>> done) const {
  get_all(std::move(keys), write_deadline_, std::move(done));
}

void SharedTier::get_together(std::vector<std::string> keys,
                              Done<std::vector<std::optional<Bytes>>> done) const {
  get_all(std::move(keys), read_deadline_, std::move(done));
}

void SharedTier::get_all(std::vector<std::string> keys, Millis deadline,
                         Done<std::vector<std::optional<Bytes>>> done) const {
  auto views =
      key_views(keys);  // Moved along with the strings, which stay where they are in memory.
  start<store::GetMany>(
      store_, deadline, std::move(done),
      [](const auto&, const auto& v) { return store::GetMany{v}; }, std::move(keys),
      std::move(views));
}

bool SharedTier::is_one_server() const noexcept {
  const std::string_view url = store_.url();
  return url.starts_with("redis://") || url.starts_with("rediss://");
}

void SharedTier::set(std::string key, std::string value, std::optional<Millis> ttl,
                     Done<bool> done) const {
  start<store::Set>(
      store_, write_deadline_, std::move(done),
      [ttl](const std::string& k, const std::string& v) {
        return store::Set{k, v, {.ttl = ttl}};
      },
      std::move(key), std::move(value));
}

void SharedTier::erase_many(std::vector<std::string> keys, Done<std::size_t> done) const {
  auto views = key_views(keys);
  start<store::EraseMany>(
      store_, write_deadline_, std::move(done),
      [](const auto&, const auto& v) { return store::EraseMany{v}; }, std::move(keys),
      std::move(views));
}

void SharedTier::ping(Done<void> done) const {
  start<store::Ping>(store_, write_deadline_, std::move(done), [] { return store::Ping{}; });
}

void SharedTier::size(Done<std::size_t> done) const {
  start<store::Size>(store_, write_deadline_, std::move(done), [] { return store::Size{}; });
}

void SharedTier::info(Done<std::string> done) const {
  start<store::Info>(store_, write_deadline_, std::move(done), [] { return store::Info{}; });
}

}  // namespace larder::dns
