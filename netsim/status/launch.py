"""
Starts a status daemon where none answers: silent, in the background, and only one.

It blocks, for seconds: it is for a thread of its own.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from enum import Enum
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from netsim.errors import HostError, InputError
from netsim.rundir import StartLock, make_run_directory, run_directory
from netsim.status.model import DEFAULT_PORT, Settings

__all__ = ["INSTALL", "WITHIN", "Launched", "answers", "command", "launch"]

WITHIN = 30.0
"""Seconds in which a daemon has to answer: one is enough, but where ten programs start at once."""

INSTALL = "pip install 'netsim[daemon]'"

_PACKAGES = ("autobahn", "klein", "psutil")
_PAUSE = 0.05
_PATIENCE = 2.0
"""Seconds that one question may take."""

# The first process ends at once: nobody's child stays, for which a program might wait.
# What this netsim was imported from comes last, as it may be among many other packages.
_CODE = (
    "import os, sys; os.fork() and os._exit(0); sys.path.append(sys.argv.pop(1));"
    " from netsim.cli import main; main()"
)


class Launched(Enum):
    """What became of it."""

    ANSWERS = "one answers already"
    STARTED = "it was started"


def launch(
    settings: Settings,
    directory: Path | None = None,
    start: Callable[[Sequence[str]], int] | None = None,
    within: float = WITHIN,
) -> Launched:
    """
    See that a daemon answers on this machine.

    Of several processes that want that at once one starts it, and the others wait.

    @param directory: the run directory, where that is known.
    @param start: starts a command in the background, and gives a descriptor that can
        be read when that has ended; L{start_detached}.
    @raise InputError: what it needs is not installed.
    @raise HostError: it cannot be started, or does not answer in time.
    """
    if answers(settings.url):
        return Launched.ANSWERS
    if missing := [name for name in _PACKAGES if find_spec(name) is None]:
        raise InputError(f"it needs {', '.join(missing)}: {INSTALL}")
    directory = run_directory() if directory is None else directory
    make_run_directory(directory)
    deadline = time.monotonic() + within
    lock = StartLock(directory, f"daemon-{_port(settings.url)}.lock")
    try:
        while not lock.acquire():
            if answers(settings.url):
                return Launched.ANSWERS
            _check(deadline)
            time.sleep(_PAUSE)
        # Whoever had the lock may have done it.
        if answers(settings.url):
            return Launched.ANSWERS
        _start(settings.url, start or start_detached, time.monotonic() + within)
    finally:
        lock.release()
    return Launched.STARTED


def answers(url: str) -> bool:
    """Whether a daemon says hello."""
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)) as connection:
        try:
            connection.request("GET", "/hello")
            return 200 <= connection.getresponse().status < 300
        except (OSError, HTTPException):
            return False


def command(url: str) -> list[str]:
    """The command line of a daemon that is reached by this URL."""
    host = urlsplit(url).hostname
    where = ["--host", "::1"] if host == "::1" else []
    home = str(Path(__file__).parents[2])
    return [sys.executable, "-c", _CODE, home, "daemon", "--port", str(_port(url)), *where]


def start_detached(words: Sequence[str]) -> int:
    """
    Start a command that does not end with this process, says nothing, and is nobody's child.

    @return: a descriptor that can be read when the command has ended.
    @raise OSError: it cannot be started.
    """
    reading, writing = os.pipe()
    try:
        subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            # Nothing is written: it is closed when the last one that has it ends.
            pass_fds=[writing],
            check=False,
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    return reading


def _start(url: str, start: Callable[[Sequence[str]], int], deadline: float) -> None:
    try:
        ended = start(command(url))
    except OSError as error:
        raise HostError(f"{sys.executable}: {error.strerror}") from error
    try:
        while not answers(url):
            if select.select([ended], [], [], _PAUSE)[0]:
                # It may be that another one has the port.
                if answers(url):
                    return
                raise HostError(f"it has ended: `netsim daemon --port {_port(url)}` tells why")
            _check(deadline)
    finally:
        with suppress(OSError):
            os.close(ended)


def _check(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise HostError("it does not answer in time")


def _port(url: str) -> int:
    return urlsplit(url).port or DEFAULT_PORT
