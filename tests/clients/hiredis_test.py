"""hiredis: single commands, binary and large values, a pipeline of twenty thousand."""

import os
import unittest

import servers


class HiredisTest(servers.PeerCase):
    def test_all_of_it(self):
        said = servers.run(os.environ["HIREDIS_CLIENT"], str(self.server.port))
        self.assertEqual(said, b"done\n")


if __name__ == "__main__":
    unittest.main()
