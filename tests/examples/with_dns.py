"""with_dns.py LARDER SCRIPT EXPECTED: the script, given the URL of a `larder dns --stub`, prints just that."""
import re
import subprocess
import sys

larder, script, expected = sys.argv[1:]
service = subprocess.Popen(
    [larder, "dns", "--stub", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
try:
    url = None
    for line in service.stdout:
        if found := re.search(r"http://\S+", line):
            url = found[0]
            break
    run = subprocess.run([sys.executable, script, str(url)], capture_output=True, text=True, timeout=50)
finally:
    service.terminate()
    service.stdout.close()
    service.wait()
with open(expected, encoding="utf-8") as file:
    wanted = file.read()
if run.returncode != 0 or run.stderr or run.stdout != wanted:
    sys.exit(f"it ended with {run.returncode}\n--- it said\n{run.stderr}\n--- it printed\n{run.stdout}\n--- expected\n{wanted}")
