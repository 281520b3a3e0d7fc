#include <larder/larder.hpp>

#include <chrono>
#include <iostream>

struct User {
  std::string id, name;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, name))  // JSON both ways

int main() {
  using namespace std::chrono_literals;
  auto store = larder::Store::open("memory:").value();  // or "redis://127.0.0.1:6379"
  larder::Cache<User> users{store, "user", {.ttl = 1h}};

  users.set("123", {"123", "John"}).value();
  auto load_user = [](auto& load) { return User{std::string(load.key()), "Ada"}; };
  User ada = users.get_or_load("7", load_user).value();  // runs once for all who wait
  auto visits = larder::Counter{store, "visits"}.incr("home").value();
  std::cout << users.get("123").value()->name << ", " << ada.name << ", " << visits << '\n';
}
