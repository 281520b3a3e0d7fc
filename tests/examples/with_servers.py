"""with_servers.py COUNT PROGRAM EXPECTED: the program, given so many redis-servers as host:port, prints just that."""
import socket
import subprocess
import sys
import tempfile
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main():
    count, program, expected = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    with tempfile.TemporaryDirectory() as folder:
        ports = [free_port() for _ in range(count)]
        servers = [
            subprocess.Popen(
                ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder],
                stdout=subprocess.DEVNULL)
            for port in ports
        ]
        try:
            end = time.monotonic() + 20
            while not all(answers(port) for port in ports):
                if time.monotonic() > end:
                    sys.exit("redis-server did not start")
                time.sleep(0.02)
            run = subprocess.run([program] + [f"127.0.0.1:{port}" for port in ports], capture_output=True, text=True)
        finally:
            for server in servers:
                server.kill()
                server.wait()
    with open(expected, encoding="utf-8") as file:
        wanted = file.read()
    if run.returncode != 0 or run.stderr or run.stdout != wanted:
        sys.exit(f"it ended with {run.returncode}\n--- it said\n{run.stderr}\n--- it printed\n{run.stdout}\n--- expected\n{wanted}")


main()
