"""Debian's python3-redis (4.3: it speaks RESP2 only), over everything that it offers for strings and keys."""

import datetime
import threading
import unittest

import redis
import servers


class RedisPyTest(servers.PeerCase):
    def test_what_a_connection_needs(self):
        self.assertTrue(self.r.ping())
        self.assertEqual(self.r.echo("hola"), b"hola")
        self.assertTrue(self.r.client_setname("tests"))
        self.assertGreater(self.r.client_id(), 0)
        info = self.r.info()
        self.assertEqual(info["loading"], 0)
        self.assertRegex(info["redis_version"], r"^7\.\d+\.\d+$")
        self.assertIn("get", self.r.command())
        self.assertLess(abs(self.r.time()[0] - datetime.datetime.now().timestamp()), 60)
        with self.r.client() as one:
            one.client_setname("one")
            self.assertEqual(one.client_getname(), "one")

    def test_set_with_every_option(self):
        r = self.r
        self.assertTrue(r.set("k", "1", nx=True))
        self.assertIsNone(r.set("k", "2", nx=True))
        self.assertTrue(r.set("k", "3", xx=True))
        self.assertIsNone(r.set("none", "3", xx=True))
        self.assertEqual(r.set("k", "4", get=True), b"3")
        self.assertTrue(r.set("k", "5", ex=100))
        self.assertTrue(r.set("k", "6", keepttl=True))
        self.assertIn(r.ttl("k"), range(50, 101))
        self.assertTrue(r.set("k", "7", px=datetime.timedelta(seconds=100)))
        self.assertTrue(r.set("k", "8", exat=datetime.datetime.now() + datetime.timedelta(seconds=100)))
        self.assertTrue(r.set("k", "9", pxat=int(datetime.datetime.now().timestamp() * 1000) + 100_000))
        # Clocks are read at whole milliseconds, so the server's may be one behind.
        self.assertIn(r.pttl("k"), range(50_000, 100_002))
        with self.assertRaises(redis.ResponseError):
            r.execute_command("SET", "k", "v", "EX", "0")

    def test_strings(self):
        r = self.r
        self.assertTrue(r.mset({"a": 1, "b": 2}))
        self.assertEqual(r.mget("b", "missing", "a"), [b"2", None, b"1"])
        self.assertTrue(r.msetnx({"c": 3, "d": 4}))
        self.assertFalse(r.msetnx({"d": 5, "e": 6}))
        self.assertEqual(r.append("a", "23"), 3)
        self.assertEqual(r.strlen("a"), 3)
        self.assertEqual(r.getrange("a", 1, -1), b"23")
        self.assertEqual(r.setrange("a", 1, "99"), 3)
        self.assertEqual(r.getset("a", "new"), b"199")
        self.assertEqual(r.getdel("a"), b"new")
        self.assertIsNone(r.get("a"))
        self.assertEqual(r.getex("b", ex=100), b"2")
        self.assertIn(r.ttl("b"), range(50, 101))
        self.assertEqual(r.incrbyfloat("f", 0.1), 0.1)
        self.assertEqual(r.incrbyfloat("f", 0.2), 0.3)
        self.assertEqual(r.get("f"), b"0.3")

    def test_keys(self):
        r = self.r
        r.mset({"user:1": "a", "user:2": "b", "other": "c"})
        self.assertEqual(sorted(r.keys("user:*")), [b"user:1", b"user:2"])
        self.assertEqual(r.exists("user:1", "user:1", "missing"), 2)
        self.assertEqual(r.type("user:1"), b"string")
        self.assertEqual(r.type("missing"), b"none")
        self.assertEqual(r.dbsize(), 3)
        self.assertEqual(r.unlink("user:1", "missing"), 1)
        self.assertTrue(r.expire("other", 100))
        self.assertTrue(r.persist("other"))
        self.assertEqual(r.ttl("other"), -1)
        self.assertEqual(r.ttl("missing"), -2)
        self.assertTrue(r.pexpire("other", 100_000))
        self.assertTrue(r.expireat("other", 1))
        self.assertEqual(r.exists("other"), 0)

    def test_scan_sees_every_key_that_stays(self):
        names = {f"key:{i}".encode() for i in range(1_000)}
        self.r.mset({name: 1 for name in names})
        self.r.set("other", 1)
        seen = set()
        for i, name in enumerate(self.r.scan_iter(match="key:*", count=10)):
            seen.add(name)
            self.r.set(f"new:{i}", 1)
        self.assertEqual(seen, names)

    def test_bytes_of_every_kind_come_back(self):
        for value in [b"", b"\r\n", b"\0" * 10, bytes(range(256)), b"$5\r\nhello\r\n", b"x" * 8_000_000]:
            self.r.set(value[:100] or b"empty", value)
            self.assertEqual(self.r.get(value[:100] or b"empty"), value)

    def test_a_pipeline_answers_in_order(self):
        with self.r.pipeline(transaction=False) as p:
            for i in range(5_000):
                p.set(f"k{i}", i)
                p.get(f"k{i}")
            answers = p.execute()
        self.assertEqual(answers[1::2], [str(i).encode() for i in range(5_000)])

    def test_an_error_in_a_pipeline_hits_its_own_command_only(self):
        with self.r.pipeline(transaction=False) as p:
            p.set("word", "w")
            p.incr("word")
            p.get("word")
            answers = p.execute(raise_on_error=False)
        self.assertEqual((answers[0], answers[2]), (True, b"w"))
        self.assertIsInstance(answers[1], redis.ResponseError)

    def test_databases_are_apart(self):
        with self.client(db=5) as fifth:
            fifth.set("k", "five")
            self.assertIsNone(self.r.get("k"))
            self.r.set("k", "zero")
            fifth.flushdb()
            self.assertEqual(self.r.get("k"), b"zero")

    def test_a_pool_shared_by_threads(self):
        def work(n):
            for i in range(100):
                self.r.set(f"{n}:{i}", i)
                right.append(self.r.get(f"{n}:{i}") == str(i).encode())

        right = []
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(right), all(right)), (800, True))

    def test_messages_of_channels_and_patterns(self):
        with self.r.pubsub() as news:
            news.subscribe("a", "b")
            news.psubscribe("s*")
            got = [news.get_message(timeout=5) for _ in range(3)]
            self.assertEqual([m["type"] for m in got], ["subscribe", "subscribe", "psubscribe"])
            self.assertEqual([m["data"] for m in got], [1, 2, 3])
            self.assertEqual(self.r.publish("a", "one"), 1)
            self.assertEqual(self.r.publish("sport", b"\x00\r\n"), 1)
            self.assertEqual(self.r.publish("nobody", "x"), 0)
            first, second = news.get_message(timeout=5), news.get_message(timeout=5)
            self.assertEqual((first["type"], first["channel"], first["data"]), ("message", b"a", b"one"))
            self.assertEqual(
                (second["type"], second["pattern"], second["channel"], second["data"]),
                ("pmessage", b"s*", b"sport", b"\x00\r\n"),
            )
            self.assertEqual(sorted(self.r.pubsub_channels()), [b"a", b"b"])
            self.assertEqual(self.r.pubsub_numsub("a", "nobody"), [(b"a", 1), (b"nobody", 0)])
            self.assertEqual(self.r.pubsub_numpat(), 1)
            news.ping("still there")
            self.assertEqual(news.get_message(timeout=5)["data"], b"still there")
            news.unsubscribe("b")
            self.assertEqual(news.get_message(timeout=5)["type"], "unsubscribe")
            self.assertEqual(self.r.publish("b", "x"), 0)

    def test_listening_ends_with_the_last_subscription(self):
        heard = []
        with self.r.pubsub(ignore_subscribe_messages=True) as news:
            news.subscribe(jobs=lambda message: heard.append(message["data"]))
            thread = news.run_in_thread(sleep_time=0.01)
            # The confirmation is read by the thread, so the first ones may find nobody.
            servers.wait_for(lambda: self.r.publish("jobs", "go") == 1, "somebody listens")
            self.r.publish("jobs", "done")
            servers.wait_for(lambda: b"done" in heard, "the messages come")
            thread.stop()
            thread.join()
        self.assertEqual(heard, [b"go", b"done"])
        servers.wait_for(lambda: self.r.publish("jobs", "x") == 0, "nobody listens any more")

    def test_a_subscriber_of_resp2_only_listens(self):
        with self.r.client() as one:
            one.execute_command("SUBSCRIBE", "a")
            with self.assertRaisesRegex(redis.ResponseError, "Can't execute 'get'"):
                one.execute_command("GET", "k")
            one.connection.disconnect()

    def test_wrong_words_are_errors_and_the_connection_goes_on(self):
        with self.r.client() as one:
            for words in [("NONSENSE",), ("GET",), ("SET", "k"), ("EXPIRE", "k", "soon")]:
                with self.assertRaises(redis.ResponseError):
                    one.execute_command(*words)
            self.assertTrue(one.ping())


if __name__ == "__main__":
    unittest.main()
