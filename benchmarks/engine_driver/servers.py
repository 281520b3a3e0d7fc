"""The servers that larder's memory is compared with, each started empty and without persistence."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

from common import Failed


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def command_line(name, port, folder):
    if name == "redis":
        return ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
    words = ["memcached", "-p", port, "-U", 0, "-l", "127.0.0.1", "-m", 16384, "-t", 1]
    return words + ["-u", "root"] if os.getuid() == 0 else words


class Server:
    def __init__(self, name):
        self.name, self.port = name, free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="larder-bench-")
        words = [str(word) for word in command_line(name, self.port, self.folder.name)]
        if shutil.which(words[0]) is None:
            raise Failed(f"{words[0]} is not here: install it, or leave it out with --peers")
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_until_it_listens()

    def wait_until_it_listens(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise Failed(f"{self.name} did not start")

    def stop(self):
        self.process.kill()  # Nothing of it is to be kept.
        self.process.wait()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def version(name):
    words = ["redis-server", "--version"] if name == "redis" else ["memcached", "-V"]
    return subprocess.run(words, capture_output=True, text=True).stdout.strip().splitlines()[0]
