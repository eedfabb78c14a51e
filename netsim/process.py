"""
The process contract: logging, the ready line, the exit status and signals.

It is the same under C{twistd -n}, C{twist} and the C{netsim} command.  Its parts:

    - L{foreground}: logs go to stderr and no pidfile is written, for every service
      whose Options are L{netsim.options.ServiceOptions};
    - L{ServerService}: starts to listen, prints the ready line, or fails with one
      sentence;
    - L{set_exit_status}, L{own_signals}, L{fail}: how the process ends;
    - L{run}: the runner of the C{netsim} command.

How the process is going to end belongs to the process, not to a service: that is
why this module keeps it in a global (see L{_End}).
"""

from __future__ import annotations

import atexit
import getopt
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any, ClassVar, NoReturn, Protocol

from attrs import define
from twisted.application.service import IService, MultiService
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.error import CannotListenError, ConnectError, ReactorNotRunning
from twisted.internet.interfaces import IAddress
from twisted.logger import Logger, globalLogBeginner, textFileLogObserver
from twisted.python.failure import Failure
from twisted.python.usage import Options

from netsim.addresses import describe, describe_range
from netsim.errors import NetsimError
from netsim.logs import StderrObserver, stderr

__all__ = [
    "STOP_WITHIN",
    "Reactor",
    "ServerService",
    "announce",
    "fail",
    "foreground",
    "given",
    "own_signals",
    "print_ready",
    "run",
    "set_exit_status",
    "stop",
    "usage_failed",
    "without_openssl",
]

STOP_WITHIN = 2.0
"""Seconds from the first signal to the end of the process, whatever hangs."""

_EXPLAINED = (NetsimError, CannotListenError, ConnectError, OSError, OverflowError)
_log = Logger()

Listening = Deferred[Iterable[IAddress]] | Coroutine[Any, Any, Iterable[IAddress]]
"""Ports that are being opened, and then their addresses."""


class Reactor(Protocol):
    """What the contract needs of a reactor; each of Twisted's has it."""

    def stop(self) -> None: ...
    def callWhenRunning(self, call: Callable[..., Any], *args: Any) -> Any: ...
    def callFromThread(self, call: Callable[..., Any], *args: Any) -> None: ...


@define
class _End:
    """How this process is going to end: by a status, else by a signal, else by itself."""

    status: int | None = None
    signal: int | None = None


_end = _End()


def set_exit_status(code: int | None) -> None:
    """
    Set the status that the process exits with, after its runner has cleaned up.

    The last call wins, and wins over a signal.  L{None} takes it back.
    """
    _end.status = code
    _finish_at_exit()


def own_signals(reactor: Reactor) -> None:
    """
    Take SIGINT and SIGTERM over from a reactor that runs.

    The first one stops the reactor, and L{STOP_WITHIN} seconds later the process
    is gone.  A second one ends it at once.  Twisted's runners would kill the
    process by the signal before an exit status could be told.
    """
    for name, number in (("sigInt", signal.SIGINT), ("sigTerm", signal.SIGTERM)):
        # What the reactor does not handle is ignored, or a debugger's.
        if signal.getsignal(number) == getattr(reactor, name, None):
            signal.signal(number, partial(_on_signal, reactor))


def stop(reactor: Reactor) -> None:
    """Stop a reactor, as soon as it runs; one that stops already is left alone."""
    reactor.callWhenRunning(_stop_once, reactor)


def fail(reactor: Reactor, message: str) -> None:
    """End the process because it cannot do its work: one line in the log, status 1."""
    _log.critical("{reason}", reason=message)
    set_exit_status(1)
    stop(reactor)


def announce(name: str, addresses: Iterable[IAddress], ranges: bool = True) -> None:
    """
    Print the ready line: C{NAME listening on ADDRESS ADDRESS}.

    Consecutive ports become a range, unless each has a meaning of its own.

    It goes to the real stdout, as C{sys.stdout} is part of the log under a runner.
    A stdout that nobody reads is no error.
    """
    places = describe_range(addresses) if ranges else " ".join(map(describe, addresses))
    print_ready(f"{name} listening on {places}")


def print_ready(line: str) -> None:
    """Print the ready line of a service that does not listen: its work has begun."""
    with suppress(OSError, ValueError):
        print(line, file=sys.__stdout__, flush=True)


def foreground(options: Options) -> None:
    """
    Send logs to stderr and write no pidfile, unless the user chose otherwise.

    To be called by C{postOptions} of a service's Options.  It changes the options of
    the runner: C{twist}, or C{twistd} that does not daemonize.
    """
    runner = options.parent
    if runner is None:
        return
    if _is_twist(options):
        _twist_in_foreground(runner)
    elif runner.get("nodaemon") or runner.get("debug"):
        _twistd_in_foreground(runner)


def usage_failed(options: Options) -> None:
    """Make C{twist} exit with 1 after a usage error, as C{twistd} does, and not with 64."""
    if _is_twist(options):
        set_exit_status(1)


def given(options: Options, arguments: Sequence[str]) -> frozenset[str]:
    """
    Return the long names of the options that stand in a command line.

    L{Options} itself cannot tell one that was given from one that has its default.
    """
    try:
        pairs, _ = getopt.getopt(list(arguments), options.shortOpt, options.longOpt)
    except getopt.GetoptError:
        return frozenset()
    names = (name.lstrip("-") for name, _ in pairs)
    return frozenset(options.synonyms.get(name, name) for name in names)


