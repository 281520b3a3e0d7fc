#include "dns/grpc/admin_service.hpp"

#include <algorithm>

namespace larder::dns {
namespace {

/// A page of entries, written one by one.
class EntryWriter final : public grpc::ServerWriteReactor<v1::Entry> {
 public:
  void begin(const Result<EntryPage>& page) {
    if (!page) return Finish(status_of(page.error()));
    for (const auto& entry : page->entries) fill(entries_.emplace_back(), entry);
    write_next(true);
  }
  void refuse(const grpc::Status& status) { Finish(status); }
  void OnWriteDone(bool ok) override { write_next(ok); }
  void OnDone() override { delete this; }

 private:
  void write_next(bool ok) {
    if (!ok || next_ == entries_.size()) return Finish(grpc::Status::OK);
    StartWrite(&entries_[next_++]);
  }
  std::vector<v1::Entry> entries_;
  std::size_t next_ = 0;
};

std::optional<std::uint16_t> type_filter(std::uint32_t type) {
  if (type == 0 || type > 65'535) return std::nullopt;
  return static_cast<std::uint16_t>(type);
}

template <class T>
grpc::Status ended(const Result<T>& result) {
  return result ? grpc::Status::OK : status_of(result.error());
}

}  // namespace

std::optional<grpc::Status> AdminService::refusal(const Context& context, bool change) const {
  if (token_ && token_->is_set()) {
    const auto& shown = context.client_metadata();
    const auto found = shown.find("authorization");
    if (found != shown.end() && token_->admits({found->second.data(), found->second.size()}))
      return std::nullopt;
    return grpc::Status{grpc::StatusCode::UNAUTHENTICATED,
                        "this takes the administrator's token, as metadata: authorization: Bearer "
                        "TOKEN"};
  }
  if (!change || changes_) return std::nullopt;
  return grpc::Status{grpc::StatusCode::PERMISSION_DENIED,
                      "changes are taken from this machine only: serve gRPC on 127.0.0.1 for them, "
                      "or start with --admin-token-file"};
}

bool AdminService::refuses(const Context& context, bool change, Unary* reactor) const {
  const auto status = refusal(context, change);
  if (status) reactor->Finish(*status);
  return status.has_value();
}

AdminService::Unary* AdminService::Get(Context* context, const v1::Key* key, v1::Entries* entries) {
  auto* const reactor = context->DefaultReactor();
  if (refuses(*context, false, reactor)) return reactor;
  admin_.look(key->name(), type_filter(key->type()),
              [=](const Result<std::vector<CachedEntry>>& found) {
                if (found) {
                  for (const auto& entry : *found) fill(*entries->add_entries(), entry);
                }
                reactor->Finish(ended(found));
              });
  return reactor;
}

grpc::ServerWriteReactor<v1::Entry>* AdminService::List(Context* context,
                                                        const v1::ListRequest* request) {
  auto* const writer = new EntryWriter;  // Deletes itself when gRPC is done with it.
  if (const auto status = refusal(*context, false)) {
    writer->refuse(*status);
    return writer;
  }
  ListEntries what;
  what.prefix = request->prefix();
  what.suffix = request->suffix();
  what.type = type_filter(request->type());
  what.limit = request->limit() == 0 ? 100 : std::min<std::size_t>(request->limit(), 10'000);
  what.tier = request->shared() ? Origin::shared : Origin::near;
  admin_.list(what, [writer](const Result<EntryPage>& page) { writer->begin(page); });
  return writer;
}

AdminService::Unary* AdminService::Put(Context* context, const v1::PutRequest* request,
                                       v1::PutReply*) {
  auto* const reactor = context->DefaultReactor();
  if (refuses(*context, true, reactor)) return reactor;
  if (request->type() > 65'535 || request->ttl() == 0) {
    reactor->Finish({grpc::StatusCode::INVALID_ARGUMENT,
                     "type up to 65535 and a ttl of at least 1 second are needed"});
    return reactor;
  }
  PutEntry entry;
  entry.name = request->name();
  entry.type = static_cast<std::uint16_t>(request->type() ? request->type() : 1);
  entry.ttl = request->ttl();
  entry.records.assign(request->records().begin(), request->records().end());
  entry.pinned = request->pinned();
  admin_.put(entry, [reactor](const Result<void>& stored) { reactor->Finish(ended(stored)); });
  return reactor;
}

AdminService::Unary* AdminService::Delete(Context* context, const v1::DeleteRequest* request,
                                          v1::DeleteReply* reply) {
  auto* const reactor = context->DefaultReactor();
  if (refuses(*context, true, reactor)) return reactor;
  admin_.erase({request->name(), type_filter(request->type()), request->subtree()},
               [=](const Result<std::size_t>& erased) {
                 if (erased) reply->set_erased(*erased);
                 reactor->Finish(ended(erased));
               });
  return reactor;
}

AdminService::Unary* AdminService::Flush(Context* context, const v1::FlushRequest*,
                                         v1::FlushReply*) {
  auto* const reactor = context->DefaultReactor();
  if (refuses(*context, true, reactor)) return reactor;
  admin_.flush([reactor](const Result<void>& flushed) { reactor->Finish(ended(flushed)); });
  return reactor;
}

AdminService::Unary* AdminService::Stats(Context* context, const v1::StatsRequest*,
                                         v1::StatsReply* reply) {
  auto* const reactor = context->DefaultReactor();
  if (refuses(*context, false, reactor)) return reactor;
  fill(*reply, admin_.stats());
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

AdminService::Unary* AdminService::Partitions(Context* context, const v1::PartitionsRequest*,
                                              v1::PartitionsReply* reply) {
  auto* const reactor = context->DefaultReactor();
  if (refuses(*context, false, reactor)) return reactor;
  admin_.partitions([=](const Result<std::vector<PartitionStats>>& partitions) {
    if (partitions) fill(*reply, *partitions);
    reactor->Finish(ended(partitions));
  });
  return reactor;
}

AdminService::Unary* AdminService::Policy(Context* context, const v1::PolicyRequest* request,
                                          v1::PolicyReply* reply) {
  auto* const reactor = context->DefaultReactor();
  const PolicyChange change{.near = request->near(), .shared = request->shared()};
  if (refuses(*context, !change.near.empty() || !change.shared.empty(), reactor)) return reactor;
  admin_.policy(change, [=](const Result<std::vector<TierPolicy>>& tiers) {
    if (tiers) {
      for (const auto& tier : *tiers) {
        auto& shown = *reply->add_tiers();
        shown.set_tier(tier.tier);
        shown.set_policy(tier.policy);
        shown.set_bytes_max(tier.bytes_max);
        shown.set_trouble(tier.trouble);
      }
    }
    reactor->Finish(ended(tiers));
  });
  return reactor;
}

}  // namespace larder::dns
