// What may differ between two servers' answers to one command, and why.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "resp/reply.hpp"

namespace larder::test {

/// A reply that outlives its reader.
struct Answer {
  resp::Type type = resp::Type::null;
  std::string text;  // In words, as text_of says it.
  std::vector<Answer> children;

  explicit Answer(resp::Value value);
};

/// Does it hold an argument that is known to leave the two servers in different states?
bool is_left_out(const std::vector<std::string>& words);

/// Is `ours` what Redis says to `words`, or one of the known differences?
bool agree(const std::vector<std::string>& words, const Answer& ours, const Answer& redis);

}  // namespace larder::test
