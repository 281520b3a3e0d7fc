#include <larder/keys.hpp>

#include <iterator>

#include "base/side_key.hpp"

namespace larder {

/// False: there are no more pages. A page may be empty, and the next one not.
Result<bool> Keys::fetch(const CallOptions& call) {
  while (read_ == page_.size()) {
    if (begun_ && cursor_ == 0) return false;
    auto page = store_.scan(cursor_, options_, call);
    if (!page) return page.error();
    begun_ = true;
    cursor_ = page->cursor;
    page_ = std::move(page->keys);
    read_ = 0;
    if (!with_side_keys_) std::erase_if(page_, base::is_side_key);
  }
  return true;
}

Result<std::optional<std::string>> Keys::next(const CallOptions& call) {
  const auto more = fetch(call);
  if (!more) return more.error();
  if (!*more) return std::optional<std::string>();
  return std::optional<std::string>(std::move(page_[read_++]));
}

Result<std::vector<std::string>> Keys::next_page(const CallOptions& call) {
  const auto more = fetch(call);
  if (!more) return more.error();
  if (!*more) return std::vector<std::string>();
  const auto from = page_.begin() + static_cast<std::ptrdiff_t>(std::exchange(read_, 0));
  std::vector<std::string> rest(std::make_move_iterator(from),
                                std::make_move_iterator(page_.end()));
  page_.clear();
  return rest;
}

}  // namespace larder
