// SnapshotWriter: everything a node holds, into one file, while it goes on working. No fork, no copy of memory.
//
// The log begins a new generation; S is the last step before it. Then the tables are walked in slices, a few locks at a
// time, and each entry is written as it is found: some as they were at S, some as they have become. The log has all
// that came after S, so its records up to the end of the walk, E, are written behind the entries. Played in this order
// they make the state at E, exactly: a record says what is there afterwards, so it does not matter which of them an
// entry had seen already. The file needs nothing else to be read, and older files are no longer needed.
//
// Exchanging databases while they are walked would mix them: then the snapshot is begun anew.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "base/disk.hpp"
#include "base/wall_bridge.hpp"
#include "engine/durable_file.hpp"
#include "node/journal.hpp"
#include "node/node.hpp"
#include "node/packer.hpp"

namespace larder::node {

class FileWindow;

struct SnapshotResult {
  std::uint64_t generation = 0;
  std::uint64_t sequence = 0;  ///< E.
  std::uint64_t bytes = 0;
  std::uint64_t operations = 0;
};

/// Threads   One; beside visits to the node.
/// Lifetime  All it is given outlives it. Destroyed before its end, it removes what it has written.
class SnapshotWriter {
 public:
  SnapshotWriter(base::Disk& disk, Node& node, Journal& journal, const base::Clock& clock,
                 Compression compression);
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  /// Begins the new generation. Errors: `io`; then nothing has changed.
  Result<void> begin();
  /// A slice: about a thousand entries, or a mebibyte of log. True: the snapshot is whole, on the disk and in its place.
  /// Errors: `io`; then it is over.
  Result<bool> step();
  /// Of a whole one.
  const SnapshotResult& result() const noexcept { return result_; }

 private:
  enum class Stage : std::uint8_t { entries, records, end };

  Result<void> walk();
  Result<void> open_log();
  Result<void> copy();
  Result<void> finish();
  Result<void> put_chunk();
  Result<void> put(const std::string& bytes);
  void remove_older() noexcept;
  void note(const engine::Entry& entry, unsigned db);

  base::Disk& disk_;
  Node& node_;
  Journal& journal_;
  const base::Clock& clock_;
  const Compression compression_;
  Packer packer_;
  base::WallBridge bridge_;
  std::unique_ptr<base::File> file_;
  std::string name_;  // Of the file that is being written; empty: there is none.
  Stage stage_ = Stage::entries;
  unsigned db_ = 0;
  std::uint64_t cursor_ = 0;
  std::size_t entries_ = 1;  // To be looked at under one lock.
  std::uint64_t swaps_ = 0;
  std::string chunk_;   // Operations, not yet written.
  std::string framed_;  // The same, as it goes to the file.
  std::uint64_t chunks_ = 0;
  std::uint64_t unsynced_bytes_ = 0;
  std::unique_ptr<base::File> log_;
  std::unique_ptr<FileWindow> window_;
  engine::FileHeader log_header_;
  SnapshotResult result_;
};

}  // namespace larder::node
