#include "redis/script.hpp"

#include <openssl/sha.h>

#include <array>
#include <string>
#include <vector>

#include "resp/writer.hpp"

namespace larder::redis {

Script::Script(std::string_view source) : source_(source) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  ::SHA1(reinterpret_cast<const unsigned char*>(source.data()), source.size(), digest.data());
  for (const unsigned char byte : digest) {
    sha1_.push_back("0123456789abcdef"[byte >> 4]);
    sha1_.push_back("0123456789abcdef"[byte & 15]);
  }
}

void Script::append_call(base::Buffer& out, bool by_hash, std::size_t keys,
                         std::span<const std::string_view> words) const {
  const std::string count = std::to_string(keys);
  std::vector<std::string_view> command{by_hash ? "EVALSHA" : "EVAL",
                                        by_hash ? std::string_view{sha1_} : source_, count};
  command.insert(command.end(), words.begin(), words.end());
  resp::append_command(out, command);
}

bool is_unknown_script(std::string_view words) noexcept { return words.starts_with("NOSCRIPT"); }

}  // namespace larder::redis
