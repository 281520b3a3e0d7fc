// What a replay plays: a recorded trace, or one that is made up.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lab/output.hpp"
#include "lab/size_range.hpp"
#include "lab/trace.hpp"

namespace larder::lab {

struct SourceOptions {
  std::string trace = {};        ///< A path, `-` for standard input, or empty: see `generate`.
  std::string generate = {};     ///< A law (see Distribution::parse), in place of a trace.
  std::uint64_t keys = 100'000;  ///< Of a generated trace; so are `seed` and `size`.
  std::uint64_t requests = 0;    ///< Stop after so many; 0: all, or a million generated ones.
  std::uint64_t seed = 7;
  SizeRange size{64, 64};  ///< Bytes of key and value together. A key keeps its size.

  /// What a report calls it.
  std::string name() const { return trace.empty() ? generate : trace; }
};

/// Errors: `bad_argument` for options that make no sense; `io` names the file.
Result<std::unique_ptr<RequestSource>> open_source(const SourceOptions& options);

/// Options that make no sense, and why.
Error bad_replay(std::string why);
Result<void> check_threads(unsigned threads);
/// True for what the caller can mend: the trace, the URL, an option.
bool is_input(const Error& error);
/// Writes the error to the notes as one line, and returns the exit status for it.
int refuse_replay(const Output& output, const Error& error);

}  // namespace larder::lab
