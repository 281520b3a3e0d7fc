"""TLS from outside: redis-py, redis-cli and openssl's own client against `larder serve --tls-port`."""

import os
import signal
import socket
import subprocess
import sys
import threading
import unittest

import redis
from certificates import Certificates

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))
import program  # noqa: E402  (the runner of the command-line tests)
from program import PATIENCE, Case, Connection, Server, free_port, larder  # noqa: E402

PASS = "canary-keypass-4Td"


class TlsCase(Case):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()
        cls.addClassCleanup(cls.certificates.__exit__)
        cls.certificate, cls.key = cls.certificates.issue("server")
        cls.authority = cls.certificates.authority

    def flags(self, *more, auth="no"):
        return ["--tls-cert-file", self.certificate, "--tls-key-file", self.key, "--tls-auth-clients", auth, *more]

    def serve(self, *more, auth="no", port="0", **variables):
        self.tls_port = free_port()
        server = Server("--port", port, "--tls-port", str(self.tls_port), *self.flags(*more, auth=auth), **variables)
        self.addCleanup(server.__exit__)
        return server

    def client(self, **options):
        options = {"ssl_ca_certs": self.authority, **options}
        client = redis.Redis(host="127.0.0.1", port=self.tls_port, ssl=True, **options)
        self.addCleanup(client.close)
        return client

    def cli(self, *words, status=0):
        done = subprocess.run(["redis-cli", "-p", str(self.tls_port), *words], capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, status, done)
        return (done.stdout + done.stderr).decode()

    def s_client(self, *flags, stdin=b"PING\r\n"):
        """What openssl's client says, and its status. It leaves when the server does."""
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.tls_port}", "-CAfile", self.authority,
             "-verify_return_error", "-ign_eof", *flags], input=stdin, capture_output=True, timeout=PATIENCE)
        return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


class ClientsTest(TlsCase):
    def test_redis_py(self):
        server = self.serve()
        client = self.client()
        self.assertTrue(client.set("k", "v", ex=100))
        self.assertEqual(client.get("k"), b"v")
        with client.pipeline() as pipeline:
            for i in range(5_000):
                pipeline.set(f"key:{i}", "x" * 100)
            self.assertEqual(pipeline.execute(), [True] * 5_000)
        large = os.urandom(3_000_000)
        client.set("large", large)
        self.assertEqual(client.get("large"), large)
        info = client.info()
        self.assertEqual(info["tls_clients"], 1)
        self.assertEqual(info["tcp_port"], self.tls_port)
        self.assertEqual(server.stop().status, 0)

    def test_redis_cli(self):
        self.serve()
        tls = ["--tls", "--cacert", self.authority]
        self.assertEqual(self.cli(*tls, "SET", "k", "v"), "OK\n")
        self.assertEqual(self.cli(*tls, "GET", "k"), "v\n")
        self.assertEqual(self.cli(*tls, "-3", "CONFIG", "GET", "tls-port"), f"tls-port {self.tls_port}\n")
        feed = b"".join(b"SET k%d v\r\n" % i for i in range(20_000))
        done = subprocess.run(["redis-cli", "-p", str(self.tls_port), *tls, "--pipe"], input=feed, capture_output=True,
                              timeout=PATIENCE)
        self.assertIn(b"errors: 0, replies: 20000", done.stdout)

    def test_redis_benchmark(self):
        self.serve("--threads", "2")
        done = subprocess.run(["redis-benchmark", "--tls", "--cacert", self.authority, "-p", str(self.tls_port), "-n",
                               "5000", "-P", "8", "-d", "2000", "-t", "set,get", "-q"], capture_output=True,
                              timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout.count(b"requests per second")), (0, 2), done)

    def test_openssl_and_what_is_too_old(self):
        self.serve()
        for version in ["-tls1_2", "-tls1_3"]:
            status, said = self.s_client(version, stdin=b"PING\r\nQUIT\r\n")
            self.assertEqual(status, 0, said)
            self.assertIn("+PONG", said)
            self.assertIn("closed", said)
        for version in ["-tls1", "-tls1_1"]:
            status, said = self.s_client(version, "-cipher", "DEFAULT@SECLEVEL=0")
            self.assertNotEqual(status, 0, said)
            self.assertIn("protocol version", said)

    def test_no_renegotiation(self):
        self.serve()
        # openssl's client renegotiates at a line that holds R alone.
        with subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{self.tls_port}", "-tls1_2"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as client:
            self.addCleanup(client.kill)
            client.stdin.write(b"PING\n")
            client.stdin.flush()
            program.read_until(client.stdout, b"+PONG")
            client.stdin.write(b"R\n")
            client.stdin.flush()
            self.assertIn("RENEGOTIATING", program.read_until(client.stdout, b"no renegotiation"))

    def test_a_session_is_taken_up_again_unless_that_is_off(self):
        self.serve()
        file = self.path("session")
        for version in ["-tls1_2", "-tls1_3"]:
            for caching, word in [("yes", "Reused"), ("no", "New")]:
                self.client().config_set("tls-session-caching", caching)
                if os.path.exists(file):
                    os.remove(file)
                status, said = self.s_client(version, "-sess_out", file, stdin=b"PING\r\nQUIT\r\n")
                self.assertEqual(status, 0, said)
                if caching == "yes" or os.path.exists(file):
                    status, said = self.s_client(version, "-sess_in", file, stdin=b"PING\r\nQUIT\r\n")
                    self.assertIn(word + ", TLSv", said)

    def test_both_ports(self):
        server = self.serve(port=str(free_port()))
        with Connection(server.port) as connection:
            self.assertEqual(connection.ask("SET", "k", "plain"), b"+OK")
            listeners = connection.ask("INFO", "server").decode()
        self.assertEqual(self.client().get("k"), b"plain")
        self.assertIn(f"listener0:name=tcp,bind=127.0.0.1,port={server.port}\r\n", listeners)
        self.assertIn(f"listener1:name=tls,bind=127.0.0.1,port={self.tls_port}\r\n", listeners)
        self.assertIn(f"on 127.0.0.1:{server.port} and with TLS on 127.0.0.1:{self.tls_port}\n", server.screen)


