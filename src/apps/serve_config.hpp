// The file of settings that `larder serve --config FILE` starts from.
#pragma once

#include <functional>
#include <string_view>

#include "apps/serve_options.hpp"

namespace larder::apps {

/// Fills in from `flags.config_file` what the command line does not say: what is typed is nearer than what is written.
/// `is_given("--port")`: was that flag typed? Throws BadInput naming file, line and cure.
void read_config_file(ServeFlags& flags,
                      const std::function<bool(std::string_view flag)>& is_given);

}  // namespace larder::apps
