// The names of error codes and effects, and the one line that an Error prints as.
#include <larder/error.hpp>

#include <string>

namespace larder {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::timeout:
      return "timeout";
    case Errc::disconnected:
      return "disconnected";
    case Errc::unreachable:
      return "unreachable";
    case Errc::unauthorized:
      return "unauthorized";
    case Errc::overloaded:
      return "overloaded";
    case Errc::cancelled:
      return "cancelled";
    case Errc::would_deadlock:
      return "would_deadlock";
    case Errc::wrong_type:
      return "wrong_type";
    case Errc::not_a_number:
      return "not_a_number";
    case Errc::overflow:
      return "overflow";
    case Errc::out_of_memory:
      return "out_of_memory";
    case Errc::too_large:
      return "too_large";
    case Errc::bad_argument:
      return "bad_argument";
    case Errc::bad_url:
      return "bad_url";
    case Errc::bad_value:
      return "bad_value";
    case Errc::protocol:
      return "protocol";
    case Errc::server_error:
      return "server_error";
    case Errc::unsupported:
      return "unsupported";
    case Errc::io:
      return "io";
    case Errc::cross_slot:
      return "cross_slot";
    case Errc::lock_lost:
      return "lock_lost";
    case Errc::loader_failed:
      return "loader_failed";
  }
  return "unknown";
}

std::string_view to_string(Effect effect) noexcept {
  switch (effect) {
    case Effect::not_sent:
      return "not sent";
    case Effect::maybe_executed:
      return "maybe executed";
    case Effect::refused:
      return "refused";
  }
  return "unknown";
}

std::string to_string(const Error& error) {
  std::string line{to_string(error.code)};
  line.append(" (").append(to_string(error.effect)).append(")");
  if (!error.detail.empty()) line.append(": ").append(error.detail);
  return line;
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw Failure(error);
}

}  // namespace larder
