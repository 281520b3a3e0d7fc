"""The Python cache that Larder grew from: `namespace:key`, JSON values, six tests; and the same entries from C++."""

import json
import time
import unittest

import servers


class JsonCache:
    """That cache, as its manual shows it."""

    def __init__(self, client, namespace, ttl):
        self.client, self.namespace, self.ttl = client, namespace, ttl

    def name(self, key):
        return f"{self.namespace}:{key}"

    def set(self, key, value, ttl=None):
        return self.client.set(self.name(key), json.dumps(value), ex=ttl or self.ttl)

    def get(self, key):
        text = self.client.get(self.name(key))
        return None if text is None else json.loads(text)

    def delete(self, key):
        return self.client.delete(self.name(key)) > 0

    def exists(self, key):
        return self.client.exists(self.name(key)) > 0

    def time_to_live(self, key):
        return self.client.ttl(self.name(key))


ADA = {
    "id": "7",
    "name": 'Ada Ünïcode "q" \n',
    "tags": ["a", "b"],
    "scores": {"chess": 1.5},
    "home": {"street": "Main", "number": 5},
    "active": True,
}


class PythonCacheTest(servers.PeerCase):
    def setUp(self):
        super().setUp()
        self.cache = JsonCache(self.r, "user", 60)

    def test_set_and_get(self):
        self.assertIsNone(self.cache.get("7"))
        self.assertTrue(self.cache.set("7", ADA))
        self.assertEqual(self.cache.get("7"), ADA)

    def test_expiry(self):
        before = time.monotonic()
        self.r.set("user:7", json.dumps(ADA), px=50)
        servers.wait_for(lambda: self.cache.get("7") is None, "user:7 expires")
        self.assertGreaterEqual(time.monotonic() - before, 0.050)
        self.assertFalse(self.cache.exists("7"))

    def test_delete(self):
        self.cache.set("7", ADA)
        self.assertTrue(self.cache.delete("7"))
        self.assertFalse(self.cache.delete("7"))
        self.assertIsNone(self.cache.get("7"))

    def test_overwrite(self):
        self.cache.set("7", ADA)
        self.cache.set("7", {"id": "8"}, ttl=600)
        self.assertEqual(self.cache.get("7"), {"id": "8"})
        self.assertGreater(self.cache.time_to_live("7"), 60)

    def test_ttl(self):
        self.assertEqual(self.cache.time_to_live("7"), -2)
        self.cache.set("7", ADA)
        self.assertIn(self.cache.time_to_live("7"), range(30, 61))
        self.r.persist("user:7")
        self.assertEqual(self.cache.time_to_live("7"), -1)

    def test_exists(self):
        self.assertFalse(self.cache.exists("7"))
        self.cache.set("7", ADA)
        self.assertTrue(self.cache.exists("7"))


class BothLanguagesTest(servers.PeerCase):
    def test_python_reads_what_cpp_writes(self):
        self.assertEqual(self.peer("write"), "done\n")
        self.assertEqual(json.loads(self.r.get("user:7")), ADA)
        self.assertGreater(self.r.ttl("user:7"), 3500)
        self.assertEqual(json.loads(self.r.get("word:1")), "hola")
        self.assertEqual(self.r.ttl("word:1"), -1)
        self.assertEqual(json.loads(self.r.get("list:a")), [1, -2, 3])
        self.assertEqual(json.loads(self.r.get("tuple:a")), [1, True, None])
        self.assertEqual(json.loads(self.r.get("number:pi")), 3.25)
        self.assertEqual(self.r.get("raw:a"), b"\0\xff\r\n")

    def test_cpp_reads_what_python_writes(self):
        shuffled = dict(reversed(ADA.items()), unknown=[1, {"x": None}])
        self.r.set("user:7", json.dumps(shuffled, indent=2), ex=60)
        self.r.set("word:1", json.dumps("hola"))
        self.r.set("word:bad", json.dumps({"not": "a string"}))
        self.r.set("list:a", json.dumps([1, -2, 3]))
        self.r.set("raw:a", b"\0\xff\r\n")
        self.assertEqual(self.peer("read"), "done\n")

    def test_cpp_compares_python_json_by_its_meaning(self):
        self.r.set("list:a", json.dumps([1, -2, 3]))
        self.assertEqual(self.peer("respell"), "done\n")
        self.assertEqual(json.loads(self.r.get("list:a")), [4, 5])


if __name__ == "__main__":
    unittest.main()
