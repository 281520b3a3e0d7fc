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

bool AdminService::refuses_change(Unary* reactor) const {
  if (changes_) return false;
  reactor->Finish({grpc::StatusCode::PERMISSION_DENIED,
                   "changes are taken from this machine only: serve gRPC on 127.0.0.1 for them"});
  return true;
}

AdminService::Unary* AdminService::Get(Context* context, const v1::Key* key, v1::Entries* entries) {
  auto* const reactor = context->DefaultReactor();
  admin_.look(key->name(), type_filter(key->type()),
              [=](const Result<std::vector<CachedEntry>>& found) {
                if (found) {
                  for (const auto& entry : *found) fill(*entries->add_entries(), entry);
                }
                reactor->Finish(ended(found));
              });
  return reactor;
}

grpc::ServerWriteReactor<v1::Entry>* AdminService::List(Context*, const v1::ListRequest* request) {
  auto* const writer = new EntryWriter;  // Deletes itself when gRPC is done with it.
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
  if (refuses_change(reactor)) return reactor;
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
  if (refuses_change(reactor)) return reactor;
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
  if (refuses_change(reactor)) return reactor;
  admin_.flush([reactor](const Result<void>& flushed) { reactor->Finish(ended(flushed)); });
  return reactor;
}

AdminService::Unary* AdminService::Stats(Context* context, const v1::StatsRequest*,
                                         v1::StatsReply* reply) {
  auto* const reactor = context->DefaultReactor();
  fill(*reply, admin_.stats());
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

AdminService::Unary* AdminService::Partitions(Context* context, const v1::PartitionsRequest*,
                                              v1::PartitionsReply* reply) {
  auto* const reactor = context->DefaultReactor();
  admin_.partitions([=](const Result<std::vector<PartitionStats>>& partitions) {
    if (partitions) fill(*reply, *partitions);
    reactor->Finish(ended(partitions));
  });
  return reactor;
}

}  // namespace larder::dns
