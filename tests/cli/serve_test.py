"""`larder serve`: what it prints, whom it lets in, how it ends."""

import os
import resource
import signal
import subprocess
import threading
import unittest

import program
from program import Case, Connection, Server


class ServeTest(Case):
    def test_one_screen_says_all_a_stranger_needs(self):
        with Server() as server:
            self.assertLessEqual(server.screen.count("\n"), 24)
            self.assertTrue(all(len(line) <= 100 for line in server.screen.splitlines()), server.screen)
            for word in [f"127.0.0.1:{server.port}", "redis-cli", "Python", "larder::Store::open", "restart",
                         "--dir", "Ctrl-C", f"kill {server.process.pid}", "metrics"]:
                self.assertIn(word, server.screen)

    def test_it_answers_as_soon_as_the_screen_is_there(self):
        with Server() as server, Connection(server.port) as connection:
            self.assertEqual(connection.ask("PING"), b"+PONG")

    def test_both_stop_signals_end_with_status_0(self):
        for how in [signal.SIGTERM, signal.SIGINT]:
            with Server() as server, Connection(server.port) as connection:
                connection.ask("SET", "k", "v")
                outcome = server.stop(how)
                self.assertEqual(outcome.status, 0, outcome)
                self.assertIn(how.name, outcome.err)

    def test_what_was_received_is_answered_before_the_end(self):
        with Server() as server, Connection(server.port) as connection:
            connection.ask("SET", "n", "0")
            batch = b"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n" * 10_000
            heard = []

            def listen():
                try:
                    heard.extend(connection.file)
                except ConnectionResetError:
                    pass  # What was still on its way to the server met a closed door.

            reader = threading.Thread(target=listen)
            reader.start()
            connection.socket.sendall(batch)
            self.assertEqual(server.stop().status, 0)
            reader.join(program.PATIENCE)
            # The answers are a prefix without a hole, each whole.
            self.assertEqual(heard, [b":%d\r\n" % (i + 1) for i in range(len(heard))])

    def test_the_second_signal_ends_at_once(self):
        with Server() as server, Connection(server.port) as connection:
            connection.ask("SET", "big", "x" * 1_000_000)
            # Answers that nobody reads keep the first signal's farewell waiting.
            connection.socket.sendall(b"*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n" * 30)
            with Connection(server.port) as other:
                other.ask("PING")
            server.process.send_signal(signal.SIGTERM)
            program.read_until(server.process.stderr, b"SIGTERM")
            self.assertEqual(server.stop().status, -signal.SIGTERM)

    def test_few_descriptors_mean_fewer_clients_and_a_word_about_it(self):
        few = ["bash", "-c", 'ulimit -n 400; exec "$0" serve --port 0', program.PROGRAM]
        process = subprocess.Popen(few, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        program.read_until(process.stdout, b"Stop:")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=program.PATIENCE)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"room for 272 clients only", err)

    def test_a_port_is_free_again_at_once(self):
        with Server() as first, Connection(first.port) as connection:
            connection.ask("PING")
            first.stop()
            with Server("--port", str(first.port)) as second:
                self.assertEqual(second.port, first.port)

    def test_standard_output_may_be_closed(self):
        port = program.free_port()
        process = subprocess.Popen([program.PROGRAM, "serve", "--port", str(port)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=program.environment())
        program.read_until(process.stdout, b"Stop:")
        process.stdout.close()
        with Connection(port) as connection:
            self.assertEqual(connection.ask("PING"), b"+PONG")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(program.PATIENCE), 0)
        process.stderr.close()

    def test_every_address_of_loopback_needs_no_password(self):
        with Server("--bind", "127.0.0.2") as server, Connection(server.port, "127.0.0.2") as connection:
            self.assertEqual(connection.ask("SET", "k", "v"), b"+OK")

    def test_memory_and_policy_reach_the_engine(self):
        with Server("--max-memory", "64MiB", "--eviction", "allkeys-lfu") as server:
            self.assertIn("64.0 MiB", server.screen)
            with Connection(server.port) as connection:
                info = connection.ask("INFO").decode()
            self.assertIn(f"maxmemory:{64 << 20}\r\n", info)
            self.assertIn("maxmemory_policy:allkeys-lfu\r\n", info)

    def test_limited_address_space_is_enough_for_a_small_server(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, hard))  # As `ulimit -v` would.
        try:
            server = Server()
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        with server, Connection(server.port) as connection:
            for i in range(2000):
                self.assertEqual(connection.ask("SET", f"k{i}", "x" * 200), b"+OK")
            self.assertEqual(connection.ask("SELECT", "5"), b"+OK")
            self.assertEqual(connection.ask("SET", "k", "v"), b"+OK")

    def test_a_bound_on_memory_holds(self):
        with Server("--max-memory", "16mb") as server, Connection(server.port) as connection:
            for i in range(400):
                self.assertEqual(connection.ask("SET", f"k{i}", "x" * 100_000), b"+OK")
            info = dict(line.split(":", 1) for line in connection.ask("INFO").decode().splitlines() if ":" in line)
            self.assertLessEqual(int(info["used_memory"]), 16 << 20)
            self.assertGreater(int(info["evicted_keys"]), 200)


class PasswordTest(Case):
    def setUp(self):
        super().setUp()
        self.file = self.path("password", b"correct horse\nthe second line is a note\n")

    def test_clients_must_give_it(self):
        with Server("--requirepass-file", self.file) as server, Connection(server.port) as connection:
            self.assertTrue(connection.ask("GET", "k").startswith(b"-NOAUTH"))
            self.assertTrue(connection.ask("AUTH", "wrong").startswith(b"-WRONGPASS"))
            self.assertEqual(connection.ask("AUTH", "correct horse"), b"+OK")
            self.assertEqual(connection.ask("SET", "k", "v"), b"+OK")

    def test_with_it_every_address_may_be_served(self):
        with Server("--bind", "0.0.0.0", "--requirepass-file", self.file) as server:
            with Connection(server.port) as connection:
                self.assertEqual(connection.ask("AUTH", "correct horse"), b"+OK")

    def test_it_stands_nowhere_but_in_its_file(self):
        with Server("--requirepass-file", self.file) as server:
            with open(f"/proc/{server.process.pid}/cmdline", "rb") as command_line:
                self.assertNotIn(b"correct", command_line.read())
            self.assertNotIn("correct", server.screen)
            with Connection(server.port) as connection:
                connection.ask("AUTH", "correct horse")
                self.assertNotIn(b"correct", connection.ask("INFO"))
            self.assertNotIn("correct", server.stop().err)

    def test_a_file_that_others_can_read_is_taken_with_a_warning(self):
        os.chmod(self.file, 0o644)
        with Server("--requirepass-file", self.file) as server:
            self.assertIn("chmod 600", server.stop().err)


if __name__ == "__main__":
    unittest.main()
