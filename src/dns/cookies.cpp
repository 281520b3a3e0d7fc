#include "dns/cookies.hpp"

#include <algorithm>
#include <cstring>

#include "base/random.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr std::size_t kClientBytes = 8;
constexpr std::uint32_t kCookieLife_s = 3'600;

}  // namespace

Cookies::Cookies(const base::Clock& clock) : clock_(clock), key_(base::random_hash_key()) {}

std::uint32_t Cookies::now_s() const noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(clock_.coarse().time_since_epoch()).count());
}

// As RFC 9018 lays it out: version, three zeros, time, hash. Only we read it, so that the hash may be any keyed one.
void Cookies::sign(char* out, std::string_view client, std::uint32_t time_s,
                   std::string_view host) const noexcept {
  char signed_bytes[kClientBytes + 8 + 16];
  std::memcpy(signed_bytes, client.data(), kClientBytes);
  store32(signed_bytes + 8, 0x0100'0000);
  store32(signed_bytes + 12, time_s);
  const std::size_t host_size = std::min<std::size_t>(host.size(), 16);
  std::memcpy(signed_bytes + 16, host.data(), host_size);
  const std::uint64_t hash = base::keyed_hash({signed_bytes, 16 + host_size}, key_);
  std::memcpy(out, signed_bytes + 8, 8);
  std::memcpy(out + 8, &hash, sizeof hash);
}

bool Cookies::is_known(std::string_view option, std::string_view host) const noexcept {
  if (option.size() != kBytes) return false;
  const std::uint32_t time_s = load32(option.data() + 12);
  if (now_s() - time_s > kCookieLife_s) return false;
  char ours[16];
  sign(ours, option, time_s, host);
  return std::memcmp(ours, option.data() + kClientBytes, sizeof ours) == 0;
}

void Cookies::write(char* out, std::string_view option, std::string_view host) const noexcept {
  std::memcpy(out, option.data(), kClientBytes);
  sign(out + kClientBytes, option, now_s(), host);
}

}  // namespace larder::dns
