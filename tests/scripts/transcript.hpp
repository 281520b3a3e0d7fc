// Transcripts: what a client sends and sees, as text that anyone can read, played against any server.
//
//   # a comment; "# servers: larder" in the first lines: Redis 7.0 does not know this yet
//   > SET k "two words" PX 20     a command, split as redis-cli splits, sent as an array
//   < +OK                         its reply; arrays in one line: *[$a :1 _]
//   <2 _        <3 %[$a $b]       a reply in RESP2 or in RESP3 only; every transcript is played in both
//   @ 30ms                        time passes
//   >> "PING\r\n*-1\r\n"          bytes as they are
//   < -ERR Protocol error...      a reply that begins so; "?" is any reply; ":~50" an integer from 0 to 50
//   < closed                      the server closes
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::test {

struct Step {
  enum class What { send, expect, pass };
  What what;
  std::string text;  // Bytes to send, or the reply in words.
  int protocol = 0;  // Of expect: 2 or 3; 0: both.
  std::chrono::milliseconds time{0};
  int line = 0;
  std::string source;  // The line itself, for messages.
};

struct Transcript {
  std::string name;
  bool only_larder = false;
  std::vector<Step> steps;
};

/// Throws std::runtime_error with file and line when it does not parse.
Transcript read_transcript(const std::string& path);
/// The names of all transcripts of a folder, without ".resp".
std::vector<std::string> transcript_names(const std::string& folder);

/// Where a transcript is played: one fresh connection to an empty server.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual void send(std::string_view bytes) = 0;
  /// The next reply in words; none when the server closed or stayed silent.
  virtual std::optional<std::string> reply() = 0;
  virtual void pass(std::chrono::milliseconds time) = 0;
};

/// Plays it and returns what differed, a line each; empty: nothing.
std::string play(const Transcript& transcript, Stage& stage, int protocol);

/// Does a reply in words fit what was expected?
bool fits(std::string_view expected, std::string_view reply);

}  // namespace larder::test
