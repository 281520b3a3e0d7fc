// Options: `--name value` pairs, as benchmarks/engine hands them over.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>

namespace larder::bench {

class Options {
 public:
  Options(int count, char** words) {
    for (int i = 0; i < count; i += 2) {
      const std::string name = words[i];
      if (!name.starts_with("--") || i + 1 == count) {
        throw std::runtime_error("expected --name value, found " + name);
      }
      values_[name.substr(2)] = words[i + 1];
    }
  }

  std::string text(const std::string& name, const std::string& otherwise = "") const {
    const auto at = values_.find(name);
    return at == values_.end() ? otherwise : at->second;
  }
  std::uint64_t number(const std::string& name, std::uint64_t otherwise) const {
    const auto at = values_.find(name);
    return at == values_.end() ? otherwise : std::stoull(at->second);
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace larder::bench
