// Splitting a typed line into arguments, with quotes: what people send by telnet and what redis-cli
// reads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace larder::resp {

/// Splits at spaces. "double quotes" know \n \r \t \b \a \xhh and take any other escaped byte as it
/// is; 'single quotes' know only \'. A closing quote must end the argument. False: quotes do not
/// balance; `args` then means nothing. The arguments are views into `text`, which is overwritten.
bool split_line(std::string_view line, std::string& text, std::vector<std::string_view>& args);

}  // namespace larder::resp
