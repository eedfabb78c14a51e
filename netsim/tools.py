"""What the C{netsim} command does with files: show, diff, verify, recover."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from twisted.python import usage

from netsim import options
from netsim.errors import NetsimError, ScriptError
from netsim.proxy.recording import SUFFIX, Summary
from netsim.proxy.recovery import journals, recover
from netsim.replay.modules import ModuleLoader
from netsim.script import checks
from netsim.script.blobs import DEFAULT_LIMIT, BlobStore
from netsim.script.compare import compare
from netsim.script.conversation import Conversation
from netsim.script.document import load
from netsim.script.dump import RECORDED
from netsim.script.listing import SHOWN, as_json, as_text


class ScriptTool(options.Tool):
    """
    A tool that reads script files.

    @cvar takes: how many.
    """

    synopsis: ClassVar[str]
    takes: ClassVar[Container[int]]
    optParameters = [
        ["external-root", None, [], "More directories of external files.", options.directories],
        ["max-blob", None, DEFAULT_LIMIT, "Refuse larger blobs, such as 64MiB.", options.size],
    ]

    def parseArgs(self, *files: str) -> None:
        """The script files."""
        if len(files) not in self.takes:
            raise usage.UsageError(f"expected {self.synopsis}")
        self["files"] = [Path(file) for file in files]

    def store(self, path: Path) -> BlobStore:
        """The blobs of a script file."""
        return BlobStore.beside(path, self["max-blob"])


class ConversationTool(ScriptTool):
    """A tool that follows one script of each file."""

    optParameters = [["script", "t", RECORDED, "The script in the file."]]

    def conversation(self, path: Path) -> Conversation:
        """Read a script file, as far as is needed to follow it."""
        roots, chosen = self["external-root"], self["script"]
        document = load(path, chosen=chosen, roots=roots, checks=[checks.nesting])
        return Conversation(document, self.store(path), chosen)


class Show(ConversationTool):
    """What C{netsim show} can be told."""

    synopsis = "FILE [options]"
    longdesc = "Lists a recording: time, direction, size, and the bytes as text or hexdump."
    example = "session-1.json"
    takes = (1,)
    optFlags = [
        ["json", "j", "One JSON object a line, for programs."],
        ["all", "a", f"All bytes, not only the first {SHOWN} of each side."],
    ]

    def run(self) -> Iterator[str]:
        """List it."""
        [file] = self["files"]
        conversation = self.conversation(file)
        if self["json"]:
            return as_json(conversation)
        return as_text(conversation, None if self["all"] else SHOWN)


class Diff(ConversationTool):
    """What C{netsim diff} can be told."""

    synopsis = "A B [options]"
    longdesc = "Shows the first difference between two recordings; exits with 1 if there is one."
    example = "before-1.json after-1.json"
    takes = (2,)

    def run(self) -> Iterator[str]:
        """Compare them."""
        one, other = map(self.conversation, self["files"])
        found = compare(one, other)
        if found is None:
            yield "no difference"
        else:
            self.failed = True
            yield found.describe(*map(str, self["files"]))


class Verify(ScriptTool):
    """What C{netsim verify} can be told."""

    synopsis = "FILE... [options]"
    longdesc = (
        "Checks script files and all they refer to: names, cycles, external files,"
        " actions, blobs and their hashes. Lists every problem, and exits with 1 if any."
    )
    example = "session-1.json session-2.json"
    takes = range(1, sys.maxsize)
    optParameters = [
        ["path", "p", [], "Directories of action modules, separated by commas.",
         options.directories],
    ]  # fmt: skip

    def run(self) -> Iterator[str]:
        """Check them."""
        modules = checks.actions(ModuleLoader(self["path"]))
        for file in self["files"]:
            found = [checks.nesting, modules, checks.blobs(self.store(file))]
            try:
                document = load(file, roots=self["external-root"], checks=found)
            except ScriptError as error:
                self.failed = True
                yield str(error)
            else:
                yield f"{file}: {len(document.scripts)} scripts, {len(document.blobs())} blobs, ok"


class Recover(options.Tool):
    """What C{netsim recover} can be told."""

    synopsis = "[BASENAME | FILE.journal]..."
    longdesc = (
        "Turns what a killed netsim-proxy left into recordings. Without a word, for"
        " proxy_script, the basename that the proxy has by itself. A journal that a"
        " running proxy still writes is left alone."
    )
    example = "session"

    def parseArgs(self, *names: str) -> None:
        """Basenames as the proxy's --output, or journals."""
        paths = [Path(name) for name in names or ("proxy_script",)]
        for path in paths:
            if path.suffix == ".json":
                raise usage.UsageError(f"{path} is a recording; expected a basename or a journal")
        self["journals"] = [
            journal
            for path in paths
            for journal in ([path] if path.suffix == SUFFIX else _journals(path))
        ]

    def run(self) -> Iterator[str]:
        """Recover them, one after the other."""
        if not self["journals"]:
            yield "nothing to recover"
        for journal in self["journals"]:
            if not journal.exists():
                self.failed = True
                yield f"{journal}: no such file"
                continue
            try:
                summary = recover(journal)
            except (NetsimError, OSError) as error:
                self.failed = True
                yield f"{journal}: {getattr(error, 'strerror', error)}"
            else:
                yield _recovered(journal, summary)


def _journals(basename: Path) -> list[Path]:
    return journals(basename) if basename.parent.is_dir() else []


def _recovered(journal: Path, summary: Summary | None) -> str:
    if summary is None:
        return f"{journal}: nothing to do: a running proxy writes it, or it is complete"
    store = BlobStore.beside(summary.path)
    for name in summary.blobs:
        # On a full disk it stays as it is, and as good.
        with suppress(OSError):
            store.compress(name)
    return (
        f"{summary.path}: {summary.exchanges} exchanges,"
        f" {summary.upstream} bytes up, {summary.downstream} bytes down"
    )