@contextmanager
def without_openssl() -> Iterator[None]:
    """
    A reactor that is installed in here does without OpenSSL.

    Twisted loads OpenSSL with every reactor: 9 MiB, and a third of the time until a
    service starts.  What is lost is the reactor's own C{listenSSL}, C{connectSSL} and
    C{startTLS}; endpoints do TLS by themselves, and load it when they are used.
    """
    if "OpenSSL" in sys.modules:
        yield
        return
    # As Twisted finds it where the extra C{tls} is not installed.
    sys.modules["OpenSSL"] = None  # type: ignore[assignment]
    try:
        yield
        _installed_reactor()
    finally:
        del sys.modules["OpenSSL"]


def run(service: IService) -> None:
    """
    Run a service as C{twistd -n} does, until the reactor stops.

    The exit status of the contract is given when the interpreter exits.
    """
    reactor = _installed_reactor()
    globalLogBeginner.beginLoggingTo([StderrObserver()])
    service.privilegedStartService()
    service.startService()
    reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
    reactor.callWhenRunning(own_signals, reactor)
    reactor.run()


class ServerService(MultiService):
    """
    A service that listens: a subclass writes L{listen} alone.

    When all ports accept, the ready line is printed.  When that fails because of
    the user, a peer or this machine, the log gets one sentence; because of a
    mistake in the code, a traceback; in both cases the process exits with 1.

    C{name} is the name in the ready line, such as C{netsim-replay}.

    @cvar ranges: consecutive ports are alike, and the ready line tells first and last.
    """

    ranges: ClassVar[bool] = True

    def __init__(self, name: str, reactor: Reactor | None = None) -> None:
        super().__init__()
        self.name: str = name
        self._reactor: Any = reactor
        self._starting: Deferred[None] | None = None

    def listen(self) -> Listening:
        """
        Open all ports, once the reactor runs, and give their addresses.

        A service that has none does here what has to be done before it is ready.

        It may be a coroutine.  What it opened is closed by C{stopService}; when the
        service stops earlier, the Deferred is cancelled.
        """
        raise NotImplementedError

    def ready(self) -> None:
        """All ports accept, and the ready line is out."""

    def startService(self) -> None:
        """Start the children, and listen as soon as the reactor runs."""
        super().startService()
        reactor = self._reactor or _installed_reactor()
        reactor.callWhenRunning(self._start, reactor)

    def stopService(self) -> Deferred[None]:
        """Stop the children, and whatever of L{listen} goes on."""
        if self._starting is not None:
            self._starting.cancel()
        stopped: Deferred[None] = super().stopService()
        return stopped

    def _start(self, reactor: Reactor) -> None:
        own_signals(reactor)
        _raise_descriptor_limit()
        starting: Deferred[Any] = maybeDeferred(self.listen)
        self._starting = starting.addCallback(self._ready).addErrback(_explain, reactor)

    def announce(self, addresses: Iterable[IAddress]) -> None:
        """Print the ready line."""
        announce(self.name, addresses, self.ranges)

    def _ready(self, addresses: Iterable[IAddress]) -> None:
        self.announce(addresses)
        self.ready()


def _raise_descriptor_limit() -> None:
    # The soft limit is there for programs that use select, which this one does not.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _installed_reactor() -> Any:
    from twisted.internet import reactor

    return reactor


def _explain(failure: Failure, reactor: Reactor) -> None:
    if failure.check(CancelledError):
        return
    if not failure.check(*_EXPLAINED):
        _log.failure("A mistake in the code", failure)
    fail(reactor, f"Cannot start: {failure.getErrorMessage()}")


def _stop_once(reactor: Reactor) -> None:
    with suppress(ReactorNotRunning):
        reactor.stop()


def _is_twist(options: Options) -> bool:
    return options.parent is not None and "fileLogObserverFactory" in options.parent


def _twistd_in_foreground(runner: Options) -> None:
    chosen = given(runner, sys.argv[1:])
    if not chosen & {"logfile", "logger", "syslog"}:
        # By name: twistd imports it after the service's options were read.
        runner["logger"] = "netsim.logs.StderrObserver"
    if "pidfile" not in chosen:
        runner["pidfile"] = ""


def _twist_in_foreground(runner: Options) -> None:
    chosen = given(runner, sys.argv[1:])
    if "log-file" in chosen:
        return
    runner["logFile"] = stderr()
    if "log-format" not in chosen:
        runner["fileLogObserverFactory"] = textFileLogObserver


def _on_signal(reactor: Reactor, number: int, frame: FrameType | None) -> None:
    if _end.signal is not None:
        _die()
    _end.signal = number
    _finish_at_exit()
    # A timer of the system, not a thread: starting one takes locks that the code
    # which this handler interrupts may hold, and the reactor may be what hangs.
    signal.signal(signal.SIGALRM, lambda number, frame: _die())
    signal.setitimer(signal.ITIMER_REAL, STOP_WITHIN)
    reactor.callFromThread(_stop_by_signal, reactor, signal.Signals(number).name)


def _stop_by_signal(reactor: Reactor, name: str) -> None:
    _log.info("Received {signal}, shutting down.", signal=name)
    _stop_once(reactor)


def _finish_at_exit() -> None:
    atexit.unregister(_finish)
    atexit.register(_finish)


def _finish() -> None:
    if _end.status is None and _end.signal is None:
        return
    # What was registered last runs first.  The others, which save coverage data or
    # flush logs, would be lost to what follows: so they run now.
    atexit.unregister(_finish)
    atexit._run_exitfuncs()
    _die()


def _die() -> NoReturn:
    for stream in (sys.__stdout__, sys.__stderr__):
        # RuntimeError: a signal came while this very stream was being written.
        with suppress(OSError, ValueError, RuntimeError):
            print(end="", file=stream, flush=True)
    if _end.status is None and _end.signal is not None:
        signal.signal(_end.signal, signal.SIG_DFL)
        os.kill(os.getpid(), _end.signal)
    os._exit(_end.status or 0)
