// Comma-separated values as RFC 4180 and its relatives write them: records out of bytes, in bounded
// memory.
//
// file   := record*
// record := field (delimiter field)* line-end
// field  := plain | '"' (any but '"' | '""')* '"'    ; quoted ones may hold delimiters and line ends
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lab/trace.hpp"

namespace larder::lab {

/// Reads records one after the other. Blank lines are passed over; a byte order mark is, too.
class CsvReader {
 public:
  static constexpr std::size_t kRecordBytesMax = 64 * 1024;
  static constexpr std::size_t kFieldsMax = 1'024;

  /// `name` stands in error messages. `delimiter` 0: found out from the first lines, among , ; tab and |.
  CsvReader(std::unique_ptr<ByteSource> bytes, std::string name, char delimiter = 0);

  /// False: there are no more; `fields` is a place that is used again. Errors: `bad_argument` names
  /// the line, "names.csv:17: …"; `io`.
  Result<bool> next(std::vector<std::string>& fields);
  /// Where the last record began; the first is 1.
  std::uint64_t line() const noexcept { return record_line_; }
  /// What parts the fields; 0 before the first record, if it was to be found out.
  char delimiter() const noexcept { return delimiter_; }
  const std::string& name() const noexcept { return name_; }
  std::optional<double> progress() const { return bytes_->progress(); }

 private:
  Result<bool> fill();
  Result<bool> take_byte(char& byte);
  Result<void> field(std::string& into, bool& record_ends);
  Result<void> quoted_field(std::string& into);
  Error complain(std::string_view what) const;

  std::unique_ptr<ByteSource> bytes_;
  std::string name_;
  char delimiter_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool started_ = false;
  bool at_end_ = false;
  std::uint64_t line_ = 1;
  std::uint64_t record_line_ = 0;
  std::size_t record_bytes_ = 0;
};

/// The one of , ; tab and | that the lines agree on; a comma where none does (one column).
char find_delimiter(std::string_view first_lines) noexcept;

}  // namespace larder::lab
