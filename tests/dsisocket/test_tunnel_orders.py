"""L{netsim.dsisocket.tunnel}, in whatever order things happen."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from netsim.backoff import Backoff
from netsim.dsisocket.tunnel import ReverseTunnel
from netsim.errors import HostKeyError
from tests.dsisocket.tunnels import (
    IN_USE,
    NOT_PERMITTED,
    UNREACHABLE,
    FakeConnection,
    FakeServer,
    QuietFactory,
)
from tests.properties import examples

WRONG_KEY = HostKeyError("the key of h has changed")


class TunnelMachine(RuleBasedStateMachine):
    """
    Any order of what a network, a server and a user may do.

    There is one connection at most, and one port; nothing is left after the stop; as
    long as it runs, it always goes on, unless it was hopeless from the beginning.
    """

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.server = FakeServer()
        self.factory = QuietFactory()
        self.tunnel = ReverseTunnel(
            *(self.clock, self.server.connect, "me@h:22", "127.0.0.1", 0, self.factory),
            backoff=Backoff(lambda: 0.5),
        )
        self.was_held = self.is_hopeless = False
        self.stopping: list[tuple[float, Deferred[None]]] = []
        self.readies: list[Deferred[Any]] = []
        self.heard: list[Any] = []

    @property
    def asking(self) -> Sequence[FakeConnection]:
        return [each for each in self.server.alive if each.asking is not None]

    @property
    def is_first(self) -> bool:
        """Whether what happens now happens to a tunnel that was never there."""
        is_open = self.tunnel.running and not self.tunnel.describe().endswith("closing")
        return bool(is_open) and not self.was_held

    @rule()
    def start(self) -> None:
        self.is_hopeless = self.is_hopeless and bool(self.tunnel.running)
        self.tunnel.startService()

    @rule(answers=st.booleans(), obeys=st.booleans())
    def stop(self, answers: bool, obeys: bool) -> None:
        self.server.answers, self.server.obeys = answers, obeys
        self.stopping.append((self.clock.seconds(), self.tunnel.stopService()))

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0, 5.0, 31.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(cancel=st.booleans())
    def ask_when_ready(self, cancel: bool) -> None:
        ready = self.tunnel.when_ready()
        self.readies.append(ready.addBoth(self.heard.append))
        if cancel:
            ready.cancel()

    @rule(again=st.booleans())
    def stop_when_ready(self, again: bool) -> None:
        def stop(_: object) -> None:
            self.stop(True, True)
            if again:
                self.start()

        self.readies.append(self.tunnel.when_ready().addBoth(stop))

    @precondition(lambda self: self.server.connecting)
    @rule()
    def let_in(self) -> None:
        self.server.accept()

    @precondition(lambda self: self.server.connecting)
    @rule(error=st.sampled_from([UNREACHABLE, WRONG_KEY, CancelledError(), OSError("no file")]))
    def send_away(self, error: BaseException) -> None:
        self.is_hopeless = self.is_first and error is not UNREACHABLE
        self.server.refuse(error)

    @precondition(lambda self: self.asking)
    @rule()
    def listen(self) -> None:
        self.was_held = self.was_held or self.is_first
        self.asking[0].accept(self.asking[0].asked[-1][1] or 1234)

    @precondition(lambda self: self.asking)
    @rule(error=st.sampled_from([IN_USE, NOT_PERMITTED]))
    def refuse(self, error: Exception) -> None:
        self.is_hopeless = self.is_first and error is NOT_PERMITTED
        self.asking[0].refuse(error)

    @precondition(lambda self: self.server.alive)
    @rule()
    def lose(self) -> None:
        self.server.alive[0].lose()

    @invariant()
    def one_connection(self) -> None:
        assert len(self.server.alive) + len(self.server.connecting) <= 1

    @invariant()
    def one_port(self) -> None:
        assert sum(len(each.ports) for each in self.server.alive) <= 1

    @invariant()
    def same_port(self) -> None:
        # The server chose once: since then it was asked for nothing else.
        asked = [port for each in self.server.connections for _, port in each.asked]
        assert asked == sorted(asked)

    @invariant()
    def nothing_is_left(self) -> None:
        if not self.tunnel.running and all(each.called for _, each in self.stopping):
            assert not self.server.alive and not self.server.connecting
            assert not self.clock.getDelayedCalls()
            assert self.factory.numPorts == 0

    @invariant()
    def stops_in_time(self) -> None:
        for since, each in self.stopping:
            assert each.called or self.clock.seconds() - since < 1.0

    @invariant()
    def goes_on(self) -> None:
        if self.tunnel.running and not self.is_hopeless:
            something = [self.server.alive, self.server.connecting, self.clock.getDelayedCalls()]
            assert any(something), self.tunnel.describe()

    @invariant()
    def tells(self) -> None:
        assert self.tunnel.describe().startswith("tunnel to me@h:22: ")
        if self.was_held or self.is_hopeless:
            assert all(each.called for each in self.readies)

    def teardown(self) -> None:
        """In the end it can be opened, where it is not hopeless, and stopped."""
        self.server.answers = self.server.obeys = True
        self.clock.advance(31.0)
        for _ in range(10):
            self.start()
            if self.server.connecting:
                self.let_in()
            elif self.asking:
                self.listen()
            self.clock.advance(31.0)
        assert self.is_hopeless or self.server.connection.ports == {1234}, self.tunnel.describe()
        self.stop(True, True)
        self.nothing_is_left()


class InterleavingTests(SynchronousTestCase):
    """Whatever the order, nothing is left behind and nothing goes unheard."""

    def test_any_order(self) -> None:
        with capturedLogs() as events:
            run_state_machine_as_test(TunnelMachine, settings=examples(150))  # type: ignore
            gc.collect()
        # What was thrown at the tunnel as a mistake it logs as one, and Twisted as unheard.
        self.flushLoggedErrors(OSError, CancelledError)
        failures = {formatEvent(each) for each in events if "log_failure" in each}
        self.assertEqual(set(), failures - {"tunnel to me@h:22: a mistake in the code"})
