"""`larder redis start`, `stop` and `status`: what they do, and what they say when it cannot be done."""

import json
import os
import re
import signal
import subprocess
import unittest

import redis_case
from program import PROGRAM, Connection, environment, free_port, larder
from redis_case import RedisCase, alive, kill


class StartTest(RedisCase):
    def test_one_server_is_started_and_stopped(self):
        url = self.start("--port", "0")
        port = int(re.fullmatch(r"redis://127\.0\.0\.1:(\d+)", url).group(1))
        self.assertEqual(self.ask(port, "PING"), b"+PONG")
        self.assertEqual(self.ask(port, "CONFIG", "GET", "appendonly"), b"*2")
        (node,) = self.status()["nodes"]
        self.assertEqual((node["role"], node["aof"], node["keys"], node["port"]), ("master", "on", 0, port))
        self.assertOk(self.redis("status"))
        self.assertOk(self.redis("stop"), "stopped 1 server\n")
        self.assertFalse(alive(node["pid"]))
        self.assertOk(self.redis("stop"), "nothing ran\n")
        self.assertNo(self.redis("status"))

    def test_the_default_port_of_one_server_is_redis_own(self):
        outcome = self.redis("start")
        if outcome.status == 0:
            self.assertEqual(outcome.out, "redis://127.0.0.1:6379\n")
        else:  # Somebody else has it here.
            self.assertRefused(outcome, "port 6379 on 127.0.0.1 is in use", "--port")

    def test_a_second_start_changes_nothing(self):
        first = self.start("--port", "0")
        pids = self.pids()
        self.assertEqual(self.start(), first)
        self.assertEqual(self.start("--mode", "single", "--nodes", "1", "--port", "0"), first)
        self.assertEqual(self.pids(), pids)

    def test_what_was_written_is_there_after_a_restart_on_the_same_port(self):
        url = self.start("--port", "0")
        port = int(url.rsplit(":", 1)[1])
        self.assertEqual(self.ask(port, "SET", "k", "v"), b"+OK")
        self.assertOk(self.redis("stop"))
        self.assertEqual(self.start(), url)
        self.assertEqual(self.ask(port, "GET", "k"), b"v")
        self.assertOk(self.redis("stop", "--erase", "--yes"))
        self.assertEqual(os.listdir(self.dir), ["lock"])

    def test_a_ring_is_several_servers_and_can_grow(self):
        url = self.start("--nodes", "3", "--mode", "ring")
        ports = re.findall(r":(\d+)", url)
        self.assertRegex(url, r"^redis\+ring://(127\.0\.0\.1:\d+,){2}127\.0\.0\.1:\d+$")
        self.assertEqual([n["name"] for n in self.status()["nodes"]], ["ring-1", "ring-2", "ring-3"])
        self.ask(int(ports[0]), "SET", "k", "v")
        grown = self.start("--nodes", "4")
        self.assertEqual(re.findall(r":(\d+)", grown)[:3], ports)
        self.assertEqual(self.ask(int(ports[0]), "GET", "k"), b"v")
        self.assertEqual(len(self.pids()), 4)

    def test_ports_follow_the_one_that_is_named(self):
        while True:  # Two free ones side by side.
            port = free_port()
            outcome = self.redis("start", "--mode", "ring", "--nodes", "2", "--port", str(port))
            if outcome.status == 0:
                break
            self.assertRefused(outcome, "is in use")
        self.assertEqual(outcome.out, f"redis+ring://127.0.0.1:{port},127.0.0.1:{port + 1}\n")

    def test_sentinel_watches_a_primary_and_its_replicas(self):
        url = self.start("--mode", "sentinel", "--nodes", "2")
        self.assertRegex(url, r"^redis\+sentinel://127\.0\.0\.1:\d+,127\.0\.0\.1:\d+,127\.0\.0\.1:\d+/mymaster$")
        nodes = self.status()["nodes"]
        self.assertEqual([n["role"] for n in nodes], ["master", "slave"] + ["sentinel"] * 3)
        with Connection(nodes[2]["port"]) as sentinel:
            sentinel.send("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")
            self.assertIn(b"$%d\r\n%d" % (len(str(nodes[0]["port"])), nodes[0]["port"]),
                          sentinel.until(b"%d" % nodes[0]["port"])[-20:])
        self.ask(nodes[0]["port"], "SET", "k", "v")
        self.assertOk(self.redis("stop"), "stopped 5 servers\n")
        self.assertEqual(self.start(), url)
        self.assertEqual(self.redis("cli", "GET", "k").out, "v\n")

    def test_a_cluster_is_ok_when_start_returns_and_after_a_restart(self):
        url = self.start("--mode", "cluster", "--nodes", "6", "--replicas", "1")
        self.assertRegex(url, r"^redis\+cluster://(127\.0\.0\.1:\d+,){5}127\.0\.0\.1:\d+$")
        status = self.status()
        self.assertTrue(status["well"], status)
        self.assertEqual([n["role"] for n in status["nodes"]], ["master"] * 3 + ["slave"] * 3)
        self.assertEqual(self.redis("cli", "SET", "k", "v").out, "OK\n")
        self.assertIn("cluster_slots_ok:16384", self.redis("cli", "CLUSTER", "INFO").out)
        self.assertOk(self.redis("stop"), "stopped 6 servers\n")
        self.assertEqual(self.start(), url)
        self.assertEqual(self.redis("cli", "GET", "k").out, "v\n")
        refused = self.redis("start", "--nodes", "8")
        self.assertRefused(refused, "--nodes 8", "runs already")
        self.assertOk(self.redis("stop"))
        self.assertRefused(self.redis("start", "--nodes", "8", "--replicas", "1"), "the data of a cluster of 6", "--erase")

    def test_settings_reach_the_server(self):
        conf = self.path("mine.conf", b"hz 25\nmaxmemory 1mb\nport 1\n")
        port = int(self.start("--port", "0", "--no-aof", "--maxmemory", "100mb", "--policy", "allkeys-lru", "--conf", conf)
                   .rsplit(":", 1)[1])
        for name, value in {"hz": b"25", "appendonly": b"no", "maxmemory": b"104857600",
                            "maxmemory-policy": b"allkeys-lru", "bind": b"127.0.0.1"}.items():
            with Connection(port) as connection:
                connection.send("CONFIG", "GET", name)
                self.assertTrue(connection.until(value + b"\r\n").endswith(b"\r\n%s\r\n" % value), name)
        self.assertEqual(self.status()["nodes"][0]["aof"], "off")

    def test_json_names_all(self):
        outcome = self.redis("start", "--port", "0", "--json")
        self.assertOk(outcome)
        said = json.loads(outcome.out)
        self.assertEqual(said["mode"], "single")
        self.assertTrue(alive(said["nodes"][0]["pid"]))
        self.assertIsNone(said["password_file"])
        stopped = self.redis("stop", "--json")
        self.assertEqual(json.loads(stopped.out), {"stopped": 1, "erased": False})
        self.assertFalse(self.status()["running"])


