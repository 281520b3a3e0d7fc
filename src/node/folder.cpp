#include "node/folder.hpp"

#include <algorithm>
#include <cstdio>

#include "base/numbers.hpp"

namespace larder::node {
namespace {

using engine::FileKind;

constexpr std::string_view kEnding = ".larder";
constexpr std::size_t kDigits = 10;

std::string_view beginning(FileKind kind) { return kind == FileKind::log ? "log-" : "snapshot-"; }

}  // namespace

std::string file_name(FileKind kind, std::uint64_t generation) {
  std::string digits = std::to_string(generation);
  digits.insert(0, kDigits - std::min(kDigits, digits.size()), '0');
  return std::string(beginning(kind)).append(digits).append(kEnding);
}

std::optional<std::uint64_t> generation_in(FileKind kind, std::string_view name) {
  if (!name.starts_with(beginning(kind)) || !name.ends_with(kEnding)) return std::nullopt;
  std::string_view digits = name.substr(beginning(kind).size());
  digits.remove_suffix(std::min(digits.size(), kEnding.size()));
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  const auto generation = base::parse_unsigned(digits);
  if (!generation || file_name(kind, *generation) != name) return std::nullopt;
  return *generation;
}

std::uint64_t Folder::newest() const noexcept {
  return std::max(logs.empty() ? 0 : logs.back(), snapshots.empty() ? 0 : snapshots.back());
}

Result<Folder> list_folder(const base::Disk& disk) {
  auto names = disk.list();
  if (!names) return names.error();
  Folder folder;
  for (std::string& name : *names) {
    if (const auto log = generation_in(FileKind::log, name)) {
      folder.logs.push_back(*log);
    } else if (const auto snapshot = generation_in(FileKind::snapshot, name)) {
      folder.snapshots.push_back(*snapshot);
    } else if (name.ends_with(kTemporary)) {
      folder.temporary.push_back(std::move(name));
    } else if (name == kUnsureName) {
      folder.unsure = true;
    } else if (name != kLockName) {
      folder.others.push_back(std::move(name));
    }
  }
  std::sort(folder.logs.begin(), folder.logs.end());
  std::sort(folder.snapshots.begin(), folder.snapshots.end());
  return folder;
}

}  // namespace larder::node
