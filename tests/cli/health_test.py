"""`larder top` and `larder doctor`; and what set, del, expire, flush and tour say in JSON."""

import json
import os
import signal
import subprocess
import unittest

from program import PROGRAM, ServedCase, environment, free_port, larder
from redis_case import RedisCase


class TopTest(ServedCase):
    def test_a_line_for_each_interval(self):
        outcome = self.larder("top", "--interval", "20ms", "--count", "3")
        self.assertOk(outcome)
        self.assertEqual(outcome.out.count("\n"), 4)
        self.assertIn("ops/s", outcome.out)

    def test_json_is_an_object_a_line(self):
        self.larder("set", "a", "1")
        outcome = self.larder("top", "--interval", "20ms", "--count", "2", "--json")
        lines = [json.loads(line) for line in outcome.out.splitlines()]
        self.assertEqual([line["keys"] for line in lines], [1, 1])
        self.assertGreater(lines[1]["ops_per_second"], 0)  # Its own question.

    def test_what_cannot_be_done(self):
        self.assertRefused(self.larder("top", "--interval", "0"), "--interval")
        port = free_port()
        self.assertRefused(larder("top", "--url", f"redis://127.0.0.1:{port}"), str(port))


class DoctorTest(ServedCase):
    def test_a_server_that_is_well(self):
        outcome = self.larder("doctor", "--json")
        self.assertOk(outcome)
        said = json.loads(outcome.out)
        self.assertTrue(said["well"])
        found = {row["about"]: row for row in said["findings"]}
        self.assertEqual(found["server"]["words"], "larder serve")
        for about in ["reach", "latency", "writes", "steps"]:
            self.assertEqual(found[about]["health"], "ok", found[about])
        self.assertIn("no bound", found["memory"]["words"])
        self.assertOk(self.larder("keys", "--match", "*~*"), "")  # Nothing of it is left.
        self.assertOk(self.larder("keys"), "")
        text = larder("doctor", self.server.url).out
        self.assertRegex(text, r"(?m)^note  memory +\d.*\n +-> .*--max-memory")

    def test_nobody_there(self):
        port = free_port()
        self.assertRefused(larder("doctor", f"redis://127.0.0.1:{port}"), f"127.0.0.1:{port}", "is a server there?")


class RedisDoctorTest(RedisCase):
    def test_a_replica_and_a_full_server_are_found_out(self):
        self.start("--mode", "sentinel", "--nodes", "2", "--port", "0")
        replica = self.status()["nodes"][1]["port"]
        outcome = larder("doctor", f"redis://127.0.0.1:{replica}")
        self.assertEqual(outcome.status, 1, outcome)
        self.assertRegex(outcome.out, r"(?m)^BAD   role +it is a replica")
        self.assertRegex(outcome.out, r"(?m)^BAD   writes ")
        self.assertOk(self.redis("cli", "CONFIG", "SET", "maxmemory", "1"), "OK\n")
        outcome = larder("doctor", f"redis://127.0.0.1:{self.status()['nodes'][0]['port']}")
        self.assertEqual(outcome.status, 1, outcome)
        self.assertIn("writes are refused", outcome.out)

    def test_a_ring_is_looked_at_server_by_server(self):
        url = self.start("--nodes", "2", "--port", "0", "--maxmemory", "100mb", "--policy", "allkeys-lru")
        outcome = larder("doctor", url)
        self.assertOk(outcome)
        for node in self.status()["nodes"]:
            self.assertEqual(node["keys"], 0)
            self.assertRegex(outcome.out, rf"(?m)^ok +memory +127\.0\.0\.1:{node['port']}: .* of 100 MiB used, allkeys-lru")
        gone = self.status()["nodes"][1]
        os.kill(gone["pid"], signal.SIGKILL)
        outcome = larder("doctor", url)
        self.assertEqual(outcome.status, 1, outcome)
        self.assertRegex(outcome.out, rf"(?m)^BAD   server +redis://127\.0\.0\.1:{gone['port']}: .*\n +-> start that server")

    def test_top_waits_for_a_server_that_is_started_again(self):
        url = self.start("--port", "0")
        command = [PROGRAM, "top", "--url", url, "--interval", "50ms", "--json", "--timeout", "300ms"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as top:
            self.addCleanup(top.kill)
            top.stdout.readline()
            self.redis("stop")
            self.assertIn(url.rsplit(":", 1)[1].encode(), top.stderr.readline())
            self.start()
            for _ in range(20):  # Those before the stop may still be in the pipe.
                line = json.loads(top.stdout.readline())
            self.assertEqual(line["keys"], 0)
            top.kill()

    def test_top_of_redis(self):
        url = self.start("--port", "0")
        self.redis("cli", "SET", "k", "v")
        self.assertEqual(json.loads(larder("top", "--url", url, "--count", "1", "--interval", "20ms", "--json").out)["keys"], 1)


class JsonTest(ServedCase):
    def check(self, status, expected, *arguments):
        outcome = self.larder(*arguments, "--json")
        self.assertEqual((outcome.status, outcome.err), (status, ""), outcome)
        self.assertEqual(json.loads(outcome.out), expected)

    def test_writes_say_what_came_of_them(self):
        self.check(0, {"key": "a", "set": True}, "set", "a", "1")
        self.check(1, {"key": "a", "set": False}, "set", "a", "2", "--nx")
        self.check(0, {"key": "a", "found": True, "ttl_ms": 60000}, "expire", "a", "1m")
        self.check(0, {"key": "a", "found": True, "ttl_ms": None}, "expire", "a", "--never")
        self.check(1, {"key": "b", "found": False, "ttl_ms": 60000}, "expire", "b", "1m")
        self.check(0, {"erased": 1, "asked": 2}, "del", "a", "b")
        self.check(1, {"erased": 0, "asked": 1}, "del", "a")
        self.larder("set", "a", "1")
        self.check(0, {"erased": 1}, "flush", "--yes")

    def test_the_tour_counts_its_promises(self):
        outcome = larder("tour", "--fast", "--json")
        self.assertOk(outcome)
        said = json.loads(outcome.out)
        self.assertEqual(said["broken"], 0)
        self.assertEqual(said["kept"], len(said["promises"]))
        self.assertTrue(all(row["kept"] and row["promise"] for row in said["promises"]))
        self.assertIn("A tour of Larder", outcome.err)


if __name__ == "__main__":
    unittest.main()
