"""Starts a simulator in the background, and waits until it is ready."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from netsim.errors import HostError
from netsim.simulator.child import DETACHED, environment

__all__ = ["Detached"]

_READY = " listening on "
_CRITICAL = re.compile(rb"\[\S+#critical\] (.*)")
_TAIL = 2000
"""Bytes of a log that are shown where no reason can be found in it."""


class Detached:
    """
    A process that goes on when its parent has ended.

    @ivar failed: it has said why it does not start.
    """

    failed = False

    def __init__(self, command: Sequence[str], log: Path) -> None:
        """@param log: what it logs is added to this file."""
        self._command = command
        self._log = log

    def start(self) -> Iterator[str]:
        """
        Start it, and give what it says until it is ready.

        @raise HostError: it does not start; with its reason.
        """
        with self._open_log() as log:
            before = log.tell()
            running = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(DETACHED),
                start_new_session=True,
                text=True,
            )
        said: list[str] = []
        try:
            assert running.stdout is not None
            with running.stdout as stdout:
                for line in stdout:
                    said.append(line)
                    yield line.rstrip("\n")
        except BaseException:
            # Whoever wanted it has changed his mind.
            running.terminate()
            running.wait()
            raise
        if any(_READY in line for line in said):
            # It is nobody's child now.
            running.returncode = 0
            return
        running.wait()
        self.failed = True
        if reason := self._reason(before):
            raise HostError(reason)
        if not said:
            raise HostError(f"it has not started; its log, {self._log}, does not say why")

    def _open_log(self) -> IO[bytes]:
        try:
            return self._log.open("ab")
        except OSError as error:
            raise HostError(f"--log: {self._log}: {error.strerror}") from error

    def _reason(self, before: int) -> str:
        with self._log.open("rb") as log:
            log.seek(before)
            written = log.read()
        if found := _CRITICAL.findall(written):
            return str(found[-1].decode(errors="replace"))
        # It did not come so far as to log, or an option was wrong.
        is_log = b"#info]" in written
        return "" if is_log else written[-_TAIL:].decode(errors="replace").strip()
