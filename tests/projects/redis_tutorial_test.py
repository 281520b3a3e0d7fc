"""The redis-py tutorial, word for word."""

import unittest

import redis
import servers


class RedisTutorialTest(servers.PeerCase):
    def test_the_tutorial(self):
        r = redis.Redis(host="localhost", port=self.server.port, db=0)

        r.set("clave", "valor")
        self.assertEqual(r.get("clave"), b"valor")

        r.set("clave", "valor", ex=10)
        self.assertIn(r.ttl("clave"), range(5, 11))
        self.assertEqual(r.get("clave"), b"valor")

        r.delete("clave")
        self.assertIsNone(r.get("clave"))

    def test_what_expires_is_gone(self):
        r = redis.Redis(host="localhost", port=self.server.port, db=0)
        r.set("clave", "valor", px=30)
        servers.wait_for(lambda: r.get("clave") is None, "clave expires")
        self.assertEqual(r.ttl("clave"), -2)

    def test_answers_decoded_to_text(self):
        r = redis.Redis(host="localhost", port=self.server.port, db=0, decode_responses=True)
        r.set("clave", "año")
        self.assertEqual(r.get("clave"), "año")


if __name__ == "__main__":
    unittest.main()
