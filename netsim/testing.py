"""
What users put into their own tests: a recording, served on a free port.

With trial::

    class ClientTests(ServeScripts, unittest.TestCase):
        async def test_reads_the_temperature(self):
            server = await self.serve("session-1.json")
            await my_client(server.host, server.port)

With pytest, the fixture C{netsim_serve} comes with the installation::

    def test_reads_the_temperature(netsim_serve):
        server = netsim_serve("session-1.json")
        my_blocking_client(server.host, server.port)

and in any other blocking test::

    with serving("session-1.json") as server:
        my_blocking_client(server.host, server.port)

The test fails if a client differed from the script, left early, or never came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort

from netsim import background
from netsim.addresses import Address
from netsim.replay.loading import Source
from netsim.replay.modules import ModuleLoader
from netsim.replay.protocol import ReplayFactory
from netsim.replay.verdict import Tally, Verdict
from netsim.script.dump import RECORDED
from netsim.simulator.inmemory import SimulatedClient, SimulatedDevice

__all__ = ["ServeScripts", "ServedScript", "SimulatedClient", "SimulatedDevice", "serve", "serving"]

SETTLE = 1.0
"""Seconds that connections may stay open after the test."""


@frozen
class ServedScript:
    """
    A script that is played to whoever connects.

    @ivar host: the address to connect to.
    @ivar port: the port there.
    @ivar verdicts: one for each session that has ended.
    """

    host: str
    port: int
    verdicts: list[Verdict]
    _reactor: Any
    _listening: IListeningPort
    _factory: ReplayFactory

    async def finish(self) -> None:
        """
        Stop serving.

        @raise AssertionError: a session has failed, or there was none; the text
            tells wanted and received of each.
        """
        settling = self._factory.settled().addTimeout(SETTLE, self._reactor)
        await settling.addErrback(lambda _: None)
        self._factory.abandon()
        await _done(self._listening.stopListening())
        tally = self._factory.tally
        failures = filter(tally.is_failure, self.verdicts)
        problems = [f"{verdict.client}: {verdict.problem}" for verdict in failures]
        if problems:
            raise AssertionError("\n".join(problems))
        if not self.verdicts and not tally.allow_incomplete:
            raise AssertionError("no client has connected")


async def serve(
    script: str | Path,
    *,
    chosen: str = RECORDED,
    timing: float = 0.0,
    modules: Sequence[Path] = (),
    allow_incomplete: bool = False,
    reactor: Any = None,
) -> ServedScript:
    """
    Play a script on a free port of the loopback interface.

    @param chosen: the script in the file.
    @param timing: what recorded gaps are multiplied with; 0 is as fast as possible.
    @param modules: directories of action modules.
    @param allow_incomplete: a client may leave early, or never come.
    @raise ScriptError: with everything that is wrong with the file.
    """
    if reactor is None:
        from twisted.internet import reactor
    loader = ModuleLoader(modules)
    verdicts: list[Verdict] = []
    tally = Tally(allow_incomplete, verdicts.append)
    score = Source(Path(script), chosen, loader, timing=timing).score()
    factory = ReplayFactory(reactor, score, tally, loader)
    listening = await Address.parse("localhost:0").server(reactor).listen(factory)
    address: Any = listening.getHost()
    return ServedScript(address.host, address.port, verdicts, reactor, listening, factory)


@contextmanager
def serving(script: str | Path, **options: Any) -> Iterator[ServedScript]:
    """Serve to blocking code, from the reactor's own thread; see L{serve}."""
    server = background.call(lambda: serve(script, **options))
    try:
        yield server
    finally:
        background.call(server.finish)


class ServeScripts:
    """A mixin for trial's C{TestCase}: each script is stopped and judged after the test."""

    addCleanup: Callable[..., None]

    def serve(self, script: str | Path, **options: Any) -> Deferred[ServedScript]:
        """Serve a script until the end of the test; see L{serve}."""

        async def start() -> ServedScript:
            server = await serve(script, **options)
            self.addCleanup(lambda: Deferred.fromCoroutine(server.finish()))
            return server

        return Deferred.fromCoroutine(start())


async def _done(stopping: Any) -> None:
    if isinstance(stopping, Deferred):
        await stopping
