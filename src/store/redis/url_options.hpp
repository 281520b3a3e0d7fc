// The ?options of Redis URLs: one table of names, what each takes, and which schemes know it.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/redis/url.hpp"

namespace larder::store {

enum class UrlKind : std::uint8_t { one, tls, socket, ring, sentinel, cluster };

std::optional<UrlKind> url_kind_of(std::string_view scheme) noexcept;
bool is_for_many(UrlKind kind) noexcept;
std::optional<unsigned> database_from(std::string_view text) noexcept;

/// Errors of both: `bad_url`, naming the option and what it takes.
Result<void> set_url_option(ServersUrl& url, UrlKind kind, const std::string& scheme,
                            const std::string& name, const std::string& value);
/// What can only be said of all options together; names and weights of a ring are complete afterwards.
Result<void> finish_options(ServersUrl& url, UrlKind kind);

}  // namespace larder::store
