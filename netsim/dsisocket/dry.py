"""A host on which nothing is done: what would be is logged, and remembered."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import overload

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from zope.interface import implementer

from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.model import Ended, Host, Limits

__all__ = ["DryMachine", "Notes"]

_KEPT = 1000


class Notes:
    """
    The last ones of many lines, each at the place that it had among all.

    Its length is that of all lines, also of those that are forgotten.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._lines: deque[str] = deque(maxlen=kept)
        self._count = 0

    def append(self, line: str) -> None:
        """Remember one more."""
        self._lines.append(line)
        self._count += 1

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        forgotten = self._count - len(self._lines)
        if isinstance(place, slice):
            places = range(*place.indices(self._count))
            return [self._lines[each - forgotten] for each in places if each >= forgotten]
        index = range(self._count)[place] - forgotten
        if index < 0:
            raise IndexError(place)
        return self._lines[index]


@implementer(IMachine)
class DryMachine:
    """
    A host of a dry run: every script succeeds, and every transfer.

    @ivar planned: what would have been done, in lines such as C{run: uname -a} and
        C{upload /a -> /b}.
    """

    log = Logger()

    def __init__(self, host: Host) -> None:
        self.host = host
        self.planned = Notes()

    def run(self, script: str, limits: Limits) -> Deferred[Ended]:
        """Note the script."""
        self._note(f"run: {script}")
        return succeed(Ended(0))

    def upload(self, source: Path, target: str) -> Deferred[None]:
        """Note it."""
        self._note(f"upload {source} -> {target}")
        return succeed(None)

    def retrieve(self, source: str, target: Path) -> Deferred[None]:
        """Note it."""
        self._note(f"retrieve {source} -> {target}")
        return succeed(None)

    def stop(self) -> Deferred[None]:
        """There is nothing to be ended."""
        return succeed(None)

    def _note(self, line: str) -> None:
        self.planned.append(line)
        # Whoever asks for a dry run wants to see it, scripts too.
        self.log.info("[{host}] would {line}", host=self.host.name, line=line)
