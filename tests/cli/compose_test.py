"""compose.yaml: the topologies of `larder redis start`. Its own shell lines are run here, on redis-server, without containers."""

import itertools
import os
import random
import re
import shutil
import socket
import subprocess
import unittest

import yaml
from program import PATIENCE
from redis_case import RedisCase

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FILE = os.path.join(ROOT, "compose.yaml")
ASKED = {"single": [], "ring": [], "sentinel": [], "cluster": ["--nodes", "6", "--replicas", "1"]}
FIRST_PORT = {"single": 6379, "ring": 7000, "sentinel": 7000, "cluster": 7000}
PASSWORD = 'a "quoted" \\ pass'


def services(profile):
    with open(FILE) as file:
        everything = yaml.safe_load(file)["services"]
    return {name: service for name, service in everything.items() if service["profiles"] == [profile]}


def settings(path):
    """What a redis.conf says, but for where it is."""
    with open(path) as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    rows = dict(line.split(" ", 1) for line in lines if not line.startswith("sentinel "))
    for name in ["dir", "port", "pidfile", "daemonize", "logfile"]:
        rows.pop(name, None)
    rows["sentinel"] = sorted(line for line in lines if line.startswith("sentinel "))
    return rows


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_ports(count):
    """Below those that the system gives away, and with the bus ports of a cluster free as well."""
    tried = iter(random.sample(range(10_000, 20_000), 1_000))
    return list(itertools.islice((port for port in tried if is_free(port) and is_free(port + 10_000)), count))


class ComposeTest(RedisCase):
    def setUp(self):
        super().setUp()
        self.servers = []
        self.addCleanup(self.end_servers)

    def end_servers(self):
        for server in reversed(self.servers):
            server.kill()
            server.wait()

    def run_service(self, service, ports):
        """As compose would: `$$` is `$`, variables of the environment, and the arguments of `command`."""
        folder = self.path("service-" + str(service["environment"]["PORT"]))
        os.mkdir(folder)
        variables = {k: str(v) for k, v in service["environment"].items()}
        variables |= {"DATA": folder, "REDIS_PASSWORD": PASSWORD, "MAXMEMORY": "", "POLICY": "", "PATH": os.environ["PATH"]}
        for name in ["PORT", "PRIMARY"]:
            variables[name] = str(ports.get(int(variables[name] or 0), ""))
        command = [word.replace("$$", "$") for word in service["command"]]
        self.servers.append(subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL))
        port = int(variables["PORT"])
        self.eventually_answers(port)
        with open(f"/proc/{self.servers[-1].pid}/cmdline", "rb") as file:
            self.assertNotIn(b"quoted", file.read())
        return folder

    def eventually_answers(self, port):
        def answers():
            try:
                return self.ask(port, "PING").startswith((b"+PONG", b"-NOAUTH"))
            except ConnectionRefusedError:
                return False

        self.eventually(answers)

    def test_services_and_ports_are_those_that_larder_would_start(self):
        for profile, arguments in ASKED.items():
            there = services(profile)
            there.pop("cluster-join", None)
            ours = self.redis("start", "--mode", profile, *arguments, "--json", dir=self.path(profile), PATH="/nowhere")
            self.assertRefused(ours, "redis-server")  # The flags were taken; it is the server that is missing.
            ports = [int(s["environment"]["PORT"]) for n, s in there.items() if not n.startswith("sentinel-")]
            self.assertEqual(ports, list(range(FIRST_PORT[profile], FIRST_PORT[profile] + len(ports))))
            sentinels = [int(s["environment"]["PORT"]) for n, s in there.items() if n.startswith("sentinel-")]
            self.assertEqual(sentinels, [26379, 26380, 26381] if profile == "sentinel" else [])
            for name, service in there.items():
                self.assertEqual(service["network_mode"], "host", name)
                self.assertEqual(service["volumes"], [name + ":/data"])

    def test_each_profile_writes_the_file_that_larder_writes(self):
        for profile, arguments in ASKED.items():
            if profile == "single":
                arguments = ["--port", "0"]
            self.start("--mode", profile, *arguments, REDIS_PASSWORD=PASSWORD)
            ours = {node["name"]: node["port"] for node in self.status()["nodes"]}
            self.assertOk(self.redis("stop"))
            there = services(profile)
            there.pop("cluster-join", None)
            self.assertEqual(list(there), list(ours))
            ours = dict(zip(ours, free_ports(len(ours))))
            ports = {int(there[name]["environment"]["PORT"]): port for name, port in ours.items()}
            for name, service in there.items():
                conf = "sentinel.conf" if name.startswith("sentinel-") else "redis.conf"
                made = self.run_service(service, ports)
                if profile == "sentinel":  # Both have been rewritten by those who run.
                    continue
                self.assertEqual(settings(os.path.join(made, conf)), settings(os.path.join(self.dir, name, conf)), name)
            if profile == "sentinel":
                self.check_sentinel(ours)
            if profile == "cluster":
                self.check_cluster(ours)
            self.end_servers()
            self.servers = []
            shutil.rmtree(self.dir)
            for name in os.listdir(self.folder):
                shutil.rmtree(os.path.join(self.folder, name))

    def check_sentinel(self, ports):
        def knows_all():
            said = self.cli(ports["sentinel-1"], "INFO", "sentinel")
            return "status=ok" in said and "slaves=2,sentinels=3" in said

        self.eventually(knows_all)

    def check_cluster(self, ports):
        join = services("cluster")["cluster-join"]
        variables = {"REDISCLI_AUTH": PASSWORD, "PORTS": " ".join(map(str, ports.values())), "PATH": os.environ["PATH"]}
        command = [word.replace("$$", "$") for word in join["command"]]
        for _ in range(2):  # The second time there is nothing to do.
            done = subprocess.run(command, env=variables, capture_output=True, timeout=2 * PATIENCE)
            self.assertEqual(done.returncode, 0, done)
        self.eventually(lambda: "cluster_state:ok" in self.cli(ports["cluster-3"], "CLUSTER", "INFO"))
        self.eventually(lambda: len(re.findall(r"\bslave\b", self.cli(ports["cluster-1"], "CLUSTER", "NODES"))) == 3)

    def cli(self, port, *words):
        done = subprocess.run(["redis-cli", "-p", str(port), *words], env={**os.environ, "REDISCLI_AUTH": PASSWORD},
                              capture_output=True, timeout=PATIENCE)
        return done.stdout.decode()

    def test_compose_itself_takes_it_where_it_is(self):
        compose = ["docker", "compose"]
        if shutil.which("docker") is None or subprocess.run([*compose, "version"], capture_output=True).returncode != 0:
            return
        for profile in ASKED:
            done = subprocess.run([*compose, "-f", FILE, "--profile", profile, "config", "-q"], capture_output=True)
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
