// What is known of Redis' commands before they are sent: which of their words are keys, and which commands have no business on
// a connection that all callers share. One table; what is not in it has its key first, as most have.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace larder::store {

struct CommandFacts {
  std::vector<std::string_view> keys;  ///< Those that it is known to name, in order.
  std::string_view refusal = {};  ///< Why it is not sent, and what to do instead; empty: it is.
  bool waits = false;             ///< For something to happen: everybody behind it would wait too.
};

/// `words`: at least the command's name, in any case.
CommandFacts facts_of(std::span<const std::string> words);

}  // namespace larder::store
