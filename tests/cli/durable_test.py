"""`larder serve --dir`: what survives, who may have a folder, and the commands about folders."""

import json
import os
import resource
import signal
import time
import unittest

from program import Case, Connection, Server, larder


def content(path):
    with open(path, "rb") as file:
        return file.read()


class DurableTest(Case):
    def setUp(self):
        super().setUp()
        self.data = self.path("data")

    def server(self, *arguments):
        return Server("--dir", self.data, "--threads", "1", *arguments)

    def files(self, beginning=""):
        return sorted(name for name in os.listdir(self.data) if name.startswith(beginning))

    def ask(self, server, *words):
        with Connection(server.port) as connection:
            return connection.ask(*words)

    def test_the_screen_says_how_it_is_kept(self):
        with self.server("--fsync", "always", "--snapshot-every", "5m") as server:
            self.assertIn(f"Kept in {self.data}", server.screen)
            self.assertIn("fsync always", server.screen)

    def test_kill_9_loses_nothing_that_was_answered(self):
        for mode in ["always", "everysec", "no"]:
            with self.server("--fsync", mode) as server, Connection(server.port) as connection:
                self.assertEqual(connection.ask("SET", mode, "v", "PX", "100000"), b"+OK")
                server.stop(signal.SIGKILL)
        with self.server() as server, Connection(server.port) as connection:
            for mode in ["always", "everysec", "no"]:
                self.assertEqual(connection.ask("GET", mode), b"v")
                self.assertIn(int(connection.ask("PTTL", mode)[1:]), range(60_000, 100_001))

    def test_a_clean_end_leaves_one_snapshot_and_the_next_start_is_warm(self):
        for how in [signal.SIGTERM, signal.SIGINT]:
            with self.server() as server:
                self.ask(server, "SET", how.name, "v")
                self.assertEqual(server.stop(how).status, 0)
            self.assertEqual(len(self.files("snapshot-")), 1)
            self.assertEqual(len(self.files("log-")), 1)
        with self.server() as server:
            self.assertEqual(self.ask(server, "DBSIZE"), b":2")

    def test_shutdown_nosave_leaves_the_log_alone(self):
        with self.server() as server, Connection(server.port) as connection:
            connection.ask("SET", "k", "v")
            connection.send("SHUTDOWN", "NOSAVE")
            self.assertEqual(server.process.wait(30), 0)
        self.assertEqual(self.files("snapshot-"), [])
        with self.server() as server, Connection(server.port) as connection:
            self.assertEqual(connection.ask("GET", "k"), b"v")
            connection.send("SHUTDOWN", "SAVE")
            self.assertEqual(server.process.wait(30), 0)
        self.assertEqual(len(self.files("snapshot-")), 1)

    def test_a_second_process_is_refused_and_changes_nothing(self):
        with self.server() as server:
            self.ask(server, "SET", "k", "v")
            before = {name: os.stat(os.path.join(self.data, name)).st_size for name in self.files()}
            self.assertRefused(larder("serve", "--port", "0", "--dir", self.data), "in use by another process")
            self.assertRefused(larder("check", self.data), "in use by another process")
            self.assertEqual(before, {name: os.stat(os.path.join(self.data, name)).st_size for name in self.files()})

    def test_only_the_owner_may_read_it(self):
        with self.server() as server:
            self.ask(server, "SET", "k", "v")
        self.assertEqual(os.stat(self.data).st_mode & 0o777, 0o700)
        for name in self.files():
            self.assertEqual(os.stat(os.path.join(self.data, name)).st_mode & 0o777, 0o600, name)

    def test_snapshots_come_by_themselves(self):
        with self.server("--snapshot-every", "100ms") as server:
            self.ask(server, "SET", "k", "v")
            end = time.monotonic() + 20
            while not self.files("snapshot-00") and time.monotonic() < end:
                time.sleep(0.05)
            self.assertTrue(self.files("snapshot-00"))

    def test_snapshots_may_be_packed_and_are_read_in_any_case(self):
        entries = {f"k{i}": f'{{"name": "a value like others", "number": {i}}}' * 10 for i in range(500)}
        sizes = []
        for packing in ["none", "zstd"]:
            with self.server("--snapshot-compression", packing) as server, Connection(server.port) as connection:
                for key, value in entries.items():
                    connection.ask("SET", key, value)
                server.stop()
            sizes.append(os.stat(os.path.join(self.data, self.files("snapshot-")[0])).st_size)
            with self.server() as server:
                self.assertEqual(self.ask(server, "GET", "k499"), entries["k499"].encode())
                server.stop(signal.SIGKILL)
        self.assertLess(10 * sizes[1], sizes[0])
        outcome = larder("check", self.data)
        self.assertOk(outcome)
        self.assertIn("bytes (zstd), everything up to step", outcome.out)

    def test_larder_snapshot_waits_until_it_is_there(self):
        with self.server() as server:
            self.ask(server, "SET", "k", "v")
            self.assertOk(larder("snapshot", "--url", server.url), "OK\n")
            self.assertEqual([name for name in self.files("snapshot-") if name.endswith("larder")],
                             self.files("snapshot-"))
        with Server() as server:
            self.assertRefused(larder("snapshot", "--url", server.url), "--dir FOLDER")

    def test_a_file_says_what_flags_say(self):
        config = self.path("conf", f"dir {self.data}\nappendfsync always\nsave 30 1\n".encode())
        with Server("--config", config) as server, Connection(server.port) as connection:
            self.assertIn("fsync always", server.screen)
            self.assertIn("aof_fsync:always", connection.ask("INFO", "persistence").decode())

    # A file that may not grow is a disk that is full.

    def test_a_full_disk_refuses_writes_keeps_what_was_answered_and_heals(self):
        limit = lambda pid, size: resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        with self.server("--fsync", "no", "--snapshot-every", "0") as server, Connection(server.port) as connection:
            limit(server.process.pid, 50_000)
            answered = 0
            for i in range(1_000):
                reply = connection.ask("SET", f"k{i}", "x" * 200)
                if reply != b"+OK":
                    break
                answered += 1
            self.assertTrue(reply.startswith(b"-MISCONF"), reply)
            self.assertGreater(answered, 100)
            self.assertEqual(connection.ask("GET", "k0"), b"x" * 200)
            self.assertTrue(connection.ask("DEL", "k0").startswith(b"-MISCONF"))
            limit(server.process.pid, resource.RLIM_INFINITY)
            end = time.monotonic() + 20
            while connection.ask("SET", "healed", "v") != b"+OK" and time.monotonic() < end:
                time.sleep(0.05)
            server.stop(signal.SIGKILL)
        with self.server() as server, Connection(server.port) as connection:
            self.assertEqual(connection.ask("GET", "healed"), b"v")
            for i in range(answered):
                self.assertEqual(connection.ask("STRLEN", f"k{i}"), b":200", i)

    # ---- larder check --------------------------------------------------------------------------------

    def fill(self, entries):
        with self.server("--snapshot-every", "0") as server, Connection(server.port) as connection:
            for i in range(entries):
                connection.ask("SET", f"k{i}", f"value {i}")
            server.stop(signal.SIGKILL)
        return os.path.join(self.data, self.files("log-")[-1])

    def test_check_tells_what_there_is(self):
        self.fill(10)
        outcome = larder("check", self.data)
        self.assertOk(outcome)
        for words in ["log-0000000001.larder", "10 steps (1 to 10)", "10 entries", "sound"]:
            self.assertIn(words, outcome.out)
        self.assertRefused(larder("check", self.path("nowhere")), "no such folder")

    def test_a_torn_tail_is_a_reason_for_status_1_and_is_cut_at_the_start(self):
        log = self.fill(10)
        with open(log, "r+b") as file:
            file.truncate(os.path.getsize(log) - 3)
        outcome = larder("check", self.data)
        self.assertNo(outcome)
        self.assertIn("cut short at byte", outcome.out)
        with self.server() as server:
            self.assertEqual(self.ask(server, "DBSIZE"), b":9")
            self.assertIn("were cut off", server.stop(signal.SIGTERM).err)
        self.assertOk(larder("check", self.data))

    def test_damage_in_the_middle_is_refused_and_the_rest_can_be_saved(self):
        log = self.fill(10)
        with open(log, "r+b") as file:
            file.seek(100)
            byte = file.read(1)[0]
            file.seek(100)
            file.write(bytes([byte ^ 1]))
        before = content(log)
        self.assertRefused(larder("serve", "--port", "0", "--dir", self.data), log, "damaged at byte", "larder check")
        outcome = larder("check", self.data)
        self.assertEqual(outcome.status, 2, outcome)
        self.assertIn("good again from byte", outcome.out)
        saved = self.path("saved")
        outcome = larder("check", self.data, "--repair", saved)
        self.assertNo(outcome)
        self.assertIn("9 entries", outcome.out)
        self.assertEqual(content(log), before)
        self.assertRefused(larder("check", self.data, "--repair", saved), "has files already")
        with Server("--dir", saved) as server:
            self.assertEqual(self.ask(server, "DBSIZE"), b":9")
            self.assertEqual(self.ask(server, "GET", "k9"), b"value 9")

    def test_files_of_others_are_left_alone(self):
        os.mkdir(self.data)
        for bytes_of_others in [b"*2\r\n$6\r\nSELECT\r\n" * 10, b"REDIS0011" + b"x" * 100]:
            path = os.path.join(self.data, "log-0000000001.larder")
            with open(path, "wb") as file:
                file.write(bytes_of_others)
            self.assertRefused(larder("serve", "--port", "0", "--dir", self.data), path, "not the file of Larder's")
            self.assertEqual(content(path), bytes_of_others)

    def test_a_link_is_no_folder(self):
        os.mkdir(self.data)
        link = self.path("link")
        os.symlink(self.data, link)
        self.assertRefused(larder("serve", "--port", "0", "--dir", link), "symbolic link")

    # ---- larder export and import ---------------------------------------------------------------------

    def test_a_store_goes_out_as_lines_and_comes_back(self):
        lines = self.path("lines")
        with Server() as server, Connection(server.port) as connection:
            connection.ask("SET", "plain", "text with \"quotes\" and ü")
            connection.ask("SET", b"\xff\x00key", b"\x00\xffvalue")
            connection.ask("SET", "timed", "v", "PX", "100000")
            self.assertOk(larder("export", lines, "--url", server.url))
        entries = [json.loads(line) for line in content(lines).splitlines()]
        self.assertEqual(len(entries), 3)
        self.assertEqual([e["value"] for e in entries if e.get("key") == "plain"], ['text with "quotes" and ü'])
        self.assertTrue(all("expires_at_ms" not in e or e["key"] == "timed" for e in entries))
        with Server() as server, Connection(server.port) as connection:
            self.assertOk(larder("import", lines, "--url", server.url), "3 entries\n")
            self.assertEqual(connection.ask("GET", b"\xff\x00key"), b"\x00\xffvalue")
            self.assertEqual(connection.ask("GET", "plain"), "text with \"quotes\" and ü".encode())
            self.assertIn(int(connection.ask("PTTL", "timed")[1:]), range(60_000, 100_001))
            self.assertEqual(connection.ask("TTL", "plain"), b":-1")

    def test_a_folder_is_exported_without_a_server(self):
        self.fill(3)
        outcome = larder("export", "--url", f"memory:{self.data}", "--match", "k1")
        self.assertOk(outcome, '{"key":"k1","value":"value 1"}\n')

    def test_a_line_that_is_none_is_named(self):
        with Server() as server:
            outcome = larder("import", "--url", server.url, stdin=b'{"key":"a","value":"1"}\n{"key":"b"}\n')
            self.assertRefused(outcome, "-:2", "1 entry")
            outcome = larder("import", "--url", server.url,
                             stdin=b'{"key":"old","value":"1","expires_at_ms":1}\n{"key_base64":"YQ==","value":"2"}\n')
            self.assertOk(outcome, "1 entry, 1 had run out of time\n")
            self.assertEqual(self.ask(server, "GET", "a"), b"2")


if __name__ == "__main__":
    unittest.main()
