// Commands by chance: sensible ones, odd ones and wrong ones, from a seed.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"

namespace larder::test {

using Words = std::vector<std::string>;

/// Every deadline it gives is past or more than a day away, so that it does not matter when a server gets to it.
class Generator {
 public:
  /// `served`: names of commands, in lower case; others are left out.
  Generator(base::Random random, const std::set<std::string>& served);

  /// The next command, or a few that belong together.
  std::vector<Words> next();

 private:
  Words fill(std::string_view shape);
  void fill_token(char token, Words& words);
  void spoil(Words& words);
  std::string any_case(std::string_view word);
  std::string pick(const std::vector<std::string>& from);
  std::string number_between(std::uint64_t low, std::uint64_t high);
  std::string value();
  void set_option(Words& words);

  base::Random random_;
  std::vector<std::string_view> shapes_;
};

}  // namespace larder::test
