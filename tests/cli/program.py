"""Runs the program under test and the servers it starts, for the tests beside this file."""

import os
import re
import secrets
import select
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.request

PROGRAM = os.environ["LARDER"]
PATIENCE = 30  # Seconds until a test gives up on a process: never reached when all is well.


def environment(**more):
    """This process's environment without what would change the program's answers, plus `more`."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LARDER_")}
    return {**clean, **more}


class Outcome:
    def __init__(self, status, out, err):
        self.status = status
        self.raw = out
        self.out = out.decode("utf-8", "replace")
        self.err = err.decode("utf-8", "replace")

    def __repr__(self):
        return f"status {self.status}\n--- out\n{self.out}\n--- err\n{self.err}"


def larder(*arguments, stdin=b"", **variables):
    done = subprocess.run(
        [PROGRAM, *arguments], input=stdin, capture_output=True, timeout=PATIENCE, env=environment(**variables)
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def read_until(stream, mark):
    """Bytes of a pipe up to and with the line that holds `mark`; fails when they end or take too long."""
    heard = b""
    while mark not in heard or not heard.endswith(b"\n"):
        ready, _, _ = select.select([stream], [], [], PATIENCE)
        piece = os.read(stream.fileno(), 65536) if ready else b""
        if not piece:
            raise AssertionError(f"no {mark!r} in {heard!r}")
        heard += piece
    return heard.decode()


class Server:
    """A `larder serve` on a port that the system picks. Use it in a `with`."""

    def __init__(self, *arguments, **variables):
        port = () if "--port" in arguments else ("--port", "0")
        self.process = subprocess.Popen(
            [PROGRAM, "serve", *port, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(**variables),
        )
        try:
            self.screen = read_until(self.process.stdout, b"Stop:")
        except AssertionError:
            self.process.kill()
            raise AssertionError(self.process.communicate()[1].decode()) from None
        plain = re.search(r"serves Redis clients on \S+:(\d+)", self.screen)  # There may be TLS only.
        self.port = int(plain.group(1)) if plain else None
        self.url = f"redis://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        _, err = self.process.communicate(timeout=PATIENCE)
        return Outcome(self.process.returncode, b"", err)

    def metrics_url(self):
        return re.search(r"(http://\S+)/metrics", self.screen).group(1)


class Connection:
    """Just enough RESP to look at a server without the program under test."""

    def __init__(self, port, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), PATIENCE)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))

    def until(self, mark):
        """Everything up to the line that holds `mark`."""
        heard = b""
        for line in self.file:
            heard += line
            if mark in line:
                return heard
        raise AssertionError(f"no {mark!r} in {heard[-200:]!r}")

    def ask(self, *words):
        self.send(*words)
        line = self.file.readline()
        if line[:1] == b"$" and line != b"$-1\r\n":
            return self.file.read(int(line[1:]) + 2)[:-2]
        return line[:-2]


def fetch(url, **headers):
    """Status, headers and text of a GET."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read().decode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Case(unittest.TestCase):
    """Assertions over outcomes, and a folder of its own for each test."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="larder-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name, content=None, mode=0o600):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
            os.chmod(path, mode)
        return path

    def assertOk(self, outcome, out=None):
        self.assertEqual(outcome.status, 0, outcome)
        if out is not None:
            self.assertEqual(outcome.out, out, outcome)

    def assertNo(self, outcome):
        self.assertEqual(outcome.status, 1, outcome)

    def assertRefused(self, outcome, *words):
        """Exit status 2, nothing on standard output, one line on standard error that holds `words`."""
        self.assertEqual(outcome.status, 2, outcome)
        self.assertEqual(outcome.out, "", outcome)
        self.assertEqual(outcome.err.count("\n"), 1, outcome)
        for word in words:
            self.assertIn(word, outcome.err, outcome)


class ServedCase(Case):
    """With one server for all tests of the class, empty at the start of each."""

    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.arguments)
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        super().setUp()
        self.assertOk(self.larder("flush", "--yes"))

    def larder(self, *arguments, **more):
        return larder(*arguments, LARDER_URL=self.server.url, **more)


def random_bytes(size):
    return secrets.token_bytes(size)