class PasswordTest(RedisCase):
    SECRET = 'open "sesame" \\ 1'

    def check_is_nowhere_to_be_seen(self, pid):
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            self.assertNotIn(b"sesame", file.read())
        with open(f"/proc/{pid}/environ", "rb") as file:
            self.assertNotIn(b"sesame", file.read())
        for folder, _, files in os.walk(self.dir):
            self.assertEqual(os.stat(folder).st_mode & 0o077, 0, folder)
            for name in files:
                self.assertEqual(os.stat(os.path.join(folder, name)).st_mode & 0o077, 0, name)

    def test_it_comes_from_the_environment_and_goes_no_further(self):
        url = self.start("--port", "0", REDIS_PASSWORD=self.SECRET)
        port = int(url.rsplit(":", 1)[1])
        self.assertIn(b"NOAUTH", self.ask(port, "GET", "k"))
        self.assertEqual(self.ask(port, "SET", "k", "v", password=self.SECRET), b"+OK")
        self.check_is_nowhere_to_be_seen(self.pids()["single-1"])
        outcome = self.redis("policy", "allkeys-lfu")
        self.assertOk(outcome, "single-1: allkeys-lfu\n")
        self.assertNotIn("sesame", outcome.err)
        self.check_is_nowhere_to_be_seen(self.pids()["single-1"])  # CONFIG REWRITE made the file anew.
        password = os.path.join(self.dir, "password")
        self.assertEqual(larder("get", "k", "--url", url, "--password-file", password).out, "v\n")
        self.assertEqual(self.redis("cli", "GET", "k").out, "v\n")

    def test_it_comes_from_a_file_and_can_be_another_after_a_stop(self):
        first = self.path("first", b"one\n")
        port = int(self.start("--port", "0", "--password-file", first).rsplit(":", 1)[1])
        self.assertOk(self.redis("policy", "allkeys-lru"))
        second = self.path("second", b"two\n")
        self.assertRefused(self.redis("start", "--password-file", second), "another password", "stop")
        self.assertOk(self.redis("stop"))
        self.start("--password-file", second)
        self.assertEqual(self.ask(port, "PING", password="two"), b"+PONG")
        self.assertTrue(self.ask(port, "AUTH", "one").startswith(b"-WRONGPASS"))

    def test_sentinel_and_replicas_know_it(self):
        self.start("--mode", "sentinel", "--nodes", "2", REDIS_PASSWORD=self.SECRET)
        self.assertTrue(self.status()["well"])

    def test_a_file_that_is_not_there_or_empty_or_open_to_all_is_refused(self):
        self.assertRefused(self.redis("start", "--password-file", self.path("none")), "none", "No such file")
        self.assertRefused(self.redis("start", "--password-file", self.path("empty", b"\n")), "first line is empty")
        self.assertRefused(self.redis("start", "--password-file", self.path("open", b"x\n", 0o666)), "chmod 600")
        self.assertFalse(os.path.exists(os.path.join(self.dir, "state")))


