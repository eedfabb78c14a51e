"""Tests for L{netsim.simulator.inmemory}: a system in memory."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import deferLater

from netsim import testing
from netsim.errors import SimulatorError
from netsim.simulator.framing import Delimiter
from netsim.simulator.inmemory import SimulatedClient, SimulatedDevice
from netsim.simulator.model import SHUTDOWN
from netsim.simulator.system import BaseSystem, MessageSystem, Peer, SendingSystem
from tests.simulator.talking import HostTestCase, Messages, Parser

GOODBYE = SHUTDOWN.encode()


class System(MessageSystem, SendingSystem):
    """A small one of everything."""

    framing = Delimiter()
    sampling_time = 1.0
    count = 0

    def system_greet(self) -> str:
        return "hello,"

    async def message(self, message: bytes, peer: Peer) -> Any:  # type: ignore[override]
        match message:
            case b"late":
                return await deferLater(self.clock, 2, lambda: b"late,")
            case b"bye":
                peer.close()
            case b"late bye":
                await deferLater(self.clock, 2, lambda: None)
                peer.close()
                return b"bye"
        return message

    def status(self) -> bytes:
        self.count += 1
        return b"%d," % self.count


class DeviceTests(HostTestCase):
    """What a device in memory does."""

    def setUp(self) -> None:
        super().setUp()
        self.system = System()
        self.device = SimulatedDevice(self.system)

    def test_it_is_where_users_look_for_it(self) -> None:
        self.assertIs(SimulatedDevice, testing.SimulatedDevice)
        self.assertIs(SimulatedClient, testing.SimulatedClient)

    def test_clients_say_and_hear(self) -> None:
        client, other = self.device.connect(), self.device.connect()
        self.assertEqual(b"hello,one", client.say(b"one\n"))
        self.assertEqual(
            (b"two", b"", b"hello,"), (client.say(b"two\n"), client.heard(), other.heard())
        )

    def test_time_passes_when_the_test_says_so(self) -> None:
        client = self.device.connect()
        client.heard()
        self.assertEqual(b"", client.say(b"late\nnow\n"))
        self.device.clock.advance(1.9)
        self.assertEqual(b"", client.heard())
        self.device.clock.advance(0.1)
        self.assertEqual(b"late,now", client.heard())

    def test_subscribers(self) -> None:
        client = self.device.subscribe()
        self.assertEqual(b"1,", client.heard())
        self.device.clock.advance(1)
        self.device.clock.advance(1)
        self.assertEqual(b"2,3,", client.heard())
        client.leave()
        self.assertEqual([], self.device.clock.getDelayedCalls())

    def test_subscribers_of_a_system_with_queues(self) -> None:
        class Queues(Parser):
            def subscribe(self, q: Any) -> None:
                q.put(b"first")

            def unsubscribe(self, q: Any) -> None:
                self.calls.append("left")

        system = Queues()
        client = SimulatedDevice(system).subscribe()
        self.assertEqual(b"first", client.heard())
        client.leave()
        self.assertEqual(["left"], system.calls)

    def test_datagrams(self) -> None:
        self.assertEqual([b"one", b"two"], self.device.datagram(b"one\ntwo"))
        self.assertEqual([b"1,"], self.device.datagram(b"", to_sender=True))

    def test_a_late_datagram(self) -> None:
        answers = self.device.datagram(b"late")
        self.assertEqual([], answers)
        self.device.clock.advance(2)
        self.assertEqual([b"late,"], answers)

    def test_it_closes_a_connection(self) -> None:
        client, other = self.device.connect(), self.device.connect()
        self.assertEqual(b"hello,bye", client.say(b"bye\none\n"))
        self.assertEqual((True, False), (client.closed, other.closed))
        self.assertEqual(b"", client.say(b"one\n"))

    def test_it_closes_a_connection_later(self) -> None:
        client = self.device.connect()
        self.assertEqual(b"hello,", client.say(b"late bye\none\n"))
        self.assertFalse(client.closed)
        self.device.clock.advance(2)
        self.assertEqual((b"bye", True), (client.heard(), client.closed))
        self.quiet()

    def test_a_client_leaves(self) -> None:
        client = self.device.connect()
        client.say(b"late\n")
        for _ in range(2):
            client.leave()
        self.assertTrue(client.closed)
        self.assertEqual([], self.device.clock.getDelayedCalls())
        self.quiet()

    def test_custom_commands(self) -> None:
        listening = [self.device.connect() for _ in range(2)]
        sending = self.device.subscribe()
        self.assertEqual(b"hello," + GOODBYE, listening[0].say(b"$system_stop%%%%%"))
        self.assertEqual([True, True, False], [c.closed for c in [*listening, sending]])
        self.assertEqual(b"1," + GOODBYE, sending.say(b"$system_stop%%%%%"))
        self.assertTrue(sending.closed)

    def test_without_custom_commands(self) -> None:
        client = SimulatedDevice(self.system, custom_commands=False).connect()
        self.assertEqual(b"hello,$x%%%%%", client.say(b"$x%%%%%\n"))

    def test_mistakes_are_logged(self) -> None:
        def fail(message: bytes) -> bytes:
            raise OSError("bad")

        self.assertEqual(b"", SimulatedDevice(Messages(fail)).connect().say(b"x\n"))
        self.assertIn("Messages: unexpected exception bad", self.failed(OSError))

    def test_it_is_started_and_stopped(self) -> None:
        system = Messages()
        device = SimulatedDevice(system)
        self.assertIs(device.clock, system.clock)
        device.stop()
        self.assertEqual((1, 1), (system.starts, system.stops))

    def test_one_that_does_not_start(self) -> None:
        class Broken(BaseSystem):
            def system_start(self) -> None:
                raise OSError("bad")

        self.assertRaises(OSError, SimulatedDevice, Broken())

    def test_one_that_does_not_stop(self) -> None:
        class Broken(BaseSystem):
            def system_stop(self) -> str:
                raise OSError("bad")

        SimulatedDevice(Broken()).stop()
        self.assertIn("bad in system_stop", self.failed(OSError))

    def test_what_it_lacks(self) -> None:
        device = SimulatedDevice(BaseSystem())
        for use in (device.connect, device.subscribe, lambda: device.datagram(b"")):
            error = self.assertRaises(SimulatorError, use)
            self.assertTrue(str(error).startswith("BaseSystem: it is to"))
