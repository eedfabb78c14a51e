"""Tests for L{netsim.simulator.instance}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail, succeed

from netsim.errors import SimulatorError
from netsim.simulator.crew import Crew
from netsim.simulator.framing import Delimiter
from netsim.simulator.model import Entry, Place
from netsim.simulator.system import (
    BaseSystem,
    ListeningSystem,
    MessageSystem,
    SendingSystem,
)
from tests.simulator.talking import HostTestCase, Messages, Parser

PLACE = Place("127.0.0.1", 1)
LISTEN, SEND, BOTH = Entry(PLACE), Entry(None, PLACE), Entry(PLACE, PLACE)
DATAGRAM = Entry(PLACE, datagram=True)


class Periodic(SendingSystem):
    """One that is asked for its status."""

    def status(self) -> bytes:
        return b"status"


class Subscribed:
    """An existing one, of no class of ours."""

    def subscribe(self, q: Any) -> None: ...

    def unsubscribe(self, q: Any) -> None: ...


class CheckTests(HostTestCase):
    """What a system lacks is told before it is used."""

    def lacks(self, system: Any, entry: Entry) -> list[str]:
        instance = self.instance(system)
        try:
            instance.check(entry)
        except SimulatorError as error:
            lines = str(error).splitlines()
            self.assertEqual([], [line for line in lines if not line.startswith("device[3]: ")])
            return lines
        return []

    def test_what_is_enough(self) -> None:
        class Both(Parser, Subscribed):
            pass

        class NoFraming(MessageSystem):
            pass

        for system, entry in (
            (Parser(), LISTEN),
            (Messages(), LISTEN),
            (Messages(), DATAGRAM),
            (NoFraming(), DATAGRAM),
            (Periodic(), SEND),
            (Subscribed(), SEND),
            (Both(), BOTH),
        ):
            self.assertEqual([], self.lacks(system, entry), system)

    def test_nothing_is_asked_of_an_address_that_is_not_there(self) -> None:
        self.assertEqual([], self.lacks(Periodic(), SEND))
        self.assertEqual([], self.lacks(Parser(), LISTEN))

    def test_no_parse(self) -> None:
        class Constant:
            parse = 5

        for system in (object(), BaseSystem(), ListeningSystem(), Periodic(), Constant()):
            [lack] = self.lacks(system, LISTEN)
            self.assertIn("no method parse", lack)

    def test_a_method_of_the_instance_is_one(self) -> None:
        system: Any = ListeningSystem()
        system.parse = lambda byte: True
        self.assertEqual([], self.lacks(system, LISTEN))

    def test_a_method_that_is_found_at_run_time_is_one(self) -> None:
        class Proxy:
            def __getattr__(self, name: str) -> Any:
                return getattr(Parser(), name)

        self.assertEqual([], self.lacks(Proxy(), LISTEN))

    def test_no_framing(self) -> None:
        class System(MessageSystem):
            pass

        [lack] = self.lacks(System(), LISTEN)
        self.assertIn("no framing", lack)

    def test_a_framing_that_is_none(self) -> None:
        for framing in (Delimiter, b"\n"):
            self.patch(Messages, "framing", framing)
            for entry in (LISTEN, DATAGRAM):
                [lack] = self.lacks(Messages(), entry)
                self.assertIn("its framing is", lack)

    def test_nothing_to_send(self) -> None:
        class Half(SendingSystem):
            def subscribe(self, q: Any) -> None: ...

        class StatusOnly:
            def status(self) -> bytes:
                return b""

        for system in (object(), Parser(), SendingSystem(), Half(), StatusOnly()):
            [lack] = self.lacks(system, SEND)
            self.assertIn("it is to send, but", lack)

    def test_a_time_that_is_none(self) -> None:
        for time in ("1", 0, -1.0, float("nan"), float("inf"), None):
            self.patch(Periodic, "sampling_time", time)
            [lack] = self.lacks(Periodic(), SEND)
            self.assertIn(f"its sampling_time is {time!r}, expected seconds", lack)

    def test_all_at_once(self) -> None:
        self.assertEqual(2, len(self.lacks(object(), BOTH)))


class LifeTests(HostTestCase):
    """From its start to its stop."""

    def test_it_is_started_with_its_clock(self) -> None:
        clocks: list[Any] = []

        class System(BaseSystem):
            def system_start(self) -> None:
                clocks.append(self.clock)

        self.successResultOf(self.instance(System()).start())
        self.assertEqual([self.reactor], clocks)

    def test_an_existing_one_is_left_alone(self) -> None:
        system: Any = Parser()
        self.successResultOf(self.instance(system).start())
        self.assertFalse(hasattr(system, "clock"))

    def test_it_is_stopped_once(self) -> None:
        for system in (Parser(), Messages()):
            instance = self.instance(system)
            for _ in range(2):
                self.successResultOf(instance.stop())
            self.assertEqual(1, system.stops)

    def test_one_that_cannot_be_stopped(self) -> None:
        self.successResultOf(self.instance(object()).stop())

    def test_both_may_take_time(self) -> None:
        class System(Messages):
            def system_start(self) -> Any:
                return begun

            async def system_stop(self) -> Any:  # type: ignore[override]
                await ended

        begun: Deferred[None] = Deferred()
        ended: Deferred[None] = Deferred()
        instance = self.instance(System())
        for waited, begin in ((begun, instance.start), (ended, instance.stop)):
            going = begin()
            self.assertNoResult(going)
            waited.callback(None)
            self.successResultOf(going)

    def test_a_slow_one_is_logged(self) -> None:
        system = Messages()
        self.patch(system, "system_stop", lambda: self.reactor.advance(0.06))
        self.successResultOf(self.instance(system).stop())
        self.assertIn("took 0.060 seconds on the reactor", self.told())

    def test_who_calls_it(self) -> None:
        self.assertTrue(self.instance(Parser()).on_reactor)
        self.assertFalse(self.instance(Parser(), crew=Crew(self.reactor)).on_reactor)

    def test_whose_status_is_asked_for(self) -> None:
        class Both(Periodic):
            def subscribe(self, q: Any) -> None: ...

        self.assertTrue(self.instance(Periodic()).is_periodic)
        for system in (Both(), Subscribed(), Parser()):
            self.assertFalse(self.instance(system).is_periodic)


class StateTests(HostTestCase):
    """What is kept for a connection."""

    def test_it_is_made_anew(self) -> None:
        class System(Messages):
            def new_state(self) -> list[int]:
                return []

        instance = self.instance(System())
        first, second = instance.new_state("one"), instance.new_state("two")
        self.assertEqual(([], True), (first, first is not second))

    def test_a_failure_is_logged(self) -> None:
        class System(Messages):
            def new_state(self) -> None:
                raise OSError("bad")

        self.assertIsNone(self.instance(System()).new_state("somebody"))
        wanted = "device[3]: unexpected exception bad in new_state, for somebody"
        self.assertEqual(wanted, self.failed(OSError))

    def test_an_existing_system_may_call_something_else_so(self) -> None:
        class System(Parser):
            def new_state(self, number: int) -> None:
                raise AssertionError

        self.assertIsNone(self.instance(System()).new_state("somebody"))


class LogTests(HostTestCase):
    """What is logged of a system."""

    def test_the_end_of_long_data(self) -> None:
        instance = self.instance(Parser())
        instance.mistaken(ValueError("bad"), "somebody", b"a" * 100 + b"!")
        told = self.told()
        self.assertIn("sent \u2026b'aaa", told)
        self.assertTrue(told.endswith("a!': bad"))
        instance.mistaken(ValueError("bad"), "somebody", b"a" * 64)
        self.assertIn("sent b'aaa", self.told())

    def test_of_nobody(self) -> None:
        self.instance(Parser()).failed(OSError("bad"), "status")
        wanted = "device[3]: unexpected exception bad in status"
        self.assertEqual(wanted, self.failed(OSError))

    def test_results_of_deferreds(self) -> None:
        instance = self.instance(Parser())
        fail(OSError("bad")).addErrback(instance.failed, "x", "somebody")
        self.assertIn("bad in x, for somebody", self.failed(OSError))
        self.successResultOf(succeed(None))
