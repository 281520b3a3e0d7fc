"""A front that keeps its cache and asks a resolver in another process, by gRPC. For builds that have it."""

import unittest

from dns_service_test import Dns, certificate, eventually, program


class FrontTest(program.Case):
    def test_a_front_asks_a_resolver_in_another_process(self):
        with Dns("--stub", "--grpc", "127.0.0.1:0") as resolver, Dns("--resolver", "grpc://" + resolver.grpc_place()) as front:
            self.assertEqual(front.get("/dns", domain="far.example").json()["cache"], "MISS")
            self.assertEqual(front.get("/dns", domain="far.example").json()["cache"], "HIT")
            self.assertEqual(resolver.get("/stats").json()["questions"], 1)
            self.assertEqual(front.addresses("far.example"), resolver.addresses("far.example"))
            place = resolver.grpc_place()
            resolver.stop()
            eventually(lambda: front.get("/readyz").status_code == 503, "readyz tells")
            self.assertIn(place, front.get("/readyz").text)
            self.assertEqual(front.get("/resolve", name="new.example").json()["Status"], 2)

    def test_a_front_asks_its_resolver_by_tls(self):
        cert, key = certificate(self)
        with Dns("--stub", "--grpc", "127.0.0.1:0", "--tls-cert-file", cert, "--tls-key-file", key) as resolver:
            resolver.session.verify = cert
            place = resolver.grpc_place()
            with Dns("--resolver", "grpcs://" + place, "--resolver-ca-file", cert) as front:
                eventually(lambda: front.get("/readyz").status_code == 200, "the resolver is reached")
                self.assertEqual(front.addresses("far.example"), resolver.addresses("far.example"))
            with Dns("--resolver", "grpcs://" + place) as front:  # It believes nobody who signed that.
                self.assertEqual(front.get("/resolve", name="far.example").json()["Status"], 2)


if __name__ == "__main__":
    unittest.main()
