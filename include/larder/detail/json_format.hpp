// What JSON each type of C++ becomes: the table behind json::Format. <larder/codec.hpp> includes
// it; read that first.
#pragma once

#include <larder/bytes.hpp>
#include <larder/json.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>

namespace boost::json {
class value;
}

namespace larder::json {

/// How a T is written inside JSON. Specialise it for a type of your own that BOOST_DESCRIBE_STRUCT
/// cannot describe.
template <class T>
struct Format {
  static bool write(Writer& out, const T& value);
  /// `value` is default-constructed.
  static bool read(Reader& in, T& value);
};

template <class T, template <class...> class Template>
inline constexpr bool kIs = false;
template <template <class...> class Template, class... Args>
inline constexpr bool kIs<Template<Args...>, Template> = true;

template <class T>
inline constexpr bool kNever = false;

/// Integers that count something; a char is text, and JSON has no type for one character.
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                  !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                  !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;
template <class T>
concept Floating = std::same_as<T, double> || std::same_as<T, float>;
template <class T>
concept Duration = kIs<T, std::chrono::duration>;
template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
template <class T>
concept FixedArray = requires {
  std::tuple_size<T>::value;
}
&&std::ranges::range<T>;
template <class T>
concept TupleLike = requires {
  std::tuple_size<T>::value;
}
&&!std::ranges::range<T>;
template <class T>
concept MapLike = std::ranges::range<T> && requires(T map, typename T::key_type key) {
  typename T::mapped_type;
  map.insert_or_assign(std::move(key), typename T::mapped_type{});
};
template <class T>
concept SetLike =
    std::ranges::range<T> && !MapLike<T> && requires(T set, typename T::key_type key) {
  set.insert(std::move(key));
};
template <class T>
concept ListLike = std::ranges::range<T> && requires(T list, typename T::value_type value) {
  list.push_back(std::move(value));
};

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                         boost::describe::mod_inherited>;

template <class T>
bool write_struct(Writer& out, const T& value) {
  bool good = out.begin('{');
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    using Member = std::remove_cvref_t<decltype(value.*member.pointer)>;
    good = good && out.key(member.name) &&
           (Format<Member>::write(out, value.*member.pointer) || out.at(member.name));
  });
  return good && out.end('}');
}

template <class T>
bool read_member(Reader& in, T& value, std::string_view name, bool* seen) {
  bool known = false, good = true;
  std::size_t index = 0;
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    if (!known && name == member.name) {
      using Member = std::remove_cvref_t<decltype(value.*member.pointer)>;
      known = true;
      good = seen[index] ? in.fail("the member stands there twice")
                         : Format<Member>::read(in, value.*member.pointer);
      if (!good) in.at(member.name);
      seen[index] = true;
    }
    ++index;
  });
  return known ? good : in.skip();
}

template <class T>
bool read_struct(Reader& in, T& value) {
  std::array<bool, boost::mp11::mp_size<Members<T>>::value + 1> seen{};
  if (!in.begin('{')) return false;
  while (in.next('}')) {
    std::string_view name;
    if (!in.key(name) || !read_member(in, value, name, seen.data())) return false;
  }
  std::size_t index = 0;
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    using Member = std::remove_cvref_t<decltype(value.*member.pointer)>;
    if (!kIs<Member, std::optional> && !seen[index] && !in.failed()) {
      in.fail("missing");
      in.at(member.name);
    }
    ++index;
  });
  return !in.failed();
}

template <class T>
bool write_enum(Writer& out, T value) {
  const char* name = boost::describe::enum_to_string(value, nullptr);
  return name != nullptr ? out.string(name) : out.fail("the enum holds a value without a name");
}

template <class T>
bool read_enum(Reader& in, T& value) {
  std::string name;
  if (!in.string(name)) return false;
  return boost::describe::enum_from_string(name.c_str(), value) ||
         in.fail("no enumerator has this name");
}

template <class T>
bool write_list(Writer& out, const T& list) {
  using Element = std::ranges::range_value_t<T>;
  std::size_t index = 0;
  if (!out.begin('[')) return false;
  for (const auto& element : list) {
    out.next();
    if (!Format<Element>::write(out, static_cast<const Element&>(element))) return out.at(index);
    ++index;
  }
  return out.end(']');
}

