"""A server of the kind that LARDER_PEER names, `larder serve` or `redis-server`, for tests that must pass on both."""

import os
import subprocess
import sys
import tempfile
import time
import unittest

import redis

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))
import program  # noqa: E402  (the runner of the command-line tests)

KIND = os.environ["LARDER_PEER"]
PATIENCE = program.PATIENCE


class RedisServer:
    """A redis-server with nothing on disk. Use it in a `with`."""

    def __init__(self, password=None):
        self.folder = tempfile.TemporaryDirectory(prefix="larder-peer-")
        self.port = program.free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        settings = f"bind 127.0.0.1\nport {self.port}\nsave \"\"\nappendonly no\ndir {self.folder.name}\n"
        if password:
            settings += f"requirepass \"{password}\"\n"
        # Through standard input: a password has no place among the arguments.
        self.process = subprocess.Popen(["redis-server", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.process.stdin.write(settings.encode())
        self.process.stdin.close()
        try:
            wait_for(lambda: self.process.poll() is not None or answers(self.port, password), "redis-server answers")
            if self.process.poll() is not None:
                raise AssertionError(f"redis-server ended with {self.process.returncode}")
        except AssertionError:
            self.process.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.folder.cleanup()


class LarderServer(program.Server):
    def __init__(self, password=None):
        self.folder = tempfile.TemporaryDirectory(prefix="larder-peer-")
        arguments = ()
        if password:
            path = os.path.join(self.folder.name, "password")
            with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write(password)
            arguments = ("--requirepass-file", path)
        super().__init__("--threads", "2", *arguments)

    def __exit__(self, *_):
        super().__exit__()
        self.folder.cleanup()


def start(password=None):
    return (LarderServer if KIND == "larder" else RedisServer)(password)


def answers(port, password):
    try:
        return redis.Redis(port=port, password=password).ping()
    except redis.ConnectionError:
        return False


def wait_for(happens, what):
    """Looks until it happens: no test waits a fixed time."""
    deadline = time.monotonic() + PATIENCE
    while not happens():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not in {PATIENCE} s")
        time.sleep(0.002)


def run(*arguments, stdin=b""):
    """A client program; its standard output. Fails where it fails."""
    done = subprocess.run(arguments, input=stdin, capture_output=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise AssertionError(f"{arguments} ended with {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout


class PeerCase(unittest.TestCase):
    """One server for all tests of the class, empty at the start of each, and a redis-py client to it."""

    maxDiff = None
    password = None

    @classmethod
    def setUpClass(cls):
        cls.server = start(cls.password)
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        self.r = self.client()
        self.addCleanup(self.r.close)
        self.r.flushall()

    def client(self, **options):
        return redis.Redis(port=self.server.port, password=self.password, **options)

    def peer(self, act, *arguments):
        """What the C++ program typed_peer says of this server."""
        return run(os.environ["TYPED_PEER"], self.url(), act, *arguments).decode()

    def url(self):
        return self.server.url
