#include "scripts/transcript.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/buffer.hpp"
#include "base/numbers.hpp"
#include "resp/inline_command.hpp"
#include "resp/writer.hpp"

namespace larder::test {
namespace {

std::vector<std::string_view> split(std::string_view line, std::string& text) {
  std::vector<std::string_view> args;
  if (!resp::split_line(line, text, args)) throw std::runtime_error("quotes do not balance");
  return args;
}

std::string as_array(std::string_view line) {
  std::string text;
  base::Buffer out;
  resp::append_command(out, split(line, text));
  return std::string(out.view());
}

std::string as_bytes(std::string_view line) {
  std::string text;
  std::string bytes;
  for (const std::string_view part : split(line, text)) bytes += part;
  return bytes;
}

std::chrono::milliseconds read_time(std::string_view text) {
  if (!text.ends_with("ms")) throw std::runtime_error("time is written as 30ms");
  const auto number = base::parse_integer(text.substr(0, text.size() - 2));
  if (!number) throw std::runtime_error("time is written as 30ms");
  return std::chrono::milliseconds(*number);
}

std::optional<Step> read_step(std::string_view line) {
  const auto after = [&](std::string_view mark) { return line.substr(mark.size()); };
  Step step{Step::What::send, {}, 0, {}, 0, std::string(line)};
  if (line.empty() || line.starts_with('#')) return std::nullopt;
  if (line.starts_with(">> ")) {
    step.text = as_bytes(after(">> "));
  } else if (line.starts_with("> ")) {
    step.text = as_array(after("> "));
  } else if (line.starts_with("@ ")) {
    step.what = Step::What::pass;
    step.time = read_time(after("@ "));
  } else if (line.starts_with("< ") || line.starts_with("<2 ") || line.starts_with("<3 ")) {
    step.what = Step::What::expect;
    step.protocol = line[1] == ' ' ? 0 : line[1] - '0';
    step.text = line.substr(line.find(' ') + 1);
  } else {
    throw std::runtime_error("a line begins with one of # > >> < <2 <3 @");
  }
  return step;
}

}  // namespace

Transcript read_transcript(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + " cannot be read");
  Transcript transcript{std::filesystem::path(path).stem().string(), false, {}};
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line == "# servers: larder") transcript.only_larder = true;
    try {
      if (auto step = read_step(line)) {
        step->line = number;
        transcript.steps.push_back(std::move(*step));
      }
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  return transcript;
}

std::vector<std::string> transcript_names(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() == ".resp") names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool fits(std::string_view expected, std::string_view reply) {
  if (expected == "?") return true;
  if (expected.starts_with(":~")) {
    const auto most = base::parse_integer(expected.substr(2));
    const auto number = base::parse_integer(reply.substr(std::min<std::size_t>(reply.size(), 1)));
    return reply.starts_with(':') && most && number && *number >= 0 && *number <= *most;
  }
  if (expected.ends_with("...")) return reply.starts_with(expected.substr(0, expected.size() - 3));
  return expected == reply;
}

std::string play(const Transcript& transcript, Stage& stage, int protocol) {
  std::string differences;
  if (protocol == 3) {
    stage.send(as_array("HELLO 3"));
    if (!stage.reply()) differences += "no reply to HELLO 3\n";
  }
  for (const Step& step : transcript.steps) {
    if (step.what == Step::What::send) stage.send(step.text);
    if (step.what == Step::What::pass) stage.pass(step.time);
    if (step.what != Step::What::expect) continue;
    if (step.protocol != 0 && step.protocol != protocol) continue;
    const std::string reply = stage.reply().value_or("closed");
    if (!fits(step.text, reply)) {
      differences += transcript.name + ".resp:" + std::to_string(step.line) + ": expected " +
                     step.text + ", got " + reply + "\n";
    }
  }
  return differences;
}

}  // namespace larder::test
