"""`larder redis` in a folder of its own for each test; whatever a test started is ended after it."""

import contextlib
import json
import os
import signal
import socket
import time

from program import PATIENCE, Case, Connection, larder


class RedisCase(Case):
    def setUp(self):
        super().setUp()
        self.dir = os.path.join(os.path.realpath(self.folder), "redis")
        self.addCleanup(self.end_all)

    def redis(self, command, *arguments, dir=None, **variables):
        variables.setdefault("REDIS_PASSWORD", "")
        return larder("redis", command, "--dir", dir or self.dir, *arguments, **variables)

    def end_all(self):
        if os.path.exists(os.path.join(self.dir, "state")):
            for node in self.status()["nodes"]:
                if node["running"]:
                    os.kill(node["pid"], signal.SIGCONT)
            self.redis("stop", "--kill")

    def start(self, *arguments, **variables):
        """The URL on standard output, and nothing else there."""
        outcome = self.redis("start", *arguments, **variables)
        self.assertOk(outcome)
        self.assertEqual(outcome.out.count("\n"), 1, outcome)
        return outcome.out.strip()

    def status(self):
        outcome = self.redis("status", "--json")
        self.assertIn(outcome.status, (0, 1), outcome)
        return json.loads(outcome.out)

    def pids(self):
        return {node["name"]: node.get("pid") for node in self.status()["nodes"]}

    def eventually(self, happens):
        until = time.monotonic() + PATIENCE
        while not happens():
            self.assertLess(time.monotonic(), until, self.status())
            time.sleep(0.02)

    def ask(self, port, *words, password=None):
        with Connection(port) as connection:
            if password:
                self.assertEqual(connection.ask("AUTH", password), b"+OK")
            return connection.ask(*words)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while alive(pid):
        if time.monotonic() > until:
            raise AssertionError(f"process {pid} does not go")
        time.sleep(0.002)


@contextlib.contextmanager
def listener():
    """A port that somebody else has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]
