"""The client session that the cache server Larder grew from shows: set(1, 2), get, delete, counting from many clients."""

import subprocess
import sys
import threading
import unittest

import servers

COUNT = "import redis, sys; r = redis.Redis(port=int(sys.argv[1])); [r.incr('hits') for _ in range(200)]"


class CacheServerSessionTest(servers.PeerCase):
    def test_set_get_delete(self):
        self.assertTrue(self.r.set(1, 2))
        self.assertEqual(self.r.get(1), b"2")
        self.assertEqual(self.r.delete(1), 1)
        self.assertIsNone(self.r.get(1))
        self.assertEqual(self.r.delete(1), 0)

    def test_increment_and_decrement(self):
        self.r.set("n", 10)
        self.assertEqual(self.r.incr("n"), 11)
        self.assertEqual(self.r.incrby("n", 5), 16)
        self.assertEqual(self.r.decr("n"), 15)
        self.assertEqual(self.r.decrby("n", 20), -5)

    def test_what_is_no_number_is_not_incremented(self):
        self.r.set("n", "two")
        with self.assertRaisesRegex(servers.redis.ResponseError, "not an integer"):
            self.r.incr("n")
        self.assertEqual(self.r.get("n"), b"two")

    def test_increments_of_many_clients_are_all_counted(self):
        def count():
            with self.client() as mine:
                for _ in range(200):
                    mine.incr("hits")

        threads = [threading.Thread(target=count) for _ in range(8)]
        clients = [
            subprocess.Popen([sys.executable, "-B", "-c", COUNT, str(self.server.port)]) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        self.assertEqual(self.peer("count", "hits", "500"), "done\n")
        for thread in threads:
            thread.join()
        self.assertEqual([client.wait(servers.PATIENCE) for client in clients], [0, 0, 0])
        self.assertEqual(self.r.get("hits"), str(8 * 200 + 3 * 200 + 500).encode())


if __name__ == "__main__":
    unittest.main()
