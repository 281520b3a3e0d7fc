#include "apps/help.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace larder::apps {
namespace {

constexpr std::size_t kFlagColumns = 28;
constexpr std::size_t kLineColumns = 100;

/// Breaks words into lines that fit behind the flags; CLI11 indents the lines that follow.
std::string wrapped(std::string_view words) {
  std::string out;
  std::size_t column = 0;
  while (!words.empty()) {
    const auto word = words.substr(0, words.find(' '));
    if (column > 0 && column + 1 + word.size() > kLineColumns - kFlagColumns) {
      out += '\n';
      column = 0;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    words.remove_prefix(std::min(words.size(), word.size() + 1));
  }
  return out;
}

// Longer choices than this are listed in the description instead.
constexpr std::size_t kChoiceCharsMax = 20;

class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(kFlagColumns); }

  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_positional() || option->get_expected_max() == 0) return "";
    const auto type = option->get_type_name();
    const auto shown =
        type.substr(0, type.find(':'));  // CLI11 writes a check's range behind the type.
    return " " + (is_long_choice(shown) ? std::string{"NAME"} : shown);
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    auto words = option->get_description();
    const auto type = option->get_type_name();
    if (is_long_choice(type)) words += ": " + CLI::detail::find_and_replace(type, "|", ", ");
    std::string notes = option->get_default_str();
    // CLI11 puts brackets around a list, also around an empty one.
    if (notes.starts_with('[') && notes.ends_with(']')) notes = notes.substr(1, notes.size() - 2);
    if (const auto variable = option->get_envname(); !variable.empty()) {
      notes += (notes.empty() ? "or $" : ", or $") + variable;
    }
    return wrapped(notes.empty() ? words : words + " [" + notes + "]");
  }

  std::string make_usage(const CLI::App* command, std::string name) const override {
    auto usage = CLI::Formatter::make_usage(command, std::move(name));
    return "\n" + CLI::detail::find_and_replace(usage, "[OPTIONS] SUBCOMMAND", "COMMAND …");
  }

  std::string make_help(const CLI::App* command, std::string name,
                        CLI::AppFormatMode mode) const override {
    auto text = CLI::Formatter::make_help(command, std::move(name), mode);
    return CLI::detail::find_and_replace(std::move(text), "\n\n\n", "\n\n");
  }

 private:
  static bool is_long_choice(const std::string& type) {
    return type.size() > kChoiceCharsMax && type.find('|') != std::string::npos;
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> make_help_formatter() {
  return std::make_shared<HelpFormatter>();
}

}  // namespace larder::apps
