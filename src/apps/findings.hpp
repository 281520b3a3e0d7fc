// What `larder doctor` reads out of INFO: what is well, what is not, and what to do about it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace larder::apps {

enum class Health : std::uint8_t { good, note, bad };

struct Finding {
  Health health = Health::good;
  std::string about;      ///< One word: "memory".
  std::string words;      ///< What is so.
  std::string cure = {};  ///< What to do; empty where there is nothing.
};

/// Of one server, or of several whose texts stand one behind the other, each after `# Server` and its name.
std::vector<Finding> findings_of_info(std::string_view info);
/// Of round trips, in any order; at least one.
Finding finding_of_latency(std::vector<base::Nanos> round_trips);

}  // namespace larder::apps
