#include "lab/traffic.hpp"

#include <algorithm>
#include <cstring>

#include "base/numbers.hpp"

namespace larder::lab {
namespace {

std::string head(std::string_view command, int arguments, std::size_t key_bytes) {
  return "*" + std::to_string(arguments) + "\r\n$" + std::to_string(command.size()) + "\r\n" +
         std::string(command) + "\r\n$" + std::to_string(key_bytes) + "\r\n";
}

/// The whole reply line at the front, without its end; empty if it is not all there.
std::string_view line_of(std::string_view bytes) noexcept {
  const std::size_t end = bytes.find("\r\n");
  return end == bytes.npos ? std::string_view{} : bytes.substr(0, end);
}

}  // namespace

Traffic::Traffic(const TrafficOptions& options)
    : options_(options),
      pattern_(options.value.high),
      digits_(std::max<std::size_t>(10, std::to_string(options.keys).size())),
      get_head_(head("GET", 2, options.prefix.size() + digits_)),
      set_head_(head("SET", 3, options.prefix.size() + digits_)),
      erase_head_(head("DEL", 2, options.prefix.size() + digits_)) {
  if (options.value.low == options.value.high) {
    fixed_head_ = "$" + std::to_string(options.value.low) + "\r\n";
  }
}

std::uint32_t Traffic::value_size(std::uint64_t number) const noexcept {
  const std::uint64_t choices = options_.value.choices();
  if (choices == 1) return options_.value.low;
  return options_.value.low +
         static_cast<std::uint32_t>((ValuePattern::mixed(number) >> 20) % choices);
}

std::string_view Traffic::value(std::uint64_t number) const noexcept {
  return pattern_.value(number, value_size(number));
}

char* Traffic::write_key(char* out, std::uint64_t number) const noexcept {
  std::memcpy(out, options_.prefix.data(), options_.prefix.size());
  out += options_.prefix.size();
  for (std::size_t at = digits_; at-- > 0; number /= 10) {
    out[at] = static_cast<char>('0' + number % 10);
  }
  return out + digits_;
}

std::string Traffic::key(std::uint64_t number) const {
  std::string result(options_.prefix.size() + digits_, '\0');
  write_key(result.data(), number);
  return result;
}

void Traffic::append(std::string& out, Op op, std::uint64_t number) const {
  const std::string& head = op == Op::get ? get_head_ : op == Op::set ? set_head_ : erase_head_;
  const std::string_view body = op == Op::set ? value(number) : std::string_view{};
  const std::size_t before = out.size();
  // Room for the longest form; what was not needed is given back below.
  out.resize(before + head.size() + options_.prefix.size() + digits_ + body.size() + 32);
  char* at = out.data() + before;
  at = std::copy(head.begin(), head.end(), at);
  at = write_key(at, number);
  *at++ = '\r';
  *at++ = '\n';
  if (op == Op::set) {
    *at++ = '$';
    at = base::write_unsigned(at, body.size());
    *at++ = '\r';
    *at++ = '\n';
    at = std::copy(body.begin(), body.end(), at);
    *at++ = '\r';
    *at++ = '\n';
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

Traffic::Checked Traffic::check_value(std::string_view bytes, std::uint64_t number) const noexcept {
  const std::string_view expected = value(number);
  char made[24];
  std::string_view value_head = fixed_head_;
  if (value_head.empty()) {
    made[0] = '$';
    char* end = base::write_unsigned(made + 1, expected.size());
    *end++ = '\r';
    *end++ = '\n';
    value_head = {made, static_cast<std::size_t>(end - made)};
  }
  const std::size_t whole = value_head.size() + expected.size() + 2;
  if (!bytes.starts_with(value_head)) return {Reply::wrong, 0};
  if (bytes.size() < whole) return {};
  const bool same =
      !options_.verify || bytes.compare(value_head.size(), expected.size(), expected) == 0;
  return {same && bytes[whole - 2] == '\r' ? Reply::good : Reply::wrong, whole};
}

Traffic::Checked Traffic::check(std::string_view bytes, Op op,
                                std::uint64_t number) const noexcept {
  if (op == Op::get) {
    const Checked checked = check_value(bytes, number);
    // Zero bytes and wrong: the head of another reply, or only a part of a head so far.
    if (checked.reply != Reply::wrong || checked.bytes > 0) return checked;
  } else if (bytes.starts_with("+OK\r\n") && op != Op::erase) {
    return {Reply::good, 5};
  }
  const std::string_view line = line_of(bytes);
  if (line.empty()) return {};
  const std::size_t size = line.size() + 2;
  if (line[0] == '-') return {Reply::error, size};
  if (op == Op::get && (line == "$-1" || line == "_")) return {Reply::miss, size};
  if (op == Op::erase && (line == ":1" || line == ":0")) return {Reply::good, size};
  return {Reply::wrong, 0};
}

}  // namespace larder::lab
