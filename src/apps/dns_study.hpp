// What a cell of `larder dns experiment` is made of: Redis servers, the DNS cache over them, the stub authority.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lab/study.hpp"

namespace larder::apps {

/// The words of --schemes: of a ring's URL, and our own.
struct StudyScheme {
  const char* name;
  const char* ring_scheme;  ///< As in a ring's URL.
  const char* help;
};
const std::vector<StudyScheme>& study_schemes();

/// Where `range` cuts the keys of `partitions` partitions: the letters a to z in equal parts, or, `learnt`, the names in equal
/// parts.
std::vector<std::string> range_splits(unsigned partitions, const std::vector<std::string>& names,
                                      bool learnt);

/// `names` live as long as it. `ttl_s` is what the stub gives every answer.
std::unique_ptr<lab::StudySubject> make_study_subject(const std::vector<std::string>& names,
                                                      std::uint32_t ttl_s, base::Millis stub_delay);

}  // namespace larder::apps
