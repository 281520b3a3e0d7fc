"""larder dns from outside: over UDP and TCP, with upstreams that fail, forge and keep silent, and a store that stands still."""

import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

from dns_wire import Answer, Tcp, Upstream, address_reply, ask, query, read_name
from program import Connection, PATIENCE, PROGRAM, Outcome, Server, environment, free_port, larder, read_until


class Dns:
    """A `larder dns` on a port that the system picks. Use it in a `with`."""

    def __init__(self, *arguments, listen="127.0.0.1:0"):
        self.process = subprocess.Popen(
            [PROGRAM, "dns", "--listen", listen, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        )
        try:
            self.screen = read_until(self.process.stdout, b"Stop:")
        except AssertionError:
            self.process.kill()
            raise AssertionError(self.process.communicate()[1].decode()) from None
        self.port = int(re.search(r"answers DNS on \S+:(\d+)", self.screen)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def stop(self):
        """Its last words, as figures."""
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=PATIENCE)
        return Outcome(self.process.returncode, b"", err)

    def figures(self):
        ended = self.stop()
        assert ended.status == 0, ended
        return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", ended.err.splitlines()[-1])}


def kdig(port, *words):
    return subprocess.run(
        ["kdig", "@127.0.0.1", "-p", str(port), *words], capture_output=True, text=True, timeout=PATIENCE, check=False
    ).stdout


class StartTest(unittest.TestCase):
    def test_without_anybody_to_ask_it_refuses_and_says_why(self):
        for arguments in [(), ("--listen", "127.0.0.1:0")]:
            refused = larder("dns", *arguments)
            self.assertEqual(refused.status, 2)
            self.assertIn("--upstream", refused.err)
            self.assertIn("--stub", refused.err)
            self.assertEqual(refused.err.count("\n"), 1)

    def test_bad_input_names_the_flag(self):
        rows = [
            (("--stub", "--upstream", "192.0.2.1"), "give one of them"),
            (("--upstream", "192.0.2.1:x"), "--upstream"),
            (("--upstream", "[::1"), "no closing bracket"),
            (("--stub", "--listen", "127.0.0.1:99999"), "no port between"),
            (("--stub", "--allow", "10.0.0.1/8"), "bits beyond its prefix"),
            (("--stub", "--near-bytes", "3"), "at least 1MiB"),
            (("--stub", "--near-policy", "best"), "best"),
            (("--stub", "--min-ttl", "2h", "--max-ttl", "1h"), "--max-ttl"),
            (("--stub", "--failure-ttl", "1h"), "RFC 9520"),
            (("--stub", "--store", "redis://127.0.0.1:1"), "127.0.0.1:1"),
            (("--stub", "--stub-nxdomain", "2"), "0 to 1"),
            (("--listen", "127.0.0.1:5999", "--upstream", "127.0.0.1:5999"), "circle"),
        ]
        for arguments, word in rows:
            with self.subTest(arguments):
                refused = larder("dns", *arguments)
                self.assertEqual(refused.status, 2, refused)
                self.assertIn(word, refused.err)

    def test_a_port_in_use_is_named(self):
        with Dns("--stub") as first:
            refused = larder("dns", "--stub", "--listen", f"127.0.0.1:{first.port}")
            self.assertEqual(refused.status, 2)
            self.assertIn(f"{first.port}", refused.err)
            self.assertIn("in use", refused.err)


class StubTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dns = Dns("--stub", "--threads", "2")

    @classmethod
    def tearDownClass(cls):
        cls.dns.__exit__()

    def test_answers_come_in_the_askers_case_and_are_marked_as_made_up(self):
        for _ in range(2):  # Fetched, then near.
            answer = ask(self.dns.port, "WwW.example.ORG")
            self.assertEqual(answer.name, "WwW.example.ORG.")
            self.assertEqual(answer.records[0][0], "WwW.example.ORG.")
            self.assertIn(answer.records[0][3][:2], (b"\xc6\x12", b"\xc6\x13"))
            self.assertEqual(answer.ede, [4])

    def test_the_time_to_live_runs_down(self):
        first = ask(self.dns.port, "age.example").ttl
        deadline = time.monotonic() + 10
        while ask(self.dns.port, "age.example").ttl == first and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertLess(ask(self.dns.port, "age.example").ttl, first)

    def test_what_does_not_fit_is_truncated_and_whole_over_tcp(self):
        for how in ({"edns": False}, {"udp_bytes": 4096}):
            self.assertTrue(ask(self.dns.port, "big-3000.example", "TXT", **how).truncated)
        with Tcp(self.dns.port) as tcp:
            tcp.send(query("big-3000.example", "TXT"))
            whole = tcp.receive()
        self.assertGreater(len(whole.wire), 3000)
        self.assertFalse(whole.truncated)

    def test_sixty_thousand_bytes_go_over_tcp(self):
        with Tcp(self.dns.port) as tcp:
            tcp.send(query("big-60000.example", "TXT"))
            self.assertGreater(len(tcp.receive().wire), 55_000)

    def test_tcp_answers_come_as_they_are_known(self):
        with Tcp(self.dns.port) as tcp:
            tcp.send(query("slow-400.example", ident=1), query("quick.example", ident=2))
            self.assertEqual([tcp.receive().ident, tcp.receive().ident], [2, 1])

    def test_any_is_answered_over_tcp_only(self):
        self.assertTrue(ask(self.dns.port, "any.example", "ANY").truncated)
        self.assertIn("TXT", kdig(self.dns.port, "+tcp", "any.example", "ANY"))

    def test_kdig_sees_what_it_should(self):
        rows = [
            (("nx.example",), "status: NXDOMAIN"),
            (("nx.example",), "SOA"),
            (("empty.example", "MX"), "ANSWER: 0"),
            (("servfail.example",), "status: SERVFAIL"),
            (("cname.example", "A"), "CNAME"),
            (("TYPE65280", "odd.example"), "status: NOERROR"),
            (("+edns=1", "a.example"), "BADVERS"),
            (("+cookie", "a.example"), "COOKIE"),
            (("+dnssec", "a.example"), "flags: do"),
            (("CH", "TXT", "version.bind"), "status: NOTIMPL"),
        ]
        for words, expected in rows:
            with self.subTest(words):
                self.assertIn(expected, kdig(self.dns.port, *words))

    def test_noise_is_no_reason_to_stop(self):
        noise = random.Random(os.environ.get("LARDER_SEED", "9267"))
        good = query("noise.example")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", self.dns.port))
            for _ in range(5000):
                bytes_ = bytearray(good if noise.random() < 0.7 else noise.randbytes(noise.randrange(600)))
                for _ in range(noise.randrange(4)):
                    if bytes_:
                        bytes_[noise.randrange(len(bytes_))] = noise.randrange(256)
                udp.send(bytes(bytes_[: noise.randrange(len(bytes_) + 1)]))
        for _ in range(20):
            with Tcp(self.dns.port) as tcp:
                tcp.socket.sendall(noise.randbytes(noise.randrange(1, 300)))
        self.assertEqual(ask(self.dns.port, "after.example").rcode, "NOERROR")

    def test_responses_are_never_answered(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", self.dns.port))
            udp.send(query("a.example", ident=1, flags=0x8100))
            udp.send(query("a.example", ident=2))
            udp.settimeout(PATIENCE)
            self.assertEqual(Answer(udp.recv(4096)).ident, 2)


class UpstreamTest(unittest.TestCase):
    def test_what_upstream_truncates_is_asked_again_over_tcp(self):
        with Dns("--stub") as stub, Dns("--upstream", f"127.0.0.1:{stub.port}") as dns:
            with Tcp(dns.port) as tcp:
                tcp.send(query("big-9000.example", "TXT"))
                self.assertGreater(len(tcp.receive().wire), 9000)

    def test_forged_answers_are_not_taken(self):
        def reply(asked):
            ident = struct.unpack("!H", asked[:2])[0]
            forged = [address_reply(asked, "192.0.2.66", ident=(ident + i) % 65536) for i in range(1, 150)]  # As many as a socket holds.
            elsewhere = address_reply(asked, "192.0.2.67", name=b"\4evil\7example\0")
            return [*forged, elsewhere, address_reply(asked)]

        with Upstream(reply) as upstream, Dns("--upstream", f"127.0.0.1:{upstream.port}") as dns:
            answer = ask(dns.port, "www.example")
            self.assertEqual(socket.inet_ntoa(answer.records[0][3]), "192.0.2.1")

    def test_forged_answers_are_not_taken_however_many_there_are(self):
        """From the right address to the right port, in the right case: the id is what is left to guess."""
        forgeries, each = int(os.environ.get("LARDER_SPOOFS", "3000")), 140
        guess = random.Random(os.environ.get("LARDER_SEED", "1"))

        def reply(asked):
            right = struct.unpack("!H", asked[:2])[0]
            forged = address_reply(asked, "192.0.2.66")[2:]
            ids = (guess.randrange(65536) for _ in range(each))
            return [*(struct.pack("!H", (i + (i == right)) % 65536) + forged for i in ids), address_reply(asked)]

        with Upstream(reply) as upstream, Dns("--upstream", f"127.0.0.1:{upstream.port}") as dns:
            for i in range(0, forgeries, each):
                answer = ask(dns.port, f"name-number-{i}.example")
                # A socket holds so many: the good one may be lost behind them. A forged one is never taken.
                self.assertIn([record[3] for record in answer.records], ([socket.inet_aton("192.0.2.1")], []), i)
            good = dns.figures()
        print(f"{forgeries} forged answers for {good['questions']} questions: {good['failures']} had no answer, none a forged one", file=sys.stderr)
        self.assertLess(good["failures"], good["questions"] / 2)

    def test_an_answer_in_another_case_is_believed_over_tcp_only(self):
        def reply(asked):
            end = read_name(asked, 12)[1]
            return [address_reply(asked, name=asked[12:end].swapcase())]

        with Upstream(reply) as upstream, Dns("--upstream", f"127.0.0.1:{upstream.port}") as dns:
            self.assertEqual(ask(dns.port, "www.example").rcode, "SERVFAIL")  # It has no TCP.

    def test_ids_ports_and_letters_differ_from_question_to_question(self):
        with Upstream(lambda asked: [address_reply(asked)]) as upstream:
            with Dns("--upstream", f"127.0.0.1:{upstream.port}") as dns:
                for i in range(100):
                    ask(dns.port, f"name-with-many-letters-{i}.example")
            self.assertGreater(len({asked[:2] for asked, _ in upstream.asked}), 90)
            self.assertGreater(len({peer for _, peer in upstream.asked}), 3)
            self.assertGreater(len({asked[13:35] for asked, _ in upstream.asked}), 90)

    def test_sixty_askers_of_a_silent_upstream_make_three_questions(self):
        with Upstream(lambda asked: []) as upstream:
            with Dns("--upstream", f"127.0.0.1:{upstream.port}", "--timeout", "300ms") as dns:
                answers = []
                askers = [threading.Thread(target=lambda: answers.append(ask(dns.port, "www.example"))) for _ in range(60)]
                for asker in askers:
                    asker.start()
                for asker in askers:
                    asker.join()
                self.assertEqual({answer.rcode for answer in answers}, {"SERVFAIL"})
                self.assertEqual(len(answers), 60)
                ask(dns.port, "www.example")  # RFC 9520: spared for five seconds.
            self.assertEqual(len(upstream.asked), 3)

    def test_a_dead_upstream_costs_little(self):
        with Dns("--stub") as stub, Dns("--upstream", f"127.0.0.1:{free_port()},127.0.0.1:{stub.port}") as dns:
            for i in range(20):
                self.assertEqual(ask(dns.port, f"n{i}.example").rcode, "NOERROR")
            figures = dns.figures()
        self.assertLess(figures["upstream_queries"], 30)
        self.assertEqual(figures["failures"], 0)

    def test_a_stale_answer_stands_in_and_says_so(self):
        with Upstream(lambda asked: [address_reply(asked, ttl=1)]) as upstream:
            with Dns("--upstream", f"127.0.0.1:{upstream.port}", "--timeout", "200ms", "--stale-wait", "100ms") as dns:
                self.assertEqual(ask(dns.port, "www.example").rcode, "NOERROR")
                upstream.reply = lambda asked: []
                deadline = time.monotonic() + PATIENCE
                while (answer := ask(dns.port, "www.example")).ede == [] and time.monotonic() < deadline:
                    time.sleep(0.05)
                self.assertEqual((answer.ede, answer.ttl, answer.rcode), ([3], 30, "NOERROR"))

    def test_questions_that_come_back_to_it_end(self):
        port = free_port()
        with Dns("--upstream", f"localhost:{port}", listen=f"127.0.0.1:{port}") as dns:
            begun = time.monotonic()
            self.assertEqual(ask(dns.port, "www.example").rcode, "SERVFAIL")
            self.assertLess(time.monotonic() - begun, 6)

    def test_two_that_ask_each_other_end_as_well(self):
        first, second = free_port(), free_port()
        with Dns("--upstream", f"127.0.0.1:{second}", listen=f"127.0.0.1:{first}") as one:
            with Dns("--upstream", f"127.0.0.1:{first}", listen=f"127.0.0.1:{second}"):
                self.assertEqual(ask(one.port, "www.example").rcode, "SERVFAIL")
                self.assertLess(one.figures()["upstream_queries"], 10)

    def test_sigterm_lets_answers_under_way_leave(self):
        with Dns("--stub") as dns, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", dns.port))
            udp.settimeout(PATIENCE)
            udp.send(query("slow-500.example"))
            ask(dns.port, "first.example")  # The slow one was read before.
            self.assertEqual(dns.stop().status, 0)
            self.assertEqual(Answer(udp.recv(4096)).rcode, "NOERROR")


class SharedTest(unittest.TestCase):
    def test_a_second_node_asks_upstream_nothing(self):
        with Server() as store, Dns("--stub", "--store", store.url) as one:
            names = [f"n{i}.example" for i in range(200)]
            for name in names:
                ask(one.port, name)
            with Dns("--stub", "--store", store.url) as two:
                for name in names:
                    self.assertEqual(ask(two.port, name.upper()).rcode, "NOERROR")
                figures = two.figures()
            self.assertEqual((figures["upstream_queries"], figures["shared_hits"]), (0, 200))

    def test_a_store_that_stands_still_delays_misses_by_its_deadline_and_hits_by_nothing(self):
        with Server() as store, Dns("--stub", "--store", store.url, "--store-wait", "50ms") as dns:
            ask(dns.port, "near.example")
            store.process.send_signal(signal.SIGSTOP)
            try:
                near, misses = [], []
                for i in range(40):
                    near.append(self.time(dns.port, "near.example"))
                    if i % 4 == 0:
                        misses.append(self.time(dns.port, f"miss{i}.example"))
            finally:
                store.process.send_signal(signal.SIGCONT)
            self.assertLess(sorted(near)[len(near) // 2], 0.04)
            self.assertLess(sorted(misses)[len(misses) // 2], 0.5)  # 50 ms, on a busy machine.
            self.assertEqual(dns.figures()["failures"], 0)

    @staticmethod
    def keys(server):
        with Connection(server.port) as connection:
            return int(connection.ask("DBSIZE")[1:])

    @staticmethod
    def time(port, name):
        begun = time.monotonic()
        assert ask(port, name).rcode == "NOERROR"
        return time.monotonic() - begun

    def test_what_is_asked_at_once_is_read_in_few_calls_and_nothing_is_mixed_up(self):
        with Server() as a, Server() as b:
            ring = f"redis+ring://127.0.0.1:{a.port},127.0.0.1:{b.port}"
            names = [f"n{i}.example" for i in range(100)]
            with Dns("--stub", "--store", ring) as one:
                known = [ask(one.port, name).records for name in names[:90]]
                one.figures()  # Its end waits for what is being written.
            with Dns("--stub", "--store", ring) as two, Tcp(two.port) as tcp:
                tcp.send(*(query(name, ident=i) for i, name in enumerate(names)))
                heard = {answer.ident: answer for answer in (tcp.receive() for _ in names)}
                figures = two.figures()
            self.assertEqual([heard[i].records[0][3] for i in range(90)], [records[0][3] for records in known])
            self.assertEqual({heard[i].rcode for i in range(100)}, {"NOERROR"})
            self.assertEqual((figures["shared_hits"], figures["upstream_queries"]), (90, 10))
            calls = sum(int(calls) for server in (a, b) for calls in re.findall(r"cmdstat_m?get:calls=(\d+)", self.info(server)))
            self.assertLess(calls - 90, 40)  # The first node's were one each.

    @staticmethod
    def info(server):
        with Connection(server.port) as connection:
            return connection.ask("INFO", "commandstats").decode()

    def test_a_partition_that_stands_still_delays_its_own_misses_only(self):
        with Server() as a, Server() as b:
            ring = f"redis+ring://127.0.0.1:{a.port},127.0.0.1:{b.port}"
            with Dns("--stub", "--store", ring, "--store-wait", "100ms") as dns:
                ask(dns.port, "near.example")
                before = [self.time(dns.port, "near.example") for _ in range(300)]
                b.process.send_signal(signal.SIGSTOP)
                try:
                    misses = [self.time(dns.port, f"miss{i}.example") for i in range(40)]
                    during = [self.time(dns.port, "near.example") for _ in range(300)]
                finally:
                    b.process.send_signal(signal.SIGCONT)
                figures = dns.figures()
        p99 = lambda times: sorted(times)[len(times) * 99 // 100]
        print(f"near hits, p99: {p99(before) * 1e3:.2f} ms before, {p99(during) * 1e3:.2f} ms with a partition stopped; "
              f"misses: {min(misses) * 1e3:.1f} to {max(misses) * 1e3:.1f} ms", file=sys.stderr)
        self.assertLess(p99(during), max(10 * p99(before), 0.05))
        late = [took for took in misses if took >= 0.1]
        self.assertTrue(5 <= len(late) <= 35, misses)  # A half of the names is that partition's.
        self.assertLess(sorted(late)[len(late) // 2], 0.3)  # The deadline, on a busy machine.
        self.assertLess(sorted(took for took in misses if took < 0.1)[2], 0.05)
        self.assertEqual(figures["failures"], 0)

    def test_several_servers_share_the_names_and_one_that_is_gone_takes_its_share_only(self):
        with Server() as a, Server() as b, Server() as c:
            ring = f"redis+ring://127.0.0.1:{a.port},127.0.0.1:{b.port},127.0.0.1:{c.port}"
            names = [f"n{i}.example" for i in range(150)]
            with Dns("--stub", "--store", ring) as one:
                for name in names:
                    ask(one.port, name)
                self.assertEqual(one.figures()["upstream_queries"], 150)  # Its end waits for what is being written.
            keys = [self.keys(server) for server in (a, b, c)]
            self.assertEqual(sum(keys), 150)
            self.assertGreater(min(keys), 20)
            c.stop(signal.SIGKILL)
            with Dns("--stub", "--store", ring) as two:
                for name in names:
                    self.assertEqual(ask(two.port, name).rcode, "NOERROR")
                figures = two.figures()
            self.assertEqual((figures["shared_hits"], figures["failures"]), (keys[0] + keys[1], 0))

    def test_what_others_wrote_is_a_miss(self):
        with Server() as store, Dns("--stub", "--store", store.url) as dns:
            larder("set", "dns:{www.example.}/A/", "No IP found", "--url", store.url)
            self.assertEqual(ask(dns.port, "www.example").rcode, "NOERROR")


if __name__ == "__main__":
    unittest.main()
