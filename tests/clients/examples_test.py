"""The examples against a server: they print what they print in process."""

import glob
import os
import unittest

import servers


class ExamplesTest(servers.PeerCase):
    def test_each_prints_the_same_as_in_process(self):
        expected = sorted(glob.glob(os.path.join(os.environ["EXPECTED"], "0[1-4]_*.txt")))
        self.assertEqual(len(expected), 4)
        for path in expected:
            name = os.path.splitext(os.path.basename(path))[0]
            with self.subTest(name), open(path, "rb") as file:
                self.assertEqual(servers.run(os.path.join(os.environ["EXAMPLES"], name), self.server.url), file.read())

    def test_they_leave_nothing_behind(self):
        for program in glob.glob(os.path.join(os.environ["EXAMPLES"], "0[1-4]_*")):
            servers.run(program, self.server.url)
        self.assertEqual(self.r.keys(), [])

    def test_a_url_that_leads_nowhere_ends_with_2(self):
        done = servers.subprocess.run(
            [os.path.join(os.environ["EXAMPLES"], "01_hello_cache"), "nonsense"], capture_output=True
        )
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"bad_url", done.stderr)


if __name__ == "__main__":
    unittest.main()
