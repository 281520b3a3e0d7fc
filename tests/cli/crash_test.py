"""kill -9 at random moments under pipelining clients: each finds what it had done up to some request, with every
answered one among them.

LARDER_CYCLES=200 makes it so many kills instead of a few; LARDER_SEED repeats the luck of a run.
"""

import os
import random
import signal
import threading
import time
import unittest

from program import Case, Connection, Server

CYCLES = int(os.environ.get("LARDER_CYCLES", "6"))
CLIENTS = 3


class Model:
    """What one client's keys hold after each of its requests. Its keys are its own."""

    def __init__(self, name, seed):
        self.name = name
        self.random = random.Random(seed)
        self.state = {}
        self.states = [{}]  # After so many requests.

    def key(self):
        return f"{self.name}:{self.random.randrange(8)}"

    def next(self):
        """A request, as bytes: one command, or a transaction of several, whose last reply counts."""
        state, n = self.state, len(self.states)
        what = self.random.randrange(8)
        a, b = self.key(), self.key()
        if what < 3:
            words = ["SET", a, f"{n}-" + "x" * self.random.randrange(200)]
            state[a] = words[2]
        elif what == 3:
            words = ["APPEND", a, f"+{n}"]
            state[a] = state.get(a, "") + f"+{n}"
        elif what == 4:
            words = ["MSET", a, f"a{n}", b, f"b{n}"]
            state[a] = f"a{n}"
            state[b] = f"b{n}"
        elif what == 5:
            words = ["DEL", a]
            state.pop(a, None)
        elif what == 6 and a in state and a != b:
            words = ["RENAME", a, b]
            state[b] = state.pop(a)
        else:
            words = ["SETEX", a, "10000", f"t{n}"]
            state[a] = f"t{n}"
        self.states.append(dict(state))
        words = [word.encode() for word in words]
        return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)

    def restart(self, state):
        self.state = dict(state)
        self.states = [dict(state)]


class Client(threading.Thread):
    """Pipelines requests until the server dies; counts what was sent and what was answered."""

    def __init__(self, model, port):
        super().__init__()
        self.model = model
        self.port = port
        self.answered = 0
        self.wrong = None

    def run(self):
        try:
            with Connection(self.port) as connection:
                while True:
                    count = self.model.random.randrange(1, 17)
                    connection.socket.sendall(b"".join(self.model.next() for _ in range(count)))
                    for _ in range(count):
                        line = connection.file.readline()
                        if not line.endswith(b"\r\n"):
                            return
                        if line.startswith(b"-"):
                            self.wrong = line
                            return
                        self.answered += 1
        except OSError:
            pass


class CrashTest(Case):
    def test_kill_9_under_load(self):
        seed = int(os.environ.get("LARDER_SEED", random.randrange(1 << 30)))
        print(f"LARDER_SEED={seed}", flush=True)
        luck = random.Random(seed)
        data = self.path("data")
        models = [Model(f"c{i}", seed + i) for i in range(CLIENTS)]
        total = 0
        for cycle in range(CYCLES):
            mode = luck.choice(["always", "everysec", "no"])
            every = luck.choice(["20ms", "100ms", "0"])
            with Server("--dir", data, "--fsync", mode, "--snapshot-every", every, "--threads", "2") as server:
                if cycle > 0:
                    self.check(server, models, clients)
                clients = [Client(model, server.port) for model in models]
                for client in clients:
                    client.start()
                time.sleep(luck.uniform(0.05, 0.6))
                server.stop(signal.SIGKILL)
                for client in clients:
                    client.join(30)
                    self.assertIsNone(client.wrong)
                total += sum(client.answered for client in clients)
        with Server("--dir", data) as server:
            self.check(server, models, clients)
        self.assertGreater(total, CYCLES * 10)

    def check(self, server, models, clients):
        with Connection(server.port) as connection:
            for model, client in zip(models, clients):
                found = {}
                for i in range(8):
                    value = connection.ask("GET", f"{model.name}:{i}")
                    if value != b"$-1":
                        found[f"{model.name}:{i}"] = value.decode()
                # After some request that was sent, and none before the last that was answered.
                self.assertIn(found, model.states[client.answered:], f"{client.answered} answered")
                model.restart(found)


if __name__ == "__main__":
    unittest.main()