class FailureTest(RedisCase):
    def test_a_port_that_is_taken_is_named_and_nothing_is_left(self):
        with redis_case.listener() as taken:
            self.assertRefused(self.redis("start", "--port", str(taken)), f"port {taken} on 127.0.0.1 is in use", "--port")
            self.assertNo(self.redis("status"))
            free = free_port()
            self.assertEqual(self.start("--port", str(free)), f"redis://127.0.0.1:{free}")

    def test_half_a_ring_is_taken_back(self):
        while True:
            with redis_case.listener() as second:
                outcome = self.redis("start", "--mode", "ring", "--nodes", "2", "--port", str(second - 1))
            if "ring-2" in outcome.err:
                break  # Else the first one's was taken.
        self.assertEqual(outcome.status, 2, outcome)
        self.assertNo(self.redis("status"))
        with self.assertRaises(ConnectionRefusedError):
            Connection(second - 1)

    def test_no_server_in_path(self):
        self.assertRefused(self.redis("start", PATH=self.folder), "redis-server", "valkey-server", "apt-get install", "--server")
        self.assertRefused(self.redis("start", "--port", "0", "--server", "/no/such/program"), "/no/such/program")

    def test_a_conf_that_the_server_refuses_is_quoted(self):
        conf = self.path("bad.conf", b"no-such-directive 1\n")
        self.assertRefused(self.redis("start", "--port", "0", "--conf", conf), "ended at once", "no-such-directive", "/single-1/log")
        self.assertRefused(self.redis("start", "--port", "0", "--conf", self.path("nowhere")), "nowhere", "No such file")

    def test_a_server_that_was_killed_is_noticed_and_started_again(self):
        url = self.start("--mode", "ring", "--nodes", "2")
        self.ask(int(url.rsplit(":", 1)[1]), "SET", "k", "v")
        pids = self.pids()
        kill(pids["ring-2"])
        status = self.status()
        self.assertFalse(status["well"])
        self.assertIn("killed", status["nodes"][1]["problem"])
        self.assertNo(self.redis("status"))
        self.assertEqual(self.start(), url)
        self.assertEqual(self.pids()["ring-1"], pids["ring-1"])
        self.assertNotEqual(self.pids()["ring-2"], pids["ring-2"])
        self.assertEqual(self.ask(int(url.rsplit(":", 1)[1]), "GET", "k"), b"v")

    def test_a_process_that_has_the_number_now_is_not_touched(self):
        self.start("--port", "0")
        kill(self.pids()["single-1"])
        with subprocess.Popen(["sleep", "60"]) as other:
            self.addCleanup(other.kill)
            path = os.path.join(self.dir, "state")
            with open(path) as file:
                state = file.read()
            with open(path, "w") as file:
                file.write(re.sub(r"(node single-1 data 0 \d+) \d+", rf"\1 {other.pid}", state))
            self.assertEqual(self.status()["nodes"][0]["running"], False)
            self.assertOk(self.redis("stop"), "nothing ran\n")
            self.assertIsNone(other.poll())
            other.kill()

    def test_servers_whose_starter_died_are_found_again(self):
        url = self.start("--port", "0")
        pid = self.pids()["single-1"]
        path = os.path.join(self.dir, "state")
        with open(path) as file:
            state = file.read()
        with open(path, "w") as file:  # As it is between the start of the process and the next line.
            file.write(re.sub(r"(node single-1 data 0 \d+) .*", r"\1 0 0", state))
        self.assertEqual(self.start(), url)
        self.assertEqual(self.pids()["single-1"], pid)
        self.assertOk(self.redis("stop"), "stopped 1 server\n")
        self.assertFalse(alive(pid))

    def test_a_folder_that_others_can_write_to_is_refused(self):
        os.mkdir(self.dir)
        os.chmod(self.dir, 0o777)
        for command in ["start", "status", "cli"]:
            self.assertRefused(self.redis(command), self.dir, "others may write", "chmod")
        os.chmod(self.dir, 0o700)
        self.assertRefused(self.redis("start", dir=self.path("file", b"")), "is not a folder")

    def test_a_password_in_the_conf_has_no_place_there(self):
        conf = self.path("mine.conf", b"requirepass sesame\n")
        outcome = self.redis("start", "--port", "0", "--conf", conf)
        self.assertRefused(outcome, "--password-file", "not into --conf")
        self.assertNotIn("sesame", outcome.err)
        self.assertNo(self.redis("status"))

    def test_two_starts_at_once_are_one(self):
        command = [PROGRAM, "redis", "start", "--mode", "ring", "--nodes", "2", "--dir", self.dir]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) for _ in range(2)]
        said = [process.communicate(timeout=60)[0] for process in both]
        self.assertEqual([process.returncode for process in both], [0, 0])
        self.assertEqual(said[0], said[1])
        self.assertEqual(len(self.pids()), 2)

    def test_another_mode_is_refused_with_the_way_out(self):
        self.start("--port", "0")
        self.assertRefused(self.redis("start", "--mode", "cluster"), "--mode cluster", "runs already", "--dir")
        self.assertRefused(self.redis("start", "--no-aof"), "--no-aof", "stop")
        self.assertRefused(self.redis("start", "--policy", "allkeys-lru"), "larder redis policy allkeys-lru")
        self.assertOk(self.redis("stop"))
        self.assertRefused(self.redis("start", "--mode", "ring"), "the data of a single of 1", "--erase")

    def test_a_server_that_hangs_is_killed_on_request_only(self):
        self.start("--port", "0")
        pid = self.pids()["single-1"]
        os.kill(pid, signal.SIGSTOP)
        status = self.status()
        self.assertTrue(status["nodes"][0]["running"])
        self.assertTrue(status["nodes"][0]["problem"])
        self.assertOk(self.redis("stop"), "stopped 1 server\n")  # It is woken to hear of it.
        self.assertFalse(alive(pid))

    def test_numbers_that_make_no_sense(self):
        for arguments, words in [
            (["--nodes", "0"], "--nodes"), (["--mode", "single", "--nodes", "2"], "--mode ring"),
            (["--mode", "cluster", "--nodes", "2"], "three primaries"), (["--mode", "sentinel", "--nodes", "1"], "replica"),
            (["--replicas", "1"], "--mode cluster"), (["--maxmemory", "lots"], "lots"), (["--policy", "best"], "allkeys-lru"),
            (["--port", "70000"], "--port"), (["--mode", "swarm"], "swarm"), (["--mode", "ring", "--port", "65535"], "65535"),
        ]:
            self.assertRefused(self.redis("start", *arguments), words)
        self.assertRefused(larder("redis", "strat"), "no command 'strat'", "did you mean start?")
        self.assertRefused(self.redis("start", "--prot", "1"), "larder redis start: no flag --prot; did you mean --port?")

    def test_nothing_was_started_here(self):
        for command in ["stop", "flush", "info", "policy", "logs", "cli"]:
            self.assertRefused(self.redis(command), "no Redis was started in " + self.dir, "larder redis start")
        self.start("--port", "0")
        self.redis("stop")
        for command in ["flush", "info", "policy", "cli"]:
            self.assertRefused(self.redis(command), "is stopped", "larder redis start")


if __name__ == "__main__":
    unittest.main()
