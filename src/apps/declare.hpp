// The functions that declare the commands; the table in commands.cpp has a row for each.
#pragma once

#include "apps/command.hpp"

namespace larder::apps {

Action declare_serve(CLI::App& command);
Action declare_dns(CLI::App& command);

Action declare_get(CLI::App& command);
Action declare_set(CLI::App& command);
Action declare_del(CLI::App& command);
Action declare_exists(CLI::App& command);
Action declare_ttl(CLI::App& command);
Action declare_expire(CLI::App& command);
Action declare_incr(CLI::App& command);
Action declare_decr(CLI::App& command);
Action declare_keys(CLI::App& command);
Action declare_flush(CLI::App& command);
Action declare_info(CLI::App& command);

Action declare_lock(CLI::App& command);
Action declare_limit(CLI::App& command);

Action declare_snapshot(CLI::App& command);
Action declare_export(CLI::App& command);
Action declare_import(CLI::App& command);
Action declare_copy(CLI::App& command);
Action declare_check(CLI::App& command);

Action declare_redis(CLI::App& command);

Action declare_bench(CLI::App& command);
Action declare_replay(CLI::App& command);
Action declare_tour(CLI::App& command);

Action declare_top(CLI::App& command);
Action declare_doctor(CLI::App& command);

Action declare_completion(CLI::App& command);

}  // namespace larder::apps
