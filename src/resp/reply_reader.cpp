// One element after another is appended to the nodes; open aggregates stand on a small stack and
// close when their last child has. So the depth of a reply costs no recursion, and a reply cut off
// anywhere goes on where it stopped.
#include "resp/reply_reader.hpp"

#include <algorithm>
#include <charconv>

#include "base/assert.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "resp/length_line.hpp"

namespace larder::resp {

namespace {
constexpr std::size_t kNodesKept = 65'536;
}

auto ReplyReader::next(std::string_view input) -> Status {
  consumed_ = 0;
  LARDER_ASSERT(input.size() >= at_);
  if (at_ == 0 && depth_ == 0) {
    nodes_.clear();
    // One huge reply must not hold its memory for the life of the connection.
    if (nodes_.capacity() > kNodesKept) nodes_.shrink_to_fit();
  }
  rebase(input.data());
  while (true) {
    switch (read_element(input)) {
      case Step::bad:
        return Status::error;
      case Step::incomplete:
        if (input.size() > limits_.bytes_max) {
          fail("reply too large");
          return Status::error;
        }
        in_reply_ = !input.empty();
        return Status::need_more;
      case Step::element:
        break;
    }
    close_finished();
    if (depth_ == 0 && !nodes_.empty()) {
      consumed_ = at_;
      at_ = 0;
      in_reply_ = false;
      return Status::reply;
    }
  }
}

void ReplyReader::reset() noexcept {
  nodes_.clear();
  depth_ = at_ = scanned_ = consumed_ = missing_ = 0;
  blob_bytes_ = kNoBlob;
  in_reply_ = false;
}

ReplyReader::Step ReplyReader::read_element(std::string_view input) {
  if (blob_bytes_ != kNoBlob) return read_blob(input);
  if (at_ == input.size()) return incomplete(1);
  const char tag = input[at_];
  switch (tag) {
    case '+':
    case '-':
    case ':':
    case '_':
    case ',':
    case '#':
    case '(':
      return read_line(input, tag);
    case '$':
    case '!':
    case '=':
    case '*':
    case '~':
    case '>':
    case '%':
    case '|':
      return read_counted(input, tag);
    default:
      return fail("unknown type " + base::quoted(input.substr(at_, 1)));
  }
}

ReplyReader::Step ReplyReader::read_line(std::string_view input, char tag) {
  const std::size_t cr = input.find('\r', at_ + 1 + scanned_);
  const std::size_t length = std::min(cr, input.size()) - at_ - 1;
  if (length > base::limits::kInlineBytesMax) return fail("line too long");
  if (cr == std::string_view::npos || cr + 1 == input.size()) {
    scanned_ = length;
    return incomplete(1);
  }
  if (input[cr + 1] != '\n') return fail("CR without LF");
  const std::string_view text = input.substr(at_ + 1, length);
  at_ = cr + 2;
  scanned_ = 0;
  return add_line(tag, text);
}

ReplyReader::Step ReplyReader::add_line(char tag, std::string_view text) {
  Node node;
  const auto keep_text = [&](Type type) {
    node.type = type;
    node.text = text.data();
    node.text_bytes = text.size();
    return add(node);
  };
  switch (tag) {
    case '+':
      return keep_text(Type::simple);
    case '-':
      return keep_text(Type::error);
    case '(': {
      const std::string_view digits =
          text.substr(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
      if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
        return fail("invalid big number");
      return keep_text(Type::big_number);
    }
    case '_':
      if (!text.empty()) return fail("invalid null");
      return add(node);
    case '#':
      if (text != "t" && text != "f") return fail("invalid boolean");
      node.type = Type::boolean;
      node.boolean = text == "t";
      return add(node);
    case ',': {
      node.type = Type::number;
      if (text.starts_with('+')) text.remove_prefix(1);
      const auto [end, error] =
          std::from_chars(text.data(), text.data() + text.size(), node.number);
      if (error != std::errc{} || end != text.data() + text.size() || text.empty())
        return fail("invalid double");
      return add(node);
    }
    default: {
      node.type = Type::integer;
      if (text.starts_with('+')) text.remove_prefix(1);
      const auto number = base::parse_integer(text);
      if (!number) return fail("invalid integer");
      node.integer = *number;
      return add(node);
    }
  }
}

ReplyReader::Step ReplyReader::read_counted(std::string_view input, char tag) {
  using Found = LengthLine::Found;
  const char* const begin = input.data() + at_;
  if (input.size() - at_ >= 2 && begin[1] == '?') return fail("streamed replies are not supported");
  const LengthLine line = read_length(begin, input.data() + input.size());
  if (line.found == Found::incomplete) return incomplete(1);
  if (line.found != Found::number || line.number < -1) return fail("invalid length");
  const bool blob = tag == '$' || tag == '!' || tag == '=';
  if (line.number == -1) {
    // RESP2's nulls.
    if (tag != '$' && tag != '*') return fail("invalid length");
    at_ += static_cast<std::size_t>(line.end - begin);
    return add(Node{});
  }
  const auto count = static_cast<std::uint64_t>(line.number);
  if (count > (blob ? limits_.bytes_max : limits_.nodes_max)) return fail("reply too large");
  at_ += static_cast<std::size_t>(line.end - begin);
  if (!blob) return open(tag, count);
  blob_bytes_ = static_cast<std::size_t>(count);
  blob_tag_ = tag;
  return read_blob(input);
}

ReplyReader::Step ReplyReader::read_blob(std::string_view input) {
  const std::size_t arrived = input.size() - at_;
  if (arrived < blob_bytes_ + 2) return incomplete(blob_bytes_ + 2 - arrived);
  const char* const text = input.data() + at_;
  if (text[blob_bytes_] != '\r' || text[blob_bytes_ + 1] != '\n')
    return fail("expected CRLF after bulk");
  Node node;
  node.type = blob_tag_ == '$' ? Type::bulk : blob_tag_ == '!' ? Type::error : Type::verbatim;
  node.text = text;
  node.text_bytes = blob_bytes_;
  if (node.type == Type::verbatim) {
    if (blob_bytes_ < 4 || text[3] != ':') return fail("invalid verbatim string");
    node.text += 4;
    node.text_bytes -= 4;
  }
  at_ += blob_bytes_ + 2;
  blob_bytes_ = kNoBlob;
  return add(node);
}

ReplyReader::Step ReplyReader::open(char tag, std::uint64_t count) {
  if (depth_ == frames_.size()) return fail("nesting too deep");
  Node node;
  node.type = tag == '*'   ? Type::array
              : tag == '~' ? Type::set
              : tag == '>' ? Type::push
                           : Type::map;
  // A push is a message of its own, not a part of anything.
  if (node.type == Type::push && depth_ > 0) return fail("push inside a reply");
  const std::uint64_t children = node.type == Type::map ? 2 * count : count;
  if (children > limits_.nodes_max) return fail("reply too large");
  node.children = static_cast<std::uint32_t>(children);
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  const bool attribute = tag == '|';
  if (!attribute && depth_ > 0) --frames_[depth_ - 1].missing;
  if (nodes_.size() >= limits_.nodes_max) return fail("reply too large");
  nodes_.push_back(node);
  frames_[depth_++] = {index, children, attribute};
  return Step::element;
}

ReplyReader::Step ReplyReader::add(const Node& node) {
  if (nodes_.size() >= limits_.nodes_max) return fail("reply too large");
  if (depth_ > 0) --frames_[depth_ - 1].missing;
  nodes_.push_back(node);
  return Step::element;
}

/// Closes what has all its children; a closed attribute goes away, the element it describes is
/// still to come.
void ReplyReader::close_finished() noexcept {
  while (depth_ > 0 && frames_[depth_ - 1].missing == 0) {
    const Frame& frame = frames_[--depth_];
    if (frame.attribute) {
      nodes_.resize(frame.node);
      return;
    }
    nodes_[frame.node].span = static_cast<std::uint32_t>(nodes_.size()) - frame.node;
  }
}

ReplyReader::Step ReplyReader::incomplete(std::size_t missing) noexcept {
  missing_ = missing;
  return Step::incomplete;
}

ReplyReader::Step ReplyReader::fail(std::string_view why) {
  error_ = "Protocol error: ";
  error_ += why;
  return Step::bad;
}

void ReplyReader::rebase(const char* base) noexcept {
  if (base != base_ && !nodes_.empty()) {
    const auto from = reinterpret_cast<std::uintptr_t>(base_);
    for (Node& node : nodes_) {
      if (Value(&node).is_text())
        node.text = base + (reinterpret_cast<std::uintptr_t>(node.text) - from);
    }
  }
  base_ = base;
}

}  // namespace larder::resp
