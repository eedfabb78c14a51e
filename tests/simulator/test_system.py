"""Tests for L{netsim.simulator.system}."""

from __future__ import annotations

import gc
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator.commands import command
from netsim.simulator.framing import Delimiter, FixedSize, LengthField
from netsim.simulator.model import SHUTDOWN
from netsim.simulator.system import (
    BaseSystem,
    ListeningSystem,
    MessageSystem,
    MultiTypeSystem,
    Peer,
    SendingSystem,
)
from tests.properties import examples


class Device(MessageSystem):
    """Answers in every way."""

    framing = Delimiter(b"\r\n", limit=20)
    voltage = 0.0

    def new_state(self) -> list[str]:
        return []

    @command("VOLT {volts}")
    def set_voltage(self, volts: float) -> None:
        self.voltage = volts

    @command("VOLT?")
    def get_voltage(self) -> str:
        return f"{self.voltage}\xb5\r\n"

    @command("BYTES?")
    def get_bytes(self) -> bytes:
        return b"\xff\0"

    @command("STATE {word}")
    def note(self, word: str, peer: Peer) -> str:
        peer.state.append(word)
        peer.send(b"no answer")
        peer.close()
        return ",".join(peer.state)

    @command("LATER")
    async def later(self) -> str:
        return "later"

    @command("DEFERRED")
    def deferred(self) -> Deferred[str]:
        self.waiting: Deferred[str] = Deferred()
        return self.waiting

    @command("SUCCEEDED")
    def succeeded(self) -> Deferred[str]:
        return succeed("at once")


class BaseSystemTests(SynchronousTestCase):
    def test_what_existing_systems_rely_on(self) -> None:
        self.assertIsNone(BaseSystem().system_greet())
        self.assertEqual("$server_shutdown%%%%%", BaseSystem().system_stop())
        self.assertEqual(SHUTDOWN, BaseSystem().system_stop())
        self.assertEqual(0.01, SendingSystem.sampling_time)

    def test_what_has_to_be_written(self) -> None:
        sending = SendingSystem()
        for call in (
            lambda: ListeningSystem().parse("a"),
            sending.status,
            sending.beat,
            lambda: sending.subscribe(None),
            lambda: sending.unsubscribe(None),
        ):
            self.assertRaises(NotImplementedError, call)

    def test_a_beat_is_the_status(self) -> None:
        class Status(SendingSystem):
            def status(self) -> bytes:
                return b"status"

        self.assertEqual(b"status", Status().beat())


class MessageTests(SynchronousTestCase):
    peer: Any = object()

    def test_commands(self) -> None:
        device = Device()
        self.assertIsNone(device.handle(b"VOLT 2", self.peer))
        self.assertEqual("2.0\xb5\r\n", device.handle(b"VOLT?", self.peer))

    def test_no_command_fits(self) -> None:
        error = self.assertRaises(ValueError, Device().handle, b"VOLT", self.peer)
        self.assertEqual("unknown message b'VOLT'", str(error))

    def test_inherited(self) -> None:
        class Other(Device):
            def get_voltage(self) -> str:
                return "other"

            def unknown(self, message: bytes, peer: Peer) -> bytes:
                return b"?" + message

        self.assertEqual("other", Other().handle(b"VOLT?", self.peer))
        self.assertEqual(b"?X", Other().handle(b"X", self.peer))

    def test_a_command_that_cannot_be_called_is_refused_with_its_class(self) -> None:
        def make() -> None:
            class Wrong(MessageSystem):
                @command(re.compile("(?P<x>.)"))
                def handler(self) -> None: ...

        self.assertRaises(ValueError, make)


