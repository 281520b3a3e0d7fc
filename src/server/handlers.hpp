// The commands' functions, by family: what the table's rows point to.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace larder::server {

class Call;
struct Client;

// Strings: commands_string.cpp
void get(Call& call);
void get_del(Call& call);
void append(Call& call);
void strlen_of(Call& call);
void get_range(Call& call);
void set_range(Call& call);

// Writing whole strings: commands_set.cpp
void set(Call& call);
void set_nx(Call& call);
void set_ex(Call& call);
void get_set(Call& call);
void get_ex(Call& call);

// Many strings: commands_many.cpp
void mget(Call& call);
void mset(Call& call);
void mset_nx(Call& call);

// Numbers: commands_number.cpp
void incr(Call& call);
void decr(Call& call);
void incr_by(Call& call);
void decr_by(Call& call);
void incr_by_float(Call& call);

// Keys: commands_key.cpp
void del(Call& call);
void exists(Call& call);
void type(Call& call);
void touch(Call& call);
void random_key(Call& call);
void db_size(Call& call);
void flush_db(Call& call);
void flush_all(Call& call);

// Keys that change places: commands_rename.cpp
void rename(Call& call);
void rename_nx(Call& call);
void copy(Call& call);
void move(Call& call);
void swap_db(Call& call);

// How values are kept and used: commands_object.cpp
void object_encoding(Call& call);
void object_frequency(Call& call);
void object_idle_time(Call& call);
void object_ref_count(Call& call);

// Bits: commands_bit.cpp, commands_bitfield.cpp
void get_bit(Call& call);
void set_bit(Call& call);
void bit_count(Call& call);
void bit_pos(Call& call);
void bit_op(Call& call);
void bit_field(Call& call);

// What two strings share: commands_lcs.cpp
void lcs(Call& call);

// Walking keys: commands_scan.cpp
void scan(Call& call);
void keys(Call& call);

// Deadlines: commands_expiry.cpp
void expire(Call& call);
void pexpire(Call& call);
void expire_at(Call& call);
void pexpire_at(Call& call);
void ttl(Call& call);
void pttl(Call& call);
void expire_time(Call& call);
void pexpire_time(Call& call);
void persist(Call& call);

// The connection: commands_connection.cpp, commands_client.cpp
void ping(Call& call);
void echo(Call& call);
void hello(Call& call);
void auth(Call& call);
void select(Call& call);
void reset(Call& call);
void quit(Call& call);
void client_id(Call& call);
void client_get_name(Call& call);
void client_set_name(Call& call);
void client_set_info(Call& call);
void client_info(Call& call);
void client_no_touch(Call& call);
void client_no_evict(Call& call);

// Other connections: commands_clients.cpp
void client_list(Call& call);
void client_kill(Call& call);
void client_pause(Call& call);
void client_unpause(Call& call);
void client_unblock(Call& call);
void client_reply(Call& call);

// Transactions: commands_transaction.cpp
void multi(Call& call);
void exec(Call& call);
void discard(Call& call);
void watch(Call& call);
void unwatch(Call& call);

// Messages to whoever listens: commands_pub_sub.cpp
void subscribe(Call& call);
void unsubscribe(Call& call);
void psubscribe(Call& call);
void punsubscribe(Call& call);
void ssubscribe(Call& call);
void sunsubscribe(Call& call);
void publish(Call& call);
void spublish(Call& call);
void pubsub_channels(Call& call);
void pubsub_num_pat(Call& call);
void pubsub_num_sub(Call& call);
void pubsub_shard_channels(Call& call);
void pubsub_shard_num_sub(Call& call);

// What Redis needs a script for: commands_native.cpp
void larder_add(Call& call);
void larder_add_float(Call& call);
void larder_lease(Call& call);
void larder_fill(Call& call);
void larder_lock(Call& call);
void larder_extend(Call& call);
void larder_unlock(Call& call);
void larder_fenced_set(Call& call);
void larder_limit(Call& call);
void larder_limits(Call& call);
void larder_add_once(Call& call);
void larder_share(Call& call);
void larder_reshare(Call& call);
void larder_unshare(Call& call);
void larder_generations(Call& call);
void larder_bump(Call& call);

// Where time and memory went: commands_slow_log.cpp
void slow_log_get(Call& call);
void slow_log_len(Call& call);
void slow_log_reset(Call& call);
void memory_usage(Call& call);
void memory_stats(Call& call);

// What takes long: commands_latency.cpp
void latency_latest(Call& call);
void latency_history(Call& call);
void latency_reset(Call& call);
void latency_graph(Call& call);
void latency_doctor(Call& call);
void latency_histogram(Call& call);

// Settings: commands_config.cpp
void config_get(Call& call);
void config_set(Call& call);
void config_reset_stat(Call& call);
void config_rewrite(Call& call);

// The server: commands_server.cpp, info.cpp
void time(Call& call);
void info(Call& call);
void shutdown(Call& call);

// Snapshots: commands_save.cpp
void save(Call& call);
void save_later(Call& call);
void rewrite_log(Call& call);
void last_save(Call& call);

// The command table: commands_command.cpp
void command(Call& call);
void command_count(Call& call);
void command_info(Call& call);
void command_docs(Call& call);
void command_list(Call& call);
void command_get_keys(Call& call);
void command_get_keys_and_flags(Call& call);
/// HELP of every command that has subcommands.
void help(Call& call);

/// Puts what was published to the caller in front of the reply, where messages may stand.
void take_messages(Call& call);
/// One line of CLIENT LIST, with its newline.
std::string describe_client(const Client& client, base::Instant now);
/// Names that CLIENT LIST can show without ambiguity: no space, no control byte, ASCII.
bool is_printable_word(std::string_view text);

/// For rows that only hold subcommands: never reached, the session calls the subcommand's row.
void container(Call& call);

}  // namespace larder::server
