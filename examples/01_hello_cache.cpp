// Hello, cache: typed values by name, in this process or on a server.
//
//     ./01_hello_cache                           in this process
//     ./01_hello_cache redis://127.0.0.1:6379    on a Larder, Redis or Valkey server
#include <larder/larder.hpp>

#include <cstdio>

#include <boost/describe.hpp>

using namespace std::chrono_literals;

struct User {
  std::string id, name;
  std::vector<std::string> roles;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, name, roles))  // JSON both ways, no more code

int main(int argc, char** argv) {
  auto store = larder::Store::open(argc > 1 ? argv[1] : "memory:");
  if (!store) return std::fprintf(stderr, "%s\n", to_string(store.error()).c_str()), 2;

  larder::Cache<User> users{*store, "hello-user", {.ttl = 1h}};

  // A failed call is a value that says why; .value() throws it, for those who like exceptions.
  users.set("123", {"123", "Ada", {"admin", "author"}}).value();
  std::optional<User> ada = users.get("123").value();
  std::printf("users.get(\"123\")  -> %s, %zu roles\n", ada->name.c_str(), ada->roles.size());

  // 123 and "123" are one key; what is not there is no error.
  std::printf("users.get(123)    -> %s\n", users.get(123).value()->name.c_str());
  std::printf("users.get(7)      -> %s\n", users.get(7).value() ? "found" : "a miss");

  // The entry is JSON under space:key: any language and redis-cli can read it.
  std::printf("in the store      -> %s\n", store->get("hello-user:123").value()->c_str());

  std::printf("users.erase(123)  -> %s\n", users.erase(123).value() ? "erased" : "not there");
  std::printf("once more         -> %s\n", users.erase(123).value() ? "erased" : "not there");
}
