"""with_redis.py MODE LARDER PROGRAM EXPECTED: the program, given what `larder redis start --mode MODE` prints, prints just that.

A line of it that ends in "kill the primary" is taken at its word.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile


def primary_of(larder, place):
    said = subprocess.run([larder, "redis", "status", "--json", *place], check=True, capture_output=True, text=True).stdout
    return next(node["pid"] for node in json.loads(said)["nodes"] if node.get("role") in ("master", "primary"))


def main():
    mode, larder, program, expected = sys.argv[1:5]
    with tempfile.TemporaryDirectory() as folder:
        place = ["--dir", os.path.join(folder, "redis")]
        try:
            words = [larder, "redis", "start", "--mode", mode, "--no-aof", "--port", "0", *place]
            url = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
            run = subprocess.Popen([program, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            printed = ""
            for line in run.stdout:
                printed += line
                if line.endswith("kill the primary\n"):
                    os.kill(primary_of(larder, place), signal.SIGKILL)
            errors = run.stderr.read()
            status = run.wait()
        finally:
            subprocess.run([larder, "redis", "stop", "--kill", *place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(expected, encoding="utf-8") as file:
        wanted = file.read()
    if status != 0 or errors or printed != wanted:
        sys.exit(f"it ended with {status}\n--- it said\n{errors}\n--- it printed\n{printed}\n--- expected\n{wanted}")


main()
