"""The worst calls while a store grows from nothing, and while millions of entries expire within one second."""

from common import MIB, Bar, count_text, drive, print_table

FIGURES = ["p50", "p99", "p99_99", "max"]


def run(options, say):
    growing, expiring = (1_000_000, 200_000) if options.quick else (20_000_000, 5_000_000)
    say(f"pauses: growing to {count_text(growing)} entries")
    cells = list(drive("growing", entries=growing))
    say(f"pauses: {count_text(expiring)} entries expire at once")
    cells += drive("expiring", entries=expiring, staying=expiring // 5, patience_s=4 if options.quick else 30)
    return cells


def show(cells):
    rows = []
    for clock, text in (("cpu", "processor time"), ("wall", "wall time")):
        for cell in cells:
            name = f"{cell['part']}, {count_text(int(cell['entries']))}, {text}"
            rows.append([name, *(f"{cell[f'{clock}_us_{figure}']:.1f}" for figure in FIGURES)])
    print_table("us of single calls (two clock readings included)", ["", *FIGURES], rows)
    expiring = next(c for c in cells if c["part"] == "expiring")
    print(f"the memory of the 5 of 6 entries that expire "
          f"({expiring['resident_full'] / MIB:.0f} MiB) back after {seconds(expiring['memory_back_seconds'])}, "
          f"{expiring['resident_after'] / MIB:.0f} MiB of it left\n")
    back = expiring["memory_back_seconds"]
    bars = [Bar(f"p99.99 of a call's processor time, {c['part']}", 1, c["cpu_us_p99_99"] / 1e3, unit=" ms") for c in cells]
    bars.append(Bar("memory back after", 10, back if back >= 0 else float("inf"), unit=" s"))
    print("\n".join(map(str, bars)))
    return bars


def seconds(value):
    return f"{value:.1f} s" if value >= 0 else "longer than was waited"
