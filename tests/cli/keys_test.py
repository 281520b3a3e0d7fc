"""The commands that read and write keys, against a running server."""

import json
import os
import subprocess
import time
import unittest

import program
from program import Connection, ServedCase, larder


class KeysTest(ServedCase):
    def test_what_is_set_is_got(self):
        self.assertOk(self.larder("set", "greeting", "hello"), "OK\n")
        self.assertOk(self.larder("get", "greeting"), "hello\n")

    def test_a_miss_is_status_1_and_prints_nothing(self):
        outcome = self.larder("get", "nothing")
        self.assertNo(outcome)
        self.assertEqual(outcome.out, "")
        self.assertIn('no key "nothing"', outcome.err)

    def test_a_file_comes_back_byte_for_byte(self):
        photo = program.random_bytes(1 << 20)
        self.assertOk(self.larder("set", "photo", "--file", self.path("photo.png", photo)))
        self.assertOk(self.larder("get", "photo", "--out", self.path("copy.png")), "")
        with open(self.path("copy.png"), "rb") as copy:
            self.assertEqual(copy.read(), photo)

    def test_pipes_carry_exact_bytes(self):
        page = program.random_bytes(100_000) + b"\n"
        self.assertOk(self.larder("set", "page", "-", stdin=page))
        self.assertEqual(self.larder("get", "page", "--out", "-").raw, page)

    def test_an_empty_value_is_a_value(self):
        self.assertOk(self.larder("set", "empty", ""))
        self.assertOk(self.larder("get", "empty"), "\n")
        self.assertOk(self.larder("set", "none", "-"))
        self.assertOk(self.larder("get", "none", "--out", "-"), "")

    def test_a_miss_leaves_the_file_alone(self):
        kept = self.path("kept", b"before")
        self.assertNo(self.larder("get", "nothing", "--out", kept))
        with open(kept, "rb") as file:
            self.assertEqual(file.read(), b"before")

    def test_names_that_look_like_something_else_are_just_names(self):
        for key in ["set", "-5", "[a,b]", "[x]", "{}", "a b", "ñ", "%%", "*"]:
            self.assertOk(self.larder("set", key, key), "OK\n")
            self.assertOk(self.larder("get", key), key + "\n")
            self.assertOk(self.larder("exists", key), "1\n")
            self.assertOk(self.larder("del", key), "1\n")

    def test_a_name_like_a_flag_goes_behind_two_dashes(self):
        for key in ["--name", "-x", "++", "--"]:
            self.assertOk(self.larder("set", "--", key, "--value"), "OK\n")
            self.assertOk(self.larder("get", "--", key), "--value\n")
            self.assertOk(self.larder("del", "--", key), "1\n")

    def test_ttl_tells_missing_persistent_and_remaining_apart(self):
        self.larder("set", "forever", "x")
        self.larder("set", "brief", "x", "--ttl", "1h")
        self.assertOk(self.larder("ttl", "forever"), "persistent\n")
        self.assertNo(self.larder("ttl", "missing"))
        self.assertOk(self.larder("ttl", "brief"))
        left = json.loads(self.larder("ttl", "brief", "--json").out)
        self.assertEqual(left["state"], "remaining")
        self.assertTrue(3_500_000 < left["left_ms"] <= 3_600_000, left)
        self.assertEqual(json.loads(self.larder("ttl", "missing", "--json").out)["state"], "missing")

    def test_an_entry_is_gone_after_its_time(self):
        self.assertOk(self.larder("set", "k", "v", "--ttl", "50ms"))
        deadline = time.monotonic() + program.PATIENCE
        while self.larder("exists", "k").status == 0:
            self.assertLess(time.monotonic(), deadline)
        self.assertNo(self.larder("get", "k"))

    def test_expire_gives_and_takes_a_time_to_live(self):
        self.larder("set", "k", "v")
        self.assertOk(self.larder("expire", "k", "20m"), "OK\n")
        self.assertEqual(json.loads(self.larder("ttl", "k", "--json").out)["state"], "remaining")
        self.assertOk(self.larder("expire", "k", "--never"))
        self.assertOk(self.larder("ttl", "k"), "persistent\n")
        self.assertOk(self.larder("expire", "k", "0"))
        self.assertNo(self.larder("get", "k"))
        self.assertNo(self.larder("expire", "k", "1s"))

    def test_a_bare_time_is_seconds(self):
        self.larder("set", "k", "v", "--ttl", "100")
        left = json.loads(self.larder("ttl", "k", "--json").out)["left_ms"]
        self.assertTrue(90_000 < left <= 100_000, left)

    def test_set_only_if_absent_or_present(self):
        self.assertNo(self.larder("set", "k", "1", "--xx"))
        self.assertNo(self.larder("get", "k"))
        self.assertOk(self.larder("set", "k", "1", "--nx"))
        self.assertNo(self.larder("set", "k", "2", "--nx"))
        self.assertOk(self.larder("get", "k"), "1\n")
        self.assertOk(self.larder("set", "k", "3", "--xx"))
        self.assertOk(self.larder("get", "k"), "3\n")

    def test_keep_ttl_keeps_it(self):
        self.larder("set", "k", "1", "--ttl", "1h")
        self.larder("set", "k", "2", "--keep-ttl")
        self.assertEqual(json.loads(self.larder("ttl", "k", "--json").out)["state"], "remaining")
        self.larder("set", "k", "3")
        self.assertOk(self.larder("ttl", "k"), "persistent\n")

    def test_del_and_exists_count(self):
        self.larder("set", "a", "1")
        self.larder("set", "b", "2")
        outcome = self.larder("exists", "a", "b", "c")
        self.assertNo(outcome)
        self.assertEqual(outcome.out, "2\n")
        self.assertEqual(json.loads(self.larder("exists", "a", "b", "--json").out), {"exist": 2, "asked": 2})
        self.assertOk(self.larder("del", "a", "b", "c"), "2\n")
        self.assertNo(self.larder("del", "a"))

    def test_counting_up_and_down(self):
        self.assertOk(self.larder("incr", "n"), "1\n")
        self.assertOk(self.larder("incr", "n", "--by", "41"), "42\n")
        self.assertOk(self.larder("decr", "n", "--by", "2"), "40\n")
        self.assertOk(self.larder("incr", "n", "--by", "-50"), "-10\n")
        self.assertOk(self.larder("incr", "x", "--by", "0.5"), "0.5\n")
        self.assertOk(self.larder("decr", "x", "--by", "0.25"), "0.25\n")
        self.assertEqual(json.loads(self.larder("incr", "n", "--json").out), {"key": "n", "value": -9})

    def test_the_time_to_live_of_a_counter_starts_when_it_is_new(self):
        self.larder("incr", "n", "--ttl", "1h")
        self.assertEqual(json.loads(self.larder("ttl", "n", "--json").out)["state"], "remaining")
        self.larder("set", "old", "5")
        self.larder("incr", "old", "--ttl", "1h")
        self.assertOk(self.larder("ttl", "old"), "persistent\n")

    def test_counting_what_is_no_number_changes_nothing(self):
        self.larder("set", "word", "hello")
        self.assertRefused(self.larder("incr", "word"))
        self.assertOk(self.larder("get", "word"), "hello\n")
        top = str(2**63 - 1)
        self.larder("set", "top", top)
        self.assertRefused(self.larder("incr", "top"))
        self.assertOk(self.larder("get", "top"), top + "\n")

    def fill(self, pairs):
        with Connection(self.server.port) as connection:
            self.assertEqual(connection.ask("MSET", *[word for pair in pairs for word in pair]), b"+OK")

    def test_keys_lists_every_key_once_however_many(self):
        names = {f"user:{i}" for i in range(5_000)}
        self.fill([(name, "x") for name in names] + [("other", "x")])
        listed = self.larder("keys", "--match", "user:*").out.splitlines()
        self.assertEqual(set(listed), names)
        self.assertEqual(len(self.larder("keys").out.splitlines()), 5_001)
        self.assertEqual(len(self.larder("keys", "--limit", "7").out.splitlines()), 7)

    def test_keys_leaves_out_what_larder_keeps_beside_them(self):
        for name in ("job", "{job}~f", "{tag}~g", "mine~l"):
            self.larder("set", name, "1")
        self.assertEqual(sorted(self.larder("keys").out.splitlines()), ["job", "mine~l"])
        self.assertEqual(sorted(self.larder("keys", "--match", "*~*").out.splitlines()), ["mine~l", "{job}~f", "{tag}~g"])

    def test_keys_as_json(self):
        self.assertEqual(json.loads(self.larder("keys", "--json").out), [])
        self.fill([("a", "1"), ('quote"\\', "2"), (b"\xff\xfe", "3")])
        listed = json.loads(self.larder("keys", "--json").out)
        self.assertEqual(sorted(map(str, listed)), sorted(map(str, ["a", 'quote"\\', {"base64": "//4="}])))

    def test_values_as_json(self):
        self.larder("set", "text", "ñ \" \\ \n")
        self.assertEqual(json.loads(self.larder("get", "text", "--json").out), {"key": "text", "value": "ñ \" \\ \n"})
        self.larder("set", "binary", "-", stdin=b"\xff\x00")
        self.assertEqual(json.loads(self.larder("get", "binary", "--json").out), {"key": "binary", "value_base64": "/wA="})
        miss = self.larder("get", "none", "--json")
        self.assertNo(miss)
        self.assertEqual(json.loads(miss.out), {"key": "none", "value": None})

    def test_flush_erases_everything_and_says_how_much(self):
        self.fill([("a", "1"), ("b", "2")])
        self.assertOk(self.larder("flush", "--yes"), "erased 2 keys\n")
        self.assertOk(self.larder("keys"), "")

    def test_flush_does_not_happen_unasked(self):
        self.larder("set", "k", "v")
        self.assertRefused(self.larder("flush", stdin=b"yes\n"), "--yes")
        self.assertOk(self.larder("get", "k"), "v\n")

    def type_at_flush(self, line):
        """What a person at a terminal gets who answers `larder flush` with this line."""
        person, terminal = os.openpty()
        self.addCleanup(os.close, person)
        process = subprocess.Popen([program.PROGRAM, "flush"], stdin=terminal, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=program.environment(LARDER_URL=self.server.url))
        os.close(terminal)
        os.write(person, line)
        out, err = process.communicate(timeout=program.PATIENCE)
        return program.Outcome(process.returncode, out, err)

    def test_flush_asks_a_person_and_takes_only_yes(self):
        self.larder("set", "k", "v")
        for line in [b"\n", b"y\n", b"no\n", b"yes please\n"]:
            outcome = self.type_at_flush(line)
            self.assertNo(outcome)
            self.assertIn("Erase 1 key of redis://", outcome.err)
            self.assertOk(self.larder("get", "k"), "v\n")
        self.assertOk(self.type_at_flush(b"yes\n"))
        self.assertNo(self.larder("get", "k"))

    def test_info_for_people_and_programs(self):
        self.assertIn("redis_version:", self.larder("info").out)
        info = json.loads(self.larder("info", "--json").out)
        self.assertIn("redis_version", info["server"])

    def test_databases_are_apart(self):
        self.larder("set", "k", "zero")
        self.assertNo(larder("get", "k", "--url", self.server.url + "/1"))


