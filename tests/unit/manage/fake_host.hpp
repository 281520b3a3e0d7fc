// A machine in memory: its servers start at once, and answer what a test says.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "manage/host.hpp"

namespace larder::manage {

class FakeHost final : public Host {
 public:
  struct Process {
    base::ProcessFacts facts;
    std::uint16_t port = 0;
    bool deaf = false;      ///< Does not end when it is asked to.
    unsigned refusals = 0;  ///< So often it does not, and then it does.
  };
  std::map<std::string, std::string> files;
  std::map<int, Process> processes;
  std::set<std::uint16_t> ports_taken;  ///< By others, and everybody can see it.
  std::set<std::uint16_t>
      ports_about_to_be;  ///< By others, in the moment between a look and the start.
  std::string boot = "boot-1";
  std::vector<std::string> programs{"redis-server"};
  bool locked = false;
  base::Instant time{};
  std::vector<int> signalled;
  std::vector<std::string> asked;
  std::function<void()> after_start;  ///< As the process has begun, before anything is noted.
  /// The roles that INFO tells; "master" for whom it names none.
  std::map<std::uint16_t, std::string> roles;
  int next_id = 100;

  std::string find_program(std::string_view name) override {
    if (name.starts_with("/bin/")) name.remove_prefix(5);
    const bool there = std::find(programs.begin(), programs.end(), name) != programs.end();
    return there ? "/bin/" + std::string(name) : std::string();
  }
  std::string boot_name() override { return boot; }
  std::optional<base::ProcessFacts> process_facts(int id) override {
    const auto found = processes.find(id);
    if (found == processes.end()) return std::nullopt;
    return found->second.facts;
  }
  Result<base::ProcessMark> start(const base::Launch& launch) override {
    const base::ProcessMark mark{next_id, static_cast<std::uint64_t>(next_id) * 7};
    ++next_id;
    const auto& conf = files.at(launch.arguments.at(0));
    const auto port = static_cast<std::uint16_t>(std::stoi(conf.substr(conf.find("\nport ") + 6)));
    if (ports_about_to_be.contains(port)) {
      files[launch.log] += "bind: Address already in use\n";
      return mark;
    }
    processes[mark.id] = {{mark, launch.folder}, port};
    files[launch.folder + "/pid"] = std::to_string(mark.id) + "\n";
    if (after_start) after_start();
    return mark;
  }
  Result<bool> signal(const base::ProcessMark& mark, base::Signal signal) override {
    const auto found = processes.find(mark.id);
    if (found == processes.end() || found->second.facts.mark != mark) return false;
    signalled.push_back(mark.id);
    Process& process = found->second;
    const bool refuses = process.deaf || (process.refusals > 0 && process.refusals-- > 0);
    if (!refuses || signal == base::Signal::kill) processes.erase(found);
    return true;
  }

  Result<void> make_folder(const std::string&) override { return {}; }
  Result<void> erase_folder(const std::string& path) override {
    std::erase_if(files, [&](const auto& file) { return file.first.starts_with(path + "/"); });
    return {};
  }
  Result<std::optional<std::string>> read(const std::string& path) override {
    const auto found = files.find(path);
    if (found == files.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }
  std::string tail(const std::string& path, std::size_t) override { return files[path]; }
  Result<void> write(const std::string& path, std::string_view text) override {
    files[path] = text;
    return {};
  }
  Result<void> remove(const std::string& path) override {
    files.erase(path);
    return {};
  }
  Result<std::unique_ptr<HostLock>> lock(const std::string&) override {
    return locked ? std::unique_ptr<HostLock>() : std::make_unique<HostLock>();
  }
  bool port_is_free(std::uint16_t port) override {
    return !ports_taken.contains(port) && on(port) == nullptr;
  }
  base::Instant now() override { return time; }
  void sleep(base::Millis by) override { time += by; }

  Result<std::string> ask(std::uint16_t port, const std::string&,
                          const std::vector<std::string>& words) override {
    const auto* const process = on(port);
    if (process == nullptr) return Error{Errc::unreachable, Effect::not_sent, "nobody answers"};
    std::string all;
    for (const auto& word : words) all += (all.empty() ? "" : " ") + word;
    asked.push_back(std::to_string(port) + " " + all);
    if (words[0] != "INFO") return std::string("OK");
    const auto role = roles.contains(port) ? roles[port] : std::string("master");
    return "process_id:" + std::to_string(process->facts.mark.id) +
           "\r\nconfig_file:" + process->facts.folder + "/redis.conf\r\nrole:" + role +
           "\r\nmaster_link_status:up\r\n" +
           "master0:name=mymaster,status=ok,address=127.0.0.1:7000,slaves=1,sentinels=3\r\n";
  }

 private:
  const Process* on(std::uint16_t port) const {
    const auto found = std::find_if(processes.begin(), processes.end(),
                                    [&](const auto& row) { return row.second.port == port; });
    return found == processes.end() ? nullptr : &found->second;
  }
};

}  // namespace larder::manage
