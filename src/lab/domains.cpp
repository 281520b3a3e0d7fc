#include "lab/domains.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "base/numbers.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "lab/csv.hpp"

namespace larder::lab {

std::optional<std::string> domain_name(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return std::nullopt;
  std::size_t label = 0, labels = 1;
  bool letter = false;
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) return std::nullopt;
      label = 0;
      letter = false;
      ++labels;
      continue;
    }
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') return std::nullopt;
    letter = letter || is_letter;
    if (++label > 63) return std::nullopt;
  }
  // No top-level domain is a number: 1.5 and 192.0.2.1 are none.
  if (label == 0 || labels < 2 || !letter) return std::nullopt;
  return base::lower(text);
}

namespace {

using Row = std::vector<std::string>;

/// The first records are looked at before the rest is read: which column, and whether there is a header.
struct CsvHead {
  std::vector<Row> rows;
  std::vector<std::uint64_t> lines;
};

Result<CsvHead> read_csv_head(CsvReader& csv) {
  constexpr std::size_t kRows = 100;
  CsvHead head;
  for (Row row; head.rows.size() < kRows; row.clear()) {
    const auto more = csv.next(row);
    if (!more) return more.error();
    if (!*more) break;
    head.rows.push_back(row);
    head.lines.push_back(csv.line());
  }
  if (head.rows.empty()) {
    return Error{Errc::bad_argument, Effect::not_sent,
                 csv.name() + ":1: the file is empty; expected a name of a domain on each line"};
  }
  return head;
}

/// The column that holds the most domain names below the first row, or in it where it is the only one.
std::optional<std::size_t> column_with_domains(const CsvHead& head) {
  std::optional<std::size_t> best;
  std::size_t most = 0;
  const std::size_t first = head.rows.size() > 1 ? 1 : 0;
  for (std::size_t column = 0; column < head.rows[0].size(); ++column) {
    std::size_t count = 0;
    for (std::size_t row = first; row < head.rows.size(); ++row) {
      const Row& fields = head.rows[row];
      if (column < fields.size() && domain_name(fields[column])) ++count;
    }
    if (count > most) {
      most = count;
      best = column;
    }
  }
  return best;
}

Error csv_error(const CsvReader& csv, std::uint64_t line, const std::string& what) {
  return {Errc::bad_argument, Effect::not_sent,
          csv.name() + ":" + std::to_string(line) + ": " + what};
}

std::string joined(const Row& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + base::quoted(name, 40);
  return text;
}

Result<std::size_t> choose_column(const CsvReader& csv, const CsvHead& head,
                                  const DomainsOptions& options) {
  const Row& first = head.rows[0];
  if (options.column.empty()) {
    const auto found = column_with_domains(head);
    if (found) return *found;
    return csv_error(csv, head.lines[0],
                     "no column holds names of domains; the first record is " + joined(first));
  }
  const auto named = std::find_if(first.begin(), first.end(), [&](const std::string& field) {
    return base::same_word(field, options.column);
  });
  if (named != first.end() && options.header.value_or(true))
    return static_cast<std::size_t>(named - first.begin());
  const auto number = base::parse_unsigned(options.column);
  if (number && *number >= 1 && *number <= first.size())
    return static_cast<std::size_t>(*number - 1);
  return csv_error(csv, head.lines[0],
                   "no column " + base::quoted(options.column) + "; there are " + joined(first));
}

/// Keeps `size` of the names that are offered, each with the same chance.
class Reservoir {
 public:
  Reservoir(std::size_t size, std::uint64_t seed) : size_(size), random_(seed) {}

  /// Whether the next one is to be offered; a name that is not wanted costs nothing.
  bool wants_next() noexcept { return kept_.size() < size_ || seen_ + 1 == next_; }
  void pass() noexcept { ++seen_; }
  void offer(std::string name) {
    ++seen_;
    if (kept_.size() < size_) {
      kept_.push_back(std::move(name));
      if (kept_.size() == size_) leap();
      return;
    }
    kept_[random_.below(size_)] = std::move(name);
    leap();
  }
  std::vector<std::string> take() {
    for (std::size_t i = kept_.size(); i > 1; --i) std::swap(kept_[i - 1], kept_[random_.below(i)]);
    return std::move(kept_);
  }

