"""The Go library's basic example: address, password and database; set with a TTL, get, delete, get or load."""

import unittest

import redis
import servers


class GoLibraryTest(servers.PeerCase):
    password = "open sesame/1"

    def url(self, password="open%20sesame%2F1", database=3):
        return f"redis://:{password}@127.0.0.1:{self.server.port}/{database}"

    def test_the_basic_example(self):
        self.assertEqual(self.peer("session"), "done\n")

    def test_the_database_that_was_named_is_the_one_that_is_used(self):
        self.peer("session")
        self.assertEqual(self.client(db=3).get("page"), b'"loaded page"')
        self.assertGreater(self.client(db=3).ttl("page"), 500)
        self.assertIsNone(self.client(db=0).get("page"))

    def test_its_lock_and_limiter_pages(self):
        self.assertEqual(self.peer("coordinate"), "done\n")
        self.assertIsNone(self.client(db=3).get("go:lock"))
        self.assertIsNotNone(self.client(db=3).get("go:limit:ada"))

    def test_a_wrong_password_is_named_as_such(self):
        said = servers.run(servers.os.environ["TYPED_PEER"], self.url(password="guess"), "session")
        self.assertEqual(said, b"unauthorized\n")

    def test_without_the_password_nothing_is_answered(self):
        with self.assertRaises(redis.AuthenticationError):
            redis.Redis(port=self.server.port).get("page")


if __name__ == "__main__":
    unittest.main()
