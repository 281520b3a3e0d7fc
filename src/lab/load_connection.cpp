#include "lab/load_connection.hpp"

#include <algorithm>
#include <cstring>

#include "base/text.hpp"

namespace larder::lab {

void LoadCounts::merge(const LoadCounts& other) {
  gets += other.gets;
  sets += other.sets;
  hits += other.hits;
  misses += other.misses;
  errors += other.errors;
  wrong += other.wrong;
  bytes_out += other.bytes_out;
  bytes_in += other.bytes_in;
  latency_ns.merge(other.latency_ns);
  if (first_error.empty()) first_error = other.first_error;
}

LoadConnection::LoadConnection(LoadShared& shared, std::unique_ptr<net::Stream> stream,
                               std::string name)
    : shared_(shared), stream_(std::move(stream)), name_(std::move(name)) {}

LoadConnection::~LoadConnection() { shared_.loop.unwatch(stream_->descriptor(), *this); }

Result<void> LoadConnection::watch() {
  return shared_.loop.watch(stream_->descriptor(), net::Ready::read, *this);
}

void LoadConnection::add(Op op, std::uint64_t key, base::Instant start) {
  shared_.traffic.append(out_, op, key);
  pending_.push_back({start, key, op});
}

void LoadConnection::add_auth(const std::string& user, const std::string& password,
                              base::Instant start) {
  const auto argument = [this](const std::string& text) {
    out_ += "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  };
  out_ += user.empty() ? "*2\r\n" : "*3\r\n";
  argument("AUTH");
  if (!user.empty()) argument(user);
  argument(password);
  pending_.push_back({start, 0, Op::auth});
}

void LoadConnection::flush() {
  while (sent_ < out_.size() && !failed_) {
    const auto went = stream_->write(std::string_view(out_).substr(sent_));
    if (went.status == net::Transfer::Status::blocked) break;
    if (went.status != net::Transfer::Status::done) {
      fail(Errc::disconnected, "the connection broke while writing");
      return;
    }
    sent_ += went.bytes;
    shared_.counts->bytes_out += went.bytes;
  }
  const bool all = sent_ == out_.size();
  if (all) {
    out_.clear();
    sent_ = 0;
  }
  if (watching_writes_ == all) {
    watching_writes_ = !all;
    shared_.loop.rewatch(stream_->descriptor(), net::Ready::read | (all ? 0U : net::Ready::write),
                         *this);
  }
}

void LoadConnection::ready(unsigned events) {
  if (failed_) return;
  if ((events & net::Ready::write) != 0) flush();
  if ((events & net::Ready::read) != 0 && !failed_) receive();
}

void LoadConnection::receive() {
  std::vector<char>& buffer = shared_.buffer;
  std::memcpy(buffer.data(), rest_.data(), rest_.size());
  const auto got = stream_->read({buffer.data() + rest_.size(), buffer.size() - rest_.size()});
  if (got.status == net::Transfer::Status::blocked) return;
  if (got.status != net::Transfer::Status::done) {
    fail(Errc::disconnected, "the server closed the connection");
    return;
  }
  // One look at the clock for all that came at once.
  const base::Instant now = shared_.clock.now();
  shared_.last_reply = now;
  shared_.counts->bytes_in += got.bytes;
  const std::string_view bytes(buffer.data(), rest_.size() + got.bytes);
  const std::size_t taken = take_replies(bytes, now);
  if (failed_) return;
  rest_.assign(bytes.substr(taken));
  if (answered_ == pending_.size()) {
    pending_.clear();
    answered_ = 0;
    shared_.driver.answered(*this, now);
  }
}

std::size_t LoadConnection::take_replies(std::string_view bytes, base::Instant now) {
  std::size_t taken = 0;
  // Replies to one batch share their start: they are recorded together.
  base::Instant start{};
  std::uint64_t alike = 0;
  const auto record = [&] {
    if (alike == 0) return;
    const auto latency = std::max<std::int64_t>(0, (now - start).count());
    shared_.counts->latency_ns.record(static_cast<std::uint64_t>(latency), alike);
  };
  while (taken < bytes.size()) {
    if (answered_ == pending_.size()) {
      fail(Errc::protocol,
           "a reply that nobody asked for: " + base::quoted(bytes.substr(taken), 60));
      break;
    }
    const Pending& pending = pending_[answered_];
    const auto checked = shared_.traffic.check(bytes.substr(taken), pending.op, pending.key);
    if (checked.reply == Traffic::Reply::incomplete) {
      // Nothing that we could have asked for is as long as the buffer.
      if (bytes.size() - taken == shared_.buffer.size()) fail(Errc::protocol, "an endless reply");
      break;
    }
    if (!count(pending, checked, bytes.substr(taken))) break;
    if (pending.start != start) {
      record();
      start = pending.start;
      alike = 0;
    }
    ++alike;
    ++answered_;
    ++replies_;
    taken += checked.bytes;
  }
  record();
  return taken;
}

bool LoadConnection::count(const Pending& pending, const Traffic::Checked& checked,
                           std::string_view bytes) {
  LoadCounts& counts = *shared_.counts;
  if (pending.op == Op::get) {
    ++counts.gets;
  } else if (pending.op == Op::set) {
    ++counts.sets;
  }
  switch (checked.reply) {
    case Traffic::Reply::good:
      counts.hits += pending.op == Op::get;
      return true;
    case Traffic::Reply::miss:
      ++counts.misses;
      return true;
    case Traffic::Reply::error: {
      ++counts.errors;
      const std::string words(bytes.substr(1, checked.bytes - 3));
      if (counts.first_error.empty()) counts.first_error = words;
      if (pending.op != Op::auth) return true;
      fail(Errc::unauthorized, words);
      return false;
    }
    case Traffic::Reply::incomplete:
    case Traffic::Reply::wrong:
      break;
  }
  ++counts.wrong;
  if (checked.bytes > 0) return true;
  fail(Errc::protocol, "a wrong reply about " + shared_.traffic.key(pending.key) + ": " +
                           base::quoted(bytes.substr(0, bytes.find("\r\n")), 60));
  return false;
}

void LoadConnection::fail(Errc code, std::string why) {
  if (failed_) return;
  failed_ = true;
  shared_.driver.failed({code, Effect::maybe_executed, name_ + ": " + std::move(why)});
}

}  // namespace larder::lab
