// Whole files in and out, for tools: a value, a password. Durable data goes through the disk seam
// instead.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace larder::base {

/// All bytes of a file, or of standard input for "-". Errors: `io` with path and reason;
/// `too_large` beyond `bytes_max`.
Result<std::string> read_file(const std::string& path, std::uint64_t bytes_max);

/// Whether a file must be there after the machine lost its power, too.
enum class Durable : bool { no, yes };

/// Up to `bytes_max` bytes from `offset` on; fewer where the file ends. Errors: `io`.
Result<std::string> read_from(const std::string& path, std::uint64_t offset,
                              std::uint64_t bytes_max);
/// 0 where there is none.
std::uint64_t file_size(const std::string& path) noexcept;

/// Writes exactly these bytes; "-" is standard output. A new or ordinary file appears in one step,
/// whole or not at all; what is neither (a pipe, a device) is written to. `durable`: its bytes reach
/// the disk before its name does, and the name before this returns. Errors: `io`.
Result<void> write_file(const std::string& path, std::string_view bytes,
                        Durable durable = Durable::no);

/// Whether anybody but its owner can read a file, or write it. Of what is no ordinary file, nobody. Errors: `io`.
struct Privacy {
  bool others_can_read = false;
  bool others_can_write = false;
};
Result<Privacy> privacy_of(const std::string& path);

/// Whether a folder is this user's and nobody else may write to it; one that is not there is fine. Errors: `bad_argument`,
/// with the cure: who can write there can say what is run.
Result<void> check_own_folder(const std::string& path);

/// A secret from the first line of a file, and whether others than its owner can read it.
struct Secret {
  std::string text;
  bool others_can_read = false;
};
/// Errors   `io`; `bad_argument` where the first line is empty, or where somebody else may write
///          the file: who can choose the password needs none. Every detail names the file and the
///          cure.
Result<Secret> read_secret(const std::string& path);

}  // namespace larder::base
