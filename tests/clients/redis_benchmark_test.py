"""redis-benchmark runs to its end, pipelined and not, in both protocols, and what it wrote is there."""

import unittest

import servers


class RedisBenchmarkTest(servers.PeerCase):
    def bench(self, *options):
        said = servers.run("redis-benchmark", "-p", str(self.server.port), "--csv", *options).decode()
        rows = [line.split(",") for line in said.splitlines() if line.startswith('"')]
        return {row[0].strip('"'): float(row[1].strip('"')) for row in rows[1:]}

    def test_its_usual_commands(self):
        rates = self.bench("-n", "5000", "-c", "20", "-t", "ping,set,get,incr,mset")
        self.assertEqual(len(rates), 6)
        self.assertGreater(min(rates.values()), 0)
        self.assertEqual(self.r.get("counter:__rand_int__"), b"5000")
        self.assertEqual(len(self.r.get("key:__rand_int__")), 3)

    def test_pipelined_with_random_keys_and_large_values(self):
        self.bench("-n", "20000", "-c", "50", "-P", "16", "-r", "1000", "-d", "1024", "-t", "set,get")
        self.assertIn(self.r.dbsize(), range(900, 1_001))
        self.assertEqual(len(self.r.get(self.r.randomkey())), 1_024)

    def test_in_resp3(self):
        rates = self.bench("-3", "-n", "5000", "-P", "4", "-t", "set,get")
        self.assertEqual(set(rates), {"SET", "GET"})

    def test_with_threads(self):
        self.bench("-n", "10000", "--threads", "2", "-t", "incr")
        self.assertEqual(self.r.get("counter:__rand_int__"), b"10000")


if __name__ == "__main__":
    unittest.main()
