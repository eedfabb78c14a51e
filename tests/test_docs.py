"""The pages under docs/: their examples run, and they tell every option, type and action."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim import cli
from netsim.errors import ActionError, ScriptError
from netsim.options import Commands, GroupOptions
from netsim.replay.loading import Source
from netsim.replay.modules import ModuleLoader
from netsim.script import checks
from netsim.script.document import load
from netsim.script.nds1 import Nds1
from netsim.simulator.service import Options, Start

DOCS = Path(__file__).parent.parent / "docs"
EXAMPLES = DOCS / "examples"
PATIENCE = 120
"""Seconds that the tests of an example may take on a busy machine."""

PAGE_NAMES = {
    "daemon": "netsim-daemon",
    "dsisocket": "netsim-dsisocket",
    "grafana": "netsim-grafana",
    "hub": "netsim-hub",
    "record": "netsim-proxy",
    "replay": "netsim-replay",
    "scanner": "netsim-scanner",
}
"""Commands that the page has under the names of their services."""

SHARED = {"netsim node ": "netsim-node"}
"""Beginnings of commands, and under which name the page has options that all of them have."""

_ENTRY = re.compile(r"^\.\. (program|option):: (.+)\n((?:\n|   .*\n)*)", re.MULTILINE)
_DEFAULT = re.compile(r"Default: `([^`]+)`")

Described = dict[str, dict[frozenset[str], str]]
"""By program, by the names of an option without hyphens: its text."""


def described() -> Described:
    """What the page of commands says."""
    programs: Described = {}
    for kind, names, text in _ENTRY.findall((DOCS / "commands.rst").read_text()):
        if kind == "program":
            options = programs.setdefault(names, {})
        else:
            spelt = [word.partition("=")[0] for word in names.split(", ")]
            options[frozenset(word.split()[0].lstrip("-") for word in spelt)] = text
    for beginning, shared in SHARED.items():
        common = programs.pop(shared)
        for program in (each for each in programs if each.startswith(beginning)):
            programs[program] = common | programs[program]
    return programs


def existing() -> Iterator[tuple[str, Any]]:
    """Every command under the name that the page has for it, and its options."""
    groups: list[tuple[str, Commands]] = [("", cli.COMMANDS)]
    for prefix, commands in groups:
        for last, (module, kind, _) in commands.items():
            name, options = prefix + last, getattr(import_module(module), kind)()
            if isinstance(options, GroupOptions):
                groups.append((f"{name} ", options.commands))
            # A choice of commands may be one itself.
            if not isinstance(options, GroupOptions) or name in PAGE_NAMES:
                yield PAGE_NAMES.get(name, f"netsim {name}"), options


def names_of(options: Any) -> set[frozenset[str]]:
    """The names of each option: the long one, perhaps a letter."""
    by_long: dict[str, set[str]] = {}
    for name, long in options.synonyms.items():
        by_long.setdefault(long, set()).add(name)
    return {frozenset(names) for names in by_long.values()}


class CommandTests(SynchronousTestCase):
    def test_every_command_and_option_is_described(self) -> None:
        found = {name: names_of(options) for name, options in existing()}
        self.assertEqual({name: set(texts) for name, texts in described().items()}, found)

    def test_a_simulator_has_the_same_options_under_twistd(self) -> None:
        start, service = names_of(Start()), names_of(Options())
        self.assertEqual(
            {frozenset({name}) for name in ("detach", "log", "watch")}, start - service
        )
        self.assertEqual(set(), service - start)

    def test_every_default_is_told_as_it_is(self) -> None:
        programs = described()
        for program, options in existing():
            told = {}
            for names, text in programs[program].items():
                long = max(names, key=len)
                if default := _DEFAULT.search(text):
                    told[long] = options._coercers[long](default[1])
            real = {name: value for name, value in options.defaults.items() if value}
            # The factor 0 has a name of its own.
            real.update({"timing": 0.0} if "timing" in options.defaults else {})
            self.assertEqual(told, real, program)


class FormatTests(SynchronousTestCase):
    def test_every_script_type_is_described(self) -> None:
        script = Path(self.mktemp())
        script.write_text('{"one": {"type": "?"}}')
        error = self.assertRaises(ScriptError, load, script, checks=[])
        known = str(error).partition("known types are ")[2].split(", ")
        self.assertGreater(len(known), 5)
        self.assert_mentioned("format.rst", known)

    def test_every_nds1_action_is_described(self) -> None:
        error = self.assertRaises(ActionError, Nds1().validate_action, "?", [])
        known = str(error).partition("it has ")[2].split(", ")
        self.assertGreater(len(known), 5)
        self.assert_mentioned("nds1.rst", known)

    def assert_mentioned(self, page: str, names: list[str]) -> None:
        text = (DOCS / page).read_text()
        self.assertEqual([name for name in names if f"`{name}`" not in text], [])


class ReadmeTests(SynchronousTestCase):
    def test_files_that_it_names_are_there(self) -> None:
        text = (DOCS.parent / "README.md").read_text()
        named = re.findall(r"`((?:docs/|\.ci/)?[\w/]+\.(?:rst|md)|\.ci/run)`", text)
        self.assertGreater(len(named), 5)
        self.assertEqual([name for name in named if not (DOCS.parent / name).exists()], [])


class ExampleTests(SynchronousTestCase):
    def test_scripts_can_be_played(self) -> None:
        modules = ModuleLoader([EXAMPLES / "modules"])
        files = sorted(EXAMPLES.glob("*.json"))
        self.assertGreater(len(files), 3)
        for file in files:
            for name in load(file, checks=[]).scripts:
                Source(file, name, modules).score()

    def test_a_file_is_refused_as_told(self) -> None:
        file = EXAMPLES / "refused" / "session.json"
        found = [checks.nesting, checks.actions(ModuleLoader())]
        error = self.assertRaises(ScriptError, load, file, checks=found)
        told = file.with_suffix(".txt").read_text().rstrip()
        self.assertEqual(str(error).replace(str(file), file.name), told)

    def test_with_pytest(self) -> None:
        self.run_tests("pytest", "-q", "-p", "no:cacheprovider", EXAMPLES / "test_with_pytest.py")

    def test_with_trial(self) -> None:
        self.run_tests("twisted.trial", "test_with_trial", "test_in_memory")

    def test_a_simulator(self) -> None:
        self.run_tests("twisted.trial", "test_supply")

    def run_tests(self, *words: str | Path) -> None:
        """Run a test program, and see it pass."""
        scratch = Path(self.mktemp())
        scratch.mkdir()
        env = {**os.environ, "PYTHONPATH": str(EXAMPLES), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", *map(str, words)]
        done = subprocess.run(
            command, cwd=scratch, env=env, capture_output=True, text=True, timeout=PATIENCE
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"3 passed|successes=3")
