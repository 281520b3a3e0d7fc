// What a load generator says and what it expects to hear: requests written straight into a buffer,
// replies checked against bytes that are known beforehand.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "lab/size_range.hpp"
#include "lab/value_pattern.hpp"

namespace larder::lab {

enum class Op : std::uint8_t {
  get,
  set,
  erase,
  auth,  ///< Its key is not used.
};

struct TrafficOptions {
  std::string prefix = "bench:";
  std::uint64_t keys = 100'000;
  SizeRange value{64, 64};
  bool verify = true;  ///< Compare every byte of a value; else only type and length.
};

/// Threads  Safe to share: nothing in it changes after construction.
class Traffic {
 public:
  explicit Traffic(const TrafficOptions& options);

  std::string key(std::uint64_t number) const;
  /// Good as long as the Traffic is.
  std::string_view value(std::uint64_t number) const noexcept;
  /// Adds one request to `out`. Requires `op` other than auth.
  void append(std::string& out, Op op, std::uint64_t number) const;

  enum class Reply : std::uint8_t {
    incomplete,  ///< More bytes are needed.
    good,        ///< A hit with the right value, +OK, or the count of an erase.
    miss,
    error,  ///< The server said -…; the reply's first line is its words.
    wrong,  ///< A reply, but not one to this request.
  };
  struct Checked {
    Reply reply = Reply::incomplete;
    std::size_t bytes =
        0;  ///< How many the reply took; 0 while incomplete, or where a wrong one has no known end.
  };
  /// Looks at the reply at the front of `bytes`.
  Checked check(std::string_view bytes, Op op, std::uint64_t number) const noexcept;

  /// The longest reply that a right answer can be.
  std::size_t reply_bytes_max() const noexcept { return options_.value.high + 32; }

 private:
  std::uint32_t value_size(std::uint64_t number) const noexcept;
  char* write_key(char* out, std::uint64_t number) const noexcept;
  Checked check_value(std::string_view bytes, std::uint64_t number) const noexcept;

  TrafficOptions options_;
  ValuePattern pattern_;
  std::size_t digits_;
  std::string get_head_;  ///< "*2 $3 GET $n" up to the key.
  std::string set_head_;
  std::string erase_head_;
  std::string fixed_head_;  ///< "$64\r\n" where all values have one size.
};

}  // namespace larder::lab
