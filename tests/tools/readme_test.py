"""README.md shows the very program that the install test builds and runs."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class ReadmeTest(unittest.TestCase):
    def test_its_program_is_the_one_that_is_built_and_run(self):
        shown = re.search(r"```cpp\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1]
        built = (ROOT / "tests/install/outside/main.cpp").read_text(encoding="utf-8")
        self.assertEqual(shown, built)

    def test_links_between_documents_lead_somewhere(self):
        for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
            prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
            for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", prose):
                self.assertTrue((page.parent / target).exists(), f"{page.name} links to {target}")


if __name__ == "__main__":
    unittest.main()
