// Where an experiment talks: results for other programs, notes and progress for people.
#pragma once

#include <cstdio>

namespace larder::lab {

/// Exit statuses of every experiment, as of all of Larder's commands.
enum Exit : int {
  kDone = 0,      ///< It ran, and what it promised held.
  kFailed = 1,    ///< It ran, and something did not hold: a wrong value, a lost connection.
  kBadInput = 2,  ///< It could not start: an option, a URL, a trace. Nothing was changed, or the
                  ///< note says what was.
};

struct Output {
  std::FILE* results = stdout;  ///< Tables, or one JSON object.
  std::FILE* notes = stderr;    ///< Errors and warnings, a line each.
  bool progress = false;  ///< Draw a bar on `notes`: for the caller to set when it is a terminal.
};

}  // namespace larder::lab
