"""`larder serve --metrics-port`: what Prometheus scrapes, and who may not look."""

import re
import unittest

from program import Connection, Server, Case, fetch

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="(\\.|[^"\\])*",?)+\})? (\S+)$')


def parse(text):
    """Prometheus' text format 0.0.4, read strictly: samples by name, and the type of each family."""
    types, helps, samples = {}, set(), {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            assert name not in helps, line
            helps.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types and kind in ("counter", "gauge", "histogram"), line
            types[name] = kind
        else:
            match = SAMPLE.match(line)
            assert match, line
            family = re.sub("_(bucket|sum|count)$", "", match[1]) if match[1] not in types else match[1]
            assert family in types and family in helps, line
            samples[match[1] + (match[2] or "")] = float(match[5])
    return samples, types


class MetricsTest(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--metrics-port", "0")
        cls.addClassCleanup(cls.server.__exit__)
        cls.url = cls.server.metrics_url()

    def scrape(self):
        status, headers, text = fetch(self.url + "/metrics")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertTrue(text.endswith("\n"))
        return parse(text)

    def test_traffic_shows(self):
        before, _ = self.scrape()
        with Connection(self.server.port) as connection:
            connection.ask("SET", "k", "v")
            connection.ask("GET", "k")
            connection.ask("GET", "missing")
            connection.ask("SET", "brief", "v", "EX", "100")
            after, _ = self.scrape()
        self.assertEqual(after["larder_connections"], before["larder_connections"] + 1)
        self.assertEqual(after["larder_commands_total"], before["larder_commands_total"] + 4)
        self.assertEqual(after["larder_hits_total"], before["larder_hits_total"] + 1)
        self.assertEqual(after["larder_misses_total"], before["larder_misses_total"] + 1)
        self.assertEqual(after["larder_entries"], 2)
        self.assertEqual(after["larder_entries_with_deadline"], 1)
        self.assertGreater(after["larder_received_bytes_total"], before["larder_received_bytes_total"])
        self.assertGreater(after["larder_sent_bytes_total"], before["larder_sent_bytes_total"])

    def test_names_follow_the_custom(self):
        samples, types = self.scrape()
        for name, kind in types.items():
            self.assertEqual(name.endswith("_total"), kind == "counter", name)
        self.assertGreater(samples["process_resident_memory_bytes"], 1e6)
        self.assertGreater(samples["process_open_fds"], 3)

    def test_healthz_is_ok(self):
        self.assertEqual(fetch(self.url + "/healthz")[::2], (200, "ok\n"))

    def test_the_index_leads_there(self):
        status, headers, text = fetch(self.url + "/")
        self.assertEqual(status, 200)
        self.assertIn('href="/metrics"', text)

    def test_a_page_in_a_browser_cannot_look(self):
        status, headers, _ = fetch(self.url + "/metrics", Host="evil.example")
        self.assertEqual(status, 403)
        status, headers, _ = fetch(self.url + "/metrics", Origin="http://evil.example")
        self.assertNotIn("Access-Control-Allow-Origin", headers)

    def test_no_metrics_unless_asked_for(self):
        with Server() as server:
            self.assertNotIn("http://", server.screen)

    def test_it_ends_with_a_scraper_still_connected(self):
        with Server("--metrics-port", "0") as server:
            port = int(server.metrics_url().rsplit(":", 1)[1])
            with Connection(port) as idle:
                idle.socket.sendall(b"GET / HTTP/1.1\r\n")
                self.assertEqual(server.stop().status, 0)


if __name__ == "__main__":
    unittest.main()
