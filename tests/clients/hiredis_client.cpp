// hiredis, the C client, against the server on a port: `hiredis_client PORT`. Debian's 0.14 reads RESP2 only; redis-cli
// -3 and redis-benchmark -3 bring their own newer copy and cover RESP3.
#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace {

using Reply = std::unique_ptr<redisReply, void (*)(void*)>;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::exit(1);
}

template <class... Argument>
Reply ask(redisContext* c, const char* format, Argument... argument) {
  Reply reply(static_cast<redisReply*>(redisCommand(c, format, argument...)), freeReplyObject);
  require(reply != nullptr, c->err ? c->errstr : "a reply came");
  return reply;
}

Reply next(redisContext* c) {
  void* reply = nullptr;
  require(redisGetReply(c, &reply) == REDIS_OK, "the pipeline goes on");
  return {static_cast<redisReply*>(reply), freeReplyObject};
}

std::string text(const Reply& reply) { return {reply->str, std::size_t(reply->len)}; }

void single_commands(redisContext* c) {
  require(text(ask(c, "PING")) == "PONG", "PING");
  const Reply ok = ask(c, "SET %s %s EX 100", "k", "v");
  require(ok->type == REDIS_REPLY_STATUS && text(ok) == "OK", "SET");
  require(text(ask(c, "GET k")) == "v", "GET");
  require(ask(c, "GET missing")->type == REDIS_REPLY_NIL, "a missing key is nil");
  require(ask(c, "TTL k")->integer > 50, "TTL");
  require(ask(c, "INCRBY n %d", 41)->integer == 41, "INCRBY");
  const Reply error = ask(c, "INCR k");
  require(error->type == REDIS_REPLY_ERROR, "INCR of a word is an error");
  const Reply many = ask(c, "MGET k missing n");
  require(many->type == REDIS_REPLY_ARRAY && many->elements == 3, "MGET answers three");
  require(many->element[1]->type == REDIS_REPLY_NIL, "the second of them nil");
}

void binary_and_large(redisContext* c) {
  const char raw[] = "\0\r\n$-1\xff";
  ask(c, "SET %b %b", raw, sizeof raw, raw, sizeof raw);
  require(text(ask(c, "GET %b", raw, sizeof raw)) == std::string(raw, sizeof raw), "binary");
  const std::string large(8'000'000, 'x');
  ask(c, "SET large %b", large.data(), large.size());
  require(text(ask(c, "GET large")) == large, "8 MB");
}

void pipeline(redisContext* c) {
  constexpr int kCommands = 10'000;
  for (int i = 0; i < kCommands; ++i) redisAppendCommand(c, "SET key:%d %d", i, i);
  for (int i = 0; i < kCommands; ++i) redisAppendCommand(c, "GET key:%d", i);
  for (int i = 0; i < kCommands; ++i) require(text(next(c)) == "OK", "each SET");
  for (int i = 0; i < kCommands; ++i) require(text(next(c)) == std::to_string(i), "each GET");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "hiredis_client PORT\n"), 2;
  const timeval patience{30, 0};
  const std::unique_ptr<redisContext, void (*)(redisContext*)> c(
      redisConnectWithTimeout("127.0.0.1", std::atoi(argv[1]), patience), redisFree);
  require(c && !c->err, c ? c->errstr : "memory");
  redisSetTimeout(c.get(), patience);
  single_commands(c.get());
  binary_and_large(c.get());
  pipeline(c.get());
  std::puts("done");
}
