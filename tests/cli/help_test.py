"""Help, version and completion: everywhere, and true."""

import re
import shutil
import subprocess
import unittest

from program import Case, PROGRAM, larder

COMMANDS = ["serve", "dns", "get", "set", "del", "exists", "ttl", "expire", "incr", "decr", "keys", "flush", "info",
            "snapshot", "export", "import", "copy", "check", "redis", "top", "doctor", "bench", "replay",
            "tour", "completion"]
REDIS = ["start", "stop", "status", "cli", "flush", "logs", "info", "policy"]
SERVE_FLAGS = ["--bind", "--port", "--dir", "--fsync", "--snapshot-every", "--snapshot-compression", "--threads", "--max-memory", "--eviction",
               "--requirepass-file", "--metrics-port", "--tls-port", "--tls-cert-file", "--tls-key-file", "--tls-key-file-pass-file",
               "--tls-ca-cert-file", "--tls-ca-cert-dir", "--tls-auth-clients", "--tls-protocols", "--tls-ciphers",
               "--tls-ciphersuites"]


class HelpTest(Case):
    def test_the_program_lists_every_command(self):
        outcome = larder("--help")
        self.assertOk(outcome)
        for command in COMMANDS:
            self.assertRegex(outcome.out, rf"(?m)^  {command} +\S", outcome)

    def test_every_command_has_help_with_examples(self):
        for command in COMMANDS:
            outcome = larder(command, "--help")
            self.assertOk(outcome)
            self.assertIn("Examples:\n  larder " + command if command not in ("set",) else "Examples:", outcome.out)
            self.assertEqual(larder("help", command).out, outcome.out)
            self.assertEqual(larder(command, "-h").out, outcome.out)

    def test_every_flag_in_an_example_exists(self):
        for command in COMMANDS:
            text = larder(command, "--help").out
            flags, examples = text.split("Examples:")
            flags += "".join(larder("redis", name, "--help").out for name in REDIS if command == "redis")
            for line in examples.splitlines():
                line = line.split(" # ")[0]
                for part in line.split("|"):
                    if f"larder {command}" in part:
                        for flag in re.findall(r"--[a-z][a-z-]*", part):
                            self.assertIn(flag, flags, line)

    def test_every_command_of_redis_has_help_with_examples(self):
        listed = larder("redis", "--help").out
        for name in REDIS:
            self.assertRegex(listed, rf"(?m)^  {name} +\S")
            text = larder("redis", name, "--help").out
            flags, examples = text.split("Examples:")
            self.assertIn(f"larder redis {name}", examples)
            for flag in re.findall(r"--[a-z][a-z-]+", re.sub(r"cli -n .*", "", examples)):
                self.assertIn(flag, flags)

    def test_serve_has_the_flags_that_stay(self):
        text = larder("serve", "--help").out
        for flag in SERVE_FLAGS:
            self.assertIn(flag + " ", text)

    def test_the_version_is_one_line(self):
        self.assertRegex(larder("--version").out, r"^larder \d+\.\d+\.\d+\n$")


class CompletionTest(Case):
    def complete(self, *words):
        """What bash offers with the cursor at the end of `words`."""
        script = larder("completion", "bash").out
        script += "COMP_WORDS=(" + " ".join(f"'{word}'" for word in words) + ")\n"
        script += f"COMP_CWORD={len(words) - 1}\n_larder\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_bash_completes_commands(self):
        self.assertEqual(set(COMMANDS) - set(self.complete("larder", "")), set())
        self.assertEqual(self.complete("larder", "fl"), ["flush"])

    def test_bash_completes_flags_of_the_command(self):
        self.assertEqual(self.complete("larder", "serve", "--max"), ["--max-memory"])
        self.assertIn("--ttl", self.complete("larder", "set", "--"))
        self.assertNotIn("--ttl", self.complete("larder", "get", "--"))

    def test_bash_completes_choices_and_files(self):
        self.assertEqual(self.complete("larder", "serve", "--fsync", ""), ["always", "everysec", "no"])
        self.assertEqual(self.complete("larder", "serve", "--eviction", "allkeys-l"), ["allkeys-lru", "allkeys-lfu"])
        self.path("photo.png", b"")
        self.assertEqual(self.complete("larder", "set", "k", "--file", "ph"), ["photo.png"])
        self.assertEqual(self.complete("larder", "completion", ""), ["bash", "zsh", "fish"])

    def test_bash_completes_what_is_in_a_group(self):
        self.assertEqual(set(REDIS) - set(self.complete("larder", "redis", "")), set())
        self.assertEqual(self.complete("larder", "redis", "pol"), ["policy"])
        self.assertEqual(self.complete("larder", "redis", "start", "--mode", "c"), ["cluster"])
        self.assertEqual(self.complete("larder", "redis", "start", "--policy", "allkeys-l"), ["allkeys-lru", "allkeys-lfu"])
        self.assertIn("--replicas", self.complete("larder", "redis", "start", "--re"))
        self.assertNotIn("--url", self.complete("larder", "redis", "flush", "--"))
        self.assertIn("--url", self.complete("larder", "flush", "--"))

    def check_syntax(self, shell):
        if shutil.which(shell) is None:
            return
        script = larder("completion", shell).out
        done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""), shell)

    def test_every_shell_here_can_read_its_script(self):
        for shell in ["bash", "zsh", "fish"]:
            script = larder("completion", shell)
            self.assertOk(script)
            for command in COMMANDS:
                self.assertIn(command, script.out)
            self.check_syntax(shell)

    def test_the_program_starts_quickly(self):
        """50 ms is what a person does not notice; the fastest of ten is free of the machine's other work."""
        import time

        def seconds():
            begin = time.perf_counter()
            subprocess.run([PROGRAM, "--version"], capture_output=True)
            return time.perf_counter() - begin

        self.assertLess(min(seconds() for _ in range(10)), 0.5 if "san" in PROGRAM else 0.05)


if __name__ == "__main__":
    unittest.main()
