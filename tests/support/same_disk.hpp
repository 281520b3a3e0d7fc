// A disk handed on: what one owner opens and the next finds again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/disk.hpp"

namespace larder::test {

/// Lifetime  The disk behind it outlives it.
class SameDisk final : public base::Disk {
 public:
  explicit SameDisk(base::Disk& disk) : disk_(disk) {}
  Result<std::unique_ptr<base::File>> open(std::string_view name, base::Open mode) override {
    return disk_.open(name, mode);
  }
  Result<void> rename(std::string_view from, std::string_view to) override {
    return disk_.rename(from, to);
  }
  Result<void> remove(std::string_view name) override { return disk_.remove(name); }
  Result<std::vector<std::string>> list() const override { return disk_.list(); }
  Result<void> sync() override { return disk_.sync(); }
  Result<std::unique_ptr<base::DiskLock>> lock(std::string_view name) override {
    return disk_.lock(name);
  }
  const std::string& path() const noexcept override { return disk_.path(); }

 private:
  base::Disk& disk_;
};

}  // namespace larder::test
