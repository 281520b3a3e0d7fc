#include "cache/words.hpp"

#include "base/text.hpp"

namespace larder::cache {
namespace {

std::string about(std::string_view full_key, std::string_view what) {
  return base::quoted(full_key, 64) + ": " + std::string(what);
}

}  // namespace

Error empty_key() { return {Errc::bad_argument, Effect::not_sent, "empty key"}; }

Error nothing_found(std::string_view full_key) {
  return {Errc::loader_failed, Effect::refused, about(full_key, "the loader found nothing")};
}

Error fill_still_there(std::string_view full_key) {
  return {Errc::timeout, Effect::not_sent,
          about(full_key, "a loaded value is still on its way to the store")};
}

Error waited_too_long(std::string_view full_key, Millis wait) {
  return {Errc::timeout, Effect::not_sent,
          about(full_key,
                "another caller's load took longer than " + std::to_string(wait.count()) + " ms")};
}

Error loads_itself(std::string_view full_key) {
  return {Errc::would_deadlock, Effect::not_sent,
          about(full_key, "this load waits for itself; a loader must not load its own key")};
}

Error too_many_wait(std::string_view full_key) {
  return {Errc::overloaded, Effect::not_sent,
          about(full_key, "too many callers wait for one load")};
}

Error gave_up(std::string_view full_key) {
  return {Errc::cancelled, Effect::not_sent, about(full_key, "the caller asked to stop")};
}

Error other_type(std::string_view full_key) {
  return {Errc::bad_value, Effect::refused,
          about(full_key, "another caller loaded it as a value of another type")};
}

Error negative_ttl(std::string_view full_key) {
  return {Errc::bad_argument, Effect::not_sent, about(full_key, "negative ttl")};
}

Error guard_of_no_lock(std::string_view full_key) {
  return {Errc::lock_lost, Effect::not_sent,
          about(full_key, "the guard is that of a lock which is not held")};
}

Error loader_failed(std::string_view full_key, std::exception_ptr thrown) {
  std::string words = "the loader threw";
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const std::exception& failure) {
    words += std::string(": ") + failure.what();
  } catch (...) {
    words += " something that is no std::exception";
  }
  return {Errc::loader_failed, Effect::refused, about(full_key, words)};
}

bool is_callers(const Error& error) noexcept {
  return error.code == Errc::would_deadlock || error.code == Errc::bad_argument ||
         error.code == Errc::too_large || error.code == Errc::cancelled;
}

void count_reads(Tally& tally, const Result<std::vector<std::optional<Bytes>>>& stored) noexcept {
  if (!stored) return tally.store_read_errors.add();
  std::uint64_t hits = 0;
  for (const auto& value : *stored) hits += value.has_value();
  tally.hits.add(hits);
  tally.misses.add(stored->size() - hits);
}

std::optional<Error> role_error(Joined::Role role, std::string_view full_key) {
  if (role == Joined::Role::would_deadlock) return loads_itself(full_key);
  if (role == Joined::Role::full) return too_many_wait(full_key);
  return std::nullopt;
}

Outcome outcome_of(Result<std::optional<std::string>> loaded) {
  return std::make_shared<const Result<std::optional<std::string>>>(std::move(loaded));
}

}  // namespace larder::cache
