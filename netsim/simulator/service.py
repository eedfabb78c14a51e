"""The C{netsim-simulator} service: where its parts are put together."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.defer import CancelledError, Deferred, DeferredList, gatherResults, succeed
from twisted.internet.interfaces import IAddress
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python import usage

from netsim import options, process
from netsim.errors import SimulatorError
from netsim.rundir import StartLock, make_run_directory, run_directory
from netsim.simulator import child
from netsim.simulator.catalogue import list_simulators, load
from netsim.simulator.chosen import SystemOptions, short
from netsim.simulator.control import Control
from netsim.simulator.crew import MAX_WORKERS
from netsim.simulator.hosted import Hosted, Simulated
from netsim.simulator.messages import Status, overlap
from netsim.simulator.rundir import LOCK
from netsim.simulator.running import survey
from netsim.simulator.simulator import Simulator
from netsim.status.options import ReportOptions
from netsim.worker import Worker

NAME = "netsim-simulator"
MODULE = "module"
LOCK_WITHIN, LOCK_PAUSE = 5.0, 0.05
"""Seconds that a start waits for another one; then the ports decide."""


def host(text: str) -> str:
    """Where to bind: an address, or the hosts that a module says."""
    text = {"localhost": "127.0.0.1"}.get(text, text)
    if not (text == MODULE or isIPAddress(text) or isIPv6Address(text)):
        raise ValueError("expected an IP address, or module")
    return text


class Options(SystemOptions, ReportOptions):
    """What C{netsim-simulator} can be told."""

    synopsis = "[options]"
    longdesc = (
        "Simulates devices: the named simulators, with all their instances, in this"
        " process. A name is one of `netsim simulator list`, a module in a directory of"
        " --path, or any module that can be imported."
    )
    example = "-s active_surface"
    optParameters = [
        ["host", None, "127.0.0.1", "Where to bind; module: what each module says.", host],
        ["port-offset", None, 0, "Add this to all ports.", options.port],
        ["max-workers", None, MAX_WORKERS, "Threads for systems that may block.", options.count],
    ]
    optFlags = [
        ["on-reactor", None, "Call all systems on the reactor: none of them blocks."],
        ["no-custom-commands", None, "Do not obey custom commands, such as $system_stop%%%%%."],
    ]


class Start(Options):
    """What C{netsim simulator start} can be told."""

    optParameters = [
        ["log", None, None, "With --detach: where the log goes.", Path],
    ]
    optFlags = [
        ["detach", None, "Run in the background, once all ports are open."],
        ["watch", None, "Start anew when the source changes."],
    ]
    failed = False

    @property
    def needs_reactor(self) -> bool:
        """It runs here."""
        return not self["detach"]

    def postOptions(self) -> None:
        """Only one in the background needs a file for its log."""
        super().postOptions()
        if self["detach"] and self["watch"]:
            raise usage.UsageError("--watch: stays in the foreground, and so not with --detach")
        if self["log"] is not None and not self["detach"]:
            raise usage.UsageError("--log: only with --detach; in the foreground it is stderr")

    def run(self) -> Iterator[str]:
        """Run it here, or start it and give what it says."""
        command = child.command(["simulator", "start", *self._words()])
        if self["detach"]:
            from netsim.simulator.detach import Detached

            detached = Detached(command, self["log"] or self._log())
            yield from detached.start()
            self.failed = detached.failed
        elif self["watch"]:
            from twisted.internet import reactor

            from netsim.simulator.watch import Watch

            process.run(Watch(reactor, command, self["system"], self["path"]))
        else:
            process.run(makeService(self))

    def _log(self) -> Path:
        directory = run_directory()
        make_run_directory(directory)
        [name] = map(short, self["system"]) if len(self["system"]) == 1 else ["simulators"]
        return directory / f"{self['type'] or name}.log"

    def _words(self) -> Iterator[str]:
        for name in ("system", "path"):
            yield from (f"--{name}={value}" for value in self[name])
        for name in ("type", "host", "port-offset", "max-workers", "daemon", "project"):
            if self[name] is not None:
                yield f"--{name}={self[name]}"
        yield from (f"--{name}" for name in ("on-reactor", "no-custom-commands") if self[name])


class SimulatorService(process.ServerService):
    """
    Runs simulators until all of them have stopped, or a signal comes.

    @ivar hosted: those that have not stopped.
    """

    log = Logger()

    def __init__(
        self, config: Options, reactor: Any, make: Callable[..., Simulated] = Simulator
    ) -> None:
        """@param make: makes a simulator, as the class does."""
        super().__init__(NAME, reactor)
        self.hosted: list[Hosted] = []
        self._config = config
        self._make = make
        self._control = Control(reactor, self)
        self._role = child.role()
        self._stopping = False

    async def listen(self) -> Iterable[IAddress]:
        """Open all ports of all simulators, or none."""
        if self._role == child.WATCHED:
            child.StdinEnd(self._reactor, self.leave)
        try:
            self._prepare()
            self._control.open(run_directory())
            await self._open()
        except BaseException:
            if not self._stopping:
                _exit_for_sure(1)
            await self._close()
            if self._stopping:
                # It was told to stop meanwhile: whatever came of that is no error.
                raise CancelledError from None
            raise
        return [address for hosted in self.hosted for address in hosted.simulator.addresses]

    def ready(self) -> None:
        """Tell which ones run, and wait for their ends."""
        now = self._reactor.seconds()
        ends = []
        for hosted in self.hosted:
            hosted.since = now
            _say(f"Simulator '{hosted.name}' up and running.")
        for hosted in list(self.hosted):
            simulator = hosted.simulator
            # One may have been stopped while the next one was opened.
            end = simulator.when_stopped() if simulator.addresses else succeed(None)
            ends.append(end.addBoth(self._stopped, hosted))
        if self._role == child.DETACHED:
            child.release_stdout()
        if self._config["daemon"] is not None:
            # Here, as few need what it loads.
            from netsim.simulator.watching import watch

            watch(self._reactor, self._config, self).setServiceParent(self)
        DeferredList(ends).addCallback(lambda _: self.leave())

    def status(self) -> Iterable[Status]:
        """How the simulators are, for the control socket."""
        return [hosted.status(self._reactor.seconds()) for hosted in self.hosted]

    def stop(self, names: Iterable[str]) -> None:
        """Stop these, for the control socket."""
        chosen = [hosted for hosted in self.hosted if hosted.name in names]
        if any(hosted.since is None for hosted in chosen):
            # What is not complete yet is given up as a whole.
            self.leave()
        for hosted in chosen:
            hosted.simulator.close().addErrback(self._not_closed)

    def leave(self) -> None:
        """End the process: all have stopped, or nobody wants them any more."""
        if not self._stopping:
            _exit_for_sure(0)
            process.set_exit_status(0)
            process.stop(self._reactor)

    def stopService(self) -> Deferred[Any]:
        """Stop all, and remove the control socket."""
        self._stopping = True
        stopping = [super().stopService(), self._control.close(), self._close()]
        return gatherResults(stopping)

    def _prepare(self) -> None:
        config = self._config
        names = config["system"] or list_simulators(config["path"])
        if not names:
            raise SimulatorError("there are no simulators; --path gives a directory of some")
        self.hosted = [self._host(name) for name in names]
        called = [hosted.name for hosted in self.hosted]
        if twice := next((name for name in called if called.count(name) > 1), None):
            raise SimulatorError(f"two simulators are called {twice!r}: one of them at a time")

    def _host(self, name: str) -> Hosted:
        config = self._config
        module = load(name, config["path"])
        where = None if config["host"] == MODULE else config["host"]
        offset = config["port-offset"]
        kind = {"system_type": config["type"]} if config["type"] is not None else {}
        simulator = self._make(
            module,
            host=where,
            port_offset=offset,
            on_reactor=bool(config["on-reactor"]),
            custom_commands=not config["no-custom-commands"],
            max_workers=config["max-workers"],
            reactor=self._reactor,
            **kind,
        )
        return Hosted(simulator, short(module.__name__), offset)

    async def _open(self) -> None:
        lock = StartLock(run_directory(), LOCK)
        try:
            for _ in range(int(LOCK_WITHIN / LOCK_PAUSE)):
                if lock.acquire():
                    break
                await deferLater(self._reactor, LOCK_PAUSE)
            if names := await self._running_already():
                self._refuse(names)
            for hosted in self.hosted:
                await hosted.simulator.open()
        finally:
            lock.release()

    def _close(self) -> Deferred[Any]:
        closing = [hosted.simulator.close() for hosted in self.hosted]
        return gatherResults(
            [closed.addErrback(self._not_closed) for closed in closing], consumeErrors=True
        )

    def _not_closed(self, reason: Any) -> None:
        self.log.failure("A simulator cannot be closed", reason)

    def _stopped(self, outcome: Any, hosted: Hosted) -> None:
        self.hosted.remove(hosted)
        _say(f"Simulator '{hosted.name}' stopped.")

    async def _running_already(self) -> list[str]:
        worker = Worker(self._reactor, "netsim-simulator status")
        others = [
            status
            for other in await worker.submit(survey, run_directory())
            for status in other.simulators or ()
            # Those that start are this one, and others that wait for it.
            if status.uptime is not None
        ]
        worker.stop()
        return [
            hosted.name
            for hosted in self.hosted
            for other in others
            if other.name == hosted.name and overlap(other.addresses, hosted.places)
        ]

    def _refuse(self, names: Iterable[str]) -> None:
        for name in names:
            _say(f"Simulator '{name}' already running.")
        process.set_exit_status(1)
        process.stop(self._reactor)
        # There is nothing to explain.
        raise CancelledError


def makeService(config: Options) -> SimulatorService:
    """Make the service from its options."""
    from twisted.internet import reactor

    return SimulatorService(config, reactor)


def _say(line: str) -> None:
    """Print on the real stdout, which may have no reader."""
    with suppress(OSError, ValueError):
        print(line, file=sys.__stdout__, flush=True)


def _exit_for_sure(status: int) -> None:
    """End the process in time, also where a system has left threads that go on."""
    timer = threading.Timer(process.STOP_WITHIN, os._exit, (status,))
    timer.daemon = True
    timer.start()