class CertificatesTest(TlsCase):
    def test_a_client_certificate_that_is_asked_for(self):
        server = self.serve("--tls-ca-cert-file", self.authority, auth="yes")
        certificate, key = self.certificates.issue("client")
        mine = {"ssl_certfile": certificate, "ssl_keyfile": key}
        self.assertTrue(self.client(**mine).ping())
        self.assertEqual(self.cli("--tls", "--cacert", self.authority, "--cert", certificate, "--key", key, "PING"), "PONG\n")
        with self.assertRaises(redis.ConnectionError):
            self.client().ping()
        with Certificates() as others:
            foreign, foreign_key = others.issue("client")
            with self.assertRaises(redis.ConnectionError):
                self.client(ssl_certfile=foreign, ssl_keyfile=foreign_key).ping()
        self.client(**mine).config_set("tls-auth-clients", "optional")
        self.assertTrue(self.client().ping())
        err = server.stop().err
        self.assertIn("the peer showed no certificate", err)
        self.assertIn("unable to get local issuer certificate", err)

    def test_a_certificate_does_not_stand_in_for_the_password(self):
        outcome = larder("serve", "--port", "0", "--bind", "0.0.0.0", "--tls-port", str(free_port()),
                         *self.flags("--tls-ca-cert-file", self.authority, auth="yes"))
        self.assertRefused(outcome, "--requirepass-file")
        password = self.path("password", b"canary-password\n")
        self.serve("--requirepass-file", password)
        with self.assertRaises(redis.AuthenticationError):
            self.client().ping()
        self.assertTrue(self.client(password="canary-password").ping())

    def test_the_client_checks_the_server(self):
        self.serve()
        with Certificates() as others, self.assertRaises(redis.ConnectionError):
            self.client(ssl_ca_certs=others.authority).ping()
        said = self.cli("--tls", "--cacert", "/etc/ssl/certs/ca-certificates.crt", "PING", status=1)
        self.assertIn("certificate verify failed", said)

    def test_a_renewed_certificate_by_signal_and_by_command(self):
        server = self.serve()
        old = self.client()
        old.ping()
        expires = old.info("stats")["tls_certificate_expires"]
        self.addCleanup(self.certificates.issue, "server")
        self.certificates.issue("server", days=20)
        server.process.send_signal(signal.SIGHUP)
        self.assertIn("tls_reloaded", program.read_until(server.process.stderr, b"tls_reloaded"))
        self.assertGreater(self.client().info("stats")["tls_certificate_expires"], expires + 10 * 86_400)

        self.certificates.issue("server", days=40)
        self.assertTrue(old.config_set("tls-cert-file", self.certificate))
        self.assertGreater(self.client().info("stats")["tls_certificate_expires"], expires + 30 * 86_400)
        self.assertTrue(old.ping())

        with open(self.key, "w", encoding="ascii") as key:
            key.write("nonsense\n")
        server.process.send_signal(signal.SIGHUP)
        self.assertIn("tls-key-file", program.read_until(server.process.stderr, b"tls_reload_failed"))
        with self.assertRaisesRegex(redis.ResponseError, "tls-key-file .*server.key"):
            old.config_set("tls-cert-file", self.certificate)
        self.assertTrue(self.client().ping())
        self.assertEqual(server.stop().status, 0)

    def test_certificates_are_replaced_while_clients_come_and_go(self):
        server = self.serve("--threads", "2")
        other, other_key = self.certificates.issue("other")
        steady = self.client()
        steady.set("n", 0)
        failed = []
        over = threading.Event()

        def come_and_go():
            while not over.is_set():
                try:
                    with redis.Redis(host="127.0.0.1", port=self.tls_port, ssl=True, ssl_ca_certs=self.authority) as one:
                        one.incr("n")
                except redis.RedisError as error:
                    failed.append(error)

        crowd = [threading.Thread(target=come_and_go) for _ in range(3)]
        for one in crowd:
            one.start()
        for i in range(60):
            pair = (other, other_key) if i % 2 == 0 else (self.certificate, self.key)
            self.assertEqual(steady.execute_command("CONFIG", "SET", "tls-cert-file", pair[0], "tls-key-file", pair[1]),
                             b"OK")
        over.set()
        for one in crowd:
            one.join()
        self.assertEqual(failed, [])
        self.assertGreater(int(steady.get("n")), 3)
        self.assertEqual(server.stop().err.count("\n"), 1)  # That it stops, and nothing else.


