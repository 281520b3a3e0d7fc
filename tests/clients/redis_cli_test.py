"""redis-cli in RESP2 and RESP3, one command at a time and by the ten thousand."""

import shutil
import unittest

import redis

import servers


class RedisCliTest(servers.PeerCase):
    def cli(self, *words, protocol="-2", shown=True, stdin=b""):
        style = ("--no-raw",) if shown else ("--raw",)
        return servers.run("redis-cli", protocol, "-p", str(self.server.port), *style, *words, stdin=stdin)

    def test_the_same_answers_in_both_protocols(self):
        for protocol in ["-2", "-3"]:
            self.r.flushall()
            with self.subTest(protocol):
                ask = lambda *words: self.cli(*words, protocol=protocol)
                self.assertEqual(ask("PING"), b"PONG\n")
                self.assertEqual(ask("SET", "k", "v", "EX", "100"), b"OK\n")
                self.assertEqual(ask("GET", "k"), b'"v"\n')
                self.assertEqual(ask("GET", "missing"), b"(nil)\n")
                self.assertEqual(ask("SET", "k", "w", "NX"), b"(nil)\n")
                self.assertEqual(ask("STRLEN", "k"), b"(integer) 1\n")
                self.assertEqual(ask("MGET", "k", "missing"), b'1) "v"\n2) (nil)\n')
                self.assertEqual(ask("DEL", "k"), b"(integer) 1\n")
                self.assertTrue(ask("NONSENSE", "x").startswith(b"(error) ERR unknown command"))
                self.assertEqual(ask("INCRBYFLOAT", "f", "0.5"), b'"0.5"\n')
                self.assertEqual(ask("TTL", "f"), b"(integer) -1\n")

    def test_a_map_is_a_map_only_in_resp3(self):
        self.assertEqual(self.cli("CONFIG", "GET", "maxmemory"), b'1) "maxmemory"\n2) "0"\n')
        self.assertEqual(self.cli("CONFIG", "GET", "maxmemory", protocol="-3"), b'1# "maxmemory" => "0"\n')

    def test_hello_names_a_redis_7(self):
        said = self.cli("HELLO", "3", protocol="-3").decode()
        self.assertIn('1# "server" => "redis"', said)
        self.assertIn('2# "version" => "7.', said)
        self.assertIn('3# "proto" => (integer) 3', said)

    def test_bytes_from_standard_input(self):
        photo = bytes(range(256)) * 100
        self.assertEqual(self.cli("-x", "SET", "photo", stdin=photo), b"OK\n")
        self.assertEqual(self.r.get("photo"), photo)
        self.assertEqual(self.cli("GET", "photo", shown=False), photo + b"\n")

    def test_pipe_feeds_ten_thousand_commands(self):
        feed = b"".join(b"*3\r\n$3\r\nSET\r\n$%d\r\nk%d\r\n$1\r\nv\r\n" % (len(str(i)) + 1, i) for i in range(10_000))
        self.assertIn(b"errors: 0, replies: 10000", self.cli("--pipe", stdin=feed))
        self.assertEqual(self.r.dbsize(), 10_000)

    def test_inline_commands_from_a_file(self):
        self.assertEqual(self.cli(stdin=b"SET k 'two words'\nGET k\n"), b'OK\n"two words"\n')

    def test_repeated_and_scanned(self):
        self.assertEqual(self.cli("-r", "5", "INCR", "n").split(b"\n")[4], b"(integer) 5")
        self.r.mset({f"user:{i}": i for i in range(100)})
        found = self.cli("--scan", "--pattern", "user:*", shown=False).split()
        self.assertEqual(set(found), {f"user:{i}".encode() for i in range(100)})

    def test_bigkeys_walks_the_whole_store(self):
        self.r.mset({"small": "x", "big": "x" * 1_000})
        said = self.cli("--bigkeys", shown=False)
        self.assertIn(b"Sampled 2 keys in the keyspace", said)
        self.assertIn(b'"big"', said)


class RedisCliWithPasswordTest(servers.PeerCase):
    password = "sesame"

    def test_a_password_and_a_wrong_one(self):
        cli = ["redis-cli", "--no-auth-warning", "--no-raw", "-p", str(self.server.port)]
        self.assertEqual(servers.run(*cli, "-3", "-a", "sesame", "PING"), b"PONG\n")
        self.assertEqual(servers.run(*cli, "-2", "-a", "sesame", "PING"), b"PONG\n")
        self.assertIn(b"NOAUTH", servers.run(*cli, "PING"))


def pairs(flat):
    """A map, as RESP2 has it."""
    return {flat[i].decode(): flat[i + 1] for i in range(0, len(flat), 2)}


def arguments_by_command(port):
    """What COMMAND DOCS says of arguments, by command and subcommand; without the words for people."""

    def argument(flat):
        fields = pairs(flat)
        known = {name: fields[name] for name in ["name", "type", "token", "key_spec_index"] if name in fields}
        return known | {"flags": sorted(fields.get("flags", [])), "parts": [argument(part) for part in fields.get("arguments", [])]}

    def walk(flat):
        for name, fields in pairs(flat).items():
            fields = pairs(fields)
            found[name] = [argument(one) for one in fields.get("arguments", [])]
            walk(fields.get("subcommands", []))

    found = {}
    with redis.Redis(port=port) as client:
        client.response_callbacks.clear()
        walk(client.execute_command("COMMAND", "DOCS"))
    return found


if servers.KIND == "larder" and shutil.which("redis-server"):

    class CommandDocsTest(servers.PeerCase):
        def test_what_commands_take_is_what_redis_says(self):
            ours = arguments_by_command(self.server.port)
            with servers.RedisServer() as peer:
                theirs = arguments_by_command(peer.port)
            # SET takes IFEQ too; of these two Debian's Redis says nothing.
            condition = ours["set"][2]["parts"]
            self.assertEqual(condition.pop()["token"], b"IFEQ")
            both = (ours.keys() & theirs.keys()) - {"command|getkeys", "command|getkeysandflags"}
            self.assertGreater(len(both), 100)
            for name in sorted(both):
                with self.subTest(name):
                    self.assertEqual(ours[name], theirs[name])


if __name__ == "__main__":
    unittest.main()
