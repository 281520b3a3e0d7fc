"""Processor time of reads and writes beside the memory floor, one thread and two, single and in batches."""

import statistics

from common import Bar, count_text, drive, print_table

NAMES = {
    "floor": "floor",
    "floor_small_pages": "floor without huge pages",
    "floor_waiting": "floor, each read waiting for the last",
    "node_get": "Node::visit, copied",
    "node_read": "Reader::read",
    "store_get": "Store::get",
    "cache_get": "Cache<Bytes>::get",
    "floor_batch": "floor, 16 prefetched",
    "node_batch": "Node::visit_many of 16",
    "node_read_batch": "Reader::read_group of 16",
    "cache_batch": "Cache<Bytes>::get_many of 16",
    "node_set": "Node::visit, assigned",
    "cache_set": "Cache<Bytes>::set",
}


def scenes(options):
    """Entries and TTL in ms. One scene has deadlines: each read then looks at the clock."""
    if options.quick:
        return [(10_000, 0), (100_000, 0)]
    return [(100_000, 0), (100_000, 3_600_000), (1_000_000, 0), (10_000_000, 0)]


def run(options, say):
    cells = []
    for entries, ttl_ms in scenes(options):
        # Draws enough that a turn's keys are no longer in the processor's caches from the turn before.
        load = {"rounds": 3, "draws": 400_000} if options.quick else {"rounds": options.rounds, "draws": 4_000_000}
        scene = count_text(entries) + (" entries with a TTL" if ttl_ms else " entries")
        say(f"speed: {scene}, filling")
        for line in drive("speed", entries=entries, ttl_ms=ttl_ms, **load):
            say(f"speed: {scene}, round {line['round'] + 1:.0f} of {load['rounds']}")
            cells.append({"ttl_ms": ttl_ms, **line})
    return cells


class Scene:
    def __init__(self, entries, ttl_ms, cells):
        self.entries, self.ttl_ms, self.cells = int(entries), ttl_ms, cells

    def rounds(self, name, threads=1, clock="cpu_ns"):
        return [c[clock] for c in self.cells if c["name"] == name and c["threads"] == threads]

    def median(self, name):
        return statistics.median(self.rounds(name))

    def of_floor(self, name, floor="floor"):
        """Each round's own quotient: what slows a round down slows both."""
        return statistics.median(f / n for f, n in zip(self.rounds(floor), self.rounds(name)))

    def two_threads(self, name, clock="cpu_ns"):
        pairs = zip(self.rounds(name, 1, clock), self.rounds(name, 2, clock))
        return statistics.median(2 * one / two for one, two in pairs)

    def __str__(self):
        return count_text(self.entries) + (" TTL" if self.ttl_ms else "")


def show(cells):
    keys = dict.fromkeys((c["entries"], c["ttl_ms"]) for c in cells)
    all_scenes = [Scene(*key, [c for c in cells if (c["entries"], c["ttl_ms"]) == key]) for key in keys]
    print_table("ns of processor time for each key, values of 64 B, zipf 0.99, one thread", ["", *map(str, all_scenes)],
                [[text, *(f"{s.median(name):.1f}" for s in all_scenes)] for name, text in NAMES.items()])
    rows = [["Cache<Bytes>::get", *(f"{100 * s.of_floor('cache_get'):.0f} %" for s in all_scenes)],
            ["Node::visit, copied", *(f"{100 * s.of_floor('node_get'):.0f} %" for s in all_scenes)],
            ["get, floor without huge pages",
             *(f"{100 * s.of_floor('cache_get', 'floor_small_pages'):.0f} %" for s in all_scenes)],
            ["get_many, floor prefetched", *(f"{100 * s.of_floor('cache_batch', 'floor_batch'):.0f} %" for s in all_scenes)]]
    print_table("Speed as a part of the floor's", ["", *map(str, all_scenes)], rows)
    rows = [[f"{name}, {how}", *(f"{s.two_threads(key, clock):.2f}" for s in all_scenes)]
            for key, name in (("cache_get", "Cache<Bytes>::get"), ("floor", "floor"))
            for clock, how in (("cpu_ns", "by processor time"), ("wall_ns", "by wall time"))]
    print_table("Two threads, times one (wall time means something only on an idle machine)",
                ["", *map(str, all_scenes)], rows)
    bars = list(bars_of(all_scenes))
    print("\n".join(map(str, bars)))
    return bars


def bars_of(all_scenes):
    for scene in all_scenes:
        yield Bar(f"Cache<Bytes>::get of the floor's speed, {scene}", 60, 100 * scene.of_floor("cache_get"), False, " %")
    for scene in all_scenes:
        yield Bar(f"two threads times one, {scene}", 1.8, scene.two_threads("cache_get"), False)
    largest = max(all_scenes, key=lambda scene: scene.entries)
    yield Bar(f"get_many of 16, million keys a second, {largest}", 10, 1e3 / largest.median("cache_batch"), False)
