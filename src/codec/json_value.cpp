// boost::json::value through our own reader and writer, so that its limits and refusals are the
// same as everywhere.
#include <larder/codec.hpp>

#include <boost/json/value.hpp>

namespace larder::json {
namespace {

bool read_number(Reader& in, boost::json::value& value) {
  // The narrowest kind that holds it, as Boost.JSON's own parser chooses.
  const Reader::Mark start = in.mark();
  std::int64_t whole = 0;
  if (in.integer(whole, INT64_MIN, INT64_MAX)) {
    value = whole;
    return true;
  }
  std::uint64_t large = 0;
  if (in.rewind(start) && in.integer(large, UINT64_MAX)) {
    value = large;
    return true;
  }
  double number = 0;
  if (!in.rewind(start) || !in.number(number)) return false;
  value = number;
  return true;
}

bool read_string(Reader& in, boost::json::value& value) {
  std::string text;
  if (!in.string(text)) return false;
  value = text;
  return true;
}

bool read_array(Reader& in, boost::json::value& value) {
  auto& array = value.emplace_array();
  if (!in.begin('[')) return false;
  while (in.next(']')) {
    array.emplace_back(nullptr);
    if (!Format<boost::json::value>::read(in, array.back())) return in.at(array.size() - 1);
  }
  return !in.failed();
}

bool read_object(Reader& in, boost::json::value& value) {
  auto& object = value.emplace_object();
  if (!in.begin('{')) return false;
  while (in.next('}')) {
    std::string_view name;
    if (!in.key(name)) return false;
    auto& member = object[name];
    const boost::json::string_view kept = object.find(name)->key();
    if (!Format<boost::json::value>::read(in, member))
      return in.at(std::string_view(kept.data(), kept.size()));
  }
  return !in.failed();
}

}  // namespace

bool Format<boost::json::value>::read(Reader& in, boost::json::value& value) {
  switch (in.peek()) {
    case Kind::nothing:
      return in.expected("a value");
    case Kind::null:
      value = nullptr;
      return in.null();
    case Kind::boolean: {
      bool flag = false;
      if (!in.boolean(flag)) return false;
      value = flag;
      return true;
    }
    case Kind::number:
      return read_number(in, value);
    case Kind::string:
      return read_string(in, value);
    case Kind::array:
      return read_array(in, value);
    case Kind::object:
      return read_object(in, value);
  }
  return false;
}

bool Format<boost::json::value>::write(Writer& out, const boost::json::value& value) {
  using boost::json::kind;
  switch (value.kind()) {
    case kind::null:
      return out.null();
    case kind::bool_:
      return out.boolean(value.get_bool());
    case kind::int64:
      return out.integer(std::int64_t{value.get_int64()});
    case kind::uint64:
      return out.integer(std::uint64_t{value.get_uint64()});
    case kind::double_:
      return out.number(value.get_double());
    case kind::string:
      return out.string(std::string_view(value.get_string().data(), value.get_string().size()));
    case kind::array: {
      std::size_t index = 0;
      if (!out.begin('[')) return false;
      for (const auto& element : value.get_array()) {
        out.next();
        if (!write(out, element)) return out.at(index);
        ++index;
      }
      return out.end(']');
    }
    case kind::object:
      if (!out.begin('{')) return false;
      for (const auto& member : value.get_object()) {
        const std::string_view name(member.key().data(), member.key().size());
        if (!out.key(name)) return false;
        if (!write(out, member.value())) return out.at(name);
      }
      return out.end('}');
  }
  return false;
}

}  // namespace larder::json
