// Any bytes to a whole session: it never stops answering, and answers the same whole and in pieces.
#include "fuzz.hpp"
#include "unit/server/conversation.hpp"

namespace {

using larder::fuzz::require;
using larder::server::test::Conversation;
using larder::server::test::World;

std::string answers_in_pieces(std::string_view bytes, std::uint8_t choice, const World& like) {
  World world{like.options};
  Conversation client{world};
  std::string answers;
  std::size_t step = 1 + choice % 16;
  while (!bytes.empty()) {
    const std::size_t piece = step < bytes.size() ? step : bytes.size();
    answers += client.send(bytes.substr(0, piece));
    bytes.remove_prefix(piece);
    step = 1 + (step * 7 + choice) % 23;
  }
  return answers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  larder::server::ServerOptions options;
  if ((data[0] & 0x80U) != 0) options.password = "sesame";
  World world{options};
  Conversation client{world};
  const std::string whole = client.send(bytes);
  require(whole == answers_in_pieces(bytes, data[0], world),
          "a session answers the same however its input is cut");
  require(client.input.size() <= bytes.size(), "a session keeps no more than it got");
  world.host.end_pause();
  if (!client.session.client().closing && client.input.empty()) {
    require(!client.send("*1\r\n$5\r\nRESET\r\n").empty(), "a session that is open answers");
  }
  return 0;
}
