"""What tests of kinds that read files share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twisted.logger import LogEvent, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.interfaces import ISource

__all__ = ["FilesTestCase"]


class FilesTestCase(SynchronousTestCase):
    """A test with a directory, and a look at which files are opened and what is logged."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        self.opened: list[str] = []
        opens = Path.open

        def counted(path: Path, *args: Any, **kwargs: Any) -> Any:
            self.opened.append(path.name)
            return opens(path, *args, **kwargs)

        self.patch(Path, "open", counted)

    def write(self, name: str, text: str) -> Path:
        """Write a file anew, as another inode."""
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        new = path.with_name("new")
        new.write_bytes(text.encode())
        new.replace(path)
        self.opened.clear()
        return path

    def append(self, name: str, text: str) -> None:
        """Write on at the end of a file."""
        with open(self.directory / name, "ab") as file:
            file.write(text.encode())
        self.opened.clear()

    def all_of(
        self, source: ISource, names: Sequence[str], start: float = 0, end: float = 1e11
    ) -> dict[str, Any]:
        """What each field has: pairs of a time and a value."""
        return {
            name: list(zip(block.t.tolist(), values.tolist(), strict=True))
            for block in source.blocks(names, start, end)
            for name, values in block.columns.items()
        }

    @contextmanager
    def logged(self) -> Iterator[list[str]]:
        """What is logged meanwhile."""
        texts: list[str] = []
        with capturedLogs() as events:
            yield texts
        texts.extend(map(_text, events))


def _text(event: LogEvent) -> str:
    return formatEvent(event)