 private:
  double open_unit() noexcept { return std::max(random_.unit(), 1e-300); }
  void leap() noexcept {
    weight_ *= std::exp(std::log(open_unit()) / static_cast<double>(size_));
    const double skip = std::floor(std::log(open_unit()) / std::log1p(-weight_));
    next_ = seen_ + 1 + static_cast<std::uint64_t>(std::min(skip, 1e18));
  }

  std::size_t size_;
  base::Random random_;
  std::vector<std::string> kept_;
  std::uint64_t seen_ = 0;
  std::uint64_t next_ = 0;  ///< The number of the one that will be kept.
  double weight_ = 1;
};

std::vector<std::string> distinct(std::vector<std::string> names, std::uint64_t& repeated) {
  std::unordered_set<std::string_view> seen;
  seen.reserve(names.size());
  std::vector<bool> keep(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) keep[i] = seen.insert(names[i]).second;
  std::vector<std::string> result;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (keep[i]) result.push_back(std::move(names[i]));
  }
  repeated = names.size() - result.size();
  return result;
}

using Sink = std::function<void(std::string)>;

/// What is done with each record, those of the head and the rest.
struct DomainWalk {
  const CsvReader& csv;
  std::size_t column;
  Domains& facts;
  const Sink& sink;

  Result<void> take(const Row& row, std::uint64_t line) {
    ++facts.rows;
    if (column >= row.size()) {
      return csv_error(csv, line,
                       std::to_string(row.size()) + " fields, but the names are in column " +
                           std::to_string(column + 1));
    }
    auto name = domain_name(row[column]);
    if (name) {
      sink(std::move(*name));
    } else if (facts.not_names++ == 0) {
      facts.first_not_name = line;
    }
    return {};
  }
};

/// Hands every name of the file to `sink`, in order; what there is to say of the file goes to `facts`.
Result<void> walk_domains(std::unique_ptr<ByteSource> bytes, const std::string& name,
                          const DomainsOptions& options, Domains& facts, const Sink& sink) {
  CsvReader csv(std::move(bytes), name, options.delimiter);
  auto head = read_csv_head(csv);
  if (!head) return head.error();
  const auto column = choose_column(csv, *head, options);
  if (!column) return column.error();
  const Row& first = head->rows[0];
  facts.header = options.header.value_or(!domain_name(first[*column]).has_value());
  facts.column = facts.header ? first[*column] : "column " + std::to_string(*column + 1);
  facts.delimiter = csv.delimiter();
  DomainWalk walk{csv, *column, facts, sink};
  for (std::size_t i = facts.header ? 1 : 0; i < head->rows.size(); ++i) {
    if (auto done = walk.take(head->rows[i], head->lines[i]); !done) return done.error();
  }
  for (Row row;;) {
    const auto more = csv.next(row);
    if (!more) return more.error();
    if (!*more) break;
    if (auto done = walk.take(row, csv.line()); !done) return done.error();
  }
  if (facts.rows > facts.not_names) return {};
  return csv_error(
      csv, head->lines[0],
      "no name of a domain in " + facts.column + " of " + std::to_string(facts.rows) + " records");
}

std::string shown_name(const std::string& path) { return path == "-" ? "standard input" : path; }

}  // namespace

Result<Domains> sample_domains(std::unique_ptr<ByteSource> bytes, const std::string& name,
                               const DomainsOptions& options) {
  Domains domains;
  Reservoir reservoir(options.sample ? std::min(options.sample, kDomainsMax) : kDomainsMax,
                      options.seed);
  // Whether a record counts is known for each, wanted or not: else the chance would not be the same.
  const auto walked = walk_domains(std::move(bytes), name, options, domains, [&](std::string one) {
    reservoir.wants_next() ? reservoir.offer(std::move(one)) : reservoir.pass();
  });
  if (!walked) return walked.error();
  domains.names = distinct(reservoir.take(), domains.repeated);
  return domains;
}

