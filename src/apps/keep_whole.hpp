// CLI11 takes an argument "[a,b]" of a list apart into a and b; a key may well be called that. No
// argument can hold a NUL, so one at the end keeps it whole until the command takes it off again.
#pragma once

#include <string>
#include <vector>

namespace larder::apps {

inline void keep_whole(std::vector<std::string>& arguments) {
  for (auto& argument : arguments) {
    if (argument.starts_with('[') && argument.ends_with(']')) argument.push_back('\0');
  }
}

inline void take_whole(std::vector<std::string>& arguments) {
  for (auto& argument : arguments) {
    if (argument.ends_with('\0')) argument.pop_back();
  }
}

}  // namespace larder::apps
