// Two ends of TLS over a MemoryStream, and what each has read so far.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "net/memory_stream.hpp"
#include "net/tls.hpp"
#include "support/certificates.hpp"

namespace larder::net::test {

using Status = Transfer::Status;

/// One side: a stream and what came through it.
struct End {
  std::unique_ptr<Stream> stream;
  MemoryStream* below = nullptr;  ///< What it runs over.
  std::string heard;

  /// Reads until nothing more comes; how that showed.
  Status listen(std::size_t room_bytes = 4096) {
    std::array<char, 4096> room{};
    for (;;) {
      const Transfer got = stream->read({room.data(), room_bytes});
      heard.append(room.data(), got.bytes);
      if (got.status != Status::done) return got.status;
    }
  }
};

struct TlsPair {
  End server, client;

  TlsPair(const TlsContext& server_side, const TlsContext& client_side,
          const std::string& host = "localhost") {
    auto [near, far] = MemoryStream::pair();
    server.below = near.get();
    client.below = far.get();
    server.stream = server_side.accept(std::move(near));
    client.stream = client_side.connect(std::move(far), host);
  }
  /// Turns of both until nothing moves.
  void settle() {
    for (int turns = 0; turns < 100'000; ++turns) {
      const auto before = moved();
      client.listen();
      server.listen();
      if (moved() == before) return;
    }
  }
  bool stands() const { return server.stream->is_established() && client.stream->is_established(); }
  /// Writes it all, with the other end listening.
  void send(End& from, std::string_view bytes) {
    while (!bytes.empty()) {
      const Transfer sent = from.stream->write(bytes);
      if (sent.status == Status::broken) return;
      bytes.remove_prefix(sent.bytes);
      settle();
    }
  }

 private:
  std::size_t moved() const {
    return server.below->incoming().writes + server.below->outgoing().writes +
           server.below->incoming().bytes.size() + server.below->outgoing().bytes.size();
  }
};

/// Contexts over one authority.
class World {
 public:
  larder::test::Certificates certificates;
  larder::test::Certificates::Pair own = certificates.issue("server");

  TlsOptions server_options() const {
    TlsOptions options;
    options.cert_file = own.cert_file;
    options.key_file = own.key_file;
    options.auth_clients = TlsOptions::AuthClients::no;
    return options;
  }
  TlsOptions client_options() const {
    TlsOptions options;
    options.ca_cert_file = certificates.authority();
    return options;
  }
  TlsPair pair(const TlsOptions& server, const TlsOptions& client,
               const std::string& host = "localhost") const {
    return {*TlsContext::for_server(server).value(), *TlsContext::for_client(client).value(), host};
  }
  TlsPair pair() const { return pair(server_options(), client_options()); }
};

}  // namespace larder::net::test