class MisuseTest(TlsCase):
    def test_plain_bytes_on_the_tls_port(self):
        server = self.serve()
        with socket.create_connection(("127.0.0.1", self.tls_port), PATIENCE) as plain:
            plain.sendall(b"AUTH canary-plain\r\n")
            heard = b""
            try:
                while piece := plain.recv(4096):
                    heard += piece
            except ConnectionResetError:
                pass
        self.assertLess(len(heard), 10)  # An alert of TLS at most.
        self.assertEqual(self.client().info("stats")["tls_handshakes_failed"], 1)
        err = server.stop().err
        self.assertIn("plain bytes, not TLS", err)
        self.assertNotIn("canary", err)

    def test_tls_on_the_plain_port(self):
        server = self.serve(port=str(free_port()))
        with self.assertRaises(redis.ConnectionError):
            redis.Redis(port=server.port, ssl=True, ssl_ca_certs=self.authority).ping()
        self.assertIn("tls_on_plain_port", server.stop().err)

    def test_flags_that_make_no_sense(self):
        port = str(free_port())
        flags = ["serve", "--port", "0", "--tls-port", port]
        self.assertRefused(larder(*flags), "tls-cert-file is needed")
        self.assertRefused(larder(*flags, "--tls-cert-file", self.certificate), "tls-key-file is needed")
        self.assertRefused(larder(*flags, "--tls-cert-file", self.certificate, "--tls-key-file", self.key),
                           "tls-auth-clients", "tls-ca-cert-file")
        self.assertRefused(larder(*flags, *self.flags(auth="maybe")), "--tls-auth-clients", "no, yes, optional")
        self.assertRefused(larder(*flags, *self.flags("--tls-protocols", "TLSv1.1")), "tls-protocols 'TLSv1.1'")
        self.assertRefused(larder("serve", "--port", "0", *self.flags()), "--tls-port")
        self.assertRefused(larder("serve", "--port", port, "--tls-port", port, *self.flags()), "--port 0 leaves only TLS")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            outcome = larder("serve", "--port", "0", "--tls-port", str(taken.getsockname()[1]), *self.flags())
            self.assertRefused(outcome, "is in use", "--tls-port")

    def test_a_key_that_others_can_read_is_told(self):
        os.chmod(self.key, 0o644)
        self.addCleanup(os.chmod, self.key, 0o600)
        server = self.serve()
        self.assertIn(f"chmod 600 {self.key}", server.stop().err)


