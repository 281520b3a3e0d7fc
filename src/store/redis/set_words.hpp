// The words of a SET: how SetOptions travel.
#pragma once

#include <larder/store.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace larder::store {

using Words = std::vector<std::string_view>;

/// The words of SET after key and value, and the text of its number as long as they live.
class SetWords {
 public:
  explicit SetWords(const SetOptions& options)
      : ttl_(options.ttl ? std::to_string(options.ttl->count()) : "") {
    if (options.condition == SetIf::absent) words_.push_back("NX");
    if (options.condition == SetIf::present) words_.push_back("XX");
    if (options.ttl) words_.insert(words_.end(), {"PX", ttl_});
    if (options.keep_ttl) words_.push_back("KEEPTTL");
  }
  SetWords(const SetWords&) = delete;
  SetWords& operator=(const SetWords&) = delete;

  void append_to(Words& command) const {
    command.insert(command.end(), words_.begin(), words_.end());
  }

 private:
  std::string ttl_;
  Words words_;
};

}  // namespace larder::store
