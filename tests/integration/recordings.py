"""What the tests of the proxy and the replay share."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from netsim.script import model
from netsim.script.blobs import BlobStore
from netsim.script.checks import blobs
from netsim.script.document import load
from netsim.script.dump import RECORDED
from tests.integration.processes import (
    IntegrationTestCase,
    Process,
    Service,
    Word,
    eventually,
    netsim,
)


class RecordingTestCase(IntegrationTestCase):
    """A test that records or replays, with files named C{session-N.json}."""

    def proxy(
        self,
        upstream: str,
        *options: Word,
        runner: str = "twistd",
        wrapper: Sequence[Word] = (),
        ready: bool = True,
    ) -> Service:
        """
        Start to record.

        @param wrapper: the beginning of the command line: what runs the proxy.
        """
        fixed = ["-r", upstream, "-l", "localhost:0", "-o", "session"]
        command = [*wrapper, *netsim("netsim-proxy", runner), *fixed, *options]
        return self.serve(*command, ready=ready)

    def replay(
        self,
        path: Path,
        *options: Word,
        runner: str = "twistd",
        ready: bool = True,
        environment: Mapping[str, Word] | None = None,
    ) -> Service:
        """Start to replay; the options may end with a test command."""
        command = [*netsim("netsim-replay", runner), "-i", path, *options]
        return self.serve(*command, ready=ready, environment=environment)

    def path(self, number: int = 1) -> Path:
        """The name of a recording."""
        return self.directory / f"session-{number}.json"

    def recorded(self, number: int = 1) -> Path:
        """Wait for a recording."""
        path = self.path(number)
        eventually(path.exists, lambda: f"{path}; there are {list(self.directory.iterdir())}")
        return path

    def numbers(self, suffix: str) -> list[int]:
        """The numbers of all recordings, or of all journals."""
        pattern = re.compile(rf"session-(\d+){re.escape(suffix)}")
        found = [pattern.fullmatch(path.name) for path in self.directory.iterdir()]
        return sorted(int(match[1]) for match in found if match)

    def write_script(self, *scripts: dict[str, Any]) -> Path:
        """Write a script file by hand: these scripts, played in order."""
        path = self.directory / "script.json"
        compound = {"type": "compound", "scripts": scripts}
        path.write_text(json.dumps({RECORDED: compound}))
        return path

    def check_told(self, process: Process, *words: str) -> None:
        """The log says all of this."""
        for word in words:
            self.assertIn(word, process.stderr, str(process))


def exchange(command: str, response: str) -> dict[str, Any]:
    """A script object of text."""
    return {"type": "script", "command": command, "response": response}


def exchanges(path: Path) -> list[model.Exchange]:
    """
    The exchanges of a recording, their blobs read and verified.

    @raise ScriptError: it is not valid.
    """
    store = BlobStore.beside(path)
    document = load(path, chosen=RECORDED, checks=[blobs(store)])
    return [_resolved(played, store) for played in document.played(RECORDED)]


def said(path: Path) -> list[tuple[bytes, bytes]]:
    """What client and server said in each exchange."""
    return [(played.command, played.response) for played in exchanges(path)]


def _resolved(played: model.Script, store: BlobStore) -> model.Exchange:
    def contents(content: model.Content) -> bytes:
        return content if isinstance(content, bytes) else b"".join(store.chunks(content.name))

    assert isinstance(played, model.Exchange)
    command, response = contents(played.command), contents(played.response)
    return model.Exchange(command, response, played.late, played.facts)
