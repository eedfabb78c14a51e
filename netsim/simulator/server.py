"""One instance of a simulator: a system on its addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from attrs import Factory, astuple, define
from twisted.internet.defer import (
    CancelledError,
    Deferred,
    DeferredList,
    gatherResults,
    succeed,
)
from twisted.internet.defer import TimeoutError as Late
from twisted.internet.interfaces import IAddress

from netsim.errors import ActionError, SimulatorError
from netsim.simulator.called import call
from netsim.simulator.conversation import Farewell
from netsim.simulator.entries import read_entry
from netsim.simulator.hosting import Hosting
from netsim.simulator.instance import Instance
from netsim.simulator.model import Entry
from netsim.simulator.openable import Openable
from netsim.simulator.ports import DatagramPort, Port, StreamPort
from netsim.simulator.traffic import Traffic

__all__ = ["STOP_WITHIN", "Server"]

STOP_WITHIN = 1.0
"""Seconds that a system is given to stop, and one that is being made to come about."""


@define(eq=False)
class _Run:
    """
    One time that it is open: from the making of its system to the end of it.

    @ivar unwanted: it is to be closed.
    @ivar opening: fires, with the outcome in a tuple, when that is done.
    @ivar closing: the same for closing, once that has begun.
    @ivar waiting: for its end.
    """

    instance: Instance | None = None
    ports: list[Port] = Factory(list)
    unwanted: bool = False
    opening: Deferred[tuple[Any]] | None = None
    closing: Deferred[tuple[Any]] | None = None
    waiting: list[Deferred[None]] = Factory(list)


class Server(Openable):
    """
    A system on its addresses, with the arguments and meanings of discos-framework.txt.

    It is a service; L{open} and L{close} are for who waits for them on the reactor,
    L{start} and L{stop} for who blocks::

        server = Server(System, "tcp", {}, l_address=("127.0.0.1", 0))
        [(host, port)] = server.start()
        ...
        server.stop()

    @ivar label: what it is called in logs.
    """

    def __init__(
        self,
        system: Any,
        server_type: Any = "tcp",
        kwargs: Mapping[str, Any] | None = None,
        l_address: Any = (),
        s_address: Any = (),
        *,
        label: str | None = None,
        hosting: Hosting | None = None,
    ) -> None:
        """
        @param system: the class, or a module that has it as C{System}.
        @param server_type: C{"tcp"} or C{"udp"}, or a class of L{socketserver}.
        @param kwargs: what the system is made with.
        @param l_address: C{(host, port)} where commands are taken, or C{()}.
        @param s_address: C{(host, port)} where the status is sent from, or C{()}.
        @raise SimulatorError: with everything that is wrong with these.
        """
        is_module = isinstance(system, ModuleType)
        self._system: Any = getattr(system, "System", None) if is_module else system
        self.label: str = label or str(getattr(system, "__name__", system))
        if not callable(self._system):
            raise SimulatorError(f"{self.label}: there is no class System")
        line = (l_address, s_address, server_type, kwargs or {})
        self._entry: Entry = read_entry(self.label, line)
        self._hosting = hosting or Hosting()
        self._run: _Run | None = None

    @classmethod
    def of(
        cls, module: Any, entry: Entry, kwargs: Mapping[str, Any], label: str, hosting: Hosting
    ) -> Server:
        """Make the instance of an entry; C{kwargs} go over those of the entry."""
        listen, send = (astuple(place) if place else () for place in (entry.listen, entry.send))
        arguments = {**entry.arguments, **kwargs}
        kind = "udp" if entry.datagram else "tcp"
        return cls(module, kind, arguments, listen, send, label=label, hosting=hosting)

    @property
    def addresses(self) -> list[IAddress]:
        """Where it is reached now, the listening address first."""
        return [port.address for port in self._ports if port.address is not None]

    @property
    def _ports(self) -> list[Port]:
        return [] if self._run is None else self._run.ports

    @property
    def clients(self) -> int:
        """How many connections there are."""
        return sum(port.clients for port in self._ports)

    @property
    def subscribers(self) -> int:
        """How many of these get the status."""
        return sum(port.clients for port in self._ports if port.sends)

    @property
    def traffic(self) -> Traffic:
        """What its clients have sent since it was opened."""
        return sum((port.traffic for port in self._ports), Traffic())

    @property
    def skipped(self) -> int:
        """Beats that could not be kept."""
        return sum(port.beat.skipped for port in self._ports if port.beat is not None)

    @property
    def missed(self) -> int:
        """Statuses that were not sent to a client, as it did not read."""
        return sum(port.beat.missed for port in self._ports if port.beat is not None)

    def open(self) -> Deferred[list[IAddress]]:
        """
        Make the system and open all its addresses, or none.

        Where that was done, or goes on, there is nothing more to do.

        @raise SimulatorError: the system cannot be made, or lacks something.
        @raise HostError: a port cannot be had.
        @raise CancelledError: it was closed meanwhile.
        """
        run = before = self._run
        if run is None or run.closing is not None:
            self._run = run = _Run()
            run.opening = _shared(self._open(run, before))
        return _share(run.opening, self.close)

    def close(self) -> Deferred[None]:
        """Close every port and connection, and stop the system; it may be opened again."""
        run = self._run
        if run is None:
            return succeed(None)
        if run.closing is None:
            run.unwanted = True
            run.closing = _shared(self._close(run))
        return _share(run.closing)

    def when_stopped(self) -> Deferred[None]:
        """Fires when it is closed, by us or over the wire; at once if it is not open."""
        if self._run is None:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._run.waiting.append(waiting)
        return waiting

    async def command(self, text: str, caller: str) -> str:
        """
        Obey a custom command, as if a client had sent it; one that stops it does so.

        @param text: such as C{name:a,b}.
        @param caller: who has sent it, for the log.
        @return: what that one is answered.
        @raise ActionError: it is not open, there is no such command, or it has failed.
        """
        run = self._run
        if run is None or run.instance is None or not self.addresses:
            raise ActionError(f"{self.label} is not open")
        answer = await call(run.instance, text, caller)
        if isinstance(answer, Farewell) and self._run is run:
            self.close()
        return answer.decode("latin-1")

    def start(self) -> Any:
        """
        Open, from any thread.

        @return: a list of C{(host, port)}, as this blocks; a L{Deferred} of it in the
            reactor's own thread.
        @raise NetsimError: as L{open} does.
        """
        return self.from_anywhere(lambda: self.open().addCallback(pairs))

    async def _open(self, run: _Run, before: _Run | None) -> list[IAddress]:
        try:
            if before is not None:
                await _share(before.closing)
            self._check_wanted(run)
            instance = run.instance = await self._host()
            self._check_wanted(run)
            instance.check(self._entry)
            await instance.start()
            self._check_wanted(run)
            run.ports = list(self._places(instance, run))
            return [await port.open() for port in run.ports]
        except BaseException:
            await self._end(run)
            self._is_over(run)
            raise

    def _check_wanted(self, run: _Run) -> None:
        if run.unwanted:
            raise CancelledError(f"{self.label} was closed before it was open")

    async def _host(self) -> Instance:
        hosting, system = self._hosting, await self._make()
        crew = hosting.crew(type(system))
        return Instance(system, self.label, hosting.clock(), crew, hosting.custom_commands)

    async def _make(self) -> Any:
        """Call the class, where its calls are to come from."""
        kind = self._system if isinstance(self._system, type) else object
        crew = self._hosting.crew(kind)
        arguments = self._entry.arguments
        try:
            if crew is None:
                return self._system(**arguments)
            return await crew.once(self.label, lambda: self._system(**arguments))
        # A class may raise whatever it likes.
        except Exception as error:
            self.log.failure("{label}: its System cannot be made", label=self.label)
            reason = f"{type(error).__name__}: {error}"
            raise SimulatorError(f"{self.label}: its System cannot be made: {reason}") from error

    def _places(self, instance: Instance, run: _Run) -> Iterable[Port]:
        def stopped() -> None:
            # A client has stopped one of the addresses; with the last, all of this stops.
            if self._run is run and not self.addresses:
                self.close()

        kind = DatagramPort if self._entry.datagram else StreamPort
        if self._entry.listen is not None:
            yield kind(instance, self._entry.listen, stopped, sends=False)
        if self._entry.send is not None:
            yield kind(instance, self._entry.send, stopped, sends=True)

    async def _close(self, run: _Run) -> None:
        clock = self._hosting.clock()
        # A class that takes long is left alone: what it makes is stopped then.
        opening = _share(run.opening).addTimeout(STOP_WITHIN, clock)
        await opening.addErrback(lambda _: None)
        await self._end(run)
        self._is_over(run)

    async def _end(self, run: _Run) -> None:
        """Close what there is, and stop it, in whatever state it is."""
        await DeferredList([port.close() for port in run.ports], consumeErrors=True)
        if (instance := run.instance) is not None:
            stopping = instance.stop().addTimeout(STOP_WITHIN, instance.clock)
            await stopping.addErrback(self._not_stopped, instance)

    def _is_over(self, run: _Run) -> None:
        if self._run is run:
            self._run = None
        waiting, run.waiting = run.waiting, []
        for deferred in waiting:
            deferred.callback(None)

    def _not_stopped(self, failure: Any, instance: Instance) -> None:
        if not failure.check(Late):
            instance.failed(failure, "system_stop")
            return
        self.log.warn(
            "{label}: its system_stop takes longer than {limit} s and is left alone",
            label=self.label,
            limit=STOP_WITHIN,
        )


def pairs(addresses: Iterable[Any]) -> list[tuple[str, int]]:
    """Addresses as plain values."""
    return [(address.host, address.port) for address in addresses]


def close_all(servers: Iterable[Server]) -> Deferred[list[None]]:
    """Close all of them at the same time."""
    return gatherResults([server.close() for server in servers], consumeErrors=True)


def _shared(coroutine: Any) -> Deferred[tuple[Any]]:
    """Begin something that several may wait for, its failures too."""
    return Deferred.fromCoroutine(coroutine).addBoth(lambda outcome: (outcome,))


def _share(shared: Any, give_up: Callable[[], object] = int) -> Deferred[Any]:
    """Wait for it, as one of several; C{give_up} is called if that is cancelled."""

    def cancelled(waiting: Deferred[Any]) -> None:
        give_up()

    waiting: Deferred[Any] = Deferred(cancelled)

    def pass_on(outcome: tuple[Any]) -> tuple[Any]:
        if not waiting.called:
            waiting.callback(outcome[0])
        return outcome

    shared.addCallback(pass_on)
    return waiting
