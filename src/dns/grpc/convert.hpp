// Between the seams' types and the messages of resolver.proto. Heavy to include: the face's own files only do.
#pragma once

#include <larder/error.hpp>

#include <resolver.grpc.pb.h>

#include "dns/cache_admin.hpp"
#include "dns/resolver.hpp"

namespace larder::dns {

/// Errors: `bad_argument` for a name or type that cannot be asked.
Result<Question> question_of(const v1::ResolveRequest& request);
v1::ResolveRequest request_of(const Question& question);

/// An answer, or the SERVFAIL that stands for a failure DNS has a word for. Other errors become a status.
grpc::Status fill(v1::ResolveResponse& response, const v1::ResolveRequest& request,
                  const Question& question, const Outcome& outcome);
void fill(v1::Entry& out, const CachedEntry& entry);
void fill(v1::StatsReply& out, const DnsStats& stats);
void fill(v1::PartitionsReply& out, const std::vector<PartitionStats>& partitions);

grpc::Status status_of(const Error& error);
Error error_of(const grpc::Status& status, const std::string& where);

}  // namespace larder::dns