class PasswordTest(ServedCase):
    password = "correct horse"

    @classmethod
    def setUpClass(cls):
        case = cls("runTest")
        program.Case.setUp(case)
        cls.addClassCleanup(case.doCleanups)
        cls.file = case.path("password", cls.password.encode() + b"\n")
        cls.arguments = ("--requirepass-file", cls.file)
        super().setUpClass()

    def runTest(self):
        """For setUpClass, which needs a folder."""

    def larder(self, *arguments, **more):
        return super().larder(*arguments, **{"LARDER_PASSWORD": self.password, **more})

    def test_from_the_environment(self):
        self.assertOk(self.larder("set", "k", "v"), "OK\n")

    def test_from_a_file(self):
        self.assertOk(larder("set", "k", "v", "--password-file", self.file, "--url", self.server.url), "OK\n")

    def test_from_the_url_with_a_warning(self):
        url = self.server.url.replace("//", "//:correct%20horse@")
        outcome = larder("set", "k", "v", "--url", url)
        self.assertOk(outcome, "OK\n")
        self.assertIn("can see the password", outcome.err)
        self.assertEqual(larder("set", "k", "v", LARDER_URL=url).err, "")

    def test_without_one_the_cure_is_named(self):
        self.assertRefused(larder("get", "k", "--url", self.server.url), "LARDER_PASSWORD")

    def test_a_wrong_one_is_not_repeated(self):
        outcome = larder("get", "k", "--url", self.server.url, LARDER_PASSWORD="canary-secret")
        self.assertRefused(outcome, "LARDER_PASSWORD")
        self.assertNotIn("canary-secret", outcome.err)


if __name__ == "__main__":
    unittest.main()
