"""`larder lock` and `larder limit`: what shell scripts rely on."""

import json
import os
import signal
import subprocess
import time
import unittest

import program
from program import PROGRAM, ServedCase, environment


class LockTest(ServedCase):
    def begin(self, *arguments):
        """`larder lock` that goes on; its command says when it has begun."""
        process = subprocess.Popen(
            [PROGRAM, "lock", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(LARDER_URL=self.server.url),
        )
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.communicate()))
        program.read_until(process.stdout, b"begun")
        return process

    def pipe(self, name):
        """What a command reads a line of, and so goes on when `let_go` is called."""
        os.mkfifo(self.path(name))
        return self.path(name)

    def let_go(self, name):
        with open(self.path(name), "w", encoding="ascii") as pipe:
            pipe.write("go\n")

    def wait_for_clients(self, count):
        with program.Connection(self.server.port) as look:
            while look.ask("CLIENT", "LIST").count(b"larder-cli") < count:
                time.sleep(0.01)

    def test_the_commands_status_and_output_are_the_commands(self):
        outcome = self.larder("lock", "job", "--", "sh", "-c", "echo done; exit 7")
        self.assertEqual((outcome.status, outcome.out), (7, "done\n"))
        self.assertEqual(self.larder("exists", "job").out, "0\n")

    def test_the_command_keeps_its_flags_and_standard_input(self):
        outcome = self.larder("lock", "job", "--", "cat", "-u", "--", "-", stdin=b"through")
        self.assertOk(outcome, "through")
        self.assertOk(self.larder("lock", "job", "--", "printf", "%s", "[a,b]"), "[a,b]")

    def test_a_busy_lock_is_status_1_and_runs_nothing(self):
        self.begin("job", "--", "sh", "-c", "echo begun; exec sleep 60")
        outcome = self.larder("lock", "job", "--", "echo", "never")
        self.assertNo(outcome)
        self.assertEqual(outcome.out, "")
        self.assertIn('lock "job" is somebody else\'s', outcome.err)

    def test_wait_outlasts_the_holder(self):
        holder = self.begin("job", "--", "sh", "-c", "echo begun; sleep 0.4")
        self.assertOk(self.larder("lock", "job", "--wait", "20s", "--", "echo", "mine"), "mine\n")
        self.assertEqual(holder.wait(program.PATIENCE), 0)

    def test_it_is_renewed_for_as_long_as_the_command_runs(self):
        holder = self.begin("job", "--ttl", "300ms", "--", "sh", "-c", "echo begun; sleep 1.2")
        for _ in range(4):
            self.assertNo(self.larder("lock", "job", "--", "true"))
        self.assertEqual(holder.wait(program.PATIENCE), 0)

    def test_a_lost_lock_ends_the_command_and_what_it_started(self):
        holder = self.begin("job", "--ttl", "300ms", "--", "sh", "-c", "echo begun; sleep 60; echo never")
        self.assertOk(self.larder("set", "job", "1 thief"))
        out, err = holder.communicate(timeout=program.PATIENCE)
        self.assertEqual((holder.returncode, out), (75, b""))
        self.assertIn(b'lock "job" was lost', err)
        self.assertOk(self.larder("get", "job"), "1 thief\n")

    def test_a_command_that_does_not_listen_is_killed(self):
        holder = self.begin("job", "--ttl", "300ms", "--", "sh", "-c", "trap '' TERM; echo begun; while :; do sleep 0.1; done")
        self.assertOk(self.larder("set", "job", "1 thief"))
        _, err = holder.communicate(timeout=program.PATIENCE)
        self.assertEqual(holder.returncode, 75)
        self.assertIn(b"137", err)

    def test_signals_reach_the_command_and_the_lock_is_given_back(self):
        holder = self.begin("job", "--", "sh", "-c", "trap 'exit 9' TERM; echo begun; while :; do sleep 0.05; done")
        holder.send_signal(signal.SIGTERM)
        self.assertEqual(holder.wait(program.PATIENCE), 9)
        self.assertEqual(self.larder("exists", "job").out, "0\n")

    def test_a_lock_that_was_lost_unnoticed_is_told_of_at_the_end(self):
        holder = self.begin("job", "--ttl", "1h", "--", "sh", "-c", "echo begun; read line < " + self.pipe("go"))
        self.assertOk(self.larder("del", "job"))
        self.let_go("go")
        _, err = holder.communicate(timeout=program.PATIENCE)
        self.assertEqual(holder.returncode, 0)
        self.assertIn(b'lock "job" was lost before the command ended', err)

    def test_who_waits_outlasts_a_store_that_is_away(self):
        self.assertOk(self.larder("set", "job", "1 thief"))
        waiter = subprocess.Popen(
            [PROGRAM, "lock", "job", "--wait", "1h", "--timeout", "300ms", "--", "echo", "mine"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(LARDER_URL=self.server.url),
        )
        self.addCleanup(lambda: (waiter.poll() is None and waiter.kill(), waiter.communicate()))
        self.wait_for_clients(1)
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            with self.assertRaises(subprocess.TimeoutExpired):  # Three times what a call may take.
                waiter.wait(1)
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        self.assertOk(self.larder("del", "job"))
        out, _ = waiter.communicate(timeout=program.PATIENCE)
        self.assertEqual((waiter.returncode, out), (0, b"mine\n"))

    def test_who_waits_heeds_no_signal_that_is_ignored(self):
        holder = self.begin("job", "--", "sh", "-c", "echo begun; read line < " + self.pipe("go"))
        waiter = subprocess.Popen(["nohup", PROGRAM, "lock", "job", "--wait", "1h", "--", "echo", "mine"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  env=environment(LARDER_URL=self.server.url))
        self.addCleanup(lambda: (waiter.poll() is None and waiter.kill(), waiter.communicate()))
        self.wait_for_clients(2)
        waiter.send_signal(signal.SIGHUP)
        with self.assertRaises(subprocess.TimeoutExpired):
            waiter.wait(0.3)
        self.let_go("go")
        out, _ = waiter.communicate(timeout=program.PATIENCE)
        self.assertEqual((waiter.returncode, out, holder.wait(program.PATIENCE)), (0, b"mine\n", 0))

    def test_who_waits_can_be_ended(self):
        self.begin("job", "--", "sh", "-c", "echo begun; exec sleep 60")
        waiter = subprocess.Popen([PROGRAM, "lock", "job", "--wait", "1h", "--", "true"],
                                  env=environment(LARDER_URL=self.server.url))
        time.sleep(0.1)
        waiter.send_signal(signal.SIGTERM)
        self.assertEqual(waiter.wait(program.PATIENCE), -signal.SIGTERM)

    def test_when_it_is_killed_its_command_ends_and_the_lock_runs_out(self):
        holder = self.begin("job", "--ttl", "300ms", "--", "sh", "-c", "trap 'echo told; exit' TERM; echo begun; while :; do sleep 0.05; done")
        holder.kill()
        self.assertEqual(holder.stdout.read(), b"told\n")
        self.assertOk(self.larder("lock", "job", "--wait", "10s", "--", "true"))

    def test_what_cannot_be_run_is_named(self):
        outcome = self.larder("lock", "job", "--", "/no/such/command")
        self.assertEqual(outcome.status, 127)
        self.assertIn('"/no/such/command": No such file', outcome.err)
        folder = self.larder("lock", "job", "--", "/")
        self.assertEqual(folder.status, 126)
        self.assertIn('"/": Permission denied', folder.err)
        self.assertEqual(self.larder("exists", "job").out, "0\n")
        self.assertRefused(self.larder("lock", "job"), "COMMAND")
        self.assertRefused(self.larder("lock", "job", "--ttl", "1ms", "--", "true"), "--ttl")
        self.assertRefused(self.larder("lock", "job", "--store", "redis://127.0.0.1:1", "--", "true"), "127.0.0.1:1")


class LimitTest(ServedCase):
    def test_so_many_and_no_more(self):
        self.assertOk(self.larder("limit", "mails", "2/1h"), "allowed, 1 left\n")
        self.assertOk(self.larder("limit", "mails", "2/h"), "allowed, 0 left\n")
        denied = self.larder("limit", "mails", "2/1h")
        self.assertNo(denied)
        self.assertRegex(denied.out, r"^denied, 0 left, again in .*\n$")

    def test_every_algorithm_and_json(self):
        for algorithm in ["sliding", "fixed", "log", "bucket"]:
            ask = ["limit", algorithm, "5/1h", "--algorithm", algorithm, "--json", "--cost", "3"]
            self.assertTrue(json.loads(self.larder(*ask, "--peek").out)["allowed"])
            answer = json.loads(self.larder(*ask).out)
            self.assertEqual((answer["allowed"], answer["remaining"], answer["retry_after_ms"]), (True, 2, 0))
            denied = self.larder(*ask)
            self.assertNo(denied)
            answer = json.loads(denied.out)
            self.assertGreater(answer["retry_after_ms"], 0)
            self.assertGreaterEqual(answer["reset_after_ms"], answer["retry_after_ms"])

    def test_a_bucket_has_its_burst(self):
        self.assertOk(self.larder("limit", "b", "1/1h", "--algorithm", "bucket", "--burst", "3", "--cost", "3"))

    def test_slips_are_named(self):
        for rate in ["100", "100/", "x/1m", "100/1parsec"]:
            self.assertRefused(self.larder("limit", "k", rate), "RATE")
        self.assertRefused(self.larder("limit", "k", "5000000000/1s"), "RATE", "5000000000")
        self.assertRefused(self.larder("limit", "k", "5/1s", "--cost", "5000000000"), "--cost", "5000000000")
        self.assertRefused(self.larder("limit", "k", "5/1s", "--burst", "3"), "--burst")
        self.assertRefused(self.larder("limit", "k", "5/1s", "--cost", "6"), "a take of 6 from a limit of 5")


if __name__ == "__main__":
    unittest.main()
