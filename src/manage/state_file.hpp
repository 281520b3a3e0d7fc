// What a folder remembers of the servers in it, so that a later command, or a later day, finds them again.
//
// file    := "larder-redis 1\n" line*
// line    := name " " value "\n"                          ; mode replicas aof server maxmemory policy conf boot
//          | "node " name kind primary port pid started "\n"   ; kind := "data" | "sentinel"
//
// No secret stands in it: the password has a file of its own.
#pragma once

#include <larder/error.hpp>

#include <string>
#include <string_view>

#include "manage/plan.hpp"

namespace larder::manage {

std::string state_text(const Setup& setup);
/// Errors: `bad_value`, naming the line.
Result<Setup> read_state(std::string_view text);

}  // namespace larder::manage
