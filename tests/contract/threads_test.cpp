// The Store contract under threads: totals are exact, exactly one wins.
#include <atomic>
#include <thread>

#include "contract/store_contract.hpp"

namespace larder {
namespace {

constexpr int kThreads = 8;

void in_threads(const std::function<void(int)>& work) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&work, i] { work(i); });
}

class Threads : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(Threads);

TEST_P(Threads, EightThreadsCountToAnExactTotal) {
  in_threads([&](int) {
    for (int i = 0; i < 500; ++i) store.add("n", std::int64_t{1}).value();
  });
  EXPECT_EQ(store.get("n").value(), Bytes("4000"));
}

TEST_P(Threads, ExactlyOneCreates) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> winners{0};
    const std::string key = "k" + std::to_string(round);
    in_threads([&](int i) {
      winners += store.set(key, std::to_string(i), {.condition = SetIf::absent}).value();
    });
    EXPECT_EQ(winners, 1);
  }
}

TEST_P(Threads, CompareAndSetLosesNoUpdate) {
  store.set("n", "0").value();
  in_threads([&](int) {
    for (int done = 0; done < 50;) {
      const Bytes seen = store.get("n").value().value();
      done += store.compare_and_set("n", seen, std::to_string(std::stoi(seen) + 1)).value();
    }
  });
  EXPECT_EQ(store.get("n").value(), Bytes("400"));
}

TEST_P(Threads, NobodyReadsAnothersValue) {
  std::atomic<int> wrong{0};
  in_threads([&](int id) {
    const std::string key = "mine:" + std::to_string(id);
    for (int i = 0; i < 300; ++i) {
      const std::string value = key + "=" + std::to_string(i);
      store.set(key, value).value();
      wrong += store.get(key).value() != Bytes(value);
    }
  });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace larder