Result<DomainReplay> replay_domains(std::unique_ptr<ByteSource> bytes, const std::string& name,
                                    const DomainsOptions& options) {
  constexpr std::size_t kRequestsMax = 100'000'000;
  std::unordered_map<std::string, std::uint32_t> numbers;
  std::vector<std::uint32_t> order, counts;
  bool too_many = false;
  Domains facts;
  const auto walked = walk_domains(std::move(bytes), name, options, facts, [&](std::string one) {
    if ((too_many = too_many || order.size() == kRequestsMax)) return;
    const auto number =
        numbers.emplace(std::move(one), static_cast<std::uint32_t>(numbers.size())).first->second;
    order.push_back(number);
    counts.resize(numbers.size());
    ++counts[number];
  });
  if (!walked) return walked.error();
  if (too_many)
    return Error{Errc::too_large, Effect::not_sent, name + ": more than 100 million requests"};

  std::vector<std::uint32_t> by_count(numbers.size()), rank(numbers.size());
  for (std::uint32_t i = 0; i < by_count.size(); ++i) by_count[i] = i;
  std::stable_sort(by_count.begin(), by_count.end(),
                   [&](auto a, auto b) { return counts[a] > counts[b]; });
  for (std::uint32_t i = 0; i < by_count.size(); ++i) rank[by_count[i]] = i;
  DomainReplay replay{std::vector<std::string>(numbers.size()), std::move(order)};
  for (const auto& [one, number] : numbers) replay.names[rank[number]] = one;
  for (auto& index : replay.order) index = rank[index];
  return replay;
}

Result<DomainReplay> replay_domains(const std::string& path, const DomainsOptions& options) {
  auto bytes = open_bytes(path);
  if (!bytes) return bytes.error();
  return replay_domains(std::move(*bytes), shown_name(path), options);
}

Result<Domains> sample_domains(const std::string& path, const DomainsOptions& options) {
  auto bytes = open_bytes(path);
  if (!bytes) return bytes.error();
  return sample_domains(std::move(*bytes), shown_name(path), options);
}

std::vector<std::string> synthetic_domains(std::size_t count, std::uint64_t seed) {
  static constexpr std::string_view kSyllables[] = {
      "ba", "be", "bo", "ca", "ce", "co", "da", "de", "di", "do", "fa", "fi", "ga",
      "go", "he", "hi", "jo", "ka", "ki", "la", "le", "li", "lo", "ma", "me", "mi",
      "mo", "na", "ne", "no", "pa", "pe", "pi", "po", "ra", "re", "ri", "ro", "sa",
      "se", "si", "so", "ta", "te", "ti", "to", "va", "ve", "vi", "za"};
  // About as they share the names that are asked for; of 100.
  static constexpr struct {
    std::string_view name;
    unsigned weight;
  } kTops[] = {{".com", 46}, {".org", 8},    {".net", 10}, {".de", 7}, {".co.uk", 5}, {".fr", 3},
               {".ar", 3},   {".com.br", 4}, {".jp", 3},   {".io", 4}, {".info", 3},  {".cl", 4}};
  static constexpr std::string_view kHosts[] = {"www.", "www.",  "www.", "api.",
                                                "cdn.", "mail.", "img."};
  base::Random random(seed);
  std::unordered_set<std::string> seen;
  std::vector<std::string> names;
  names.reserve(count);
  while (names.size() < count) {
    std::string name = random.below(100) < 35 ? std::string(kHosts[random.below(std::size(kHosts))])
                                              : std::string();
    for (auto syllables = 2 + random.below(4); syllables > 0; --syllables)
      name += kSyllables[random.below(std::size(kSyllables))];
    std::uint64_t at = random.below(100);
    for (const auto& top : kTops) {
      if (at < top.weight) {
        name += top.name;
        break;
      }
      at -= top.weight;
    }
    if (seen.insert(name).second) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace larder::lab
