"""
How a program is watched and steered: three functions::

    from netsim.status import action, connect, watch

    @watch()
    def progress():
        return {"epoch": epoch, "loss": loss}

    @action()
    def set_rate(rate: float):
        "Change the learning rate."

    with connect("my training"):
        ...

Functions may be decorated before or after L{connect}: every link of the process has
them.  That takes a list for the whole process, L{_program}; it is the only global here,
and whoever does not want it uses a L{Program} of his own.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from netsim import background
from netsim.status import config as configuration
from netsim.status.facade import Link, Service
from netsim.status.model import Settings

__all__ = ["TOKEN", "Program", "action", "connect", "watch"]

TOKEN = "NETSIM_DAEMON_TOKEN"
"""The environment variable that has what a daemon asks for, where no token is given."""

F = TypeVar("F", bound=Callable[..., Any])
_NAMES = ("url", "interval", "display_name", "mute", "token", "launch", "queue")


class Program:
    """
    The functions that a program shows and offers, and its links.

    All methods may be called in any thread.
    """

    def __init__(
        self, reactor: Any = None, make_service: Callable[..., Service] | None = None
    ) -> None:
        """
        @param reactor: the one to use; by default the one that runs or is installed, else
            one in a thread.
        @param make_service: makes what speaks with the daemon, as the class
            L{netsim.status.link.Link} does.
        """
        self._reactor = reactor
        self._make_service = make_service
        self._lock = threading.Lock()
        self._actions: list[tuple[Callable[..., Any], str | None, bool]] = []
        self._watches: list[tuple[Callable[[], Any], str | None, float | None]] = []
        self._links: list[Link] = []

    def action(self, name: Any = None, blocking: bool = False) -> Any:
        """Offer a function; see L{action}."""
        if callable(name):
            return self.action()(name)
        _check_name(name)

        def decorate(function: F) -> F:
            with self._lock:
                self._actions.append((function, name, blocking))
                for link in self._links:
                    link.actions.add(function, name, blocking)
            return function

        return decorate

    def watch(self, name: Any = None, interval: float | None = None) -> Any:
        """Show what a function returns; see L{watch}."""
        if callable(name):
            return self.watch()(name)
        _check_name(name)
        if interval is not None and not 0 < interval < math.inf:
            raise ValueError(f"interval: expected seconds, more than 0, not {interval!r}")

        def decorate(function: F) -> F:
            with self._lock:
                self._watches.append((function, name, interval))
                for link in self._links:
                    link.watch(function, name, interval)
            return function

        return decorate

    def connect(
        self,
        name: str,
        url: str | None = None,
        interval: float | None = None,
        *,
        logging: bool = True,
        log_level: int | str = "INFO",
        config: str | os.PathLike[str] | None = None,
        **settings: Any,
    ) -> Link:
        """Begin to speak with a daemon; see L{connect}."""
        chosen = _settings({"url": url, "interval": interval, **settings}, config)
        # This comes before anything is imported that may need one.
        reactor: Any = self._reactor or sys.modules.get("twisted.internet.reactor")
        is_waiting = reactor is not None and not getattr(reactor, "running", False)
        reactor = reactor or _new_reactor()
        make = self._make_service or _make_service
        link = Link(reactor, name, chosen, make, self._forget)
        if logging:
            link.forward_logs(log_level)
        self._add(link)
        if is_waiting:
            # A Twisted program, which is going to run it.
            reactor.callWhenRunning(link.begin)
        elif background.is_here():
            link.begin()
        else:
            background.call(link.begin)
        return link

    def _add(self, link: Link) -> None:
        with self._lock:
            self._links.append(link)
            for function, name, blocking in self._actions:
                link.actions.add(function, name, blocking)
            for watched, name, interval in self._watches:
                link.watch(watched, name, interval)

    def _forget(self, link: Link) -> None:
        with self._lock:
            if link in self._links:
                self._links.remove(link)


_program = Program()


def action(name: Any = None, blocking: bool = False) -> Any:
    """
    Offer a function: it can be called from the page, which shows its arguments.

    Arguments are checked against the annotations; the result is what JSON can say.
    Each call has a thread of its own.  A function that is C{blocking} is called in one
    thread with all others that are: one call after the other.  Coroutine functions run
    on the reactor.

    @param name: what it is called there; the function's own name, if it is not given.
    """
    return _program.action(name, blocking)


def watch(name: Any = None, interval: float | None = None) -> Any:
    """
    Show what a function returns, again and again; numbers become charts.

    It is called without arguments, in a thread of its own, and returns what JSON can say.

    @param name: what the value is called; the function's own name, if it is not given.
    @param interval: seconds between two calls; the link's, if it is not given.
    """
    return _program.watch(name, interval)


def connect(
    name: str,
    url: str | None = None,
    interval: float | None = None,
    *,
    logging: bool = True,
    log_level: int | str = "INFO",
    config: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> Link:
    """
    Begin to show this program on the page of a status daemon.

    It returns at once, whether a daemon answers or not.  Where none answers on this
    machine, one is started, which stays when the program ends.

    It uses a reactor in a thread; in a Twisted program, the reactor that runs, or that
    is going to be run, if it has been imported.  After C{fork} a link is dead in the
    child; a child can connect only if its parent had not.

    What is not given is read from C{netsim.toml} in the working directory, if that is
    there; see L{netsim.status.config}.

    @param name: the project's.
    @param url: of the daemon, C{http://127.0.0.1:5000} if nobody says otherwise.
    @param interval: seconds between two syncs of the status; 1.0.
    @param logging: whether what is logged with C{logging}, or Twisted's logger, is shown.
    @param log_level: the least important of that.  Set logging up before you connect;
        if you do not, it is set up so that this level is reached.
    @param config: another file than C{netsim.toml}.
    @keyword display_name: what pages show instead of the name.
    @keyword mute: say nothing about the link itself.
    @keyword token: what the daemon asks for; C{NETSIM_DAEMON_TOKEN} in the environment.
    @keyword launch: whether a daemon may be started.
    @keyword queue: messages that are kept while no daemon answers; 10,000.
    @raise ConfigError: with everything that is wrong with these or with the file.
    @raise InputError: the name cannot be used, or what it takes is not installed.
    """
    return _program.connect(
        name, url, interval, logging=logging, log_level=log_level, config=config, **settings
    )


def _settings(given: dict[str, Any], file: str | os.PathLike[str] | None) -> Settings:
    if given.get("token") is None:
        given["token"] = os.environ.get(TOKEN) or None
    path = _found() if file is None else Path(file)
    return configuration.settings(given, path)


def _found() -> Path | None:
    try:
        return configuration.find(Path.cwd())
    except OSError:
        # The directory is gone.
        return None


def _check_name(name: Any) -> None:
    if name is not None and not (isinstance(name, str) and name):
        raise ValueError(f"name: expected a text, not {name!r}")


def _new_reactor() -> Any:
    from twisted.internet import reactor

    return reactor


def _make_service(*args: Any, **named: Any) -> Service:
    # It takes a while to load.
    from netsim.status.link import Link as LinkService

    return LinkService(*args, **named)
