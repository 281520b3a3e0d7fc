// Shell completion, made from the command tree itself, so that it cannot lag behind the flags.
#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/declare.hpp"
#include "apps/program.hpp"

namespace larder::apps {
namespace {

/// What may stand behind a flag: nothing, a file, a folder, one of some words, or anything.
struct Flag {
  std::string name;  ///< "--port"
  std::string help;
  std::string type;  ///< Empty: takes no value.
};

struct Sub {
  std::string name;  ///< "get"; of a command in a group, "redis start".
  std::string help;
  std::vector<Flag> flags;
  std::vector<Sub> subs;  ///< Of a group.
};

std::vector<Flag> flags_of(const CLI::App& command) {
  std::vector<Flag> flags;
  for (const auto* option : command.get_options()) {
    if (option->get_lnames().empty()) continue;
    const bool takes_value = option->get_expected_max() > 0;
    flags.push_back({"--" + option->get_lnames().front(), option->get_description(),
                     takes_value ? option->get_type_name() : ""});
  }
  return flags;
}

std::vector<Sub> subs_of(const CLI::App& root, const std::string& group = "") {
  std::vector<Sub> subs;
  for (const auto* command : root.get_subcommands([](const CLI::App*) { return true; })) {
    const auto name = group + command->get_name();
    subs.push_back(
        {name, command->get_description(), flags_of(*command), subs_of(*command, name + " ")});
  }
  return subs;
}

/// All that can be run: commands, and those of groups.
std::vector<Sub> flat(const std::vector<Sub>& subs) {
  std::vector<Sub> all;
  for (const auto& sub : subs) {
    if (sub.subs.empty()) all.push_back(sub);
    all.insert(all.end(), sub.subs.begin(), sub.subs.end());
  }
  return all;
}

std::string last_word(const Sub& sub) { return sub.name.substr(sub.name.rfind(' ') + 1); }

std::string names(const std::vector<Sub>& subs) {
  std::string all;
  for (const auto& sub : subs) all += (all.empty() ? "" : " ") + last_word(sub);
  return all;
}

std::string replaced(std::string_view text, char what, std::string_view by) {
  std::string out;
  for (const char c : text) c == what ? out += by : out += c;
  return out;
}

/// "always|everysec|no" as words; empty for a type that is not a choice.
std::string choices(const std::string& type) {
  return type.find('|') == std::string::npos ? "" : replaced(type, '|', " ");
}

std::string names(const std::vector<Flag>& flags) {
  std::string all;
  for (const auto& flag : flags) all += (all.empty() ? "" : " ") + flag.name;
  return all;
}

std::string bash(const std::vector<Sub>& subs) {
  const auto words = names(subs);
  std::string groups;
  std::string cases;
  std::string values;
  for (const auto& sub : subs) {
    if (sub.subs.empty()) continue;
    groups += "    " + sub.name +
              ")\n      if [ \"$COMP_CWORD\" = 2 ]; then\n        COMPREPLY=($(compgen -W '" +
              names(sub.subs) + " --help' -- \"$word\"))\n        return\n      fi\n      name=\"" +
              sub.name + " ${COMP_WORDS[2]}\" ;;\n";
  }
  for (const auto& sub : flat(subs)) {
    cases += "    '" + sub.name + "') words='" + names(sub.flags) + "' ;;\n";
    for (const auto& flag : sub.flags) {
      const auto place = "    '" + sub.name + ":" + flag.name + "') ";
      if (flag.type == "FILE")
        values += place + "COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n";
      if (flag.type == "FOLDER")
        values += place + "COMPREPLY=($(compgen -d -- \"$word\")); return ;;\n";
      if (const auto list = choices(flag.type); !list.empty()) {
        values += place + "COMPREPLY=($(compgen -W '" + list + "' -- \"$word\")); return ;;\n";
      } else if (!flag.type.empty() && flag.type != "FILE" && flag.type != "FOLDER") {
        values += place + "return ;;\n";
      }
    }
  }
  return "# bash completion for larder\n"
         "_larder() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} words='' name=${COMP_WORDS[1]}\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
         "    COMPREPLY=($(compgen -W '" +
         words +
         " help --help --version' -- \"$word\"))\n"
         "    return\n"
         "  fi\n"
         "  case $name in\n" +
         groups +
         "  esac\n"
         "  case $name:${COMP_WORDS[COMP_CWORD-1]} in\n" +
         values +
         "  esac\n"
         "  case $name in\n" +
         cases + "    help) words='" + words +
         "' ;;\n"
         "  esac\n"
         "  case ${COMP_WORDS[1]}:$word in\n"
         "    completion:*) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$word\")) ;;\n"
         "    *:-* | help:*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
         "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -F _larder larder\n";
}

/// Text inside single quotes, with what `_arguments` and `_describe` read as their own escaped.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_value(const std::string& type) {
  if (type.empty()) return "";
  if (type == "FILE") return ":FILE:_files";
  if (type == "FOLDER") return ":FOLDER:_files -/";
  if (const auto list = choices(type); !list.empty()) return ":choice:(" + list + ")";
  return ":" + zsh_text(type) + ":";
}

std::string zsh(const std::vector<Sub>& subs) {
  std::string commands;
  std::string groups;
  std::string cases;
  for (const auto& sub : subs) {
    commands += "    '" + sub.name + ":" + zsh_text(sub.help) + "'\n";
    if (sub.subs.empty()) continue;
    groups += "    " + sub.name + ")\n      commands=(\n";
    for (const auto& inner : sub.subs) {
      groups += "        '" + last_word(inner) + ":" + zsh_text(inner.help) + "'\n";
    }
    groups +=
        "      )\n      if (( CURRENT == 2 )); then\n        _describe 'command' commands\n"
        "        return\n      fi\n      name=\"" +
        sub.name + " $words[2]\"\n      shift words\n      (( CURRENT-- )) ;;\n";
  }
  for (const auto& sub : flat(subs)) {
    cases += "    '" + sub.name + "') _arguments";
    for (const auto& flag : sub.flags) {
      cases +=
          " \\\n      '" + flag.name + "[" + zsh_text(flag.help) + "]" + zsh_value(flag.type) + "'";
    }
    cases += sub.name == "completion" ? " \\\n      '1:shell:(bash zsh fish)' ;;\n"
                                      : " \\\n      '*::argument:_files' ;;\n";
  }
  return "#compdef larder\n"
         "_larder() {\n"
         "  local -a commands\n"
         "  commands=(\n" +
         commands +
         "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe 'command' commands\n"
         "    return\n"
         "  fi\n"
         "  local name=$words[2]\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case $name in\n" +
         groups +
         "  esac\n"
         "  case $name in\n" +
         cases +
         "  esac\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _larder ]; then _larder \"$@\"; else compdef _larder larder; "
         "fi\n";
}

std::string fish_text(std::string_view text) {
  return replaced(replaced(text, '\\', "\\\\"), '\'', "\\'");
}

std::string fish(const std::vector<Sub>& subs) {
  std::string out = "# fish completion for larder\ncomplete -c larder -f\n";
  std::string groups;
  for (const auto& sub : subs) {
    out += "complete -c larder -n __fish_use_subcommand -a " + sub.name + " -d '" +
           fish_text(sub.help) + "'\n";
    if (sub.subs.empty()) continue;
    groups += " " + sub.name;
    for (const auto& inner : sub.subs) {
      out += "complete -c larder -n '__fish_seen_subcommand_from " + sub.name +
             "; and not __fish_seen_subcommand_from " + names(sub.subs) + "' -a " +
             last_word(inner) + " -d '" + fish_text(inner.help) + "'\n";
    }
  }
  for (const auto& sub : flat(subs)) {
    // `flush` is a command and one of a group: which is meant, the group's name tells.
    const auto space = sub.name.find(' ');
    const auto group = space == std::string::npos
                           ? "not __fish_seen_subcommand_from" + groups
                           : "__fish_seen_subcommand_from " + sub.name.substr(0, space);
    for (const auto& flag : sub.flags) {
      out += "complete -c larder -n '" + group + "; and __fish_seen_subcommand_from " +
             last_word(sub) + "' -l " + flag.name.substr(2) + " -d '" + fish_text(flag.help) + "'";
      if (flag.type == "FILE" || flag.type == "FOLDER") {
        out += " -r -F";
      } else if (const auto list = choices(flag.type); !list.empty()) {
        out += " -x -a '" + list + "'";
      } else if (!flag.type.empty()) {
        out += " -x";
      }
      out += "\n";
    }
  }
  return out +
         "complete -c larder -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n";
}

int print_completion(const std::string& shell) {
  const auto tree = make_tree();
  const auto subs = subs_of(*tree.root);
  const auto script = shell == "bash" ? bash(subs) : shell == "zsh" ? zsh(subs) : fish(subs);
  std::fputs(script.c_str(), stdout);
  return kYes;
}

}  // namespace

Action declare_completion(CLI::App& command) {
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("");
  return [shell] { return print_completion(*shell); };
}

}  // namespace larder::apps
