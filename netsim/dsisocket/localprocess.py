"""The processes of a script on this machine: a bash in a session of its own."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Collection
from contextlib import ExitStack, suppress
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessTerminated
from twisted.internet.main import CONNECTION_DONE, CONNECTION_LOST
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from netsim.dsisocket.execline import LONGEST, encoded
from netsim.dsisocket.execution import Execution
from netsim.errors import HostError

__all__ = ["LocalProcesses"]

_EACH = 0.02
_DYING = 0.5
_PIECE = 1 << 16
_FILE = 3
# Not every system has the program setsid; Python takes longer to do the same.
_SETSID = "import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])"


class LocalProcesses(ProcessProtocol):
    """
    A bash, and what it has started.

    @ivar execution: hears of it; set before it starts.
    """

    execution: Execution

    def __init__(self, reactor: Any, hidden: Collection[str] = ()) -> None:
        """@param hidden: variables of the environment that it does not get."""
        self._reactor = reactor
        self._hidden = hidden
        self._pid = 0
        self._has_group = False
        self._how: tuple[int | None, str | None] | None = None
        self._output: _Output | None = None

    def start(self, script: str) -> None:
        """
        Start it.

        @raise HostError: that is not possible.
        @raise InputError: the script is none.
        """
        text = encoded(script)
        is_long = len(text) > LONGEST
        words = _words(text, is_long)
        try:
            self._start(words, text if is_long else b"")
        except OSError as error:
            raise HostError(f"cannot start bash: {error.strerror}") from error

    def _environment(self) -> dict[str, str]:
        return {name: text for name, text in os.environ.items() if name not in self._hidden}

    def _start(self, words: list[str | bytes], script: bytes) -> None:
        with ExitStack() as opened:
            reading, writing = os.pipe()
            opened.callback(os.close, writing)
            self._output = _Output(self._reactor, reading, self)
            with ExitStack() as on_failure:
                on_failure.callback(self.abandon)
                null = os.open(os.devnull, os.O_RDONLY)
                opened.callback(os.close, null)
                descriptors = {0: null, 1: writing, 2: writing}
                if script:
                    file = opened.enter_context(tempfile.TemporaryFile())
                    file.write(script)
                    file.seek(0)
                    descriptors[_FILE] = file.fileno()
                # It may have ended, and have told that, before it is known here.
                process = self._reactor.spawnProcess(
                    self, words[0], words, env=self._environment(), childFDs=descriptors
                )
                on_failure.pop_all()
            self._pid = process.pid or 0

    # What processes tell.

    def processEnded(self, reason: Failure) -> None:
        """Bash has ended."""
        how: tuple[int | None, str | None] = (0, None)
        if isinstance(reason.value, ProcessTerminated):
            number = reason.value.signal
            how = (reason.value.exitCode, None if number is None else _signal_name(number))
        self._how = how
        self.execution.exited(*how)
        self._check_ended()

    def output_ended(self) -> None:
        """Nobody can print any more."""
        self._output = None
        self._check_ended()

    def _check_ended(self) -> None:
        if self._output is None and self._how is not None:
            self.execution.ended(*self._how)

    # What the execution wants.

    def kill(self, patience: float) -> Deferred[None]:
        """End the whole group."""
        return Deferred.fromCoroutine(self._kill(patience))

    def abandon(self) -> None:
        """Read nothing more."""
        if self._output is not None:
            self._output.close()

    async def _kill(self, patience: float) -> None:
        began = self._reactor.seconds()
        self._signal(signal.SIGTERM)
        while self._signal(0):
            if self._reactor.seconds() - began >= patience:
                self._signal(signal.SIGKILL)
                break
            await deferLater(self._reactor, _EACH)
        # Nobody survives that; but who is dead may wait for a parent that does not look.
        began = self._reactor.seconds()
        while self._signal(0) and self._reactor.seconds() - began < _DYING:
            await deferLater(self._reactor, _EACH)

    def _signal(self, number: int) -> bool:
        """Whether there is still such a group."""
        if not self._pid:
            return False
        try:
            if self._how is None and not self._has_group:
                # It is so new that it has no group of its own yet.
                self._has_group = os.getpgid(self._pid) == self._pid
            if self._how is None and not self._has_group:
                os.kill(self._pid, number)
            else:
                os.killpg(self._pid, number)
        except ProcessLookupError:
            return False
        except PermissionError:
            # There is, and not ours, by sudo for example.
            return True
        return True


class _Output(FileDescriptor):
    """The pipe into which everybody prints."""

    def __init__(self, reactor: Any, number: int, processes: LocalProcesses) -> None:
        super().__init__(reactor)
        self._number = number
        self._processes = processes
        os.set_blocking(number, False)
        self.startReading()

    def fileno(self) -> int:
        """For the reactor."""
        return self._number

    def doRead(self) -> Exception | None:
        """There is something to read, or the end."""
        try:
            data = os.read(self._number, _PIECE)
        except BlockingIOError:
            return None
        except OSError:
            return CONNECTION_LOST
        if not data:
            return CONNECTION_DONE
        self._processes.execution.output_received(data)
        return None

    def connectionLost(self, reason: Failure) -> None:
        """It is closed on the other side."""
        self.close()
        self._processes.output_ended()

    def close(self) -> None:
        """Read nothing more."""
        if self._number >= 0:
            self.stopReading()
            os.close(self._number)
            self._number = -1


def _signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name.removeprefix("SIG")
    return str(number)


def _words(script: bytes, is_long: bool) -> list[str | bytes]:
    """
    The words that run a script; one that is long is a file.

    @raise HostError: there is no bash.
    """
    bash = shutil.which("bash")
    if bash is None:
        raise HostError("bash is not installed")
    setsid = shutil.which("setsid")
    words: list[str | bytes] = [setsid] if setsid else [sys.executable, "-c", _SETSID]
    text = f'eval "$(</dev/fd/{_FILE})" {_FILE}<&-' if is_long else script
    return [*words, bash, "-c", text, "bash"]
