// What a study says: runs.csv for programs, report.md and plots for people.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "lab/study.hpp"

namespace larder::lab {

/// What stands over the report.
struct StudyFacts {
  std::string
      names;  ///< Where they come from: "50,000 names of names.csv (column domain), of 1,234,567".
  std::string command;  ///< That made it.
  std::uint64_t name_count = 0;
  std::uint64_t request_count = 0;
  std::uint64_t seed = 0;
  unsigned concurrency = 0;
  std::vector<std::string> notes = {};  ///< What a reader should know of how it was measured.
};

/// A row for each cell, with a header.
std::string runs_csv(std::span<const StudyOutcome> outcomes);

/// A uniform cell that forgot nothing against its closed form.
struct UniformCheck {
  std::string cell;
  double measured = 0, expected = 0;
  bool holds() const noexcept { return measured - expected <= 0.01 && expected - measured <= 0.01; }
};
std::vector<UniformCheck> uniform_checks(std::span<const StudyOutcome> outcomes,
                                         std::uint64_t names);

/// The text of report.md. It shows the plots beside it.
std::string report_text(std::span<const StudyOutcome> outcomes, const StudyFacts& facts);

struct NamedPlot {
  std::string file;  ///< "hit_rate.svg"
  std::string svg;
};
/// `frequency`: how often each name is asked for, most often first.
std::vector<NamedPlot> study_plots(std::span<const StudyOutcome> outcomes,
                                   std::span<const std::uint32_t> frequency);

/// How often each name is asked for, most often first.
std::vector<std::uint32_t> frequencies(std::span<const std::uint32_t> order, std::size_t names);

}  // namespace larder::lab