class SettingsTest(TlsCase):
    def test_a_file_sets_all_of_it_and_flags_come_before_it(self):
        port = free_port()
        file = self.path("larder.conf", f"port 0\ntls-port {port}\ntls-cert-file /no/such.pem\ntls-key-file {self.key}\n"
                                        f"tls-ca-cert-file {self.authority}\ntls-protocols TLSv1.3\n"
                                        "tls-session-cache-size 5\ntls-auth-clients optional\n".encode())
        with Server("--port", "0", "--config", file, "--tls-cert-file", self.certificate) as server:
            self.tls_port = port
            client = self.client()
            self.assertEqual(client.config_get("tls-*"), {
                "tls-auth-clients": "optional", "tls-ca-cert-dir": "", "tls-ca-cert-file": self.authority,
                "tls-cert-file": self.certificate, "tls-ciphers": "", "tls-ciphersuites": "", "tls-key-file": self.key,
                "tls-key-file-pass": "", "tls-port": str(port), "tls-prefer-server-ciphers": "no",
                "tls-protocols": "TLSv1.3", "tls-session-cache-size": "5", "tls-session-cache-timeout": "300",
                "tls-session-caching": "yes"})
            self.assertNotEqual(self.s_client("-tls1_2")[0], 0)
            with self.assertRaisesRegex(redis.ResponseError, "immutable"):
                client.config_set("tls-port", 1)
            client.config_set("tls-protocols", "TLSv1.2 TLSv1.3")
            self.assertTrue(client.config_rewrite())
            self.assertEqual(server.stop().status, 0)
        with open(file, encoding="ascii") as text:
            self.assertIn('tls-protocols "TLSv1.2 TLSv1.3"\n', text.read())

    def test_lines_that_make_no_sense_are_named(self):
        for text, words in [("tls-port many\n", ":1: tls-port: a number from 0 to 65535"),
                            ("timeout 1\ntls-auth-clients maybe\n", ":2: tls-auth-clients: argument(s) must be one of"),
                            ("tls-session-caching 1\n", ":1: tls-session-caching: argument must be 'yes' or 'no'"),
                            ("tls-session-cache-size -1\n", ":1: tls-session-cache-size: argument must be between")]:
            outcome = larder("serve", "--port", "0", "--config", self.path("larder.conf", text.encode()))
            self.assertRefused(outcome, words)

    def everything(self, client):
        shown = repr([client.execute_command(*words) for words in [
            ("INFO", "everything"), ("CONFIG", "GET", "*"), ("SLOWLOG", "GET", "-1"), ("CLIENT", "LIST"),
            ("LATENCY", "DOCTOR")]])
        self.assertIn("tls-key-file-pass", shown)
        self.assertIn("(redacted)", shown)
        return shown

    def test_a_pass_phrase_is_taken_from_file_or_environment_and_never_shown(self):
        certificate, key = self.certificates.issue("sealed", password=PASS)
        sealed = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no"]
        phrase = self.path("phrase", PASS.encode() + b"\n")
        config = self.path("larder.conf", b"slowlog-log-slower-than 0\ntls-key-file-pass " + PASS.encode() + b"\n")
        for flags, variables in [(["--tls-key-file-pass-file", phrase], {}), ([], {"LARDER_TLS_KEY_FILE_PASS": PASS}),
                                 (["--config", config], {})]:
            self.tls_port = free_port()
            with Server("--port", "0", "--tls-port", str(self.tls_port), "--metrics-port", "0", *sealed, *flags,
                        **variables) as server:
                client = self.client()
                client.config_set("slowlog-log-slower-than", 0)
                self.assertTrue(client.config_set("tls-key-file-pass", PASS))
                for wrong in [PASS + "-wrong", ""]:
                    with self.assertRaisesRegex(redis.ResponseError, "is encrypted, and") as refused:
                        client.config_set("tls-key-file-pass", wrong)
                    self.assertNotIn(PASS, str(refused.exception))
                shown = self.everything(client) + server.screen
                shown += program.fetch(server.metrics_url() + "/metrics")[2]
                with open(f"/proc/{server.process.pid}/cmdline", encoding="utf-8") as command_line:
                    shown += command_line.read()
                shown += server.stop().err
                self.assertNotIn(PASS, shown)
        outcome = larder("serve", "--port", "0", "--tls-port", str(free_port()), *sealed)
        self.assertRefused(outcome, "is encrypted, and no pass phrase was given")
        outcome = larder("serve", "--port", "0", "--tls-port", str(free_port()), *sealed,
                         LARDER_TLS_KEY_FILE_PASS="canary-guess")
        self.assertRefused(outcome, "the pass phrase is wrong")
        self.assertNotIn("canary-guess", outcome.err)

    def test_a_pass_phrase_is_not_written_where_others_can_read(self):
        certificate, key = self.certificates.issue("sealed", password=PASS)
        file = self.path("larder.conf", f"tls-cert-file {certificate}\ntls-key-file {key}\ntls-auth-clients no\n".encode())
        os.chmod(file, 0o644)
        self.tls_port = free_port()
        with Server("--port", "0", "--tls-port", str(self.tls_port), "--config", file, LARDER_TLS_KEY_FILE_PASS=PASS):
            client = self.client()
            client.config_set("tls-key-file-pass", PASS)
            with self.assertRaisesRegex(redis.ResponseError, "others can read"):
                client.config_rewrite()
            os.chmod(file, 0o600)
            self.assertTrue(client.config_rewrite())
        self.tls_port = free_port()
        with Server("--port", "0", "--tls-port", str(self.tls_port), "--config", file):
            self.assertTrue(self.client().ping())

    def test_metrics_tell_of_tls(self):
        server = self.serve("--metrics-port", "0")
        client = self.client()
        client.ping()
        text = program.fetch(server.metrics_url() + "/metrics")[2]
        self.assertIn("larder_tls_connections 1\n", text)
        self.assertIn("larder_tls_handshakes_failed_total 0\n", text)
        self.assertRegex(text, r"larder_tls_certificate_expires_seconds 1\d{9}|larder_tls_certificate_expires_seconds 1\.\d+e\+09")


if __name__ == "__main__":
    unittest.main()
