"""A DNS cache behind a REST API, partitioned over Redis, with a resolver behind gRPC: the course project that `larder dns` grew
from, its routes, and what went wrong in systems of its kind and must not go wrong here."""

import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest

import requests

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))
import program  # noqa: E402


class Dns:
    """A `larder dns` with its HTTP face. Use it in a `with`."""

    def __init__(self, *arguments, http="127.0.0.1:0"):
        self.process = subprocess.Popen(
            [program.PROGRAM, "dns", "--listen", "127.0.0.1:0", "--http", http, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=program.environment(),
        )
        try:
            self.screen = program.read_until(self.process.stdout, b"Stop:")
        except AssertionError:
            self.process.kill()
            raise AssertionError(self.process.communicate()[1].decode()) from None
        self.url = re.search(r"https?://\S+", self.screen).group(0)
        self.port = int(re.search(r"answers DNS on \S+:(\d+)", self.screen).group(1))
        self.session = requests.Session()
        self.session.trust_env = False  # Its own certificates and no proxy, whatever this machine is set up for.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.session.close()

    def reload(self):
        """What it logs about that, until it says that it is done or that it cannot."""
        self.process.send_signal(signal.SIGHUP)
        lines = []
        while not lines or not re.search("dns_reloaded|dns_reload_failed", lines[-1]):
            lines.append(self.process.stderr.readline().decode())
            assert lines[-1], "it has ended"
        return "".join(lines)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=program.PATIENCE)
        return self.process.returncode

    def get(self, path, **parameters):
        return self.session.get(self.url + path, params=parameters, timeout=program.PATIENCE)

    def grpc_place(self):
        return re.search(r"gRPC\s+(\S+)", self.screen).group(1)

    def store(self):
        return re.search(r"shared\s+(\S+)", self.screen).group(1)

    def addresses(self, name):
        return [record["data"] for record in self.get("/resolve", name=name).json()["Answer"]]


def eventually(happens, what):
    deadline = time.monotonic() + program.PATIENCE
    while not happens():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not in {program.PATIENCE} s")
        time.sleep(0.01)


