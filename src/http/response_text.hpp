// The text of a response, as it goes over the wire.
#pragma once

#include <string>

#include "http/server.hpp"

namespace larder::http {

/// How the answer must look, whatever is in it.
struct Manner {
  unsigned version = 11;
  bool keep_alive = false;
  bool head = false;  ///< Length, but no body.
};

/// Head and body as one text: an answer is small, and is one write.
void append_response(std::string& text, const Response& response, const Manner& manner);

}  // namespace larder::http
