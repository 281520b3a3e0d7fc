#include "dns/query_out.hpp"

#include "base/text.hpp"
#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/reply.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {

std::string with_random_case(std::string_view name, const Chance& chance) {
  std::string mixed = lowered(name);
  std::uint64_t bits = 0;
  unsigned left = 0;
  for (char& c : mixed) {
    if (c < 'a' || c > 'z') continue;
    if (left == 0) bits = chance(), left = 64;
    if ((bits & 1) != 0) c = base::upper(c);
    bits >>= 1;
    --left;
  }
  return mixed;
}

std::string build_query(std::uint16_t id, std::string_view name, const Question& question) {
  Message message;
  message.id = id;
  message.recursion_desired = true;
  message.authentic = true;  // "Tell me whether you validated it" (RFC 6840, 5.7).
  message.checking_disabled = question.checking_disabled;
  message.question = Asked{std::string(name), question.type, question.klass};
  message.edns =
      Edns{.udp_bytes = kUdpBytes, .version = 0, .dnssec_ok = question.dnssec_ok, .options = {}};
  return build_message(message);
}

Match match_reply(std::string_view reply, std::uint16_t id, std::string_view name,
                  const Question& question) noexcept {
  if (reply.size() < kHeaderBytes + name.size() + 4) return Match::no;
  const std::uint16_t flags = load16(reply.data() + 2);
  if (load16(reply.data()) != id || (flags & flag::kResponse) == 0 || (flags >> 11 & 15) != 0)
    return Match::no;
  if (load16(reply.data() + 4) != 1) return Match::no;
  const auto asked = reply.substr(kHeaderBytes, name.size());
  const char* rest = reply.data() + kHeaderBytes + name.size();
  if (load16(rest) != question.type || load16(rest + 2) != question.klass) return Match::no;
  if (asked == name) return Match::yes;
  return same_name(asked, name) ? Match::other_case : Match::no;
}

}  // namespace larder::dns
