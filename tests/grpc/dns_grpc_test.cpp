// larder.dns.v1 as a client sees it, before a real service over the stub authority.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <resolver.grpc.pb.h>

#include <future>
#include <map>
#include <thread>

#include "dns/grpc/server.hpp"
#include "dns/grpc/source.hpp"
#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/service.hpp"

namespace larder::dns {
namespace {

using testing::HasSubstr;

std::unique_ptr<Service> stub_service() {
  ServiceOptions options;
  options.stub = StubOptions{};
  options.cache.failure_time = base::Millis{1'000};
  return Service::start(std::move(options), base::SystemClock::instance()).value();
}

class GrpcTest : public testing::Test {
 protected:
  GrpcTest() {
    channel = grpc::CreateChannel(where(), grpc::InsecureChannelCredentials());
    resolver = v1::Resolver::NewStub(channel);
    admin = v1::CacheAdmin::NewStub(channel);
  }
  std::string where() const { return "127.0.0.1:" + std::to_string(server->port()); }

  grpc::Status ask(v1::ResolveRequest request, v1::ResolveResponse* response,
                   base::Millis deadline = base::Millis{20'000}) {
    grpc::ClientContext context;
    context.set_deadline(
        std::chrono::system_clock::time_point(base::SystemClock::instance().wall() + deadline));
    return resolver->Resolve(&context, request, response);
  }
  static v1::ResolveRequest about(const std::string& name, std::uint32_t type = 1) {
    v1::ResolveRequest request;
    request.set_name(name);
    request.set_type(type);
    return request;
  }

  std::unique_ptr<Service> service = stub_service();
  std::unique_ptr<GrpcServer> server =
      GrpcServer::start("127.0.0.1", 0,
                        {.resolver = service->resolver(), .admin = &service->admin()})
          .value();
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Resolver::Stub> resolver;
  std::unique_ptr<v1::CacheAdmin::Stub> admin;
};

TEST_F(GrpcTest, AQuestionIsAnsweredFromTheStubAndThenFromNear) {
  v1::ResolveResponse first, second;
  auto request = about("Www.Example.com");
  request.set_tag(77);
  ASSERT_TRUE(ask(request, &first).ok());
  EXPECT_EQ(first.source(), v1::STUB);
  EXPECT_EQ(first.tag(), 77u);
  ASSERT_EQ(first.answer_size(), 1);
  EXPECT_EQ(first.answer(0).name(), "Www.Example.com.");
  EXPECT_THAT(first.answer(0).text(), testing::StartsWith("198.1"));
  EXPECT_EQ(first.min_ttl(), 300u);
  EXPECT_EQ(first.partition(), -1);
  ASSERT_TRUE(ask(about("www.example.com"), &second).ok());
  EXPECT_EQ(second.source(), v1::NEAR);
  EXPECT_EQ(second.answer(0).rdata(), first.answer(0).rdata());
}

TEST_F(GrpcTest, AWholeMessageComesWhereItIsAskedFor) {
  v1::ResolveResponse response;
  auto request = about("a.example", 28);
  request.set_wire(true);
  ASSERT_TRUE(ask(request, &response).ok());
  EXPECT_EQ(response.answer_size(), 0);
  EXPECT_EQ(parse_message(response.wire()).value().answers.at(0).type, 28);
}

TEST_F(GrpcTest, ADnsFailureIsDataAndABadQuestionIsAStatus) {
  v1::ResolveResponse nx, failed, none;
  ASSERT_TRUE(ask(about("nx.example"), &nx).ok());
  EXPECT_EQ(nx.rcode(), 3u);
  ASSERT_TRUE(ask(about("servfail.example"), &failed).ok());
  EXPECT_EQ(failed.rcode(), 2u);
  EXPECT_THAT(failed.comment(), HasSubstr("SERVFAIL"));
  const auto bad = ask(about("a..example"), &none);
  EXPECT_EQ(bad.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(bad.error_message(), HasSubstr("name: "));
  EXPECT_EQ(ask(about(""), &none).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ask(about("a.example", 65'536), &none).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GrpcTest, WithATokenTheAdministratorShowsIt) {
  const AdminToken token("0123456789abcdef");
  const auto guarded =
      GrpcServer::start(
          "127.0.0.1", 0,
          {.resolver = service->resolver(), .admin = &service->admin(), .token = &token})
          .value();
  const auto stub = v1::CacheAdmin::NewStub(grpc::CreateChannel(
      "127.0.0.1:" + std::to_string(guarded->port()), grpc::InsecureChannelCredentials()));
  for (const char* shown : {"", "Bearer 0123456789abcdeX", "Bearer 0123456789abcdef"}) {
    const bool good = std::string_view(shown).ends_with('f');
    grpc::ClientContext looks, changes, lists;
    for (auto* context : {&looks, &changes, &lists}) {
      if (*shown != 0) context->AddMetadata("authorization", shown);
    }
    v1::StatsReply stats;
    v1::PolicyReply policy;
    v1::PolicyRequest change;
    change.set_near("allkeys-lru");
    const auto code = good ? grpc::StatusCode::OK : grpc::StatusCode::UNAUTHENTICATED;
    EXPECT_EQ(stub->Stats(&looks, {}, &stats).error_code(), code) << shown;
    EXPECT_EQ(stub->Policy(&changes, change, &policy).error_code(), code) << shown;
    EXPECT_EQ(stub->List(&lists, {})->Finish().error_code(), code) << shown;
    if (good) {
      EXPECT_EQ(policy.tiers(0).policy(), "allkeys-lru");
    }
  }
}

TEST_F(GrpcTest, TheCallsDeadlineBoundsTheWait) {
  v1::ResolveResponse response;
  const auto status = ask(about("silent.example"), &response, base::Millis{100});
  // Either side may notice first: the caller by its own clock, or we, by the deadline it sent.
  EXPECT_TRUE(status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED || response.rcode() == 2)
      << status.error_message();
}

TEST_F(GrpcTest, AStreamsAnswersCarryTheTagsOfTheirQuestions) {
  grpc::ClientContext context;
  const auto stream = resolver->ResolveMany(&context);
  constexpr std::uint64_t kQuestions = 3'000;  // More than are under way at once.
  std::thread writer([&] {
    for (std::uint64_t tag = 0; tag < kQuestions; ++tag) {
      auto request = about(tag == 7   ? "bad..name"
                           : tag == 8 ? "slow-50.example"
                                      : "n" + std::to_string(tag % 100) + ".example");
      request.set_tag(tag);
      stream->Write(request);
    }
    stream->WritesDone();
  });
  std::map<std::uint64_t, v1::ResolveResponse> heard;
  for (v1::ResolveResponse response; stream->Read(&response);)
    EXPECT_TRUE(heard.emplace(response.tag(), response).second);
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_EQ(heard.size(), kQuestions);
  EXPECT_EQ(heard[7].error(), static_cast<std::uint32_t>(grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_EQ(heard[8].answer_size(), 1);
  EXPECT_EQ(heard[107].answer(0).name(), "n7.example.");
}

TEST_F(GrpcTest, AStreamThatIsDroppedHarmsNobody) {
  {
    grpc::ClientContext context;
    const auto stream = resolver->ResolveMany(&context);
    for (int i = 0; i < 50; ++i) stream->Write(about("slow-20.n" + std::to_string(i) + ".example"));
    context.TryCancel();
    EXPECT_FALSE(stream->Finish().ok());
  }
  v1::ResolveResponse response;
  EXPECT_TRUE(ask(about("a.example"), &response).ok());
}

TEST_F(GrpcTest, TheCacheIsLookedIntoAndChanged) {
  v1::PutRequest put;
  put.set_name("put.example");
  put.set_type(1);
  put.set_ttl(60);
  put.add_records("192.0.2.7");
  put.set_pinned(true);
  v1::PutReply put_reply;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(admin->Put(&context, put, &put_reply).ok());
  }
  v1::ResolveResponse response;
  ASSERT_TRUE(ask(about("put.example"), &response).ok());
  EXPECT_EQ(response.answer(0).text(), "192.0.2.7");
  EXPECT_EQ(response.source(), v1::PINNED);

  v1::Key key;
  key.set_name("put.example");
  v1::Entries entries;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(admin->Get(&context, key, &entries).ok());
  }
  ASSERT_GE(entries.entries_size(), 1);
  EXPECT_TRUE(entries.entries(0).pinned());

  grpc::ClientContext list_context;
  const auto listed = admin->List(&list_context, v1::ListRequest{});
  v1::Entry entry;
  EXPECT_TRUE(listed->Read(&entry));
  EXPECT_EQ(entry.name(), "put.example.");
  while (listed->Read(&entry)) {
  }
  EXPECT_TRUE(listed->Finish().ok());

  v1::DeleteRequest erase;
  erase.set_name("put.example");
  v1::DeleteReply erased;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(admin->Delete(&context, erase, &erased).ok());
  }
  EXPECT_GE(erased.erased(), 1u);
  v1::StatsReply stats;
  grpc::ClientContext context;
  ASSERT_TRUE(admin->Stats(&context, {}, &stats).ok());
  EXPECT_EQ(stats.counts().at("pinned_served"), 1u);

  put.set_records(0, "no address");
  grpc::ClientContext bad;
  EXPECT_EQ(admin->Put(&bad, put, &put_reply).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GrpcTest, APortInUseIsAnErrorThatNamesIt) {
  const auto second =
      GrpcServer::start("127.0.0.1", server->port(), {.resolver = service->resolver()});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().detail, HasSubstr(std::to_string(server->port())));
}

/// A front whose cache asks the service by gRPC.
class FrontTest : public GrpcTest {
 protected:
  FrontTest() {
    const auto link = open_grpc_link("grpc://" + where()).value();
    ServiceOptions options;
    options.source = [link](net::EventLoop& loop) {
      return make_grpc_source(link, loop, base::SystemClock::instance());
    };
    front = Service::start(std::move(options), base::SystemClock::instance()).value();
  }
  ~FrontTest() override { front->stop(); }

  Outcome ask_front(const std::string& name) {
    std::promise<Outcome> answered;
    front->resolver().resolve({.name = name_from_text(name).value()}, {},
                              [&](Outcome outcome) { answered.set_value(std::move(outcome)); });
    return answered.get_future().get();
  }
  std::unique_ptr<Service> front;
};

TEST_F(FrontTest, AsksTheOtherProcessOnAMissAndOnlyThen) {
  EXPECT_EQ(ask_front("www.example.com").value().origin, Origin::upstream);
  EXPECT_EQ(ask_front("www.example.com").value().origin, Origin::near);
  EXPECT_EQ(service->admin().stats().questions, 1u);
  EXPECT_EQ(parse_message(ask_front("nx.example").value().wire).value().rcode, 3);
}

TEST_F(FrontTest, AFailureThereIsAFailureHere) {
  const auto outcome = ask_front("servfail.example");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::server_error);
  EXPECT_THAT(outcome.error().detail, HasSubstr(where()));
}

TEST_F(FrontTest, SaysWhoIsMissingWhenTheOtherProcessIsGone) {
  EXPECT_TRUE(ask_front("a.example"));
  EXPECT_EQ(front->resolver().trouble(), "");
  const auto place = where();
  server.reset();
  const auto outcome = ask_front("b.example");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::unreachable);
  EXPECT_THAT(front->resolver().trouble(), HasSubstr(place));
}

TEST(GrpcLinkTest, WhatIsNoPlaceIsRefused) {
  for (const char* bad : {"", "grpc://", "grpc://host", "host:", ":1", "http://host:1"})
    EXPECT_FALSE(open_grpc_link(bad)) << bad;
}

}  // namespace
}  // namespace larder::dns
