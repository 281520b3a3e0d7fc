// The tour's typed values: one of every kind goes into the store and comes back equal.
#include <larder/cache.hpp>

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include <boost/describe.hpp>
#include <boost/describe/operators.hpp>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "lab/tour_stage.hpp"

namespace larder::lab {
namespace tour_types {

using boost::describe::operators::operator==;

struct Item {
  std::string name;
  int count = 0;
};
BOOST_DESCRIBE_STRUCT(Item, (), (name, count))

struct Player {
  std::string name;
  double score = 0;
  std::vector<Item> bag;
  std::optional<std::string> guild;
};
BOOST_DESCRIBE_STRUCT(Player, (), (name, score, bag, guild))

}  // namespace tour_types

namespace {

using tour_types::Item;
using tour_types::Player;

/// Writes one value, reads it back, and shows what any other client of the store would see.
template <class T>
void round_trip(Stage& stage, unsigned& equal, const char* kind, const T& value) {
  const std::string space = stage.space("value");
  const Cache<T> cache(stage.store(), space, {.ttl = forever});
  Stage::need(cache.set(kind, value));
  const auto back = Stage::need(cache.get(kind));
  const bool same = back && *back == value;
  equal += same ? 1 : 0;
  const auto stored = Stage::need(stage.store().get(space + ":" + kind));
  std::string text = stored.value_or(Bytes{});
  if constexpr (std::same_as<T, Bytes>) text = base::quoted(text);
  stage.say(kind, text + (same ? "" : "   CAME BACK DIFFERENT"));
}

}  // namespace

void show_values(Stage& stage) {
  stage.title("Typed values, and the text that other programs read in the store");
  unsigned equal = 0;
  unsigned kinds = 0;
  const auto show = [&](const char* kind, const auto& value) {
    ++kinds;
    round_trip(stage, equal, kind, value);
  };
  show("bool", true);
  show("integer", std::int64_t{-9'007'199'254'740'993});
  show("double", 0.1);
  show("string", std::string("Grüße, \"Ada\"\n"));
  show("bytes", Bytes("\x00\xff raw", 6));
  show("vector", std::vector<int>{3, 1, 2});
  show("map", std::map<std::string, double>{{"pi", 3.14159}, {"e", 2.71828}});
  show("set", std::set<std::string>{"red", "green"});
  show("tuple", std::tuple<int, std::string, bool>{7, "seven", true});
  show("optional", std::optional<int>{});
  show("variant", std::variant<int, std::string>{"a word, not a number"});
  show("struct", Player{"Ada", 1'200.5, {Item{"lamp", 1}, Item{"rope", 3}}, "Analysts"});
  show("json", boost::json::value{{"any", {1, 2.5, nullptr}}, {"nested", {{"deep", true}}}});
  stage.promise(equal == kinds, std::to_string(equal) + " of " + std::to_string(kinds) +
                                    " kinds came back equal to what went in");
}

}  // namespace larder::lab