/// Reads elements and hands each to `add`.
template <class Element, class Add>
bool read_list(Reader& in, Add&& add) {
  if (!in.begin('[')) return false;
  for (std::size_t index = 0; in.next(']'); ++index) {
    Element element{};
    if (!Format<Element>::read(in, element) || !add(std::move(element), index)) return in.at(index);
  }
  return !in.failed();
}

/// A tuple, a pair or an array: exactly as many elements as it has.
template <class T>
bool write_tuple(Writer& out, const T& value) {
  bool good = out.begin('[');
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    [[maybe_unused]] const auto write_one = [&]<std::size_t Index>() {
      out.next();
      return Format<std::tuple_element_t<Index, T>>::write(out, std::get<Index>(value)) ||
             out.at(Index);
    };
    good = good && (write_one.template operator()<I>() && ...);
  }
  (std::make_index_sequence<std::tuple_size_v<T>>());
  return good && out.end(']');
}

template <class T>
bool read_tuple(Reader& in, T& value) {
  const auto wrong_size = [&] {
    return in.failed() ? false
                       : in.fail("expected an array of " + std::to_string(std::tuple_size_v<T>) +
                                 " elements");
  };
  if (!in.begin('[')) return false;
  bool good = true;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    [[maybe_unused]] const auto read_one = [&]<std::size_t Index>() {
      if (!in.next(']')) return wrong_size();
      return Format<std::tuple_element_t<Index, T>>::read(in, std::get<Index>(value)) ||
             in.at(Index);
    };
    good = (read_one.template operator()<I>() && ...);
  }
  (std::make_index_sequence<std::tuple_size_v<T>>());
  if (!good) return false;
  return in.next(']') ? wrong_size() : !in.failed();
}

template <class Key>
bool write_key(Writer& out, const Key& key) {
  static_assert(std::same_as<Key, std::string> || Integer<Key>,
                "a map's keys must be strings or integers: JSON objects have no others");
  if constexpr (Integer<Key>) {
    return out.key(std::to_string(key));
  } else {
    return out.key(key);
  }
}

template <class Key>
bool read_key(Reader& in, Key& key) {
  std::string_view name;
  if (!in.key(name)) return false;
  if constexpr (Integer<Key>) {
    Reader number(name);
    return (Format<Key>::read(number, key) && number.finish()) ||
           in.fail("the member's name is not an integer that fits");
  } else {
    key = Key(name);
    return true;
  }
}

template <class T>
bool write_map(Writer& out, const T& map) {
  if (!out.begin('{')) return false;
  for (const auto& [key, value] : map) {
    if (!write_key(out, key)) return false;
    if (Format<typename T::mapped_type>::write(out, value)) continue;
    if constexpr (Integer<typename T::key_type>)
      return out.at(std::to_string(key));
    else
      return out.at(key);
  }
  return out.end('}');
}

template <class T>
bool read_map(Reader& in, T& map) {
  if (!in.begin('{')) return false;
  while (in.next('}')) {
    typename T::key_type key{};
    typename T::mapped_type value{};
    if (!read_key(in, key)) return false;
    if (!Format<typename T::mapped_type>::read(in, value)) {
      if constexpr (Integer<typename T::key_type>)
        return in.at(std::to_string(key));
      else
        return in.at(key);
    }
    map.insert_or_assign(std::move(key), std::move(value));
  }
  return !in.failed();
}

/// The first alternative, in the order of declaration, that the text fits.
template <class T>
bool read_variant(Reader& in, T& value) {
  const Reader::Mark start = in.mark();
  bool done = false, give_up = false;
  boost::mp11::mp_for_each<boost::mp11::mp_iota_c<std::variant_size_v<T>>>([&](auto index) {
    if (done || give_up) return;
    if (in.failed() && !in.rewind(start)) {
      give_up = true;
      return;
    }
    using Alternative = std::variant_alternative_t<index, T>;
    Alternative alternative{};
    done = Format<Alternative>::read(in, alternative);
    if (done) value.template emplace<index>(std::move(alternative));
  });
  if (done || give_up) return done;
  return in.rewind(start) && in.fail("fits no alternative of the variant");
}

