"""What the parts of ./bench engine share: the measuring program, tables, bars."""

import json
import math
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DRIVER = ROOT / "build/release/bin/engine_driver"
MIB = 1 << 20


class Failed(Exception):
    pass


def drive(part, **options):
    """Runs one measurement in a process of its own and yields its lines as they come."""
    words = [str(DRIVER), part]
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}", str(value)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            yield json.loads(line)
        process.wait()
    finally:
        process.kill()  # No word to a process that has ended; the end of one whose reader went away.
        process.wait()
        process.stdout.close()
    if process.returncode != 0:
        raise Failed(f"{' '.join(words)} ended with {process.returncode}")


@dataclass
class Bar:
    """What a figure has to be, and what it was."""

    what: str
    limit: float
    value: float
    at_most: bool = True
    unit: str = ""

    @property
    def met(self):
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    def __str__(self):
        verdict = "met" if self.met else "NOT MET"
        side = "at most" if self.at_most else "at least"
        measured = f"measured {self.value:.4g}{self.unit}" if math.isfinite(self.value) else "not within the time watched"
        return f"bar: {self.what}: {side} {self.limit:g}{self.unit}; {measured}: {verdict}"

    def as_json(self):
        value = self.value if math.isfinite(self.value) else None
        return {"what": self.what, "limit": self.limit, "at_most": self.at_most, "value": value, "met": self.met}


def print_table(title, head, rows):
    print(f"\n{title}\n")
    width = max(len(str(row[0])) for row in [head, *rows])
    for row in [head, *rows]:
        print(f"{row[0]:<{width}}" + "".join(f"{cell:>14}" for cell in row[1:]))
    print()


def count_text(count):
    return f"{count // 10**6} M" if count >= 10**6 and count % 10**6 == 0 else f"{count // 1000} k"


def load_average():
    return os.getloadavg()[0]
