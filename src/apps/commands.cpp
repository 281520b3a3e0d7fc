// The table of subcommands. A new command is a row here and its function in declare.hpp.
#include "apps/declare.hpp"

namespace larder::apps {
namespace {

constexpr const char* kServing = "Serve";
constexpr const char* kKeys = "Read and write a running server";
constexpr const char* kCoordinating = "Coordinate scripts and machines";
constexpr const char* kKeeping = "Keep and move data";
constexpr const char* kRunning = "Run Redis here";
constexpr const char* kMeasuring = "Look and measure";
constexpr const char* kShell = "Shell";

constexpr Command kCommands[] = {
    {"serve", kServing, "Serve the embedded engine to Redis clients",
     "  larder serve\n"
     "  larder serve --dir /var/lib/larder      # what it holds survives\n"
     "  larder serve --port 7000 --threads 4 --max-memory 1GiB --eviction allkeys-lru\n"
     "  larder serve --bind 0.0.0.0 --requirepass-file /etc/larder/password --metrics-port 9121\n",
     &declare_serve},
#ifdef LARDER_DNS
    {"dns", kServing, "Answer DNS from a cache, near and shared",
     "  larder dns --upstream system            # whoever /etc/resolv.conf names\n"
     "  larder dns --upstream 192.0.2.53,192.0.2.54 --store redis://127.0.0.1:6379\n"
     "  larder dns --stub --listen 127.0.0.1:5300 # made-up answers, nobody is asked\n"
     "  larder dns --stub --redis 4 --http 127.0.0.1:8053 --grpc 127.0.0.1:50051\n"
     "  larder dns status                       # who is missing\n"
     "  larder dns experiment                   # partitions, schemes and policies compared\n",
     &declare_dns},
#endif

    {"get", kKeys, "Print the value of a key",
     "  larder get greeting\n"
     "  larder get photo --out photo.png        # byte for byte\n"
     "  larder get page --out - | gunzip\n",
     &declare_get},
    {"set", kKeys, "Give a key a value",
     "  larder set greeting hello\n"
     "  larder set session:7 token --ttl 20m\n"
     "  larder set photo --file photo.png       # byte for byte\n"
     "  curl -s example.org | larder set page -\n"
     "  larder set lock me --nx --ttl 10s       # only if there is none\n",
     &declare_set},
    {"del", kKeys, "Erase keys",
     "  larder del greeting session:7\n"
     "  larder keys --match 'tmp:*' | xargs larder del --\n",
     &declare_del, true},
    {"exists", kKeys, "Tell how many of these keys exist",
     "  larder exists greeting && echo there\n"
     "  larder exists a b c --json\n",
     &declare_exists, true},
    {"ttl", kKeys, "Tell how long a key has to live",
     "  larder ttl session:7\n"
     "  larder ttl session:7 --json             # milliseconds\n",
     &declare_ttl},
    {"expire", kKeys, "Give a key a time to live, or none",
     "  larder expire session:7 20m\n"
     "  larder expire session:7 --never\n",
     &declare_expire},
    {"incr", kKeys, "Add to a number; a missing key counts as 0",
     "  larder incr visits\n"
     "  larder incr visits --by 10\n"
     "  larder incr temperature --by -0.5\n"
     "  larder incr minute:calls --ttl 1m       # the time to live of a new key\n",
     &declare_incr},
    {"decr", kKeys, "Subtract from a number; a missing key counts as 0",
     "  larder decr stock:shoes\n"
     "  larder decr stock:shoes --by 3\n",
     &declare_decr},
    {"keys", kKeys, "List keys, a page at a time, without holding up the server",
     "  larder keys\n"
     "  larder keys --match 'user:*' --limit 20\n",
     &declare_keys},
    {"flush", kKeys, "Erase every key of the database",
     "  larder flush                            # asks first\n"
     "  larder flush --yes --url redis://127.0.0.1:6379/1\n",
     &declare_flush},
    {"info", kKeys, "Print what the server says of itself",
     "  larder info\n"
     "  larder info --json\n",
     &declare_info},

    {"lock", kCoordinating, "Run a command while holding a lock, as flock does across machines",
     "  larder lock nightly-backup -- /usr/local/bin/backup --full\n"
     "  larder lock deploy --wait 5m --ttl 1m -- make deploy\n"
     "\n"
     "The status is the command's own; 1 where the lock is somebody else's, 2 where the store\n"
     "cannot be reached, 75 where the lock was lost and the command ended for it, 126 where the\n"
     "command cannot be run, 127 where there is none.\n",
     &declare_lock, true},
    {"limit", kCoordinating, "Take from a limit, and tell by the status whether it was allowed",
     "  larder limit mails 100/1m && sendmail < letter\n"
     "  larder limit api:ada 1000/1h --cost 5 --json\n"
     "  larder limit pages 10/s --algorithm bucket --burst 50\n"
     "\n"
     "The status is 0 where it was allowed, 1 where it was denied, 2 where nobody can tell: the\n"
     "store cannot be reached, or the words make no sense.\n",
     &declare_limit},

    {"snapshot", kKeeping, "Let a server write everything to its folder, and wait for it",
     "  larder snapshot\n"
     "  larder snapshot --url redis://127.0.0.1:7000 && cp /var/lib/larder/snapshot-* /backup/\n",
     &declare_snapshot},
    {"export", kKeeping, "Write a store as lines of JSON",
     "  larder export store.ndjson\n"
     "  larder export --match 'user:*' | gzip > users.ndjson.gz\n"
     "  larder export --url memory:/var/lib/app # of a folder that no process uses\n",
     &declare_export},
    {"import", kKeeping, "Read lines of JSON into a store",
     "  larder import store.ndjson\n"
     "  larder export --url redis://old:6379 | larder import --url redis://new:6379\n",
     &declare_import},
    {"copy", kKeeping, "Copy a store into another, of any kind, with times to live",
     "  larder copy redis://127.0.0.1:6379 memory:/var/lib/app\n"
     "  larder copy redis://old:6379 redis://new:6379 --match 'user:*' --replace\n"
     "  larder copy redis+ring://a,b redis+ring://a,b,c   # fills a ring that grew\n",
     &declare_copy},
    {"check", kKeeping, "Tell what a server's folder holds and whether it is sound",
     "  larder check /var/lib/larder\n"
     "  larder check /var/lib/larder --repair /var/lib/larder-saved\n"
     "\n"
     "The status is 0 where all is sound, 1 where a start would have something to say, 2 where it "
     "would refuse.\n",
     &declare_check},

    {"redis", kRunning, "Run Redis or Valkey on this machine: one, a ring, Sentinel or Cluster",
     "  larder redis start\n"
     "  larder redis start --mode ring --nodes 4\n"
     "  larder redis status && larder redis cli INFO\n"
     "  larder redis stop\n",
     &declare_redis, true},

    {"tour", kMeasuring, "Show what a cache does, on a live store",
     "  larder tour\n"
     "  larder tour --url redis://127.0.0.1:6379\n",
     &declare_tour},
    {"top", kMeasuring, "Show what a store does, a line a second",
     "  larder top\n"
     "  larder top --interval 250ms --count 20 --json\n",
     &declare_top},
    {"doctor", kMeasuring, "Check a store: reach, speed, memory, disk, rights; say what to do",
     "  larder doctor\n"
     "  larder doctor redis://cache.example:6379 --password-file pw\n",
     &declare_doctor},
    {"bench", kMeasuring, "Load a server with GETs and SETs and measure it",
     "  larder bench\n"
     "  larder bench --connections 100 --pipeline 16 --duration 10s\n"
     "  larder bench --distribution zipf:1.0 --keys 1M --ratio 9:1 --value-size 16-1024 --json\n"
     "  larder bench --rate 50k                 # open loop: latency from the scheduled send\n",
     &declare_bench},
    {"replay", kMeasuring, "Send a trace through a cache and count hits",
     "  larder replay trace.txt.zst --url redis://127.0.0.1:6379\n"
     "  larder replay --generate zipf:1.0 --keys 100k --requests 1M --seed 7\n"
     "  larder replay trace.txt --url 'memory:?max_bytes=64MiB&eviction=allkeys-lru' --json\n"
     "  larder replay trace.txt --policies adaptive,allkeys-lru --sizes 1%,5%,10%,25%\n"
     "  larder replay trace.txt --policies all --sizes 64MiB --by bytes --threads 2\n"
     "\n"
     "A trace has a line for each request: key, size in bytes, and optionally seconds to live.\n",
     &declare_replay},

    {"completion", kShell, "Print completions for a shell",
     "  larder completion bash > /etc/bash_completion.d/larder\n"
     "  larder completion zsh  > /usr/share/zsh/vendor-completions/_larder\n"
     "  larder completion fish > ~/.config/fish/completions/larder.fish\n",
     &declare_completion},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace larder::apps
