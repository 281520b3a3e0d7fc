// Of a batch that was answered as a whole: an answer for each of its keys.
#pragma once

#include <larder/bytes.hpp>

#include <utility>

#include "store/operation.hpp"

namespace larder::store {

/// Why the key at `at` failed; null: it did not.
inline const Error* failure_at(std::size_t at, const FailureOfEach& failed) {
  return failed.empty() || !failed[at] ? nullptr : &*failed[at];
}

inline std::vector<Result<std::optional<Bytes>>> to_each(
    std::size_t keys, Result<std::vector<std::optional<Bytes>>> all, const FailureOfEach& failed) {
  std::vector<Result<std::optional<Bytes>>> out;
  out.reserve(keys);
  for (std::size_t i = 0; i < keys; ++i) {
    if (!all) {
      out.emplace_back(all.error());
    } else if (const Error* const why = failure_at(i, failed)) {
      out.emplace_back(*why);
    } else {
      out.emplace_back(std::move((*all)[i]));
    }
  }
  return out;
}

inline std::vector<Result<void>> to_each(std::size_t keys, const Result<void>& all,
                                         const FailureOfEach& failed) {
  std::vector<Result<void>> out(keys);
  for (std::size_t i = 0; i < keys; ++i) {
    if (!all) {
      out[i] = all.error();
    } else if (const Error* const why = failure_at(i, failed)) {
      out[i] = *why;
    }
  }
  return out;
}

}  // namespace larder::store
