// The load generator behind `larder bench`: many connections, pipelined GETs and SETs, every reply
// checked.
//
// Made for this one job, so that it costs less than the server it measures. Works against any
// Redis.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "lab/output.hpp"
#include "lab/size_range.hpp"

namespace larder::lab {

struct BenchOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string user = {};      ///< Empty: AUTH with the password alone.
  std::string password = {};  ///< Empty: no AUTH.

  unsigned connections = 50;
  unsigned pipeline = 1;   ///< Requests written together, then so many replies awaited.
  unsigned threads = 1;    ///< Connections are dealt out to them.
  double get_share = 0.9;  ///< Of all requests; the others are SETs.
  std::uint64_t keys = 100'000;
  std::string distribution = "uniform";
  SizeRange value{64, 64};  ///< Bytes of a value.
  std::string prefix =
      "bench:";         ///< Keys are the prefix and ten digits, or as many as `keys` needs.
  bool verify = true;   ///< Compare every byte of every value; else only type and length.
  bool preload = true;  ///< Write every key first, so that every GET must hit.
  bool keep = false;    ///< Leave the keys in the server; else they are erased at the end.

  base::Millis warm_up{500};
  base::Millis duration{5'000};  ///< 0: only preload.
  std::uint64_t requests = 0;    ///< Stop after so many in place of `duration`; 0: by time.
  double rate = 0;  ///< Requests a second in all (open loop); 0: as fast as replies come (closed).
  std::uint64_t seed = 7;
  bool json = false;
};

/// Runs it, writes the report to `output.results`, and answers with an exit status: `kFailed` if
/// any reply was wrong.
///
/// Latency of a closed loop counts from the write of the batch to each reply. Of an open loop, from
/// the moment at which the schedule wanted the request sent, whether or not the server kept up:
/// nothing is omitted by waiting.
int bench(const BenchOptions& options, const Output& output);

}  // namespace larder::lab
