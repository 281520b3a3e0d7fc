// What a comparison of policies says: a table for people, JSON for programs, and warnings where a
// number would mislead.
#pragma once

#include <span>
#include <string>

#include "lab/numbered_trace.hpp"
#include "lab/policy_cell.hpp"
#include "lab/policy_replay.hpp"

namespace larder::lab {

struct PolicyCell {
  policy::Eviction policy;
  std::string size;            ///< As it was asked for.
  std::uint64_t capacity = 0;  ///< Entries or bytes.
  CellResult result;
};

/// A row for each policy, a column for each size; by bytes, a second block tells of bytes.
std::string table_of(const PolicyReplayOptions& options, const NumberedTrace& trace,
                     std::span<const PolicyCell> cells);
std::string json_of(const PolicyReplayOptions& options, const NumberedTrace& trace,
                    std::span<const PolicyCell> cells);

/// Names policies that can evict nothing of this trace, before time is spent on them.
void warn_before(const PolicyReplayOptions& options, const NumberedTrace& trace,
                 const Output& output);
/// Names the cells that refused writes where nobody would expect it.
void warn_after(const PolicyReplayOptions& options, const NumberedTrace& trace,
                std::span<const PolicyCell> cells, const Output& output);

}  // namespace larder::lab
