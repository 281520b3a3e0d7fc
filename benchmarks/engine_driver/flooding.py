"""Keys that collide for std::hash and MurmurHash64A, against as many ordinary ones."""

import statistics

from common import Bar, drive, print_table


def run(options, say):
    say("flooding")
    return list(drive("flooding", rounds=3 if options.quick else 9))


def show(cells):
    usual, flood = (statistics.median(c[name] for c in cells) for name in ("ordinary_ns", "colliding_ns"))
    print_table(f"{cells[0]['keys']:.0f} keys of 240 B, written and read, ns of processor time for each call",
                ["ordinary", "colliding", "times"], [[f"{usual:.0f}", f"{flood:.0f}", f"{flood / usual:.2f}"]])
    bars = [Bar("colliding keys, times ordinary ones", 2,
                statistics.median(c["colliding_ns"] / c["ordinary_ns"] for c in cells))]
    print(bars[0])
    return bars
