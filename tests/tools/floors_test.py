"""tools/floors.py finds what the floor plan forbids, says where, and lets the rest be."""

import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import floors  # noqa: E402

PLAN = """
<!-- floors: rooms -->
| room | floor | may include | what |
|---|---|---|---|
| base | 0 | – | leaves |
| net | 1 | base | sockets |
| store | 4 | base, net | engines |
| cache | 5 | base, `<larder/store.hpp>` | recipes |
| coord | 5 | base, `<larder/store.hpp>` | recipes |
| apps | 7 | any | wiring |

<!-- floors: doors -->
| public header | room |
|---|---|
| error.hpp | base |
| store.hpp | store |
| larder.hpp | all |

<!-- floors: libraries -->
| include | rooms | what |
|---|---|---|
| boost/beast/ | apps | HTTP |
| hiredis/ | – | tests |
"""


class FloorsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("ARCHITECTURE.md", PLAN)
        for header in ("error", "store", "larder"):
            self.write(f"include/larder/{header}.hpp", "#pragma once\n")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def problems(self):
        return [f"{path}:{line}: {problem}" for path, line, problem in floors.check_tree(self.root)]

    def expect_one(self, path, text, *words):
        self.write(path, text)
        found = self.problems()
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def test_includes_that_point_down_pass(self):
        self.write("src/cache/a.cpp", '#include <vector>\n#include <larder/store.hpp>\n#include "base/x.hpp"\n#include "cache/a.hpp"\n')
        self.write("src/apps/main.cpp", '#include <larder/larder.hpp>\n#include "cache/a.hpp"\n#include <boost/beast/core.hpp>\n')
        self.assertEqual(self.problems(), [])

    def test_an_include_upwards_is_found_with_its_line(self):
        self.expect_one("src/base/a.hpp", '#pragma once\n#include "net/x.hpp"\n', "src/base/a.hpp:2", "points up or sideways")

    def test_an_include_sideways_is_found(self):
        self.expect_one("src/cache/a.cpp", '#include "coord/x.hpp"\n', "points up or sideways", "move the code")

    def test_one_public_header_opens_no_door_to_its_room(self):
        self.expect_one("src/cache/a.cpp", '#include "store/driver.hpp"\n', "points up or sideways")

    def test_a_public_header_counts_as_its_room(self):
        self.expect_one("src/net/a.cpp", "#include <larder/store.hpp>\n", "belongs to store")

    def test_the_umbrella_is_for_users_and_apps(self):
        self.expect_one("src/cache/a.cpp", "#include <larder/larder.hpp>\n", "whole library")

    def test_a_public_header_of_no_room_is_found(self):
        self.expect_one("include/larder/lost.hpp", "#pragma once\n", "include/larder/lost.hpp:1", "ARCHITECTURE.md")

    def test_a_public_header_may_not_reach_into_src(self):
        self.expect_one("include/larder/store.hpp", '#include "base/x.hpp"\n', "will not be installed")

    def test_a_folder_that_is_no_room_is_found(self):
        self.expect_one("src/misc/a.cpp", "\n", "src/misc is no room")

    def test_a_row_without_its_header_is_found(self):
        (self.root / "include/larder/error.hpp").unlink()
        self.assertEqual(len(self.problems()), 1)

    def test_the_operating_system_is_for_base_and_net(self):
        self.write("src/net/a.cpp", "#include <sys/epoll.h>\nauto t = std::chrono::steady_clock::now();\n")
        self.expect_one("src/store/a.cpp", "#include <sys/epoll.h>\n", "base and net")

    def test_time_is_handed_in(self):
        self.expect_one("src/store/a.cpp", "\nauto t = std::chrono::steady_clock::now();\n", "src/store/a.cpp:2", "handed in")

    def test_comments_and_strings_call_nothing(self):
        self.write("src/store/a.cpp", '// steady_clock::now()\n/* rand() */ auto s = "rand()";\n')
        self.assertEqual(self.problems(), [])

    def test_a_heavy_library_stays_in_its_home(self):
        self.expect_one("src/store/a.cpp", "#include <boost/beast/http.hpp>\n", "lives in apps")

    def test_an_oracle_is_for_tests_only(self):
        self.expect_one("src/apps/a.cpp", "#include <hiredis/hiredis.h>\n", "tests and benchmarks")

    def test_a_plan_that_points_up_is_refused(self):
        self.write("ARCHITECTURE.md", PLAN.replace("| net | 1 | base |", "| net | 1 | store |"))
        with self.assertRaisesRegex(floors.PlanError, "net .* may not include store"):
            self.problems()

    def test_this_repository_obeys_its_plan(self):
        self.assertEqual([f"{path}:{line}: {problem}" for path, line, problem in floors.check_tree(ROOT)], [])


if __name__ == "__main__":
    unittest.main()
