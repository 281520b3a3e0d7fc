"""`larder serve --config FILE`, CONFIG REWRITE, and that no secret leaves the server."""

import os
import subprocess
import unittest

import program
from program import Case, Connection, Server, larder

CANARIES = ["canary-file-7Qx", "canary-runtime-3Zp", "canary-guess-9Lm", "canary-hello-5Tw"]


class ConfigFileTest(Case):
    def test_settings_come_from_the_file_and_flags_come_before_it(self):
        file = self.path("larder.conf", b"# mine\nmaxmemory 64mb\nmaxmemory-policy allkeys-lfu\ntimeout 300\n"
                                        b"client-output-buffer-limit normal 64mb 16mb 20\n")
        with Server("--config", file, "--max-memory", "32MiB") as server, Connection(server.port) as connection:
            info = connection.ask("INFO").decode()
            self.assertIn(f"maxmemory:{32 << 20}\r\n", info)
            self.assertIn("maxmemory_policy:allkeys-lfu\r\n", info)
            self.assertIn(f"config_file:{os.path.realpath(file)}\r\n", info)
            self.assertEqual(connection.ask("CONFIG", "GET", "timeout"), b"*2")

    def test_a_line_that_makes_no_sense_is_named(self):
        for text, words in [(b"port 7000\nnope 1\n", ":2: nope: no such setting"),
                            (b"timeout -1\n", ":1: timeout: argument must be between 0 and"),
                            (b"port many\n", ":1: port: a number from 0 to 65535 is wanted"),
                            (b"databases 3\n", ":1: databases: this version has it fixed at '16'"),
                            (b"timeout\n", "line 1: a name and a value")]:
            outcome = larder("serve", "--port", "0", "--config", self.path("larder.conf", text))
            self.assertEqual(outcome.status, 2, outcome)
            self.assertIn(words, outcome.err)
            self.assertEqual(outcome.err.count("\n"), 1)

    def test_what_others_may_write_is_refused(self):
        file = self.path("larder.conf", b"timeout 1\n")
        os.chmod(file, 0o666)
        outcome = larder("serve", "--port", "0", "--config", file)
        self.assertEqual(outcome.status, 2, outcome)
        self.assertIn("chmod 600", outcome.err)

    def test_rewriting_keeps_comments_mode_and_links_and_holds_after_a_restart(self):
        file = self.path("larder.conf", b"# keep me\ntimeout 5\nmaxmemory 64mb\n")
        os.chmod(file, 0o640)
        link = file + ".link"
        os.symlink(file, link)
        with Server("--config", link) as server, Connection(server.port) as connection:
            self.assertEqual(connection.ask("CONFIG", "SET", "timeout", "70", "maxclients", "99"), b"+OK")
            self.assertEqual(connection.ask("CONFIG", "REWRITE"), b"+OK")
        with open(file, encoding="utf-8") as text:
            self.assertEqual(text.read(), "# keep me\ntimeout 70\nmaxmemory 64mb\n\n"
                                          "# Written by CONFIG REWRITE\nmaxclients 99\n")
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o640)
        self.assertTrue(os.path.islink(link))
        self.assertEqual(sorted(os.listdir(os.path.dirname(file))),
                         sorted([os.path.basename(file), os.path.basename(link)]))
        with Server("--config", link) as server, Connection(server.port) as connection:
            self.assertIn("maxclients:99\r\n", connection.ask("INFO", "clients").decode())

    def test_a_password_is_not_written_where_others_can_read(self):
        file = self.path("larder.conf", b"timeout 5\n")
        os.chmod(file, 0o644)
        with Server("--config", file) as server, Connection(server.port) as connection:
            connection.ask("CONFIG", "SET", "requirepass", "secret one")
            self.assertIn(b"others can read", connection.ask("CONFIG", "REWRITE"))
            os.chmod(file, 0o600)
            self.assertEqual(connection.ask("CONFIG", "REWRITE"), b"+OK")
        with Server("--config", file) as server, Connection(server.port) as connection:
            self.assertTrue(connection.ask("GET", "k").startswith(b"-NOAUTH"))
            self.assertEqual(connection.ask("AUTH", "secret one"), b"+OK")

    def test_without_a_file_there_is_nothing_to_rewrite(self):
        with Server() as server, Connection(server.port) as connection:
            self.assertEqual(connection.ask("CONFIG", "REWRITE"), b"-ERR The server is running without a config file")


class SecretsTest(Case):
    def everything(self, port, password):
        """All that a logged-in client can be shown, in both protocols."""
        shown = b""
        for protocol in ["2", "3"]:
            with Connection(port) as connection:
                connection.ask("AUTH", password)
                commands = [["HELLO", protocol], ["INFO", "everything"], ["CONFIG", "GET", "*"], ["SLOWLOG", "GET", "-1"],
                            ["CLIENT", "LIST"], ["CLIENT", "INFO"], ["LATENCY", "LATEST"], ["LATENCY", "DOCTOR"],
                            ["LATENCY", "HISTOGRAM"], ["MEMORY", "STATS"], ["COMMAND", "DOCS"], ["KEYS", "*"]]
                for words in commands:
                    connection.send(*words)
                connection.send("ECHO", "the end")
                shown += connection.until(b"the end")
        return shown

    def test_no_password_right_or_wrong_is_ever_shown(self):
        file = self.path("larder.conf", f"requirepass {CANARIES[0]}\nslowlog-log-slower-than 0\n".encode())
        os.chmod(file, 0o600)
        with Server("--config", file, "--metrics-port", "0") as server:
            with Connection(server.port) as connection:
                connection.ask("AUTH", CANARIES[2])
                connection.ask("HELLO", "3", "AUTH", "default", CANARIES[3])
                connection.ask("HELLO", "9", "AUTH", "default", CANARIES[3])
                connection.ask("AUTH", CANARIES[0])
                connection.ask("MULTI")
                connection.ask("CONFIG", "SET", "requirepass", CANARIES[1])
                connection.ask("EXEC")
                connection.file.readline()
                connection.ask("CONFIG", "SET", "timeout", "x", "requirepass", CANARIES[1])
            shown = self.everything(server.port, CANARIES[1])
            shown += program.fetch(server.metrics_url() + "/metrics")[2].encode()
            shown += server.screen.encode()
            with open(f"/proc/{server.process.pid}/cmdline", "rb") as command_line:
                shown += command_line.read()
            self.assertIn(b"requirepass", shown)
            self.assertIn(b"(redacted)", shown)
            shown += server.stop().err.encode()
            for canary in CANARIES:
                self.assertNotIn(canary.encode(), shown)


if __name__ == "__main__":
    unittest.main()
