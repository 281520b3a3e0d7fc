// What a call may take from the heap. Replaces this program's operator new, to count.
#include <larder/cache.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

namespace {
thread_local int allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace larder {
namespace {

using namespace std::chrono_literals;

template <class Call>
int allocations_of(Call call) {
  call();  // Once for what is allocated once: a thread's first metric, a table's growth.
  const int before = allocations;
  call();
  return allocations - before;
}

class AllocationTest : public testing::Test {
 protected:
  Store store = Store::open("memory:").value();
  Cache<Bytes> cache{store, "photos", {.ttl = 1h}};
  const Bytes large{std::string(1'000, 'x')};
};

TEST_F(AllocationTest, AGetOfBytesTakesTheValueAndNoMore) {
  cache.set("large", large).value();
  cache.set("small", Bytes("x")).value();
  EXPECT_EQ(allocations_of([&] { (void)cache.get("large"); }), 1);
  EXPECT_EQ(allocations_of([&] { (void)cache.get("small"); }), 0);
  EXPECT_EQ(allocations_of([&] { (void)cache.get(12'345); }), 0) << "a miss";
}

TEST_F(AllocationTest, AHitOfGetOrLoadTakesNoMoreThanAGet) {
  cache.set("large", large).value();
  const auto load = [](Load&) { return Bytes("loaded"); };
  EXPECT_EQ(allocations_of([&] { (void)cache.get_or_load("large", load); }), 1);
}

TEST_F(AllocationTest, ASetOfBytesTakesTheTablesCopyAndNoMore) {
  const auto set = [&] { (void)cache.set("large", large, {.keep_ttl = true}); };
  set();
  EXPECT_LE(allocations_of(set), 1);
}

}  // namespace
}  // namespace larder
