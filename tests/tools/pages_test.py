"""The pages say what the code does: the README's program, links, the list of commands."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class PagesTest(unittest.TestCase):
    def test_its_program_is_the_one_that_is_built_and_run(self):
        shown = re.search(r"```cpp\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1]
        built = (ROOT / "tests/install/outside/main.cpp").read_text(encoding="utf-8")
        self.assertEqual(shown, built)

    def test_links_between_documents_lead_somewhere(self):
        for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
            prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
            for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", prose):
                self.assertTrue((page.parent / target).exists(), f"{page.name} links to {target}")

    def test_the_commands_it_lists_are_those_of_the_command_table(self):
        source = (ROOT / "src/server/command_table.cpp").read_text(encoding="utf-8")
        served = {name.upper().replace("|", " ") for name in re.findall(r'^\s*\{"([a-z_.|-]+)",', source, re.M)}
        served = {name for name in served if not name.endswith(" HELP")}
        page = (ROOT / "docs/coming-from.md").read_text(encoding="utf-8")
        listed = page.split("| group | commands |")[1].split("\n\n")[0]
        self.assertEqual(set(re.findall(r"`([A-Z_. -]+)`", listed)), served)


if __name__ == "__main__":
    unittest.main()
