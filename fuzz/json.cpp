// Any bytes as a stored value: what is read must be what Boost.JSON reads, and must come back the same after being written.
#include <larder/codec.hpp>

#include <map>
#include <vector>

#include <boost/json.hpp>

#include "fuzz.hpp"

namespace {

using larder::Codec;
using larder::fuzz::require;

struct Record {
  std::string id;
  std::optional<int> age;
  std::vector<std::variant<std::monostate, std::int64_t, double, std::string>> mixed;
  std::map<int, std::pair<bool, float>> table;
  std::vector<Record> children;
};
BOOST_DESCRIBE_STRUCT(Record, (), (id, age, mixed, table, children))

template <class T>
void round_trip(std::string_view bytes) {
  const auto first = Codec<T>::decode(bytes);
  if (!first) {
    require(!first.error().detail.empty(), "a refusal says why");
    return;
  }
  std::string text, again;
  require(bool(Codec<T>::encode(*first, text)), "what was read can be written");
  const auto second = Codec<T>::decode(text);
  require(bool(second), "what was written can be read");
  require(bool(Codec<T>::encode(*second, again)) && again == text, "writing is stable");
}

/// Where both accept, they agree; where we accept, Boost.JSON does, which knows neither our limits nor our strictness.
void compare_with_boost(std::string_view bytes) {
  const auto ours = Codec<boost::json::value>::decode(bytes);
  if (!ours || bytes.starts_with('\xCA')) return;
  boost::json::error_code error;
  boost::json::parse_options options;
  options.max_depth = 1000;
  const boost::json::value theirs =
      boost::json::parse({bytes.data(), bytes.size()}, error, {}, options);
  // It refuses what overflows a double's exponent in its own way; that is the only known difference.
  if (error) {
    require(error == boost::json::error::exponent_overflow, "Boost.JSON reads what we read");
    return;
  }
  require(ours->kind() == theirs.kind(), "both see the same kind");
  if (ours->is_string()) require(*ours == theirs, "both see the same string");
  if (ours->is_int64() || ours->is_uint64()) require(*ours == theirs, "both see the same integer");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  round_trip<boost::json::value>(bytes);
  round_trip<Record>(bytes);
  round_trip<std::string>(bytes);
  round_trip<double>(bytes);
  compare_with_boost(bytes);
  return 0;
}