class RestTest(program.Case):
    """One process with the stub and Redis partitions of its own."""

    @classmethod
    def setUpClass(cls):
        cls.dns = Dns("--stub", "--redis", os.environ.get("LARDER_PARTITIONS", "4"))
        cls.addClassCleanup(cls.dns.__exit__)

    def test_shape_of_an_answer(self):
        answer = self.dns.get("/resolve", name="Www.Shape.example", type="A")
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        body = answer.json()
        self.assertEqual({k: body[k] for k in ("Status", "TC", "RD", "RA", "AD", "CD")},
                         {"Status": 0, "TC": False, "RD": True, "RA": True, "AD": False, "CD": False})
        self.assertEqual(body["Question"], [{"name": "Www.Shape.example.", "type": 1}])
        record = body["Answer"][0]
        self.assertEqual((record["name"], record["type"]), ("Www.Shape.example.", 1))
        self.assertTrue(record["data"].startswith("198.18.") or record["data"].startswith("198.19."), record)
        self.assertIn("stub", body["Comment"])

    def test_the_course_routes_tell_hit_and_miss(self):
        first = self.dns.get("/dns", domain="course.example").json()
        second = self.dns.get("/dns", domain="course.example").json()
        self.assertEqual((first["cache"], second["cache"]), ("MISS", "HIT"))
        self.assertEqual(first["ips"], second["ips"])
        said = self.dns.session.post(self.dns.url + "/text", json={"text": "course.example"}).json()
        self.assertEqual(said, "HIT: " + first["ips"][0])
        self.assertEqual(self.dns.get("/text/course.example").json(), said)

    def test_case_and_final_dot_are_one_entry(self):
        self.assertEqual(self.dns.get("/dns", domain="Dot.example").json()["cache"], "MISS")
        self.assertEqual(self.dns.get("/dns", domain="dOT.EXAMPLE.").json()["cache"], "HIT")

    def test_records_live_as_long_as_they_say(self):
        ttl = self.dns.get("/resolve", name="ttl-1.short.example").json()["Answer"][0]["TTL"]
        self.assertLessEqual(ttl, 1)
        time.sleep(1.1)
        answer = self.dns.get("/resolve", name="ttl-1.short.example", larder=1).json()
        self.assertEqual(answer["Larder"]["source"], "stub")

    def test_errors_are_never_cached_as_answers_nor_made_up(self):
        failed = self.dns.get("/resolve", name="servfail.example").json()
        self.assertEqual((failed["Status"], failed["Answer"]), (2, []))
        nobody = self.dns.get("/resolve", name="nx.example").json()
        self.assertEqual((nobody["Status"], nobody["Answer"]), (3, []))
        self.assertEqual(self.dns.get("/text/nx.example").json().split(": ")[1], "NXDOMAIN")
        self.assertEqual(self.dns.get("/dns", domain="servfail.example").status_code, 502)
        self.assertEqual(self.dns.get("/cache/servfail.example").status_code, 404)

    def test_a_batch_comes_in_order(self):
        queries = [{"name": f"n{i}.batch.example", "type": "AAAA" if i % 2 else 1} for i in range(200)]
        answers = self.dns.session.post(self.dns.url + "/resolve", json={"queries": queries}).json()["answers"]
        self.assertEqual([a["Question"][0]["name"] for a in answers], [q["name"] + "." for q in queries])
        self.assertEqual({a["Answer"][0]["type"] for a in answers}, {1, 28})

    def test_the_cache_is_administered(self):
        entry = {"ttl": 60, "records": ["192.0.2.7"], "pinned": True}
        put = self.dns.session.put(self.dns.url + "/cache/Pin.example/A", json=entry)
        self.assertEqual((put.status_code, put.json()), (200, {"stored": True}))
        self.assertEqual(self.dns.addresses("pin.example"), ["192.0.2.7"])
        looked = self.dns.get("/cache/pin.example").json()["entries"]
        self.assertTrue(looked and looked[0]["pinned"] and looked[0]["records"][0]["data"] == "192.0.2.7", looked)
        self.assertEqual(self.dns.get("/cache", suffix="pin.example").json()["entries"][0]["name"], "pin.example.")
        self.assertGreaterEqual(self.dns.session.delete(self.dns.url + "/cache/pin.example").json()["erased"], 1)
        self.assertNotEqual(self.dns.addresses("pin.example"), ["192.0.2.7"])
        asked = self.dns.session.post(self.dns.url + "/prefetch", json={"names": ["warm.example"]}).json()
        self.assertEqual(asked, {"asked": 1, "answered": 1, "refused": 0})
        self.assertEqual(self.dns.get("/dns", domain="warm.example").json()["cache"], "HIT")

    def test_bad_requests_say_why(self):
        for query, words in (
            ("", "name: missing"),
            ("?name=" + "a" * 64 + ".example", "63"),
            ("?name=" + "abcdefg." * 32 + "example", "name: "),
            ("?name=a.example&type=NOPE", "no such record type"),
            ("?name=a.example&name=b.example", "name: given twice"),
            ("?name=a.example&cd=2", "cd: expected 0, 1"),
        ):
            refused = self.dns.session.get(self.dns.url + "/resolve" + query)
            self.assertEqual(refused.status_code, 400, query)
            self.assertIn(words, refused.json()["error"])
        broken = self.dns.session.post(self.dns.url + "/resolve", data="{\"queries\": [{\"name\": 7}]}")
        self.assertEqual(broken.status_code, 400)
        self.assertIn("/queries/0/name", broken.json()["error"])

    def test_a_query_that_cannot_be_asked_spoils_no_batch(self):
        queries = [{"name": "good.example"}, {"name": "a..b"}, {"name": "x.example", "type": 99999}]
        answers = self.dns.session.post(self.dns.url + "/resolve", json={"queries": queries}).json()["answers"]
        self.assertEqual(answers[0]["Status"], 0)
        self.assertIn("empty label", answers[1]["error"])
        self.assertIn("99999", answers[2]["error"])
        for path, parameter in (("/dns", "domain: missing"), ("/text", "text: missing"), ("/resolve", "name: missing")):
            self.assertIn(parameter, self.dns.get(path).json()["error"])

    def test_a_message_by_http_may_be_kept_as_long_as_it_lives(self):
        asked = "AAABAAABAAAAAAAAB2V4YW1wbGUDY29tAAABAAE"  # example.com, A
        answer = self.dns.get("/dns-query", dns=asked)
        self.assertRegex(answer.headers["Cache-Control"], r"^max-age=(300|2\d\d)$")
        self.assertIn("GMT", answer.headers["Date"])
        self.assertEqual(self.dns.get("/resolve", name="example.com").headers["Cache-Control"], "no-store")

    def test_what_goes_when_a_tier_is_full_is_told_and_changed(self):
        tiers = self.dns.get("/policy").json()["tiers"]
        self.assertEqual((tiers[0]["tier"], tiers[0]["policy"], len(tiers)), ("near", "adaptive", 5))
        self.assertEqual({tier["policy"] for tier in tiers[1:]}, {"allkeys-lru"})
        change = self.dns.session.put(self.dns.url + "/policy", json={"near": "allkeys-lfu", "shared": "volatile-ttl"})
        self.assertEqual((change.status_code, {tier["policy"] for tier in change.json()["tiers"]}), (200, {"allkeys-lfu", "volatile-ttl"}))
        refused = self.dns.session.put(self.dns.url + "/policy", json={"shared": "adaptive"})
        self.assertEqual(refused.status_code, 502)  # Redis has none of that name.
        self.assertIn("trouble", refused.json()["tiers"][1])
        for body, words in (({"near": "best"}, "allkeys-lru"), ({"far": "x"}, "near and shared"), ({}, "expected")):
            wrong = self.dns.session.put(self.dns.url + "/policy", json=body)
            self.assertEqual(wrong.status_code, 400)
            self.assertIn(words, wrong.json()["error"])
        self.dns.session.put(self.dns.url + "/policy", json={"near": "adaptive", "shared": "allkeys-lru"})

    def test_nobody_elses_page_may_ask(self):
        answer = requests.get(self.dns.url + "/resolve?name=a.example", headers={"Host": "evil.example"})
        self.assertEqual(answer.status_code, 403)
        answer = requests.delete(self.dns.url + "/cache", headers={"Origin": "http://evil.example"})
        self.assertEqual(answer.status_code, 403)

    def test_a_thousand_askers_at_once_of_one_name_cost_one_question(self):
        before = self.dns.get("/stats").json()["upstream_queries"]
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda _: requests.get(self.dns.url + "/dns?domain=slow-200.herd.example").json(), range(200)))
        self.assertEqual({tuple(a["ips"]) for a in answers}, {tuple(answers[0]["ips"])})
        self.assertEqual(self.dns.get("/stats").json()["upstream_queries"], before + 1)

    def test_health_readiness_and_metrics(self):
        self.assertEqual(self.dns.get("/healthz").text, "ok\n")
        ready = self.dns.get("/readyz")
        self.assertEqual((ready.status_code, ready.json()["missing"]), (200, []))
        self.assertIn("larder_dns_questions_total", self.dns.get("/metrics").text)
        status = program.larder("dns", "status", self.dns.url)
        self.assertOk(status)
        self.assertIn("ready:", status.out)

    def test_partitions_are_counted(self):
        for i in range(40):
            self.dns.get("/resolve", name=f"p{i}.partition.example")
        partitions = self.dns.get("/partitions").json()["partitions"]
        self.assertGreaterEqual(sum(p["requests"] for p in partitions), 40)
        self.assertTrue(all(p["answers"] for p in partitions))


