#include "server/call.hpp"

#include <algorithm>

#include "base/numbers.hpp"
#include "node/durability.hpp"

namespace larder::server {

std::string log_trouble(const node::Durability& durability) {
  return "MISCONF Errors writing to the log: " + durability.trouble() +
         ". Commands that may modify the data set are refused until that is over; see the server's "
         "log.";
}

std::string error_reply(const Error& error) {
  switch (error.code) {
    case Errc::out_of_memory:
      return std::string(errors::kOutOfMemory);
    case Errc::too_large:
      // Redis' words as far as clients match them, then which bound it was.
      return "ERR string exceeds maximum allowed size (" + error.detail + ")";
    case Errc::wrong_type:
      return std::string(errors::kWrongType);
    default:
      return "ERR " + error.detail;
  }
}

std::string_view quotable(std::string_view text, std::size_t bytes_max) {
  return text.substr(0, std::min(bytes_max, text.find('\0')));
}

std::optional<std::int64_t> Call::integer(std::size_t i, std::string_view otherwise) {
  const auto number = base::parse_integer(args[i]);
  if (!number) fail(otherwise);
  return number;
}

}  // namespace larder::server
