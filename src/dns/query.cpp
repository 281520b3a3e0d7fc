#include "dns/query.hpp"

#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr std::uint16_t kOptionCookie = 10;

/// The size of the name at the front, without pointers: a question has nothing to point to. 0: none there.
std::size_t plain_name_bytes(std::string_view bytes) noexcept {
  std::size_t at = 0;
  while (at < bytes.size() && at < kNameBytesMax) {
    const auto size = static_cast<unsigned char>(bytes[at]);
    if (size == 0) return at + 1;
    if (size > kLabelBytesMax) return 0;
    at += 1 + std::size_t{size};
  }
  return 0;
}

/// Bytes of a name that may end in a pointer. 0: broken.
std::size_t skipped_name_bytes(std::string_view bytes) noexcept {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto size = static_cast<unsigned char>(bytes[at]);
    if (size == 0) return at + 1;
    if (size >= 0xC0) return at + 2;
    if (size > kLabelBytesMax) return 0;
    at += 1 + std::size_t{size};
  }
  return 0;
}

bool read_options(Query& query, std::string_view options) noexcept {
  while (!options.empty()) {
    if (options.size() < 4) return false;
    const std::size_t size = load16(options.data() + 2);
    if (options.size() - 4 < size) return false;
    if (load16(options.data()) == kOptionCookie) {
      query.cookie = options.substr(4, size);
      if (size != 8 && (size < 16 || size > 40)) return false;  // RFC 7873, 5.2.2
    }
    options.remove_prefix(4 + size);
  }
  return true;
}

/// One record behind the question; OPT is what is looked for. The bytes it takes; 0: broken.
std::size_t read_additional(Query& query, std::string_view bytes) noexcept {
  const std::size_t name = skipped_name_bytes(bytes);
  if (name == 0 || bytes.size() < name + 10) return 0;
  const char* fixed = bytes.data() + name;
  const std::size_t size = load16(fixed + 8);
  if (bytes.size() - name - 10 < size) return 0;
  if (load16(fixed) == type::kOpt) {
    if (query.has_edns || name != 1) return 0;
    query.has_edns = true;
    query.udp_bytes = load16(fixed + 2);
    const std::uint32_t rest = load32(fixed + 4);
    query.dnssec_ok = (rest & 0x8000) != 0;
    if ((rest >> 16 & 0xFF) != 0) query.refusal = rcode::kBadVers;
    if (query.refusal == 0 && !read_options(query, bytes.substr(name + 10, size))) return 0;
  }
  return name + 10 + size;
}

void read_body(Query& query, std::string_view datagram) noexcept {
  const auto count = [&](std::size_t at) { return load16(datagram.data() + at); };
  if (count(4) != 1 || count(6) != 0 || count(8) != 0 || count(10) > 8) {
    query.refusal = rcode::kFormErr;
    return;
  }
  std::string_view rest = datagram.substr(kHeaderBytes);
  const std::size_t name = plain_name_bytes(rest);
  if (name == 0 || rest.size() < name + 4) {
    query.refusal = rcode::kFormErr;
    return;
  }
  query.name = rest.substr(0, name);
  query.type = load16(rest.data() + name);
  query.klass = load16(rest.data() + name + 2);
  rest.remove_prefix(name + 4);
  for (unsigned left = count(10); left > 0; --left) {
    const std::size_t taken = read_additional(query, rest);
    if (taken == 0) {
      query.refusal = rcode::kFormErr;
      return;
    }
    rest.remove_prefix(taken);
  }
}

}  // namespace

bool Query::checking_disabled() const noexcept { return (flags & flag::kCheckingDisabled) != 0; }

Question Query::question() const {
  return {std::string(name), type, klass, dnssec_ok, checking_disabled(), false};
}

Query read_query(std::string_view datagram) noexcept {
  Query query;
  query.bytes = datagram.size();
  if (datagram.size() < kHeaderBytes) {
    query.drop = true;
    return query;
  }
  query.id = load16(datagram.data());
  query.flags = load16(datagram.data() + 2);
  query.drop = (query.flags & flag::kResponse) != 0;
  if (query.drop) return query;
  if ((query.flags >> 11 & 15) != 0) {
    query.refusal = rcode::kNotImp;
    return query;
  }
  read_body(query, datagram);
  if (query.refusal != 0) return query;
  if (query.klass != kClassIn) query.refusal = rcode::kNotImp;
  // ANY is a question to be answered; the other meta types are transfers and protocols of their own.
  if (is_meta_type(query.type) && query.type != type::kAny) query.refusal = rcode::kNotImp;
  return query;
}

}  // namespace larder::dns
