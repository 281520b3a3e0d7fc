// Recovery from a log and a snapshot of bytes by chance: it may refuse, cut or load them, and never anything else.
//
// The input is the content of two files, the first length in front: u16, log, snapshot. Checksums are made to fit now and
// then, or nothing behind them would ever be reached.
#include "node/recovery.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/memory_disk.hpp"
#include "engine/durable_file.hpp"
#include "fuzz.hpp"
#include "node/folder.hpp"

namespace {

using namespace larder;

void put(base::MemoryDisk& disk, engine::FileKind kind, std::string_view bytes) {
  if (bytes.empty()) return;
  (void)disk.open(node::file_name(kind, 1), base::Open::create).value()->append(bytes);
}

/// The payload as a file would have it, with header and checksums.
std::string framed(engine::FileKind kind, std::string_view payload) {
  std::string bytes = engine::to_bytes({.kind = kind, .generation = 1, .sequence = 1, .salt = 5});
  if (kind == engine::FileKind::log) {
    engine::append_record(bytes, 1, {1, payload}, engine::payload_crc(payload, 5));
  } else {
    engine::append_chunk(bytes, {0, payload}, 5);
    engine::append_end(bytes, {.sequence = 1, .chunks = 1, .operations = 1}, 5);
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view in(reinterpret_cast<const char*>(data), size);
  const std::size_t first = static_cast<unsigned char>(in[0]) * std::size_t{4};
  const bool bare = (in[1] & 1) != 0;
  in.remove_prefix(2);
  const std::string_view log = in.substr(0, std::min(first, in.size()));
  const std::string_view snapshot = in.substr(log.size());
  base::MemoryDisk disk;
  put(disk, engine::FileKind::log, bare ? std::string(log) : framed(engine::FileKind::log, log));
  if (!snapshot.empty()) {
    put(disk, engine::FileKind::snapshot,
        bare ? std::string(snapshot) : framed(engine::FileKind::snapshot, snapshot));
  }
  base::ManualClock time;
  node::LoadClock clock{time};
  node::Node node{{.shards = 2, .databases = 4, .seed = 7}, clock};
  (void)node::recover(disk, node, clock);
  return 0;
}
