#include "redis/reply_error.hpp"

#include <array>

namespace larder::redis {
namespace {

struct Meaning {
  std::string_view begins;
  Errc code;
};

// Redis 6 to 8, Valkey and larder serve begin these the same way.
constexpr std::array kMeanings{
    Meaning{"WRONGTYPE", Errc::wrong_type},
    Meaning{"NOAUTH", Errc::unauthorized},
    Meaning{"WRONGPASS", Errc::unauthorized},
    Meaning{"NOPERM", Errc::unauthorized},
    Meaning{"ERR invalid password", Errc::unauthorized},
    Meaning{"OOM", Errc::out_of_memory},
    Meaning{"CROSSSLOT", Errc::cross_slot},
    Meaning{"ERR value is not an integer", Errc::not_a_number},
    Meaning{"ERR value is not a valid float", Errc::not_a_number},
    Meaning{"ERR increment or decrement would overflow", Errc::overflow},
    Meaning{"ERR increment would produce NaN or Infinity", Errc::overflow},
    Meaning{"ERR string exceeds maximum allowed size", Errc::too_large},
    Meaning{"ERR max number of clients reached", Errc::overloaded},
    Meaning{"ERR unknown command", Errc::unsupported},
    Meaning{"ERR unknown subcommand", Errc::unsupported},
    Meaning{"NOPROTO", Errc::unsupported},
};

}  // namespace

Error error_from(std::string_view words) {
  for (const auto& meaning : kMeanings) {
    if (words.starts_with(meaning.begins))
      return {meaning.code, Effect::refused, std::string(words)};
  }
  return {Errc::server_error, Effect::refused, std::string(words)};
}

bool is_unknown_command(std::string_view words) noexcept {
  return words.starts_with("ERR unknown command");
}

}  // namespace larder::redis
