// What every fallible call of Larder answers with: a value, or an Error that says whether the effect is known.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace larder {

/// Why a call failed. A miss, a busy lock or a denied request is a value, never one of these.
enum class Errc : std::uint8_t {
  timeout = 1,     ///< The deadline passed first; see Error::effect.
  disconnected,    ///< The connection went away; see Error::effect.
  unreachable,     ///< No connection could be made: name unknown, port closed, host silent.
  unauthorized,    ///< Wrong password, or none where one is needed.
  overloaded,      ///< A queue is full; the call was shed before it was sent.
  cancelled,       ///< The caller asked to stop.
  would_deadlock,  ///< A blocking call on one of Larder's own I/O threads, or a load inside itself.
  wrong_type,      ///< The key holds another kind of value.
  not_a_number,    ///< Arithmetic on a value that is not a number.
  overflow,        ///< The sum leaves the number's range; nothing was changed.
  out_of_memory,   ///< The store is full and its policy forbids eviction; nothing was changed.
  too_large,       ///< Key or value exceed a limit (base/limits.hpp names it).
  bad_argument,  ///< An argument that no store would take: empty key, negative TTL, unknown option.
  bad_url,       ///< Store::open could not read the URL.
  bad_value,     ///< Stored bytes are not what the type expects, or a value cannot be encoded.
  protocol,      ///< The peer does not speak RESP, or broke it.
  server_error,  ///< The server answered with an error of its own; detail holds its words.
  unsupported,   ///< This store or server cannot do that.
  io,            ///< The operating system refused (file, socket, thread).
  lock_lost,     ///< A lock is not, or no longer, held by this holder; nothing was touched.
  cross_slot,  ///< What one step needs lives on several servers; the same {tag} in the keys brings it together.
  loader_failed,  ///< The loader of get_or_load failed; detail holds its words.
};

/// Whether a failed call may have changed anything: what a caller must know before trying again.
enum class Effect : std::uint8_t {
  not_sent,        ///< Not a byte left this process: safe to repeat.
  maybe_executed,  ///< The request may have run: repeat only what is idempotent.
  refused,         ///< The store saw the request and declined: nothing changed.
};

/// A failure, in words for a log line. `detail` names host, port and key; never a secret.
struct Error {
  Errc code;
  Effect effect = Effect::refused;
  std::string detail;
};

/// The code's own name, as in the enum: "timeout".
std::string_view to_string(Errc code) noexcept;
std::string_view to_string(Effect effect) noexcept;
/// One line: "timeout (maybe executed): redis://10.0.0.4:6379: no answer in 500 ms".
std::string to_string(const Error& error);

/// Thrown by `Result::value()` on a failed result.
class Failure;

/// `boost::system::result`: test it, then `*r`; or call `.value()`, which throws `larder::Failure`.
template <class T>
using Result = boost::system::result<T, Error>;

/// Found by `Result::value()` through argument-dependent lookup.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

}  // namespace larder

#include <stdexcept>

namespace larder {

class Failure : public std::runtime_error {
 public:
  explicit Failure(Error error) : std::runtime_error(to_string(error)), error_(std::move(error)) {}
  const Error& error() const noexcept { return error_; }
  Errc code() const noexcept { return error_.code; }

 private:
  Error error_;
};

}  // namespace larder
