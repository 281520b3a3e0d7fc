// Any bytes as a DNS message: reading them ends in an error or in a message that comes back from its own bytes as it is; queries and
// stored entries are read from the same bytes.
#include <vector>

#include "dns/entry.hpp"
#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/query.hpp"
#include "dns/rdata_text.hpp"
#include "dns/types.hpp"
#include "dns/vet.hpp"
#include "fuzz.hpp"

namespace {

using namespace larder::dns;
using larder::fuzz::require;

void texts_come_back(const Message& message) {
  for (const auto* section : {&message.answers, &message.authority, &message.additional}) {
    for (const Record& record : *section) {
      const auto text = name_to_text(record.name);
      const auto name = name_from_text(text);
      require(name && *name == record.name, "a name's text is that name");
      (void)rdata_to_text(record.type, record.rdata);
      const auto general = rdata_from_text(65'280, rdata_to_text(65'280, record.rdata));
      require(general && *general == record.rdata, "the general form of rdata is that rdata");
    }
  }
}

void wire_comes_back(const Message& message) {
  const auto again = parse_message(build_message(message));
  require(again.has_value(), "what was written can be read");
  if (!again->truncated || message.truncated) require(*again == message, "and is the same message");
}

void an_answer_can_be_stored(const Message& message) {
  if (!message.question) return;
  Question question{
      message.question->name, message.question->type, message.question->klass, true, false, false};
  const auto vetted = vet(question, message, {});
  if (!vetted) return;
  const auto entry = pack_entry({.ttl_s = vetted->ttl_s}, build_message(vetted->message));
  const auto opened = open_shared_entry(entry, question);
  require(opened.has_value(), "an entry of ours can be opened");
  std::string out(opened->wire.size(), '\0');
  render(out.data(), *opened, question.name, 5'000, 30);
  require(parse_message(out).has_value(), "and what an asker gets of it is a message");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of its own size: one byte read too many is seen.
  const std::vector<char> bytes(data, data + size);
  const std::string_view wire(bytes.data(), bytes.size());
  const Query query = read_query(wire);
  if (!query.drop && query.refusal == 0)
    require(!query.name.empty(), "a question that is asked has a name");
  (void)open_shared_entry(wire, Question{std::string("\1a\0", 3), 1, 1, false, false, false});
  const auto places = ttl_places(wire);
  if (places) {
    for (const auto place : *places)
      require(std::size_t{place} + 4 <= wire.size(), "a TTL lies in the message");
  }
  const auto message = parse_message(wire);
  if (!message) return 0;
  texts_come_back(*message);
  wire_comes_back(*message);
  an_answer_can_be_stored(*message);
  return 0;
}
