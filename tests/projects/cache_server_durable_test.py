"""What the cache server Larder grew from shows of its backups: every operation logged, snapshots at intervals, and a server
that was killed rebuilt from its log alone, then from a snapshot."""

import os
import signal
import tempfile
import time
import unittest

import redis

import servers

program = servers.program


class CacheServerDurableTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="larder-durable-")
        self.addCleanup(folder.cleanup)
        self.data = os.path.join(folder.name, "data")

    def serve(self, *arguments):
        return program.Server("--dir", self.data, "--threads", "1", *arguments)

    def client(self, server):
        client = redis.Redis(port=server.port)
        self.addCleanup(client.close)
        return client

    def files(self, kind):
        return [name for name in os.listdir(self.data) if name.startswith(kind)]

    def fill(self, r):
        r.set(1, 2)
        r.set("session", "token", ex=1000)
        r.mset({f"k{i}": i for i in range(500)})
        r.incrby("hits", 41)
        r.incr("hits")
        r.delete("k7")
        with r.pipeline(transaction=True) as step:
            step.rename("k8", "renamed").append("renamed", "!").execute()

    def check(self, r):
        self.assertEqual(r.get(1), b"2")
        self.assertEqual(r.get("hits"), b"42")
        self.assertIsNone(r.get("k7"))
        self.assertIsNone(r.get("k8"))
        self.assertEqual(r.get("renamed"), b"8!")
        self.assertEqual(r.dbsize(), 502)
        self.assertIn(r.ttl("session"), range(900, 1001))

    def test_a_killed_server_is_rebuilt_from_its_log_alone(self):
        with self.serve("--snapshot-every", "0") as server:
            self.fill(self.client(server))
            server.stop(signal.SIGKILL)
        self.assertEqual(self.files("snapshot"), [])
        with self.serve() as server:
            self.check(self.client(server))

    def test_a_killed_server_is_rebuilt_from_a_snapshot_alone(self):
        with self.serve("--snapshot-every", "200ms") as server:
            r = self.client(server)
            self.fill(r)
            before = r.info("persistence")["rdb_saves"]
            end = time.monotonic() + servers.PATIENCE
            while r.info("persistence")["rdb_changes_since_last_save"] > 0 or not self.files("snapshot"):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
            self.assertGreaterEqual(r.info("persistence")["rdb_saves"], before)
            server.stop(signal.SIGKILL)
        for name in self.files("log"):
            os.remove(os.path.join(self.data, name))
        with self.serve() as server:
            self.check(self.client(server))

    def test_what_was_written_behind_the_snapshot_is_not_lost(self):
        with self.serve() as server:
            r = self.client(server)
            self.fill(r)
            r.bgsave()
            r.set("behind", "v")
            r.delete("behind", "k9")
            r.set("k9", "anew")
            server.stop(signal.SIGKILL)
        with self.serve() as server:
            r = self.client(server)
            self.check(r)
            self.assertIsNone(r.get("behind"))
            self.assertEqual(r.get("k9"), b"anew")


if __name__ == "__main__":
    unittest.main()
