// A reply in its parsed form: one flat run of nodes, parents before children, texts as views into
// the bytes received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace larder::resp {

enum class Type : std::uint8_t {
  null,        ///< `_`, `$-1`, `*-1`
  simple,      ///< `+OK`
  error,       ///< `-ERR ...` or `!`; text() starts with its code
  integer,     ///< `:1`
  bulk,        ///< `$`
  number,      ///< `,3.14`
  boolean,     ///< `#t`
  big_number,  ///< `(`; text() holds the digits
  verbatim,    ///< `=`; text() without its "txt:"
  array,       ///< `*`
  set,         ///< `~`
  push,        ///< `>`; not an answer to any request
  map,         ///< `%`; size() counts keys and values: 2 for each pair
};

/// One element. Trivially copyable, 32 bytes; the reader's vector of them is the reply.
struct Node {
  Type type = Type::null;
  std::uint32_t children = 0;  ///< Direct ones.
  std::uint32_t span = 1;      ///< This node and all below it: the next sibling is that far ahead.
  union {
    std::int64_t integer = 0;
    double number;
    bool boolean;
    const char* text;
  };
  std::size_t text_bytes = 0;

  std::string_view view() const noexcept { return {text, text_bytes}; }
};

/// A node with everything below it, as a caller reads it.
///
/// Lifetime  Valid until the reader's next call and while the input it read stays where it is.
class Value {
 public:
  explicit Value(const Node* node) noexcept : node_(node) {}

  Type type() const noexcept { return node_->type; }
  bool is_null() const noexcept { return type() == Type::null; }
  bool is_error() const noexcept { return type() == Type::error; }
  bool is_push() const noexcept { return type() == Type::push; }
  /// True for array, set, push and map.
  bool is_aggregate() const noexcept { return type() >= Type::array; }
  /// True for what has a text(): simple, error, bulk, big_number, verbatim.
  bool is_text() const noexcept {
    return type() == Type::simple || type() == Type::error || type() == Type::bulk ||
           type() == Type::big_number || type() == Type::verbatim;
  }

  /// Empty for what has none.
  std::string_view text() const noexcept { return is_text() ? node_->view() : std::string_view{}; }
  /// 0 if it is not an integer.
  std::int64_t integer() const noexcept { return type() == Type::integer ? node_->integer : 0; }
  double number() const noexcept { return type() == Type::number ? node_->number : 0.0; }
  bool boolean() const noexcept { return type() == Type::boolean && node_->boolean; }

  /// Direct children; 0 for what has none.
  std::size_t size() const noexcept { return node_->children; }
  /// Cost: linear in `i`; walk with a range-for instead. Requires i < size().
  Value operator[](std::size_t i) const noexcept {
    const Node* child = node_ + 1;
    while (i-- > 0) child += child->span;
    return Value(child);
  }

  class Iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = void;
    using reference = Value;
    explicit Iterator(const Node* node) noexcept : node_(node) {}
    Value operator*() const noexcept { return Value(node_); }
    Iterator& operator++() noexcept {
      node_ += node_->span;
      return *this;
    }
    Iterator operator++(int) noexcept {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(Iterator, Iterator) = default;

   private:
    const Node* node_;
  };
  Iterator begin() const noexcept { return Iterator(node_ + 1); }
  Iterator end() const noexcept { return Iterator(node_ + node_->span); }

 private:
  const Node* node_;
};

}  // namespace larder::resp
