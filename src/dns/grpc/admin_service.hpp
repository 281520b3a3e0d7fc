// The service CacheAdmin over the seam of the same name. Heavy to include: the face's own files only do.
#pragma once

#include <optional>

#include "dns/admin_token.hpp"
#include "dns/grpc/convert.hpp"

namespace larder::dns {

class AdminService final : public v1::CacheAdmin::CallbackService {
 public:
  /// `changes`: whether Put, Delete, Flush and changes of the policy are taken where there is no token.
  AdminService(CacheAdmin& admin, bool changes, const AdminToken* token)
      : admin_(admin), changes_(changes), token_(token) {}

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;
  Unary* Get(Context* context, const v1::Key* key, v1::Entries* entries) override;
  grpc::ServerWriteReactor<v1::Entry>* List(Context* context,
                                            const v1::ListRequest* request) override;
  Unary* Put(Context* context, const v1::PutRequest* request, v1::PutReply* reply) override;
  Unary* Delete(Context* context, const v1::DeleteRequest* request,
                v1::DeleteReply* reply) override;
  Unary* Flush(Context* context, const v1::FlushRequest* request, v1::FlushReply* reply) override;
  Unary* Stats(Context* context, const v1::StatsRequest* request, v1::StatsReply* reply) override;
  Unary* Partitions(Context* context, const v1::PartitionsRequest* request,
                    v1::PartitionsReply* reply) override;
  Unary* Policy(Context* context, const v1::PolicyRequest* request,
                v1::PolicyReply* reply) override;

 private:
  std::optional<grpc::Status> refusal(const Context& context, bool change) const;
  /// True: the call was refused, and is over.
  bool refuses(const Context& context, bool change, Unary* reactor) const;

  CacheAdmin& admin_;
  const bool changes_;
  const AdminToken* const token_;
};

}  // namespace larder::dns
