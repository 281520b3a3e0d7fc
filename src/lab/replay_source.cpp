#include "lab/replay_source.hpp"

namespace larder::lab {

Error bad_replay(std::string why) { return {Errc::bad_argument, Effect::not_sent, std::move(why)}; }

Result<void> check_threads(unsigned threads) {
  if (threads == 0 || threads > 256) return bad_replay("threads: from 1 to 256");
  return {};
}

Result<std::unique_ptr<RequestSource>> open_source(const SourceOptions& options) {
  if (options.trace.empty() == options.generate.empty()) {
    return bad_replay("give either a trace to play or --generate LAW (such as zipf:1.0)");
  }
  if (!options.trace.empty()) {
    auto trace = TraceReader::open(options.trace);
    if (!trace) return trace.error();
    return std::unique_ptr<RequestSource>(std::move(*trace));
  }
  const auto distribution = Distribution::parse(options.generate);
  if (!distribution) return distribution.error();
  if (options.keys == 0) return bad_replay("there must be at least one key");
  if (options.keys > 1'000'000'000'000) return bad_replay("at most 10^12 keys fit twelve digits");
  if (options.size.high > TraceReader::kSizeMax) return bad_replay("an object has at most 512 MiB");
  const std::uint64_t requests = options.requests == 0 ? 1'000'000 : options.requests;
  return std::unique_ptr<RequestSource>(std::make_unique<GeneratedTrace>(
      GenerateOptions{*distribution, options.keys, requests, options.seed, options.size}));
}

bool is_input(const Error& error) {
  return error.code == Errc::bad_argument || error.code == Errc::bad_url ||
         error.code == Errc::unsupported || error.code == Errc::io;
}

int refuse_replay(const Output& output, const Error& error) {
  const bool input = is_input(error);
  // What to mend stands in the detail; the code's name before it would only push it aside.
  std::fprintf(output.notes, "larder replay: %s\n",
               input ? error.detail.c_str() : to_string(error).c_str());
  return input ? kBadInput : kFailed;
}

}  // namespace larder::lab
