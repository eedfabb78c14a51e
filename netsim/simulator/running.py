"""Asks the processes of the run directory, from plain blocking code."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from netsim.simulator.messages import Status, decode, encode, statuses
from netsim.simulator.rundir import sockets

__all__ = ["ANSWER_WITHIN", "STOP_WITHIN", "Process", "stop", "survey"]

ANSWER_WITHIN = 2.0
"""Seconds that all processes together have for their answers."""
STOP_WITHIN = 3.0
"""Seconds that a simulator has to be gone."""

_PAUSE = 0.02


@frozen
class Process:
    """
    A process that has a control socket.

    @ivar simulators: those that it runs; C{None} if it does not answer.
    """

    pid: int
    path: Path
    simulators: tuple[Status, ...] | None


def survey(directory: Path, *, within: float = ANSWER_WITHIN) -> list[Process]:
    """
    Ask all processes how their simulators are.

    The sockets of dead ones are removed.

    @raise HostError: the directory is not this user's alone.
    """
    deadline = time.monotonic() + within
    with ExitStack() as stack:
        asked = []
        # First all are asked, so that one that hangs takes no time from the others.
        for pid, path in list(sockets(directory)):
            connection = _Connection(deadline)
            stack.callback(connection.close)
            try:
                connection.ask(path, {"command": "status"})
            except _Gone:
                _remove_stale(pid, path)
                continue
            except OSError:
                pass
            asked.append((pid, path, connection))
        return list(_answered(asked))


def stop(process: Process, names: Iterable[str], *, within: float = STOP_WITHIN) -> set[str]:
    """
    Stop some simulators of a process, and wait until they are gone.

    A process that has none left is waited for, too.

    @return: the names of those that are not gone.
    """
    deadline = time.monotonic() + within
    asked = set(names)
    left = asked
    command: Mapping[str, Any] = {"command": "stop", "names": sorted(asked)}
    while True:
        connection = _Connection(deadline)
        try:
            connection.ask(process.path, command)
            answer = connection.answer()
        except (OSError, EOFError, ValueError) as error:
            return set() if isinstance(error, EOFError | ConnectionError) else left
        finally:
            connection.close()
        left = asked & {status.name for status in answer}
        # A process that will end is still there for a moment, without any simulator.
        if (answer and not left) or time.monotonic() > deadline:
            return left
        command = {"command": "status"}
        time.sleep(_PAUSE)


class _Gone(ConnectionError):
    """Nobody has this socket open."""


@define
class _Connection:
    """One question, one answer."""

    deadline: float
    _socket: socket.socket = field(factory=lambda: socket.socket(socket.AF_UNIX))

    def ask(self, path: Path, command: Mapping[str, Any]) -> None:
        """
        Send a command.

        @raise _Gone: there is nobody to send it to.
        @raise OSError: it cannot be sent.
        """
        self._limit()
        try:
            self._socket.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError) as error:
            raise _Gone from error
        self._socket.sendall(encode(command))

    def answer(self) -> tuple[Status, ...]:
        """
        Wait for the answer.

        @raise OSError: there is none in time.
        @raise EOFError: the process has ended.
        @raise ValueError: it is none.
        """
        received = b""
        while not received.endswith(b"\n"):
            self._limit()
            part = self._socket.recv(1 << 16)
            if not part:
                raise EOFError
            received += part
        return statuses(decode(received))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _limit(self) -> None:
        # Zero would mean not to wait at all, and to fail otherwise than by a timeout.
        self._socket.settimeout(max(self.deadline - time.monotonic(), 0.001))


def _answered(asked: Iterable[tuple[int, Path, _Connection]]) -> Iterator[Process]:
    for pid, path, connection in asked:
        try:
            yield Process(pid, path, connection.answer())
        except (EOFError, ConnectionError):
            # It has ended while it was asked.
            continue
        except (OSError, ValueError):
            yield Process(pid, path, None)


def _remove_stale(pid: int, path: Path) -> None:
    """Remove a socket, unless its process is alive, and has just not opened it yet."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        with suppress(OSError):
            path.unlink()
    except OSError:
        # A process of somebody else, which has got the number of a dead one of ours.
        return
