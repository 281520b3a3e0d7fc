// Replies for tests of the state machines: RESP text in, the parsed form out.
#pragma once

#include <stdexcept>
#include <string>

#include "resp/reply_reader.hpp"

namespace larder::redis {

/// Keeps the text and its parsed form together.
class Reply {
 public:
  explicit Reply(std::string resp) : text_(std::move(resp)) {
    if (reader_.next(text_) != resp::ReplyReader::Status::reply) throw std::runtime_error(text_);
  }
  operator resp::Value() const { return reader_.value(); }

 private:
  std::string text_;
  resp::ReplyReader reader_;
};

}  // namespace larder::redis
