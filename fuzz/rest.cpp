// Any bytes as the target of an HTTP request and as a batch of questions: what the REST face of the DNS cache reads of a stranger.
#include <string>

#include "dns/name.hpp"
#include "dns/rest_json.hpp"
#include "dns/rest_target.hpp"
#include "fuzz.hpp"

namespace {

using namespace larder::dns;
using larder::fuzz::require;

void a_target_is_read_once(std::string_view text) {
  const auto target = RestTarget::parse(text);
  if (!target) return;
  for (const auto& piece : target->path())
    require(piece.find('\0') == piece.npos, "no zero byte comes through");
  (void)target->flag("do");
  (void)target->number("limit", 1, 10);
  const auto question = question_from_text(target->text("name"), target->text("type", "A"));
  if (!question) return;
  require(question->type != 0 && question->name.size() <= kNameBytesMax, "a question can be asked");
}

void a_batch_is_bounded(std::string_view text) {
  const auto batch = read_batch(text);
  if (!batch) return;
  require(!batch->empty() && batch->size() <= kBatchMax, "a batch has its bounds");
  for (const auto& query : *batch) {
    if (!query.refused.empty()) continue;
    const auto name = name_from_text(name_to_text(query.question.name));
    require(name && *name == query.question.name, "a name's text is that name");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of its own size: one byte read too many is seen.
  const std::string text(reinterpret_cast<const char*>(data), size);
  a_target_is_read_once(text);
  a_batch_is_bounded(text);
  return 0;
}
