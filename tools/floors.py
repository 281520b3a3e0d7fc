#!/usr/bin/env python3
"""Checks that every include obeys the floor plan in ARCHITECTURE.md.

The three tables marked `<!-- floors: ... -->` there are the only source: rooms and what each may include, public headers
and the room that implements each, heavy libraries and their homes. Operating-system headers and calls for time and
chance belong to base and net alone.

    tools/floors.py [ROOT]      prints file:line, what is wrong and what to do; exit code 1 if there is anything
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

SYSTEM_HEADERS = re.compile(
    r"^(sys/.*|netinet/.*|arpa/.*|linux/.*|asm/.*|net/if.*|unistd\.h|fcntl\.h|poll\.h|netdb\.h|pthread\.h|sched\.h"
    r"|signal\.h|dirent\.h|ifaddrs\.h|termios\.h|pwd\.h|grp\.h|dlfcn\.h|spawn\.h|syslog\.h)$"
)
SYSTEM_CALLS = re.compile(
    r"\b(?:(?:system|steady|high_resolution|utc)_clock::now\s*\(|random_device\b|s?rand\s*\(|gettimeofday\s*\("
    r"|clock_gettime\s*\(|getrandom\s*\()|(?<![\w:.>])::(?:open|socket|time|read|write)\s*\("
)
SYSTEM_ROOMS = ("base", "net")


@dataclass
class Room:
    floor: int
    rooms: set = field(default_factory=set)
    headers: set = field(default_factory=set)
    anything: bool = False


@dataclass
class Plan:
    rooms: dict
    doors: dict
    libraries: dict


class PlanError(Exception):
    pass


def table(text, name):
    """The cells of the table that follows the marker, header row left out."""
    marker = f"<!-- floors: {name} -->"
    if marker not in text:
        raise PlanError(f"ARCHITECTURE.md has no table marked {marker}")
    rows = []
    for line in text.split(marker, 1)[1].lstrip("\n").splitlines():
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    if len(rows) < 3:
        raise PlanError(f"the table after {marker} is empty")
    return rows[2:]


def names(cell):
    return [] if cell in ("–", "-", "") else [name.strip() for name in cell.split(",")]


def read_plan(text):
    rooms = {}
    for name, floor, may, _ in table(text, "rooms"):
        room = rooms[name] = Room(int(floor))
        for item in names(may):
            header = re.fullmatch(r"`<larder/(.+)>`", item)
            if header:
                room.headers.add(header[1])
            elif item == "any":
                room.anything = True
            else:
                room.rooms.add(item)
    doors = dict(row[:2] for row in table(text, "doors"))
    libraries = {row[0]: names(row[1]) for row in table(text, "libraries")}
    plan = Plan(rooms, doors, libraries)
    check_plan(plan)
    return plan


def check_plan(plan):
    """The table itself must point down."""
    for name, room in plan.rooms.items():
        for other in room.rooms:
            if other not in plan.rooms:
                raise PlanError(f"room {name} may include {other}, which is no room")
            if plan.rooms[other].floor >= room.floor:
                raise PlanError(f"room {name} (floor {room.floor}) may not include {other} (floor {plan.rooms[other].floor})")
        for header in room.headers:
            owner = plan.doors.get(header)
            if owner is None:
                raise PlanError(f"room {name} may include <larder/{header}>, which the table of public headers lacks")
            if plan.rooms[owner].floor >= room.floor:
                raise PlanError(f"room {name} may not include <larder/{header}>: {owner} is not below it")
    for header, owner in plan.doors.items():
        if owner != "all" and owner not in plan.rooms:
            raise PlanError(f"<larder/{header}> belongs to {owner}, which is no room")


def may_include(plan, name, other):
    room = plan.rooms[name]
    return other == name or room.anything or other in room.rooms


def reach(plan, name):
    room = plan.rooms[name]
    if room.anything:
        return "every room"
    listed = sorted(room.rooms) + [f"<larder/{header}>" for header in sorted(room.headers)]
    return ", ".join(listed) or "nothing"


def check_door(plan, name, header):
    """<larder/header> seen in room `name` (None: in a header that belongs to all)."""
    owner = plan.doors.get(header)
    if owner is None:
        return f"<larder/{header}> has no room: add it to the public headers in ARCHITECTURE.md"
    if name is None:
        return None
    if owner == "all":
        if plan.rooms[name].anything:
            return None
        return f"<larder/{header}> pulls in the whole library: include the one header you need"
    if may_include(plan, name, owner) or header in plan.rooms[name].headers:
        return None
    return f"<larder/{header}> belongs to {owner}; {name} may include {reach(plan, name)}: move the code up or the need down"


def check_library(plan, name, path):
    for prefix, homes in plan.libraries.items():
        if path.startswith(prefix) and name not in homes:
            where = f"lives in {' and '.join(homes)}" if homes else "is for tests and benchmarks"
            return f"<{path}> {where}: ask that room for what you need"
    return None


def check_include(plan, name, bracket, path, public):
    if path.startswith("larder/"):
        return check_door(plan, name, path.removeprefix("larder/"))
    room = path.split("/", 1)[0]
    if bracket == '"':
        if public:
            return f'"{path}" will not be installed: a public header includes <larder/...> and libraries only'
        if room not in plan.rooms:
            return f'"{path}" names no room: write "room/file.hpp", from src/ on'
        if not may_include(plan, name, room):
            return f'"{path}" points up or sideways; {name} may include {reach(plan, name)}: move the code up or the need down'
        return None
    if SYSTEM_HEADERS.match(path) and name not in SYSTEM_ROOMS:
        return f"<{path}> is the operating system's: base and net speak to it, ask them for what you need"
    return check_library(plan, name, path)


def without_comments(text):
    """Comments and string bodies blanked, line numbers kept."""
    keep_lines = lambda match: re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', keep_lines, text, flags=re.S)


def check_file(plan, path, root):
    relative = path.relative_to(root)
    public = relative.parts[0] == "include"
    if public:
        header = "/".join(relative.parts[2:])
        name = plan.doors.get(header)
        if name is None:
            yield relative, 1, f"public header of no room: add {header} to the public headers in ARCHITECTURE.md"
            return
        name = None if name == "all" else name
    else:
        name = relative.parts[1]
        if name not in plan.rooms:
            yield relative, 1, f"src/{name} is no room: add it to the rooms in ARCHITECTURE.md"
            return
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        problem = match and check_include(plan, name, match[1], match[2], public)
        if problem:
            yield relative, number, problem
    if name in SYSTEM_ROOMS:
        return
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        match = SYSTEM_CALLS.search(line)
        if match:
            yield relative, number, f"{match[0].strip('( ')}: time, chance and files are handed in (base::Clock, base::Random, base::Disk)"


def check_tree(root):
    plan = read_plan((root / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    for folder in ("include", "src"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".hpp", ".cpp", ".h", ".inl") and len(path.relative_to(root).parts) > 2:
                yield from check_file(plan, path, root)
    for header in plan.doors:
        if not (root / "include/larder" / header).exists():
            yield Path("ARCHITECTURE.md"), 1, f"<larder/{header}> does not exist: take its row out"


def main(arguments):
    root = Path(arguments[0] if arguments else Path(__file__).parent.parent).resolve()
    try:
        problems = list(check_tree(root))
    except PlanError as error:
        problems = [(Path("ARCHITECTURE.md"), 1, str(error))]
    for path, line, problem in problems:
        print(f"{path}:{line}: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
