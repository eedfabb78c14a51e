"""Script files in a directory of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import ActionError, ScriptError
from netsim.script.action import ActionModule
from netsim.script.document import Check, Document, load

NOP = {"type": "nop"}


def exchange(command: str = "", response: str = "", **more: Any) -> dict[str, Any]:
    """One exchange of texts."""
    return {"type": "script", "command": command, "response": response} | more


def compound(*scripts: Any) -> dict[str, Any]:
    """Scripts one after the other."""
    return {"type": "compound", "scripts": list(scripts)}


def named(name: str) -> dict[str, Any]:
    """Another script."""
    return {"type": "named", "name": name}


def external(file: str, namespace: str | None = None) -> dict[str, Any]:
    """Another file."""
    space = {"namespace": namespace} if namespace else {}
    return {"type": "external", "file": file} | space


def action(name: str, *args: Any) -> dict[str, Any]:
    """An action."""
    return {"type": "command", "action": name, "args": list(args)}


def no_modules(name: str) -> ActionModule:
    """Where action modules are loaded from when there are none."""
    raise ActionError(f"there is no module {name!r}")


class ScriptFilesTestCase(SynchronousTestCase):
    """A directory; the script file that is loaded from it is C{main.json}."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.main = self.directory / "main.json"

    def write(self, name: str, scripts: Mapping[str, Any]) -> Path:
        """Put a script file there."""
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(scripts))
        return path

    def load(
        self,
        scripts: Mapping[str, Any],
        *checks: Check,
        chosen: str | None = None,
        roots: Sequence[Path] = (),
    ) -> Document:
        """Load the main file with these scripts in it."""
        self.write(self.main.name, scripts)
        return load(self.main, chosen=chosen, roots=roots, checks=checks)

    def problems(self, scripts: Mapping[str, Any], *checks: Check, **options: Any) -> list[str]:
        """What is wrong with these scripts; files are told without their directory."""
        error = self.assertRaises(ScriptError, self.load, scripts, *checks, **options)
        return str(error).replace(f"{self.directory}/", "").split("\n")