class TwoProcessesTest(program.Case):
    def test_two_processes_share_what_one_has_asked(self):
        with Dns("--stub", "--redis", "1") as first, Dns("--stub", "--store", first.store()) as second:
            mine = first.addresses("shared.example")
            # The write to the store goes on after the answer.
            eventually(lambda: "source" in second.get("/dns", domain="shared.example").json(), "an answer")
            self.assertEqual(second.addresses("shared.example"), mine)
            for i in range(30):
                first.get("/resolve", name=f"s{i}.example")
            time.sleep(0.2)
            sources = [second.get("/dns", domain=f"s{i}.example").json()["source"] for i in range(30)]
            self.assertEqual(set(sources), {"shared"})

    def test_a_dead_partition_is_named_and_answers_go_on(self):
        with program.Server() as redis, Dns("--stub", "--store", redis.url) as dns:
            self.assertEqual(dns.get("/readyz").status_code, 200)
            redis.process.kill()
            redis.process.wait()
            eventually(lambda: dns.get("/readyz").status_code == 503, "readyz tells")
            missing = dns.get("/readyz").json()["missing"]
            self.assertIn(f"127.0.0.1:{redis.port}", missing[0]["who"])
            self.assertTrue(dns.addresses("still.example"))
            status = program.larder("dns", "status", dns.url)
            self.assertNo(status)
            self.assertIn("missing: partition 0", status.out)


