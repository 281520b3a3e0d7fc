// How help looks: flags with what they take, defaults and variables behind the words, no types of
// C++.
#pragma once

#include <memory>

namespace CLI {
class FormatterBase;
}

namespace larder::apps {

std::shared_ptr<CLI::FormatterBase> make_help_formatter();

}  // namespace larder::apps