template <class T>
bool Format<T>::write(Writer& out, const T& value) {
  if constexpr (std::same_as<T, bool>) {
    return out.boolean(value);
  } else if constexpr (Integer<T>) {
    return out.integer(
        static_cast<std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>(value));
  } else if constexpr (Floating<T>) {
    return out.number(value);
  } else if constexpr (std::same_as<T, std::string>) {
    return out.string(value);
  } else if constexpr (std::same_as<T, std::monostate> || std::same_as<T, std::nullptr_t>) {
    return out.null();
  } else if constexpr (kIs<T, std::optional>) {
    static_assert(!kIs<typename T::value_type, std::optional>,
                  "an optional of an optional: both empty forms would be null");
    return value ? Format<typename T::value_type>::write(out, *value) : out.null();
  } else if constexpr (kIs<T, std::variant>) {
    if (value.valueless_by_exception()) return out.fail("the variant holds nothing");
    return std::visit(
        [&](const auto& held) {
          return Format<std::remove_cvref_t<decltype(held)>>::write(out, held);
        },
        value);
  } else if constexpr (Duration<T>) {
    return Format<typename T::rep>::write(out, value.count());
  } else if constexpr (DescribedEnum<T>) {
    return write_enum(out, value);
  } else if constexpr (DescribedStruct<T>) {
    return write_struct(out, value);
  } else if constexpr (std::same_as<T, Bytes>) {
    static_assert(kNever<T>,
                  "Bytes are raw and cannot stand inside JSON: store them under a key of their "
                  "own, or encode them");
  } else if constexpr (FixedArray<T> || SetLike<T> || ListLike<T>) {
    return write_list(out, value);
  } else if constexpr (MapLike<T>) {
    return write_map(out, value);
  } else if constexpr (TupleLike<T>) {
    return write_tuple(out, value);
  } else {
    static_assert(kNever<T>,
                  "no JSON form for this type: describe it with BOOST_DESCRIBE_STRUCT or "
                  "BOOST_DESCRIBE_ENUM, or specialise larder::json::Format");
  }
}

template <class T>
bool Format<T>::read(Reader& in, T& value) {
  if constexpr (std::same_as<T, bool>) {
    return in.boolean(value);
  } else if constexpr (Integer<T> && std::is_signed_v<T>) {
    std::int64_t wide = 0;
    if (!in.integer(wide, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()))
      return false;
    value = static_cast<T>(wide);
    return true;
  } else if constexpr (Integer<T>) {
    std::uint64_t wide = 0;
    if (!in.integer(wide, std::numeric_limits<T>::max())) return false;
    value = static_cast<T>(wide);
    return true;
  } else if constexpr (Floating<T>) {
    return in.number(value);
  } else if constexpr (std::same_as<T, std::string>) {
    return in.string(value);
  } else if constexpr (std::same_as<T, std::monostate> || std::same_as<T, std::nullptr_t>) {
    return in.null();
  } else if constexpr (kIs<T, std::optional>) {
    if (in.peek() == Kind::null) return in.null();
    return Format<typename T::value_type>::read(in, value.emplace());
  } else if constexpr (kIs<T, std::variant>) {
    return read_variant(in, value);
  } else if constexpr (Duration<T>) {
    typename T::rep count{};
    if (!Format<typename T::rep>::read(in, count)) return false;
    value = T(count);
    return true;
  } else if constexpr (DescribedEnum<T>) {
    return read_enum(in, value);
  } else if constexpr (DescribedStruct<T>) {
    return read_struct(in, value);
  } else if constexpr (FixedArray<T> || TupleLike<T>) {
    return read_tuple(in, value);
  } else if constexpr (MapLike<T>) {
    return read_map(in, value);
  } else if constexpr (SetLike<T>) {
    return read_list<typename T::key_type>(in, [&](typename T::key_type&& element, std::size_t) {
      value.insert(std::move(element));
      return true;
    });
  } else {
    static_assert(ListLike<T>, "no JSON form for this type");
    return read_list<typename T::value_type>(in,
                                             [&](typename T::value_type&& element, std::size_t) {
                                               value.push_back(std::move(element));
                                               return true;
                                             });
  }
}

/// JSON of any shape. Include <boost/json.hpp> and link Boost.JSON to use it.
template <>
struct Format<boost::json::value> {
  static bool write(Writer& out, const boost::json::value& value);
  static bool read(Reader& in, boost::json::value& value);
};

}  // namespace larder::json
