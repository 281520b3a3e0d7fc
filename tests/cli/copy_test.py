"""`larder copy`: between servers, folders and redis-server, with times to live."""

import json
import unittest

from program import Case, Server, free_port, larder
from redis_case import RedisCase


class CopyTest(Case):
    def setUp(self):
        super().setUp()
        self.old, self.new = Server(), Server()
        self.addCleanup(self.old.__exit__)
        self.addCleanup(self.new.__exit__)

    def at(self, server, *arguments):
        return larder(*arguments, LARDER_URL=server.url)

    def copy(self, *arguments, **more):
        return larder("copy", self.old.url, self.new.url, *arguments, **more)

    def test_everything_goes_with_what_is_left_of_its_life(self):
        self.assertOk(self.at(self.old, "set", "a", "1"))
        self.assertOk(self.at(self.old, "set", "b", "2", "--ttl", "100s"))
        outcome = self.copy()
        self.assertOk(outcome, "copied 2 entries\n")
        self.assertEqual(outcome.err, "")
        self.assertOk(self.at(self.new, "get", "a"), "1\n")
        self.assertOk(self.at(self.new, "ttl", "a"), "persistent\n")
        self.assertGreater(json.loads(self.at(self.new, "ttl", "b", "--json").out)["left_ms"], 90_000)

    def test_what_is_there_stays_unless_it_is_to_be_replaced(self):
        self.at(self.old, "set", "a", "old")
        self.at(self.new, "set", "a", "new")
        self.assertOk(self.copy(), "copied 0 entries, 1 there already (--replace writes over them)\n")
        self.assertOk(self.at(self.new, "get", "a"), "new\n")
        self.assertEqual(json.loads(self.copy("--replace", "--json").out),
                         {"copied": 1, "there": 0, "gone": 0, "other_kinds": 0})
        self.assertOk(self.at(self.new, "get", "a"), "old\n")

    def test_a_pattern_chooses(self):
        for key in ["user:1", "user:2", "cart:1"]:
            self.at(self.old, "set", key, "v")
        self.assertOk(self.copy("--pattern", "user:*"), "copied 2 entries\n")
        self.assertOk(self.copy("--match", "cart:*"), "copied 1 entry\n")

    def test_a_folder_is_a_store_too(self):
        self.at(self.old, "set", "a", "1")
        folder = "memory:" + self.path("data")
        self.assertOk(larder("copy", self.old.url, folder), "copied 1 entry\n")
        self.assertOk(larder("copy", folder, self.new.url), "copied 1 entry\n")
        self.assertOk(self.at(self.new, "get", "a"), "1\n")

    def test_each_end_has_its_password(self):
        with Server("--requirepass-file", self.path("one", b"one\n")) as locked:
            self.at(self.old, "set", "a", "1")
            self.assertRefused(larder("copy", self.old.url, locked.url), str(locked.port), "password")
            self.assertOk(larder("copy", self.old.url, locked.url, "--to-password-file", self.path("one")))
            self.assertOk(larder("copy", locked.url, self.new.url, "--from-password-file", self.path("one")), "copied 1 entry\n")

    def test_what_cannot_be_done_is_said(self):
        self.assertRefused(larder("copy", self.old.url, self.old.url), "the same store")
        self.assertRefused(larder("copy", self.old.url), "TO")
        self.assertRefused(larder("copy", "memory:", self.old.url), "memory:")
        port = free_port()
        self.assertRefused(larder("copy", f"redis://127.0.0.1:{port}", self.new.url), f"127.0.0.1:{port}")


class CopyFromRedisTest(RedisCase):
    def test_a_ring_that_grew_is_filled(self):
        old = self.start("--mode", "ring", "--nodes", "2", "--port", "0")
        for i in range(60):
            self.assertOk(larder("set", f"key:{i}", str(i), "--url", old))
        new = self.start("--nodes", "3")
        self.assertRegex(larder("copy", old, new).out, r"^copied \d+ entries, \d+ there already")
        self.assertGreater(self.status()["nodes"][2]["keys"], 0)
        for i in range(60):
            self.assertOk(larder("get", f"key:{i}", "--url", new), f"{i}\n")

    def test_other_kinds_are_counted_and_left_out(self):
        url = self.start("--port", "0")
        self.redis("cli", "SET", "text", "v")
        self.redis("cli", "RPUSH", "list", "v")
        with Server() as server:
            self.assertOk(larder("copy", url, server.url),
                          "copied 1 entry, 1 of another kind left out (list, hash, …)\n")


if __name__ == "__main__":
    unittest.main()
