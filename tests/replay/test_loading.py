"""Tests for L{netsim.replay.loading}."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import InputError, ScriptError
from netsim.replay.loading import REMOTE_CACHE, Source, plays_datagrams
from netsim.replay.modules import ModuleLoader
from netsim.script.dump import RECORDED
from netsim.script.model import Compound, DatagramExchange, Exchange, Named
from netsim.script.player import Score
from tests.script.playing import score

BLOB = b"0123456789" * 100
NAME = hashlib.sha1(BLOB).hexdigest()
HELLO = {"type": "script", "command": "hello", "response": "world"}
DOWNLOAD = {"type": "script", "command": "get", "response_blob": NAME}
UNKNOWN = {"type": "command", "action": "nds1.dance", "args": []}


BROKEN = ({"type": "named", "name": "gone"}, DOWNLOAD)
BROKEN_PROBLEMS = [
    "recorded_script.scripts[0]: there is no script 'gone'",
    "loop: named scripts form a cycle: loop -> loop",
]


class LoadingTestCase(SynchronousTestCase):
    """A directory with a script file in it."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.path = self.directory / "session.json"
        self.patch(os, "environ", {})

    def write(self, *scripts: dict[str, Any], **others: dict[str, Any]) -> None:
        """Write the script file."""
        document = {RECORDED: {"type": "compound", "scripts": scripts}, **others}
        self.path.write_text(json.dumps(document))

    def keep(self, data: bytes, directory: str = "blobs", packed: bool = False) -> None:
        """Keep this as the blob."""
        home = self.directory / directory
        home.mkdir()
        (home / (NAME + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)


class LoadTests(LoadingTestCase):
    """A script is loaded only if all of it can be played."""

    def load(self, **options: Any) -> Deferred[Score]:
        """Load it, the way that a service does."""
        source = Source(self.path, **options)
        return Deferred.fromCoroutine(source.fetched_score(Clock(), execute))

    def problems(self, **options: Any) -> list[str]:
        """What is wrong with it, whichever way it is loaded."""
        loaded = self.failureResultOf(self.load(**options), ScriptError).value
        with self.assertRaises(ScriptError) as caught:
            Source(self.path, **options).score()
        found, others = (
            [str(problem).removeprefix(f"{self.path}: ") for problem in error.problems]
            for error in (loaded, caught.exception)
        )
        self.assertEqual(found, others)
        return found

    def test_loaded(self) -> None:
        """What is loaded can be played."""
        self.write(HELLO, DOWNLOAD)
        self.keep(BLOB)
        loaded = self.successResultOf(self.load(timing=0.5))
        for found in (loaded, Source(self.path, timing=0.5).score()):
            _, script = found.script()
            self.assertEqual(Exchange(b"hello", b"world"), script.scripts[0])
            self.assertEqual(BLOB, b"".join(found.chunks(NAME)))
            self.assertEqual(0.5, found.timing)

    def test_chosen(self) -> None:
        """Another script of the file can be played, and must be there."""
        self.write(other=HELLO)
        loaded = self.successResultOf(self.load(chosen="other"))
        self.assertEqual(("other", Exchange(b"hello", b"world")), loaded.script())
        self.assertEqual(
            ["there is no script 'gone'; found: recorded_script, other"],
            self.problems(chosen="gone"),
        )

    def test_document(self) -> None:
        """Everything wrong with the file is told at once, missing blobs too."""
        self.write(*BROKEN, loop={"type": "named", "name": "loop"})
        *found, blob = self.problems()
        self.assertEqual(BROKEN_PROBLEMS, found)
        self.assertTrue(blob.startswith(f"recorded_script.scripts[1]: blob {NAME} is missing"))

    def test_missingFile(self) -> None:
        """So is a file that is not there."""
        self.assertEqual(["cannot be read: No such file or directory"], self.problems())

    def test_actions(self) -> None:
        """Actions are checked where somebody finds their modules."""
        self.write({"type": "command", "action": "import", "args": ["nds1"]}, UNKNOWN)
        self.successResultOf(self.load())
        [problem] = self.problems(load_module=ModuleLoader())
        self.assertIn("recorded_script.scripts[1]: nds1 has no action 'dance'", problem)

    def test_roots(self) -> None:
        """Files that lie elsewhere are loaded where that is allowed."""
        elsewhere = Path(self.mktemp())
        elsewhere.mkdir()
        elsewhere.joinpath("more.json").write_text(json.dumps({"more": HELLO}))
        file = str((elsewhere / "more.json").absolute())
        self.write({"type": "external", "file": file}, {"type": "named", "name": "more"})
        self.assertIn("lies outside the script's directory", self.problems()[0])
        self.successResultOf(self.load(roots=[elsewhere]))

    def test_missingBlob(self) -> None:
        """Every use of a blob that is missing is told."""
        self.write(DOWNLOAD, HELLO, DOWNLOAD)
        first, second = self.problems()
        self.assertIn(f"recorded_script.scripts[0]: blob {NAME} is missing", first)
        self.assertIn(f"recorded_script.scripts[2]: blob {NAME} is missing", second)

    def test_damagedBlob(self) -> None:
        """So are those that hold something else, or too much."""
        self.write(DOWNLOAD)
        self.keep(b"other")
        self.assertIn("holds other bytes", self.problems()[0])
        self.assertIn("is larger than 2 bytes", self.problems(max_blob=2)[0])


class RemoteTests(LoadTests):
    """Everything is the same with a remote cache; what it has is fetched."""

    def setUp(self) -> None:
        super().setUp()
        self.patch(os, "environ", {REMOTE_CACHE: str(self.directory / "remote")})

    def test_document(self) -> None:
        """What is wrong with the file is told before anything is fetched."""
        self.write(*BROKEN, loop={"type": "named", "name": "loop"})
        told = self.failureResultOf(self.load(), ScriptError).value.problems
        found = [str(problem).removeprefix(f"{self.path}: ") for problem in told]
        self.assertEqual(BROKEN_PROBLEMS, found)

    def test_fetched(self) -> None:
        """What is missing is kept beside the script."""
        self.write(DOWNLOAD)
        self.keep(BLOB, "remote", packed=True)
        loaded = self.successResultOf(self.load())
        self.assertEqual(BLOB, b"".join(loaded.chunks(NAME)))
        self.assertTrue((self.directory / "blobs" / f"{NAME}.gz").exists())

    def test_onlyMissing(self) -> None:
        """Where nothing is missing, the cache is not looked at."""
        os.environ[REMOTE_CACHE] = "ftp://cache/blobs"
        self.write(DOWNLOAD)
        self.keep(BLOB)
        self.successResultOf(self.load())

    def test_wrongAddress(self) -> None:
        """A cache that cannot be one is told as such."""
        os.environ[REMOTE_CACHE] = "ftp://cache/blobs"
        self.write(DOWNLOAD)
        self.failureResultOf(self.load(), InputError)


class DatagramTests(SynchronousTestCase):
    """A recording says itself whether it is one of datagrams."""

    def test_datagrams(self) -> None:
        """It is, if any of its exchanges is one of datagrams, wherever that stands."""
        ping, hello = DatagramExchange(b"ping"), Exchange(b"hello")
        for scripts, expected in (
            ({RECORDED: ping}, True),
            ({RECORDED: Compound((hello, Compound((ping,))))}, True),
            ({RECORDED: Named("a"), "a": Compound((Named("b"),)), "b": ping}, True),
            ({RECORDED: Compound((hello,)), "other": ping}, False),
        ):
            self.assertEqual(expected, plays_datagrams(score(scripts)), scripts)
