// The frame of the Store contract: each rule is one TEST_P, each kind of store one value of the
// parameter.
//
// A rule that needs time to pass says so in milliseconds and waits for what it can observe, never
// for a fixed time.
#pragma once

#include <larder/store.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace larder::contract {

/// A kind of store: how tests call it, and where one is (the server starts with the first
/// question).
struct Engine {
  std::string name;
  std::function<std::string()> url;
};

std::vector<Engine> engines();
void PrintTo(const Engine& engine, std::ostream* out);

class StoreContract : public testing::TestWithParam<Engine> {
 protected:
  StoreContract();

  /// Opens one more handle on the same data. Over `memory:` that is a copy of the handle.
  Store another() const;
  /// Polls `holds` until it is true or two seconds are over.
  static bool eventually(const std::function<bool()>& holds);
  static Errc code(const auto& result) { return result.error().code; }

  Store store;
};

}  // namespace larder::contract

#define LARDER_FOR_EVERY_STORE(suite)                                             \
  INSTANTIATE_TEST_SUITE_P(Stores, suite, testing::ValuesIn(contract::engines()), \
                           [](const auto& instance) { return instance.param.name; })