class ParseTests(SynchronousTestCase):
    """A message system can be fed byte by byte."""

    def feed(self, system: MessageSystem, text: str) -> list[bool | str]:
        return [system.parse(byte) for byte in text]

    def test_answers(self) -> None:
        """False before a message, true within it and where there is no answer."""
        device = Device()
        self.assertEqual([True] * 8, self.feed(device, "VOLT 2\r\n"))
        self.assertEqual([True] * 6 + ["2.0\xb5\r\n"], self.feed(device, "VOLT?\r\n"))
        self.assertEqual([True, False], self.feed(device, "\r\n"))
        self.assertEqual("\xff\0", self.feed(device, "BYTES?\r\n")[-1])

    def test_garbage_begins_nothing(self) -> None:
        class Binary(MessageSystem):
            framing = LengthField(3, at=2, start=b"\x02\xff")

            def message(self, message: bytes, peer: Peer) -> bytes:
                return message[3:]

        expected = [False, False, True, True, True, "a", False]
        self.assertEqual(expected, self.feed(Binary(), "ab\x02\xff\x01ab"))

    def test_all_is_one_stream(self) -> None:
        """Its state is that of one peer, to whom nothing else can be sent."""
        device = Device()
        self.feed(device, "STATE a\r\n")
        self.assertEqual("a,b", self.feed(device, "STATE b\r\n")[-1])
        self.assertEqual("c", self.feed(Device(), "STATE c\r\n")[-1])

    def test_mixins_go_around_it(self) -> None:
        class Loud(Device):
            def handle(self, message: bytes, peer: Peer) -> Any:
                return f"{super().handle(message, peer)}!"

        self.assertEqual("None!", self.feed(Loud(), "VOLT 2\r\n")[-1])

    def check_refused(self, system: MessageSystem, text: str, expected: str) -> None:
        self.feed(system, text[:-1])
        self.assertIn(expected, str(self.assertRaises(ValueError, system.parse, text[-1])))

    def test_what_takes_time_cannot_be_answered(self) -> None:
        """Nobody waits for it any more, and the next message is heard."""
        device = Device()
        for name in ("LATER", "DEFERRED", "SUCCEEDED"):
            self.check_refused(device, f"{name}\r\n", "takes time")
        self.assertTrue(device.waiting.called)
        gc.collect()
        self.assertEqual([], self.flushLoggedErrors())
        self.assertEqual([], self.flushWarnings())
        self.assertEqual("0.0\xb5\r\n", self.feed(device, "VOLT?\r\n")[-1])

    def test_no_command_fits(self) -> None:
        self.check_refused(Device(), "X\r\n", "unknown message b'X'")

    def test_no_framing(self) -> None:
        self.check_refused(MessageSystem(), "a", "framing")

    def test_no_byte(self) -> None:
        device = Device()
        self.assertRaises(ValueError, device.parse, "\u20ac")
        self.assertIs(False, device.parse(""))

    def test_several_messages_at_once(self) -> None:
        class Hasty(Device):
            framing = FixedSize(1)  # type: ignore[assignment]

            def message(self, message: bytes, peer: Peer) -> bytes:
                return message

        self.assertEqual("abc", Hasty().parse("abc"))

    @examples(200)
    @given(st.binary())
    def test_whatever_comes(self, data: bytes) -> None:
        """It is heard like a stream; nothing but the known error is raised."""
        fed, device, answers = Device(), Device(), []
        for byte in data.decode("latin-1"):
            try:
                answer = fed.parse(byte)
            except ValueError:
                answer = True
            if isinstance(answer, str):
                answers.append(answer)
        expected: list[Any] = []
        for message in Device.framing.framer().feed(data):
            try:
                expected.append(device.handle(message, MessageTests.peer))
            except ValueError:
                continue
        self.assertEqual([each for each in expected if each], answers)


class MultiTypeTests(SynchronousTestCase):
    """The recipe of discos-framework.txt."""

    def setUp(self) -> None:
        class Other:
            def __init__(self, channels: int = 1) -> None:
                self.channels = channels

        class System(MultiTypeSystem):
            def __new__(cls, **kwargs: Any) -> Any:
                cls.systems = {"device": Device, "other": Other}
                cls.system_type = kwargs.pop("system_type", "device")
                return MultiTypeSystem.__new__(cls, **kwargs)

        self.System, self.Other = System, Other

    def test_a_type(self) -> None:
        other = self.System(system_type="other", channels=3)
        self.assertIs(self.Other, type(other))
        self.assertEqual(3, other.channels)

    def test_the_default(self) -> None:
        self.assertIs(Device, type(self.System()))

    def test_an_unknown_type(self) -> None:
        error = self.assertRaises(ValueError, self.System, system_type="x")
        self.assertEqual("unknown system type 'x'; there are: device, other", str(error))
