// The service with all its threads: many ask at once, some look and erase meanwhile, and it ends while they still wait.
#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>
#include <thread>
#include <vector>

#include "dns/name.hpp"
#include "dns/service.hpp"

namespace larder::dns {
namespace {

using namespace std::chrono_literals;

Question numbered(int i, const char* under = ".example") {
  Question question;
  question.name = name_from_text("n" + std::to_string(i) + under).value();
  return question;
}

std::unique_ptr<Service> start(unsigned threads, std::optional<Store> shared = std::nullopt) {
  ServiceOptions options;
  options.threads = threads;
  options.near_bytes_max = 4 * 1024 * 1024;
  options.shared = std::move(shared);
  options.stub = StubOptions{};
  return std::move(*Service::start(std::move(options), base::SystemClock::instance()));
}

TEST(ServiceThreads, EveryQuestionIsAnsweredOnceWhoeverAsks) {
  constexpr int kAskers = 4;
  constexpr int kEach = 500;
  const auto service = start(2, Store::open("memory:").value());
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};
  std::counting_semaphore<kAskers * kEach> done{0};
  std::vector<std::thread> askers;
  for (int a = 0; a < kAskers; ++a) {
    askers.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        service->resolver().resolve(numbered(i % 100), {}, [&](const Outcome& outcome) {
          ++(outcome ? answered : failed);
          done.release();
        });
      }
    });
  }
  std::thread admin([&] {
    for (int i = 0; i < 50; ++i) {
      service->admin().erase({.name = "n" + std::to_string(i) + ".example", .type = {}},
                             [](const Result<std::size_t>&) {});
      service->admin().list({}, [](const Result<EntryPage>&) {});
      (void)service->admin().stats();
      (void)service->resolver().trouble();
    }
  });
  for (auto& asker : askers) asker.join();
  admin.join();
  for (int i = 0; i < kAskers * kEach; ++i) done.acquire();
  EXPECT_EQ(answered, kAskers * kEach);
  EXPECT_EQ(failed, 0);
}

TEST(ServiceThreads, OneQuestionIsOneFlightInTheWholeProcess) {
  const auto service = start(4);
  constexpr int kAskers = 8;
  std::counting_semaphore<kAskers> done{0};
  std::vector<std::thread> askers;
  for (int a = 0; a < kAskers; ++a) {
    askers.emplace_back([&] {
      service->resolver().resolve(numbered(1, ".slow-100.example"), {},
                                  [&](const Outcome&) { done.release(); });
    });
  }
  for (auto& asker : askers) asker.join();
  for (int i = 0; i < kAskers; ++i) done.acquire();
  EXPECT_EQ(service->admin().stats().upstream_queries, 1U);
}

TEST(ServiceThreads, ItsEndAnswersThoseWhoWait) {
  std::atomic<int> called{0};
  {
    auto service = start(2);
    for (int i = 0; i < 50; ++i)
      service->resolver().resolve(numbered(i, ".slow-50.example"), {},
                                  [&](const Outcome&) { ++called; });
    service->resolver().resolve(numbered(0, ".silent.example"), {},
                                [&](const Outcome&) { ++called; });
    service->stop();
    EXPECT_GE(called, 50);
  }
  EXPECT_EQ(called, 51);
}

}  // namespace
}  // namespace larder::dns
