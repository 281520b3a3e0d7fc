"""`larder redis cli`, `flush`, `logs`, `info` and `policy`: what they do to servers that run."""

import json
import os
import pty
import re
import signal
import subprocess
import unittest

from program import PATIENCE, PROGRAM, environment, read_until
from redis_case import RedisCase, alive


class TalkTest(RedisCase):
    def setUp(self):
        super().setUp()
        self.ports = [int(port) for port in re.findall(r":(\d+)", self.start("--mode", "ring", "--nodes", "2"))]

    def popen(self, *arguments, **more):
        process = subprocess.Popen([PROGRAM, "redis", *arguments, "--dir", self.dir], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment(), **more)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def test_cli_runs_redis_cli_on_the_node_that_is_named(self):
        self.assertOk(self.redis("cli", "SET", "--node", "-v"), "OK\n")
        self.assertOk(self.redis("cli", "GET", "--node"), "-v\n")
        self.assertOk(self.redis("cli", "--node", "2", "SET", "k", "[a,b]"), "OK\n")
        self.assertOk(self.redis("cli", "--node", "ring-2", "GET", "k"), "[a,b]\n")
        self.assertOk(self.redis("cli", "-n", "1", "DBSIZE"), "0\n")
        self.assertOk(self.redis("cli", "--", "-n", "1", "DBSIZE"), "0\n")
        self.assertOk(self.redis("cli", "INCRBY", "n", "-5"), "-5\n")
        self.assertOk(self.redis("cli", "SET", "empty", ""), "OK\n")
        self.assertOk(self.redis("cli", "GET", "empty"), "\n")
        self.assertEqual(self.ask(self.ports[1], "GET", "k"), b"[a,b]")
        self.assertRefused(self.redis("cli", "--node", "3", "PING"), "--node 3", "ring-1, ring-2")

    def test_cli_reads_commands_from_standard_input(self):
        self.assertOk(self.redis("cli", stdin=b"SET a 1\nGET a\n"), "OK\n1\n")

    def test_no_redis_cli_in_path(self):
        server = os.path.join(self.folder, "bin", "redis-server")
        os.makedirs(os.path.dirname(server))
        os.symlink(self.which("redis-server"), server)
        self.assertOk(self.redis("stop"))
        self.start("--server", server)
        self.assertRefused(self.redis("cli", "PING", PATH=self.folder), "redis-cli", "apt-get install redis-tools")

    def which(self, name):
        return next(os.path.join(f, name) for f in os.environ["PATH"].split(":") if os.path.exists(os.path.join(f, name)))

    def test_flush_asks_and_erases_every_database_of_every_server(self):
        for port in self.ports:
            self.ask(port, "SET", "k", "v")
        self.redis("cli", "-n", "3", "SET", "k", "v")
        self.assertRefused(self.redis("flush"), "--yes")
        self.assertEqual(self.answer("no"), 1)
        self.assertEqual(self.ask(self.ports[1], "DBSIZE"), b":1")
        self.assertEqual(self.answer("yes"), 0)
        self.assertEqual(sum(node["keys"] for node in self.status()["nodes"]), 0)
        self.assertOk(self.redis("flush", "--yes"), "erased 0 keys\n")
        self.assertEqual(json.loads(self.redis("flush", "--yes", "--json").out), {"erased": 0, "servers": 2})

    def answer(self, word):
        """The status of a flush whose question a person at a terminal answers."""
        ours, its = pty.openpty()
        process = self.popen("flush", stdin=its)
        asked = b""
        while not asked.endswith(b"Type yes: "):
            asked += os.read(process.stderr.fileno(), 1)
        self.assertIn(b"3 keys of redis+ring://", asked)
        os.write(ours, word.encode() + b"\n")
        process.wait(PATIENCE)
        os.close(ours)
        os.close(its)
        return process.returncode

    def test_logs_are_the_last_lines_of_each(self):
        outcome = self.redis("logs", "--lines", "1")
        self.assertOk(outcome)
        self.assertRegex(outcome.out, r"^ring-1: .*Ready to accept connections.*\nring-2: .*Ready to accept connections.*\n$")
        alone = self.redis("logs", "--lines", "2", "--node", "2").out
        self.assertEqual(alone.count("\n"), 2)
        self.assertNotIn("ring-2:", alone)
        everything = self.redis("logs", "--lines", "100000", "--node", "1").out
        with open(os.path.join(self.dir, "ring-1", "log")) as file:
            self.assertEqual(everything, file.read())

    def test_logs_go_on_until_they_are_stopped(self):
        process = self.popen("logs", "-f", "--lines", "1")
        read_until(process.stdout, b"ring-2: ")
        self.assertOk(self.redis("cli", "--node", "2", "BGREWRITEAOF"))
        self.assertIn("ring-2: ", read_until(process.stdout, b"rewrite finished successfully"))
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)

    def test_info_is_of_each_server_and_one_section_where_it_is_named(self):
        outcome = self.redis("info", "server")
        self.assertOk(outcome)
        self.assertEqual(re.findall(r"tcp_port:(\d+)", outcome.out), [str(port) for port in self.ports])
        self.assertNotIn("used_memory", outcome.out)
        said = json.loads(self.redis("info", "memory", "--json", "--node", "2").out)
        self.assertEqual([node["name"] for node in said["nodes"]], ["ring-2"])
        self.assertIn("used_memory", said["nodes"][0]["info"]["memory"])
        self.assertRefused(self.redis("info", "weather"), "no section weather")

    def test_a_policy_holds_on_all_servers_now_and_after_a_restart(self):
        self.assertOk(self.redis("policy"), "ring-1: noeviction\nring-2: noeviction\n")
        self.assertOk(self.redis("policy", "allkeys-lru"), "ring-1: allkeys-lru\nring-2: allkeys-lru\n")
        self.assertOk(self.redis("stop"))
        self.start()
        said = json.loads(self.redis("policy", "--json").out)
        self.assertEqual([node["policy"] for node in said["nodes"]], ["allkeys-lru"] * 2)
        self.assertEqual({node["policy"] for node in self.status()["nodes"]}, {"allkeys-lru"})
        self.start("--nodes", "3")  # One that comes later has it, too.
        self.assertIn("ring-3: allkeys-lru", self.redis("policy").out)
        self.assertRefused(self.redis("policy", "best"), "best", "allkeys-lru")

    def test_a_server_that_is_gone_is_named_by_what_needs_all(self):
        pid = self.pids()["ring-2"]
        os.kill(pid, signal.SIGKILL)
        while alive(pid):
            pass
        for command in ["flush", "policy", "info"]:
            self.assertRefused(self.redis(command), "ring-2 does not run", "larder redis start")


class SentinelTalkTest(RedisCase):
    def test_cli_finds_the_primary_after_a_failover(self):
        self.start("--mode", "sentinel", "--nodes", "2")
        first = self.redis("cli", "CONFIG", "GET", "port").out
        sentinel = self.redis("cli", "--node", "sentinel-1", "SENTINEL", "FAILOVER", "mymaster")
        self.assertOk(sentinel, "OK\n")
        self.eventually(lambda: self.redis("cli", "CONFIG", "GET", "port").out != first)
        self.eventually(lambda: self.status()["well"])
        self.assertOk(self.redis("cli", "SET", "k", "v"), "OK\n")
        self.assertOk(self.redis("flush", "--yes"), "erased 1 key\n")
        # Who leads is remembered where the sentinels wrote it, and a restart leaves that alone.
        second = self.redis("cli", "CONFIG", "GET", "port").out
        self.assertOk(self.redis("stop"))
        self.start()
        self.assertEqual(self.redis("cli", "CONFIG", "GET", "port").out, second)


if __name__ == "__main__":
    unittest.main()