def certificate(case):
    """Files of a certificate for this machine, and of its key."""
    files = [case.path("cert.pem"), case.path("key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


class AdministratorTest(program.Case):
    TOKEN = "0123456789abcdef-secret"

    def test_looking_and_changing_take_the_token_and_asking_does_not(self):
        token = self.path("token", self.TOKEN.encode() + b"\n")
        with Dns("--stub", "--admin-token-file", token) as dns:
            self.assertEqual(dns.get("/resolve", name="a.example").status_code, 200)
            self.assertEqual(dns.get("/readyz").status_code, 200)
            for shown in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": self.TOKEN}):
                refused = dns.session.delete(dns.url + "/cache/a.example", headers=shown)
                self.assertEqual((refused.status_code, refused.headers["WWW-Authenticate"]), (401, 'Bearer realm="larder dns"'))
                self.assertNotIn("secret", refused.text)
                self.assertEqual(dns.session.get(dns.url + "/cache", headers=shown).status_code, 401)
            mine = {"Authorization": "bearer " + self.TOKEN}
            self.assertGreaterEqual(dns.session.delete(dns.url + "/cache/a.example", headers=mine).json()["erased"], 1)
            self.assertEqual(dns.session.get(dns.url + "/policy", headers=mine).status_code, 200)
            with open(token, "w", encoding="ascii") as file:
                file.write("another-token-of-16-characters\n")
            self.assertIn("dns_reloaded", dns.reload())
            self.assertEqual(dns.session.get(dns.url + "/stats", headers=mine).status_code, 401)

    def test_from_elsewhere_changes_take_a_token(self):
        entry = {"ttl": 60, "records": ["192.0.2.7"]}
        for more, status in (((), 403), (("--admin-token-file", self.path("token", self.TOKEN.encode())), 200)):
            with Dns("--stub", *more, http="0.0.0.0:0") as dns:
                url = dns.url.replace("0.0.0.0", "127.0.0.1") + "/cache/put.example/A"
                put = requests.put(url, json=entry, headers={"Authorization": "Bearer " + self.TOKEN})
                self.assertEqual(put.status_code, status, put.text)

    def test_by_tls_and_with_a_new_certificate_while_it_runs(self):
        cert, key = certificate(self)
        with Dns("--stub", "--tls-cert-file", cert, "--tls-key-file", key) as dns:
            self.assertTrue(dns.url.startswith("https://"))
            dns.session.verify = cert
            self.assertTrue(dns.addresses("tls.example"))
            self.assertTrue(dns.session.post(dns.url + "/resolve", data="[" + ",".join(['"n%d.example"' % i for i in range(900)]) + "]").ok)
            status = program.larder("dns", "status", dns.url, "--ca-file", cert)
            self.assertOk(status)
            self.assertIn("ready:", status.out)
            self.assertRefused(program.larder("dns", "status", dns.url), "certificate")
            with self.assertRaises(requests.exceptions.ConnectionError):
                requests.get(dns.url.replace("https", "http"), timeout=program.PATIENCE)
            certificate(self)
            self.assertIn("dns_reloaded", dns.reload())
            fresh = requests.Session()
            fresh.trust_env, fresh.verify = False, cert
            self.assertEqual(fresh.get(dns.url + "/healthz").text, "ok\n")
            with open(cert, "w", encoding="ascii") as file:
                file.write("no certificate")
            self.assertIn("dns_reload_failed", dns.reload())
            self.assertTrue(dns.addresses("still.example"))

    def test_bad_tokens_and_files_say_why(self):
        self.assertRefused(program.larder("dns", "--stub", "--admin-token-file", self.path("short", b"abc"), "--http", "127.0.0.1:0"), "16 characters")
        self.assertRefused(program.larder("dns", "--stub", "--http", "127.0.0.1:0", LARDER_DNS_ADMIN_TOKEN="short"), "LARDER_DNS_ADMIN_TOKEN")
        self.assertRefused(program.larder("dns", "--stub", "--tls-cert-file", "x", "--http", "127.0.0.1:0"), "--tls-key-file")


class ReloadTest(program.Case):
    def write(self, *lines):
        return self.path("dns.conf", "\n".join(lines).encode())

    def test_settings_of_a_file_change_on_sighup_and_what_cannot_says_so(self):
        with Dns("--stub", "--stub-ttl", "77s") as first, Dns("--stub", "--stub-ttl", "55s") as second:
            path = self.write("# where to ask", f"upstream 127.0.0.1:{first.port}", "max-ttl 1h", "", "no-private")
            with Dns("--config", path) as dns:
                ttl = lambda name: dns.get("/resolve", name=name).json()["Answer"][0]["TTL"]
                self.assertEqual(ttl("one.example"), 77)
                self.write(f"upstream 127.0.0.1:{second.port}", "max-ttl 1h", "no-private")
                self.assertIn("changed=upstream", dns.reload())
                eventually(lambda: ttl(f"two{time.monotonic()}.example") == 55, "the other upstream is asked")
                self.write(f"upstream 127.0.0.1:{second.port}", "max-ttl 9s", "threads 2")
                said = dns.reload()
                self.assertIn("dns_reload_needs_restart setting=threads", said)
                self.assertIn("max-ttl", said)
                eventually(lambda: ttl(f"three{time.monotonic()}.example") == 9, "the bound holds")
                self.write(f"upstream 127.0.0.1:{second.port}", "max-ttl never")
                said = dns.reload()
                self.assertIn("dns.conf:2", said)
                self.assertEqual(ttl("three.example"), 9)

    def test_bad_lines_are_named(self):
        for line, words in (("nonsense 1", "no setting nonsense"), ("--stub", "without dashes"), ("attempts many", "attempts"), ("max-ttl 1h\nmax-ttl 2h", "twice")):
            refused = program.larder("dns", "--config", self.write("stub", line))
            self.assertRefused(refused, "dns.conf:", words)
        self.assertRefused(program.larder("dns", "--config", self.path("none")), "none")


class StartTest(program.Case):
    def test_what_it_started_is_gone_when_it_ends(self):
        dns = Dns("--stub", "--redis", "1")
        port = int(re.search(r":(\d+)", dns.store()).group(1))
        with program.Connection(port) as connection:
            self.assertEqual(connection.ask("PING"), b"+PONG")
        self.assertEqual(dns.stop(), 0)
        with self.assertRaises(OSError):
            program.Connection(port)

    def test_bad_starts_say_why(self):
        self.assertRefused(program.larder("dns", "--http", "127.0.0.1:0"), "nobody to ask")
        self.assertRefused(program.larder("dns", "--stub", "--http", "nonsense"), "--http", "ADDR:PORT")
        self.assertRefused(program.larder("dns", "--stub", "--redis", "1", "--store", "redis://127.0.0.1:1"), "--redis")
        self.assertRefused(program.larder("dns", "status", "http://127.0.0.1:1"), "127.0.0.1", "larder dns --http")
        self.assertRefused(program.larder("dns", "status", "nonsense"), "http://HOST:PORT")
        self.assertRefused(program.larder("dns", "--stub", "--listen", "127.0.0.1:0", "--near-policy", "best"), "--near-policy", "adaptive")
        for flags in (("--threads", "0"), ("--prefetch", "101"), ("--attempts", "0"), ("--timeout", "0")):
            self.assertRefused(program.larder("dns", "--upstream", "127.0.0.1:9", "--listen", "127.0.0.1:0", *flags), flags[0])
        with Dns("--stub") as dns:
            place = dns.url.removeprefix("http://")
            taken = program.larder("dns", "--stub", "--listen", "127.0.0.1:0", "--http", place)
            self.assertRefused(taken, place.split(":")[1], "in use")


class ExperimentTest(program.Case):
    def experiment(self, *arguments):
        return program.larder("dns", "experiment", "--out", self.path("out"), *arguments)

    def test_a_small_study_writes_its_report_and_does_not_run_twice(self):
        names = self.path("names.csv", b"id;domain\n" + b"".join(b"%d;n%d.example\n" % (i, i) for i in range(6000)))
        arguments = ("--csv", names, "--names", "4000", "--requests", "6000", "--partitions", "1", "--schemes", "hash",
                     "--policies", "allkeys-lru,allkeys-random", "--memory", "160KiB")
        done = self.experiment(*arguments)
        self.assertOk(done)
        self.assertIn("closed form", done.out)
        files = sorted(os.listdir(self.path("out")))
        for name in ("runs.csv", "report.md", "hit_rate.svg", "balance.svg", "over_time.svg", "frequency.svg", "latency.svg"):
            self.assertIn(name, files)
        with open(self.path("out/runs.csv")) as file:
            first = file.read()
        rows = first.splitlines()
        self.assertEqual(len(rows), 4)
        bounded = dict(zip(rows[0].split(","), rows[2].split(",")))
        self.assertGreater(int(bounded["evictions"]), 0, bounded)
        self.assertEqual(int(bounded["requests"]), 6000)
        again = self.experiment(*arguments)
        self.assertOk(again)
        self.assertNotIn("hits,", again.err)  # No cell was run.
        with open(self.path("out/runs.csv")) as file:
            self.assertEqual(file.read(), first)

    def test_bad_input_names_the_place(self):
        empty, broken = self.path("empty.csv", b""), self.path("broken.csv", b"domain\n\"a.example\n")
        self.assertRefused(self.experiment("--csv", empty), "empty.csv:1", "empty")
        self.assertRefused(self.experiment("--csv", broken), "broken.csv:2", "never closed")
        self.assertRefused(self.experiment("--csv", self.path("none.csv")), "none.csv")
        self.assertRefused(self.experiment("--policies", "lru"), "lru", "allkeys-lru")
        self.assertRefused(self.experiment("--schemes", "circle"), "circle", "ring")
        self.assertRefused(self.experiment("--dist", "zipfy"), "zipfy")
        self.assertRefused(self.experiment("--partitions", "0"), "--partitions")


if __name__ == "__main__":
    unittest.main()
