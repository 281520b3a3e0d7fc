// The service Resolver over the seam of the same name. Heavy to include: the face's own files only do.
#pragma once

#include "dns/grpc/convert.hpp"
#include "dns/grpc/server.hpp"

namespace larder::dns {

class ResolveService final : public v1::Resolver::CallbackService {
 public:
  explicit ResolveService(const GrpcParts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Resolve(grpc::CallbackServerContext* context,
                                    const v1::ResolveRequest* request,
                                    v1::ResolveResponse* response) override;
  grpc::ServerBidiReactor<v1::ResolveRequest, v1::ResolveResponse>* ResolveMany(
      grpc::CallbackServerContext* context) override;

 private:
  const GrpcParts parts_;
};

}  // namespace larder::dns
