// Script: Lua that a server keeps by its hash. EVALSHA first; a server that does not know it gets
// the text once.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/buffer.hpp"

namespace larder::redis {

class Script {
 public:
  /// `source` must outlive the script; its hash is taken over the exact bytes.
  explicit Script(std::string_view source);

  /// Appends EVALSHA, or EVAL with the whole source. `words`: the keys first, then the arguments.
  void append_call(base::Buffer& out, bool by_hash, std::size_t keys,
                   std::span<const std::string_view> words) const;
  std::string_view sha1() const noexcept { return sha1_; }

 private:
  std::string_view source_;
  std::string sha1_;
};

/// True for the answer of a server that has to be sent the source: nothing was run.
bool is_unknown_script(std::string_view words) noexcept;

}  // namespace larder::redis
