#include "dns/grpc/resolve_service.hpp"

#include <deque>
#include <mutex>

namespace larder::dns {
namespace {

/// The call's deadline on our clock; none where the caller set none.
base::Instant deadline_of(const grpc::CallbackServerContext& context, const base::Clock& clock) {
  const auto left = std::chrono::duration_cast<base::Millis>(context.deadline() - clock.wall());
  if (left > std::chrono::hours(1)) return {};
  return clock.now() + left;
}

using ManyReactor = grpc::ServerBidiReactor<v1::ResolveRequest, v1::ResolveResponse>;

/// A stream of questions. At most so many are under way; then no more are read until one is answered.
class ManyQuestions final : public ManyReactor, public std::enable_shared_from_this<ManyQuestions> {
 public:
  static constexpr std::size_t kUnderWayMax = 1'000;

  explicit ManyQuestions(Resolver& resolver) : resolver_(resolver) {}

  void begin() {
    self_ = shared_from_this();
    StartRead(&incoming_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      const std::lock_guard lock(mutex_);
      reading_ = false;
      no_more_ = true;
      finish_if_done();
      return;
    }
    const auto request = incoming_;
    {
      const std::lock_guard lock(mutex_);
      ++under_way_;
      reading_ = false;
    }
    ask(request);
    read_on();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    --under_way_;
    if (!ok) failed_ = true;
    write_next();
    finish_if_done();
    read_on_locked();
  }

  void OnDone() override {
    self_.reset();
  }  // Answers still under way hold it too, and find it finished.

 private:
  void ask(const v1::ResolveRequest& request) {
    const auto question = question_of(request);
    if (!question) return refuse(request, status_of(question.error()));
    resolver_.resolve(
        *question, {},
        [me = shared_from_this(), request, question = *question](const Outcome& outcome) {
          v1::ResolveResponse response;
          const auto status = fill(response, request, question, outcome);
          status.ok() ? me->answer(std::move(response)) : me->refuse(request, status);
        });
  }

  void refuse(const v1::ResolveRequest& request, const grpc::Status& status) {
    v1::ResolveResponse response;
    response.set_tag(request.tag());
    response.set_partition(-1);
    response.set_rcode(2);
    response.set_error(static_cast<std::uint32_t>(status.error_code()));
    response.set_comment(status.error_message());
    answer(std::move(response));
  }

  void answer(v1::ResolveResponse response) {
    const std::lock_guard lock(mutex_);
    outgoing_.push_back(std::move(response));
    write_next();
    finish_if_done();
  }

  void read_on() {
    const std::lock_guard lock(mutex_);
    read_on_locked();
  }
  void read_on_locked() {
    if (reading_ || no_more_ || finished_ || under_way_ >= kUnderWayMax) return;
    reading_ = true;
    StartRead(&incoming_);
  }
  void write_next() {
    if (writing_ || finished_ || outgoing_.empty()) return;
    if (failed_) {  // Nobody hears it.
      under_way_ -= outgoing_.size();
      outgoing_.clear();
      return;
    }
    writing_ = true;
    current_ = std::move(outgoing_.front());
    outgoing_.pop_front();
    StartWrite(&current_);
  }
  void finish_if_done() {
    if (finished_ || !no_more_ || reading_ || writing_ || under_way_ > 0) return;
    finished_ = true;
    Finish(grpc::Status::OK);
  }

  Resolver& resolver_;
  std::shared_ptr<ManyQuestions> self_;
  v1::ResolveRequest incoming_;
  std::mutex mutex_;
  bool reading_ = true, writing_ = false, no_more_ = false, failed_ = false,
       finished_ = false;                     // guarded by mutex_
  std::size_t under_way_ = 0;                 // guarded by mutex_
  std::deque<v1::ResolveResponse> outgoing_;  // guarded by mutex_
  v1::ResolveResponse current_;
};

}  // namespace

grpc::ServerUnaryReactor* ResolveService::Resolve(grpc::CallbackServerContext* context,
                                                  const v1::ResolveRequest* request,
                                                  v1::ResolveResponse* response) {
  auto* const reactor = context->DefaultReactor();
  const auto question = question_of(*request);
  if (!question) {
    reactor->Finish(status_of(question.error()));
    return reactor;
  }
  // Request, response and reactor live until Finish.
  parts_.resolver.resolve(*question, deadline_of(*context, parts_.clock),
                          [=, question = *question](const Outcome& outcome) {
                            reactor->Finish(fill(*response, *request, question, outcome));
                          });
  return reactor;
}

ManyReactor* ResolveService::ResolveMany(grpc::CallbackServerContext*) {
  const auto stream = std::make_shared<ManyQuestions>(parts_.resolver);
  stream->begin();
  return stream.get();
}

}  // namespace larder::dns
