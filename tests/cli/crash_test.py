"""Ends at random moments under pipelining clients: kill -9, a write torn at a random byte, a power cut, a full disk, an fsync
that fails. Each client finds what it had done up to some request, with every answered one among them; after a power cut, with
those that the server's --fsync promises. tests/support/faulty_disk.cpp is the disk.

LARDER_CYCLES=200 makes it so many ends of each kind instead of a few; LARDER_SEED repeats the luck of a run, as far as the
system's own goes.
"""

import ctypes
import mmap
import os
import random
import shutil
import signal
import subprocess
import threading
import time
import unittest

from program import Case, Connection, Server

CYCLES = int(os.environ.get("LARDER_CYCLES", "4"))
CLIENTS = 3
KEYS = 8  # Of each client.
ENDLESS = (1 << 64) - 1


class FaultyDisk:
    """A folder whose disk the test has in hand. The words of `control` are those of faulty_disk.cpp."""

    def __init__(self, folder, shadow):
        self.folder, self.shadow = folder, shadow
        self.names = os.path.join(shadow, "names")

    def power_up(self):
        """For the next server: the disk is whole, and what is in the folder is on it. The server's environment."""
        shutil.rmtree(self.shadow, ignore_errors=True)
        os.mkdir(self.shadow)
        with open(os.path.join(self.shadow, "control"), "w+b") as file:
            file.truncate(40)
            self.control = (ctypes.c_uint64 * 5).from_buffer(mmap.mmap(file.fileno(), 40))
        self.control[0] = self.control[1] = ENDLESS
        return {"LD_PRELOAD": os.environ["FAULTY_DISK_SHIM"], "FAULTY_DISK": self.folder, "FAULTY_DISK_SHADOW": self.shadow}

    def leave_room(self, size):
        self.control[0] = size

    def tear_after(self, size):
        self.control[1] = size

    def fail_syncs(self, after, count):
        self.control[2] = after
        self.control[3] = count

    def slowest_sync(self):
        return self.control[4] / 1e6

    def power_cut(self, luck):
        """Leaves what was brought to the disk. By chance the system had got round to more: to names, to the beginning of
        bytes that nobody had waited for."""
        names = {}
        if os.path.exists(self.names):
            with open(self.names) as file:
                for content, inode, name in map(str.split, file):
                    names[name] = (content, int(inode))
        contents = {inode: content for content, inode in names.values()}
        now = {entry.name: entry.inode() for entry in os.scandir(self.folder)}
        if names and luck.random() < 0.3:
            names = {name: (contents.get(inode), inode) for name, inode in now.items()}
        more = luck.random() < 0.5
        after = self.folder + ".after"
        os.mkdir(after, 0o700)
        for name, (content, inode) in names.items():
            kept = self.read(os.path.join(self.shadow, content)) if content else b""
            if more and inode in now.values():
                live = self.read(os.path.join(self.folder, next(n for n, i in now.items() if i == inode)))
                if live.startswith(kept):
                    kept = live[: luck.randint(len(kept), len(live))]
            with open(os.open(os.path.join(after, name), os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.write(kept)
        shutil.rmtree(self.folder)
        os.rename(after, self.folder)

    @staticmethod
    def read(path):
        with open(path, "rb") as file:
            return file.read()


class Model:
    """What one client's keys hold after each of its requests. Its keys are its own."""

    def __init__(self, name, seed):
        self.name = name
        self.random = random.Random(seed)
        self.state = {}
        self.states = [{}]  # After so many requests.

    def key(self):
        return f"{self.name}:{self.random.randrange(KEYS)}"

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
    """Pipelines requests until the server dies; counts what was answered, and notes when."""

    def __init__(self, model, port):
        super().__init__()
        self.model = model
        self.port = port
        self.answered = 0
        self.times = []  # (when, so many were answered)
        self.refusals = 0
        self.wrong = None

    def run(self):
        try:
            with Connection(self.port) as connection:
                while self.wrong is None:
                    self.pipeline(connection)
        except (OSError, EOFError):
            pass

    def pipeline(self, connection):
        count = self.model.random.randrange(1, 17)
        connection.socket.sendall(b"".join(self.model.next() for _ in range(count)))
        refused = False
        for _ in range(count):
            line = connection.file.readline()
            if not line.endswith(b"\r\n"):
                raise EOFError
            if line.startswith(b"-MISCONF"):
                refused = True
            elif line.startswith(b"-") or refused:
                self.wrong = self.wrong or line
            else:
                self.answered += 1
        self.times.append((time.monotonic(), self.answered))
        if refused and self.wrong is None:
            self.wait_until_it_heals(connection)

    def wait_until_it_heals(self, connection):
        """Reads go on, and show which of the refused requests had come to the memory already."""
        self.refusals += 1
        found = read(connection, self.model)
        if found not in self.model.states[self.answered :]:
            self.wrong = f"{found} is nothing of {self.model.states[self.answered:]}"
            return
        del self.model.states[self.model.states.index(found, self.answered) + 1 :]
        self.model.state = dict(found)
        while connection.ask("SET", f"{self.model.name}:probe", "v").startswith(b"-MISCONF"):
            time.sleep(0.02)

    def answered_at(self, when):
        return max((answered for at, answered in self.times if at <= when), default=0)


def read(connection, model):
    """What the server has of the model's keys."""
    found = {}
    for key in (f"{model.name}:{i}" for i in range(KEYS)):
        value = connection.ask("GET", key)
        if value == b"":
            raise EOFError
        if value != b"$-1":
            found[key] = value.decode()
    return found


class CrashTest(Case):
    def cycles(self, fault, count=CYCLES):
        """Lives of a server on one folder. `fault(luck, mode, server)` goes on under load, ends it, and says since when
        nothing more had to come to the disk: None means that what was answered is safe in every mode."""
        seed = int(os.environ.get("LARDER_SEED", random.randrange(1 << 30)))
        print(f"LARDER_SEED={seed}", flush=True)
        luck = random.Random(seed)
        self.disk = FaultyDisk(self.path("data"), self.path("shadow"))
        models = [Model(f"c{i}", seed + i) for i in range(CLIENTS)]
        clients, figures = [], {"answered": 0, "refused": 0, "lost": 0, "window": 0.0}
        for cycle in range(count + 1):
            mode = ["always", "everysec", "no"][(seed + cycle) % 3]
            every = luck.choice(["20ms", "100ms", "0"])
            settings = ["--dir", self.disk.folder, "--fsync", mode, "--snapshot-every", every, "--threads", "2"]
            with Server(*settings, **self.disk.power_up()) as server:
                if clients:
                    self.check(server, models, clients, was_mode, cut, figures)
                clients = [Client(model, server.port) for model in models]
                if cycle == count:
                    break
                for client in clients:
                    client.start()
                cut = fault(luck, mode, server)
                for client in clients:
                    client.join(30)
                    self.assertIsNone(client.wrong)
                was_mode = mode
                figures["answered"] += sum(client.answered for client in clients)
                figures["refused"] += sum(client.refusals for client in clients)
        self.assertGreater(figures["answered"], count * 10)
        print(f"{count} cycles: " + ", ".join(f"{name} {value:.3g}" if name == "window" else f"{name} {value}"
                                             for name, value in figures.items()), flush=True)
        return figures

    def check(self, server, models, clients, mode, cut, figures):
        """After some request that was sent, and none before the last that had to be safe."""
        with Connection(server.port) as connection:
            for model, client in zip(models, clients):
                found = read(connection, model)
                safe = client.answered
                if cut is not None and mode == "everysec":
                    safe = client.answered_at(cut - 1 - self.disk_was_slow - 0.25)  # The last: two busy cores.
                elif cut is not None and mode == "no":
                    safe = 0
                self.assertIn(found, model.states[safe:], f"{mode}, {safe} safe, {client.answered} answered")
                last = len(model.states) - 1 - model.states[::-1].index(found)
                if last < client.answered:
                    figures["lost"] += client.answered - last
                    if mode == "everysec":
                        first_lost = next(at for at, answered in client.times if answered > last)
                        figures["window"] = max(figures["window"], cut - first_lost)
                model.restart(found)

    def end(self, server):
        when = time.monotonic()
        server.stop(signal.SIGKILL)
        self.disk_was_slow = self.disk.slowest_sync()
        return when

    def test_kill_9(self):
        def fault(luck, mode, server):
            time.sleep(luck.uniform(0.05, 0.6))
            self.end(server)

        self.assertEqual(self.cycles(fault)["lost"], 0)

    def test_a_write_torn_at_a_random_byte(self):
        def fault(luck, mode, server):
            self.disk.tear_after(luck.randrange(1, 200_000))
            try:
                server.process.wait(30)
            except subprocess.TimeoutExpired:
                self.fail("nothing was written")
            self.end(server)

        self.assertEqual(self.cycles(fault)["lost"], 0)

    def test_power_cut(self):
        def fault(luck, mode, server):
            longest = 2.5 if mode == "everysec" and CYCLES > 4 else 0.6
            time.sleep(luck.uniform(0.05, longest))
            cut = self.end(server)
            self.disk.power_cut(luck)
            return cut

        figures = self.cycles(fault)
        self.assertGreater(figures["lost"], 0, "a disk that forgets nothing")

    def test_full_disk(self):
        def fault(luck, mode, server):
            for _ in range(luck.randrange(1, 3)):
                time.sleep(luck.uniform(0.05, 0.2))
                self.disk.leave_room(luck.randrange(20_000))
                time.sleep(luck.uniform(0.05, 0.4))
                if luck.random() < 0.7:
                    self.disk.leave_room(ENDLESS)
                    time.sleep(luck.uniform(0.0, 0.3))
            cut = self.end(server)
            if luck.random() < 0.5:
                return None
            self.disk.power_cut(luck)
            return cut

        self.assertGreater(self.cycles(fault)["refused"], 0)

    def test_fsync_error(self):
        def fault(luck, mode, server):
            time.sleep(luck.uniform(0.05, 0.2))
            broken = time.monotonic()
            self.disk.fail_syncs(luck.randrange(4), luck.randrange(1, 4))
            time.sleep(luck.uniform(0.05, 2.5 if mode == "everysec" and CYCLES > 4 else 0.5))
            self.end(server)
            self.disk.power_cut(luck)
            return broken

        self.cycles(fault)


if __name__ == "__main__":
    unittest.main()
