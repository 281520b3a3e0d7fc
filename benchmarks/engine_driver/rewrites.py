"""The same keys written over and over with sizes drawn anew: memory against the ideal."""

from common import MIB, Bar, count_text, drive, print_table


def shapes(options):
    """Keys, least and most bytes of a value, operations."""
    operations = options.operations
    if options.quick:
        return [(100_000, 16, 1024, 1_000_000), (5_000, 1024, 16384, 50_000)]
    return [(1_000_000, 16, 1024, operations), (50_000, 1024, 16384, operations // 20)]


def run(options, say):
    cells = []
    for entries, least, most, operations in shapes(options):
        shape = f"{count_text(entries)} keys, values of {least} to {most} B"
        for line in drive("rewrites", entries=entries, least=least, most=most, operations=operations):
            say(f"rewrites: {shape}, {100 * line['operations'] / operations:.0f} %")
            cells.append({"shape": shape, **line})
    return cells


def show(cells):
    bars = []
    for shape in dict.fromkeys(c["shape"] for c in cells):
        these = [c for c in cells if c["shape"] == shape]
        rows = [[f"{c['operations'] / 1e6:g} M", f"{c['resident_bytes'] / MIB:.0f}", f"{c['live_bytes'] / MIB:.0f}",
                 f"{c['of_live']:.3f}", f"{c['of_ideal']:.3f}",
                 f"{100 * c['accounted_bytes'] / c['resident_bytes']:.1f} %"] for c in these]
        print_table(f"Rewrites, {shape}; ideal: live bytes and {these[0]['overhead_at_load']:.1f} B an entry, as loaded",
                    ["operations", "RSS MiB", "live MiB", "of live", "of ideal", "accounted"], rows)
        bars.append(Bar(f"memory of the ideal, {shape}", 1.15, max(c["of_ideal"] for c in these)))
        print(bars[-1])
    return bars
