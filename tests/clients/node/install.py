"""Copies these tests beside packages from npm, into the build: the lock file says which, and a second run finds them there."""

import pathlib
import shutil
import subprocess
import sys

here, there, npm = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1]), sys.argv[2]
there.mkdir(parents=True, exist_ok=True)
for file in [*here.glob("*.mjs"), *here.glob("package*.json"), here / ".npmrc"]:
    shutil.copy(file, there)
lock, installed = (here / "package-lock.json").read_bytes(), there / "installed-lock.json"
if not installed.exists() or installed.read_bytes() != lock:
    # No package's own scripts: nothing here is compiled, and nothing that the network brings runs at install.
    subprocess.run([npm, "ci", "--ignore-scripts"], cwd=there, stdin=subprocess.DEVNULL, check=True)
    installed.write_bytes(lock)
