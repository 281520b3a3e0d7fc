// This machine as a Host.
#pragma once

#include <memory>

#include "manage/host.hpp"

namespace larder::manage {

/// `ask` waits up to `answer_time` for a connection, and as long again for the answer.
std::unique_ptr<Host> make_system_host(base::Millis answer_time = base::Millis{2'000});

}  // namespace larder::manage
