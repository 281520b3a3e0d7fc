"""compose.dns.yaml: its commands are run here, on ports of their own, without containers."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import time
import unittest
import urllib.error

import yaml
from program import PATIENCE, PROGRAM, Case, environment, fetch, free_port, larder

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FILE = os.path.join(ROOT, "compose.dns.yaml")


class DnsComposeTest(Case):
    def setUp(self):
        super().setUp()
        with open(FILE) as file:
            self.services = yaml.safe_load(file)["services"]
        self.ports = {}
        self.processes = {}
        self.addCleanup(self.end)

    def end(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
            process.wait(PATIENCE)

    def command(self, name):
        """As compose would run it, each port replaced by a free one, the same everywhere."""
        text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", self.services[name]["command"])
        mine = lambda found: found.group(1) + str(self.ports.setdefault(found.group(2), free_port()))  # noqa: E731
        return shlex.split(re.sub(r"(127\.0\.0\.1:|--port )(\d+)", mine, text))

    def start(self, name):
        words = self.command(name)
        program = [shutil.which("redis-server")] + words[1:] if words[0] == "redis-server" else [PROGRAM] + words
        self.processes[name] = subprocess.Popen(program, cwd=self.folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ready(self):
        try:
            return fetch(f"http://127.0.0.1:{self.ports['8053']}/readyz")
        except urllib.error.URLError:
            return 0, None, "{}"

    def test_its_services_make_a_dns_cache(self):
        order = [name for name in self.services if name != "front"]
        self.assertEqual(set(self.services["front"]["depends_on"]), set(order))
        for name in order:
            self.start(name)
        front_needs = [self.ports[str(port)] for port in range(7100, 7104)]
        for port in front_needs:
            self.wait_for_port(port)
        self.start("front")
        deadline = time.monotonic() + PATIENCE
        while self.ready()[0] != 200:
            self.assertLess(time.monotonic(), deadline, self.ready())
            time.sleep(0.02)
        self.assertEqual(json.loads(self.ready()[2])["partitions"], 4)
        url = f"http://127.0.0.1:{self.ports['8053']}"
        status, headers, body = fetch(url + "/resolve?name=example.com")
        self.assertEqual((status, headers["X-Larder-Source"]), (200, "upstream"))
        self.assertIn(headers["X-Larder-Partition"], "0123")
        self.assertTrue(json.loads(body)["Answer"])
        self.assertOk(larder("dns", "status", url))

        self.processes["partition-2"].terminate()
        self.processes["partition-2"].wait(PATIENCE)
        while self.ready()[0] != 503:
            self.assertLess(time.monotonic(), deadline, self.ready())
            time.sleep(0.02)
        missing = json.loads(self.ready()[2])["missing"]
        self.assertEqual(len(missing), 1, missing)
        self.assertIn(str(self.ports["7101"]), missing[0]["who"])

    def wait_for_port(self, port):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)


if __name__ == "__main__":
    unittest.main()
