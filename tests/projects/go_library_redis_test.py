"""A day with the Go library's Redis management script: start, status, cli, flush, logs, info, policy, stop."""

import os
import sys
import unittest

import redis

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))
from redis_case import RedisCase, alive  # noqa: E402


class GoLibraryRedisTest(RedisCase):
    def test_the_management_session(self):
        password = {"REDIS_PASSWORD": "open sesame/1"}
        url = self.start("--nodes", "2", "--mode", "ring", "--maxmemory", "100mb", "--policy", "allkeys-lru", **password)
        self.assertEqual(self.start("--nodes", "2", **password), url)

        status = self.status()
        self.assertTrue(status["running"] and status["well"])
        self.assertEqual([(n["role"], n["keys"], n["aof"], n["policy"]) for n in status["nodes"]],
                         [("master", 0, "on", "allkeys-lru")] * 2)
        shown = self.redis("status").out
        for node in status["nodes"]:
            self.assertRegex(shown, rf"(?m)^{node['name']} +{node['port']} +{node['pid']} +master ")

        first, second = (redis.Redis(port=node["port"], password="open sesame/1") for node in status["nodes"])
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        for client in (first, second):
            self.assertEqual(client.config_get("maxmemory"), {"maxmemory": str(100 * 1024 * 1024)})
            client.set("page", "kept", ex=600)
        self.assertOk(self.redis("cli", "GET", "page"), "kept\n")
        self.assertOk(self.redis("cli", "--node", "2", "TTL", "page"))
        self.assertRegex(self.redis("info", "keyspace").out, r"db0:keys=1,expires=1")
        self.assertIn("Ready to accept connections", self.redis("logs").out)

        self.assertOk(self.redis("policy", "volatile-ttl"), "ring-1: volatile-ttl\nring-2: volatile-ttl\n")
        self.assertOk(self.redis("flush", "--yes"), "erased 2 keys\n")
        self.assertEqual((first.dbsize(), second.dbsize()), (0, 0))

        second.set("page", "again")
        self.assertOk(self.redis("stop"), "stopped 2 servers\n")
        self.assertFalse(any(alive(node["pid"]) for node in status["nodes"]))
        self.assertNo(self.redis("status"))

        self.assertEqual(self.start(**password), url)
        self.assertEqual(second.get("page"), b"again")
        self.assertEqual(second.config_get("maxmemory-policy"), {"maxmemory-policy": "volatile-ttl"})
        self.assertRefused(self.redis("start", REDIS_PASSWORD="guess"), "another password")


if __name__ == "__main__":
    unittest.main()
