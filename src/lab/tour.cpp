#include "lab/tour.hpp"

#include <larder/store.hpp>

#include <algorithm>
#include <thread>

#include "base/json_text.hpp"
#include "base/random.hpp"
#include "base/units.hpp"
#include "lab/tour_stage.hpp"

namespace larder::lab {

Stage::Stage(Store store, std::string space, bool fast, std::FILE* out)
    : store_(std::move(store)),
      space_(std::move(space)),
      fast_(fast),
      out_(out),
      clock_(base::SystemClock::instance()) {}

std::string Stage::space(std::string_view chapter) const {
  return space_ + "-" + std::string(chapter);
}

void Stage::title(std::string_view text) {
  std::fprintf(out_, "\n%u. %.*s\n", ++chapter_, static_cast<int>(text.size()), text.data());
  std::fflush(out_);
}

void Stage::say(std::string_view call, std::string_view answer) {
  // A column is letters, not bytes: those after the first of a UTF-8 letter do not count.
  constexpr std::size_t kColumn = 34;
  const auto letters = static_cast<std::size_t>(
      std::count_if(call.begin(), call.end(), [](char c) { return (c & 0xc0) != 0x80; }));
  const std::string gap(letters < kColumn ? kColumn - letters : 0, ' ');
  std::fprintf(out_, "   %.*s%s %.*s\n", static_cast<int>(call.size()), call.data(), gap.c_str(),
               static_cast<int>(answer.size()), answer.data());
  std::fflush(out_);
}

void Stage::promise(bool held, std::string_view text) {
  ++(held ? kept_ : broken_);
  promises_json_.append(promises_json_.empty() ? "" : ",")
      .append(held ? R"({"kept":true,"promise":)" : R"({"kept":false,"promise":)");
  base::append_json_string_lossy(promises_json_, text);
  promises_json_ += "}";
  std::fprintf(out_, "   %s %.*s\n", held ? "kept:  " : "BROKEN:", static_cast<int>(text.size()),
               text.data());
  std::fflush(out_);
}

void Stage::wait(base::Millis time) { std::this_thread::sleep_for(time); }

namespace {

constexpr void (*kChapters[])(Stage&) = {
    &show_expiry, &show_invalidation, &show_counter, &show_values, &show_single_load, &show_speed,
};

/// Erases what the tour wrote, page by page.
std::size_t clean_up(const Store& store, const std::string& space) {
  std::size_t erased = 0;
  std::uint64_t cursor = 0;
  do {
    const ScanPage page = store.scan(cursor, {.match = space + "-*", .count = 1'000}).value();
    cursor = page.cursor;
    if (!page.keys.empty()) erased += store.erase_many(page.keys).value();
  } while (cursor != 0);
  return erased;
}

int play(const Store& store, const TourOptions& options, const Output& output) {
  const std::string space = "tour-" + std::to_string(base::system_entropy() % 1'000'000'000);
  std::FILE* const told = options.json ? output.notes : output.results;
  Stage stage(store, space, options.fast, told);
  std::fprintf(told, "A tour of Larder, on %s; every key begins with %s\n",
               std::string(store.url()).c_str(), space.c_str());
  for (const auto chapter : kChapters) chapter(stage);
  const std::size_t erased = clean_up(store, space);
  std::fprintf(told, "\n%u promises kept, %u broken; %zu entries erased behind us.\n", stage.kept(),
               stage.broken(), erased);
  if (options.json) {
    std::fprintf(output.results, "{\"kept\":%u,\"broken\":%u,\"erased\":%zu,\"promises\":[%s]}\n",
                 stage.kept(), stage.broken(), erased, stage.promises_json().c_str());
  }
  return stage.broken() == 0 ? kDone : kFailed;
}

}  // namespace

int tour(const TourOptions& options, const Output& output) {
  const auto store = Store::open(options.url);
  if (!store) {
    const bool url = store.error().code == Errc::bad_url;
    std::fprintf(output.notes, "larder tour: %s\n",
                 url ? store.error().detail.c_str() : to_string(store.error()).c_str());
    return url ? kBadInput : kFailed;
  }
  try {
    return play(*store, options, output);
  } catch (const Failure& failure) {
    std::fprintf(output.notes, "larder tour: the store failed: %s\n", failure.what());
    return kFailed;
  }
}

}  // namespace larder::lab
