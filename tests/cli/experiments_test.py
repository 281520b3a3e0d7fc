"""bench, replay and tour from the command line: they run, their JSON is JSON, their slips are named."""

import json
import unittest

from program import Case, Server, free_port, larder


class ExperimentsTest(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.__exit__)

    def test_bench_reports_json(self):
        outcome = larder("bench", "--url", self.server.url, "--connections", "4", "--pipeline", "8", "--keys", "1k",
                         "--requests", "20k", "--warm-up", "0", "--ratio", "1:1", "--distribution", "zipf:0.9",
                         "--value-size", "16-1024", "--threads", "2", "--json")
        self.assertOk(outcome)
        self.assertIsInstance(json.loads(outcome.out), dict)

    def test_bench_leaves_nothing_behind(self):
        self.assertOk(larder("bench", "--url", self.server.url, "--requests", "1k", "--keys", "100", "--warm-up", "0"))
        self.assertOk(larder("keys", "--url", self.server.url), "")

    def test_replay_counts_exactly(self):
        trace = self.path("trace", b"a 100\nb 100\na 100\nc 100\na 100\n")
        for url in [self.server.url, "memory:"]:
            outcome = larder("replay", trace, "--url", url, "--json")
            self.assertOk(outcome)
            report = json.loads(outcome.out)
            self.assertEqual((report["requests"], report["hits"]), (5, 2), report)

    def test_replay_makes_its_own_trace_from_a_seed(self):
        def hits(seed):
            outcome = larder("replay", "--generate", "zipf:1.0", "--keys", "1k", "--requests", "10k", "--seed", seed, "--json")
            self.assertOk(outcome)
            return json.loads(outcome.out)["hits"]

        self.assertEqual(hits("7"), hits("7"))
        self.assertNotEqual(hits("7"), hits("8"))

    def test_replay_compares_policies(self):
        trace = self.path("trace", b"".join(b"%d 100\n" % key for key in list(range(100)) * 20))
        outcome = larder("replay", trace, "--policies", "adaptive,allkeys-lru", "--sizes", "50%,100", "--threads", "2", "--json")
        self.assertOk(outcome)
        report = json.loads(outcome.out)
        cells = {(cell["policy"], cell["size"]): cell for cell in report["cells"]}
        self.assertEqual(set(cells), {(policy, size) for policy in ["adaptive", "allkeys-lru"] for size in ["50%", "100"]})
        for cell in cells.values():
            self.assertEqual(cell["requests"], 2000)
            self.assertEqual(cell["hit_ratio"], cell["hits"] / cell["requests"])
        self.assertEqual(cells["adaptive", "100"]["hits"], 1900)
        self.assertGreater(cells["adaptive", "50%"]["hits"], cells["allkeys-lru", "50%"]["hits"])

    def test_replay_compares_policies_by_bytes(self):
        outcome = larder("replay", "--generate", "zipf:1.0", "--keys", "1k", "--requests", "10k", "--size", "16-1024",
                         "--policies", "all", "--sizes", "10%,64KiB", "--by", "bytes", "--json")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn("volatile-lru, volatile-lfu, volatile-random, volatile-ttl: this trace has no third column", outcome.err)
        cells = json.loads(outcome.out)["cells"]
        self.assertEqual(len(cells), 18)
        for cell in cells:
            self.assertGreater(cell["byte_hit_ratio"], 0, cell)
            self.assertLess(cell["byte_hit_ratio"], 1, cell)

    def test_a_comparison_goes_without_a_store(self):
        few = ("replay", "--generate", "uniform", "--keys", "100", "--requests", "1k", "--policies", "adaptive", "--sizes", "50")
        self.assertEqual(larder(*few, LARDER_URL=f"redis://127.0.0.1:{free_port()}").status, 0)
        self.assertRefused(larder(*few, "--url", self.server.url), "--policies", "--url")

    def test_slips_in_a_comparison_are_named(self):
        some = ("replay", "--generate", "uniform", "--policies")
        self.assertRefused(larder(*some, "adaptive,lru"), "--policies", '"lru"', "allkeys-lru")
        self.assertRefused(larder(*some, "all", "--sizes", "1%,big"), "--sizes", '"big"', "5000")
        self.assertRefused(larder(*some, "all", "--sizes", "big", "--by", "bytes"), "--sizes", '"big"', "64MiB")
        self.assertRefused(larder(*some, "all", "--by", "weight"), "--by", "weight")
        self.assertRefused(larder(*some, "all", "--rate", "0"), "--rate")
        self.assertRefused(larder(*some, "all", "--keep"), "--policies", "--keep")
        self.assertRefused(larder("replay", "--generate", "uniform", "--sizes", "1%"), "--policies")

    def test_tour_runs_to_its_end(self):
        for url in [self.server.url, "memory:"]:
            self.assertOk(larder("tour", "--fast", "--url", url))

    def test_they_know_the_password(self):
        secret = self.path("password", b"p@ss/w:rd\n")
        with Server("--requirepass-file", secret) as server:
            few = ("--requests", "1k", "--keys", "100", "--url", server.url)
            self.assertOk(larder("bench", *few, "--warm-up", "0", "--password-file", secret))
            self.assertOk(larder("replay", "--generate", "uniform", *few, LARDER_PASSWORD="p@ss/w:rd"))
            self.assertRefused(larder("replay", "--generate", "uniform", *few), "LARDER_PASSWORD")

    def test_slips_are_named(self):
        port = str(free_port())
        gone = f"redis://127.0.0.1:{port}"
        self.assertRefused(larder("bench", "--url", gone), port)
        self.assertRefused(larder("tour", "--url", gone), port)
        self.assertRefused(larder("replay", "--generate", "uniform", "--url", gone), port)
        self.assertRefused(larder("tour", "--url", "mongodb://x"), "mongodb")
        self.assertRefused(larder("bench", "--url", "memory:"), "replay")
        self.assertRefused(larder("bench", "--url", self.server.url, "--ratio", "much"), "--ratio", "much")
        self.assertRefused(larder("bench", "--url", self.server.url, "--distribution", "odd"), "--distribution", "odd")
        self.assertRefused(larder("bench", "--url", self.server.url, "--value-size", "big"), "--value-size", "big")
        self.assertRefused(larder("bench", "--url", self.server.url, "--connections", "0"), "--connections")
        self.assertRefused(larder("replay"), "--generate")
        self.assertRefused(larder("replay", "t", "--generate", "uniform"), "--generate")
        self.assertRefused(larder("replay", self.path("none")), self.path("none"))
        bad = self.path("bad", b"a 100\nb x\n")
        self.assertRefused(larder("replay", bad), bad, "2")


if __name__ == "__main__":
    unittest.main()
