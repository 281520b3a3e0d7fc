"""Bad input: one clear line that names the place and the cure, exit status 2, nothing changed."""

import socket
import subprocess
import unittest

from program import PROGRAM, Case, Server, free_port, larder


class BadInputTest(Case):
    def test_a_command_that_does_not_exist(self):
        self.assertRefused(larder("gte", "k"), "no command 'gte'", "did you mean get?", "--help")
        self.assertRefused(larder("frobnicate"), "no command 'frobnicate'")

    def test_a_flag_that_does_not_exist(self):
        self.assertRefused(larder("set", "k", "v", "--tll", "10s"), "no flag --tll", "did you mean --ttl?")
        self.assertRefused(larder("--frobnicate"), "--frobnicate")

    def test_too_few_and_too_many_arguments(self):
        self.assertRefused(larder("get"), "KEY")
        self.assertRefused(larder("get", "a", "b"), "unexpected argument 'b'")
        self.assertRefused(larder("set", "k"), "no value")
        self.assertRefused(larder("serve", "7000"), "unexpected argument '7000'")

    def test_no_arguments_at_all_is_help_and_status_2(self):
        outcome = larder()
        self.assertEqual(outcome.status, 2)
        self.assertIn("serve", outcome.err)

    def test_flags_that_contradict_each_other(self):
        self.assertRefused(larder("set", "k", "v", "--nx", "--xx"), "--nx", "--xx")
        self.assertRefused(larder("set", "k", "v", "--ttl", "1s", "--keep-ttl"), "--ttl")
        self.assertRefused(larder("set", "k", "v", "--file", "f"), "--file")
        self.assertRefused(larder("expire", "k"), "--never")
        self.assertRefused(larder("expire", "k", "1s", "--never"), "--never")

    def test_numbers_and_times_that_are_none(self):
        self.assertRefused(larder("set", "k", "v", "--ttl", "soon"), "--ttl", "soon", "10s")
        self.assertRefused(larder("set", "k", "v", "--ttl", "-1s"), "--ttl")
        self.assertRefused(larder("set", "k", "v", "--ttl", "0s"), "--ttl")
        self.assertRefused(larder("incr", "k", "--by", "much"), "--by", "much")
        self.assertRefused(larder("incr", "k", "--by", "nan"), "--by")
        self.assertRefused(larder("keys", "--limit", "x"), "--limit")
        self.assertRefused(larder("get", "k", "--timeout", "x"), "--timeout")

    def test_urls_that_cannot_be_read(self):
        for url in ["", "nonsense", "redis://", "http://127.0.0.1", "redis://127.0.0.1:99999", "redis://h/x"]:
            self.assertRefused(larder("get", "k", "--url", url))

    def test_a_url_never_repeats_its_password(self):
        outcome = larder("get", "k", LARDER_URL="redis://u:canary-secret@127.0.0.1:port")
        self.assertEqual(outcome.status, 2, outcome)
        self.assertNotIn("canary-secret", outcome.err)

    def test_memory_is_no_server(self):
        self.assertRefused(larder("get", "k", "--url", "memory:"), "larder serve")

    def test_nobody_listens_there(self):
        port = free_port()
        outcome = larder("get", "k", "--url", f"redis://127.0.0.1:{port}")
        self.assertRefused(outcome, f"127.0.0.1:{port}", "larder serve", "--url")

    def test_somebody_listens_there_who_never_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            url = f"redis://127.0.0.1:{mute.getsockname()[1]}"
            self.assertRefused(larder("get", "k", "--url", url, "--timeout", "200ms"), url, "200 ms")

    def test_files_that_are_not_there(self):
        self.assertRefused(larder("set", "k", "--file", self.path("none")), self.path("none"))
        self.assertRefused(larder("get", "k", "--password-file", self.path("none")), self.path("none"))
        self.assertRefused(larder("serve", "--requirepass-file", self.path("none")), self.path("none"))

    def test_an_output_file_that_cannot_be_written(self):
        with Server() as server:
            larder("set", "k", "v", "--url", server.url)
            out = self.path("no-such-folder/file")
            self.assertRefused(larder("get", "k", "--url", server.url, "--out", out), out)

    def test_an_answer_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "--version"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"standard output", done.stderr)

    def test_a_shell_nobody_knows(self):
        self.assertRefused(larder("completion", "tcsh"), "tcsh")


class ServeBadInputTest(Case):
    def test_ports_and_threads_out_of_range(self):
        self.assertRefused(larder("serve", "--port", "99999"), "--port")
        self.assertRefused(larder("serve", "--port", "x"), "--port")
        self.assertRefused(larder("serve", "--threads", "-1"), "--threads")
        self.assertRefused(larder("serve", "--metrics-port", "70000"), "--metrics-port")

    def test_sizes_and_policies_nobody_knows(self):
        self.assertRefused(larder("serve", "--max-memory", "lots"), "--max-memory", "lots")
        self.assertRefused(larder("serve", "--max-memory", "512"), "--max-memory", "512 B", "mb")
        self.assertRefused(larder("serve", "--eviction", "fifo"), "--eviction", "fifo", "allkeys-lru")

    def test_what_is_kept_on_disk_needs_a_folder(self):
        self.assertRefused(larder("serve", "--fsync", "always"), "--fsync", "--dir")
        self.assertRefused(larder("serve", "--snapshot-every", "5s"), "--snapshot-every", "--dir")
        self.assertRefused(larder("serve", "--dir", self.folder, "--fsync", "often"), "--fsync", "everysec")
        self.assertRefused(larder("serve", "--dir", self.path("f", b""), "--port", "0"), self.folder)

    def test_an_address_this_machine_does_not_have(self):
        outcome = larder("serve", "--bind", "192.0.2.1", "--port", "0", "--requirepass-file", self.path("p", b"pw\n"))
        self.assertRefused(outcome, "192.0.2.1")

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.assertRefused(larder("serve", "--port", str(port)), f"port {port}", "in use", "./run --port", "--port")
            outcome = larder("serve", "--port", "0", "--metrics-port", str(port))
            self.assertRefused(outcome, f"port {port}", "in use", "--metrics-port")

    def test_beyond_loopback_only_with_a_password(self):
        for address in ["0.0.0.0", "::", "192.0.2.1"]:
            self.assertRefused(larder("serve", "--bind", address), address, "--requirepass-file")

    def test_a_password_that_others_could_choose(self):
        for mode in [0o620, 0o602, 0o666]:
            path = self.path("password", b"pw\n", mode)
            self.assertRefused(larder("serve", "--port", "0", "--requirepass-file", path), path, "chmod 600")

    def test_a_password_file_without_a_password(self):
        for content in [b"", b"\n", b"\nsecond\n"]:
            path = self.path("password", content)
            self.assertRefused(larder("serve", "--port", "0", "--requirepass-file", path), path)


if __name__ == "__main__":
    unittest.main()
