"""Bytes of resident memory for each entry beyond its key and value: loaded, churned, overwritten."""

from dataclasses import dataclass

from common import Bar, count_text, drive, print_table
from servers import Server

PHASES = ["load", "churn", "overwrite"]
POLICIES = ["adaptive", "allkeys-lru", "allkeys-lfu"]
# Overhead in bytes without and with a TTL: larder's default policy, and Redis' policies.
BARS = {"adaptive": (16, 20), "allkeys-lru": (20, 24), "allkeys-lfu": (20, 24)}
PART_OF_DATA = 0.02  # Where entries are large, the bar is this part of them.


@dataclass
class Shape:
    entries: int
    value_bytes: int

    def __str__(self):
        return f"{count_text(self.entries)} entries, values of {self.value_bytes} B"


def shapes(options):
    if options.quick:
        return [Shape(200_000, 32), Shape(20_000, 4096)]
    # No process passes 6 GiB.
    return [Shape(5_000_000, 32), Shape(100_000, 32), Shape(5_000_000, 256), Shape(1_000_000, 4096)]


def fill(system, shape, ttl, options):
    load = {"entries": shape.entries, "value_bytes": shape.value_bytes, "ttl": int(ttl),
            "settle_ms": 100 if options.quick else 500}
    if system in POLICIES:
        yield from drive("memory", url=f"memory:?eviction={system}", **load)
    else:
        with Server(system) as server:
            yield from drive("memory", protocol=system, port=server.port, pid=server.process.pid, **load)


def run(options, say):
    cells = []
    for shape in shapes(options):
        for system in POLICIES + options.peers:
            for ttl in (False, True):
                say(f"memory: {shape}, {system}, {'with' if ttl else 'no'} TTL")
                for line in fill(system, shape, ttl, options):
                    cells.append({"system": system, "ttl": ttl, "value_bytes": shape.value_bytes, **line,
                                  "overhead": (line["resident_bytes"] - line["data_bytes"]) / line["entries"]})
    return cells


def show(cells):
    bars = []
    for entries, value_bytes in dict.fromkeys((c["entries"], c["value_bytes"]) for c in cells):
        these = [c for c in cells if (c["entries"], c["value_bytes"]) == (entries, value_bytes)]
        bars += show_shape(Shape(int(entries), value_bytes), these)
    return bars


def show_shape(shape, cells):
    head = ["B/entry", *(f"{phase}{ttl}" for ttl in ("", " TTL") for phase in PHASES), "accounted"]
    rows = []
    for system in dict.fromkeys(c["system"] for c in cells):
        at = {(c["ttl"], c["phase"]): c for c in cells if c["system"] == system}
        text = [f"{at[ttl, phase]['overhead']:.1f}" for ttl in (False, True) for phase in PHASES]
        worst = worst_account(at.values())
        name = f"larder {system}" if system in POLICIES else system
        rows.append([name, *text, "-" if worst is None else f"{100 * worst:.1f} %"])
    print_table(f"Memory beyond key (16 B) and value, {shape}; accounted: larder's own figure, of RSS", head, rows)
    bars = [*overhead_bars(shape, cells), *account_bars(shape, cells)]
    print("\n".join(map(str, bars)))
    return bars


def worst_account(cells):
    ratios = [c["accounted_bytes"] / c["resident_bytes"] for c in cells if "accounted_bytes" in c]
    return max(ratios, key=lambda ratio: abs(ratio - 1), default=None)


def overhead_bars(shape, cells):
    for policy in POLICIES:
        for ttl in (False, True):
            worst = max(c["overhead"] for c in cells if c["system"] == policy and c["ttl"] == ttl)
            limit = max(BARS[policy][ttl], PART_OF_DATA * (16 + shape.value_bytes))
            yield Bar(f"{policy}, {'with' if ttl else 'no'} TTL, {shape}", round(limit, 1), worst, unit=" B")


def account_bars(shape, cells):
    for policy in POLICIES:
        worst = worst_account([c for c in cells if c["system"] == policy])
        if worst is not None:
            yield Bar(f"{policy}, own account off RSS, {shape}", 5, 100 * abs(worst - 1), unit=" %")
