// Names of domains to ask for: a sample of a CSV file, or made up.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/trace.hpp"

namespace larder::lab {

struct DomainsOptions {
  char delimiter = 0;               ///< 0: found out.
  std::optional<bool> header = {};  ///< Whether the first record names columns; none: found out.
  std::string column = {};  ///< A column's name or its number from 1; empty: the one with domains.
  std::size_t sample = 50'000;  ///< How many names to keep; 0: all, up to kDomainsMax.
  std::uint64_t seed = 7;
};
inline constexpr std::size_t kDomainsMax = 5'000'000;

struct Domains {
  std::vector<std::string>
      names;                    ///< Distinct, lower case, no dot at the end; in an order by chance.
  std::uint64_t rows = 0;       ///< Records behind the header.
  std::uint64_t not_names = 0;  ///< Of them, those that hold no domain name.
  std::uint64_t repeated = 0;   ///< Of the sample, those that were there already.
  std::uint64_t first_not_name = 0;  ///< Its line, if there was one.
  std::string column;                ///< What was read: "domain" or "column 2".
  char delimiter = 0;
  bool header = false;
};

/// A sample without replacement in which each row of the file has the same chance, whatever its order.
///
/// Errors   `bad_argument` names file and line: an empty file, no column of that name, no column with
///          domains, a record that is too short, a quote left open; `io`.
/// Cost     One pass, memory for the sample only.
/// Source   Algorithm L: K.-H. Li, "Reservoir-sampling algorithms of time complexity
///          O(n(1 + log(N/n)))", ACM TOMS 20 (1994).
Result<Domains> sample_domains(std::unique_ptr<ByteSource> csv, const std::string& name,
                               const DomainsOptions& options);
/// The same for a file, plain or packed with zstd; `-` is standard input.
Result<Domains> sample_domains(const std::string& path, const DomainsOptions& options);

/// Requests as a file has them, a name in each record.
struct DomainReplay {
  std::vector<std::string> names;    ///< Distinct, most often asked for first.
  std::vector<std::uint32_t> order;  ///< Indices of names.
};
/// Errors: as sample_domains; `too_large` for more than 100 million requests. Cost: memory for all names and requests.
Result<DomainReplay> replay_domains(const std::string& path, const DomainsOptions& options);
Result<DomainReplay> replay_domains(std::unique_ptr<ByteSource> csv, const std::string& name,
                                    const DomainsOptions& options);

/// `count` distinct names of made-up words under real top-level domains, a third of them with www,
/// api or the like in front. The same seed gives the same names, on every machine.
std::vector<std::string> synthetic_domains(std::size_t count, std::uint64_t seed);

/// Lower case, without the dot at the end; none where it is no host name: 253 bytes at most, two or more
/// labels of 1 to 63 letters, digits, `-` or `_`.
std::optional<std::string> domain_name(std::string_view text);

}  // namespace larder::lab
