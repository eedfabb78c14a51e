"""Tests for L{netsim.daemon.switchboard}: with a real bridge, and everybody else made up."""

from __future__ import annotations

import json
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from netsim.daemon.bridge import Bridge
from netsim.daemon.frames import BURST, BURST_BYTES, Batch, Packet, text_frame
from netsim.daemon.interfaces import IArchive, IReceiver
from netsim.daemon.model import Limits, Logged, Synced
from netsim.daemon.switchboard import TICK, Answer, Switchboard
from netsim.errors import LimitError
from netsim.status.message import Message

START = 1_700_000_000.0


@frozen
class Kept:
    """What an archive knows of a project."""

    name: str
    last_seen: float
    status: dict[str, Any] | None


@implementer(IArchive)
@define(eq=False)
class Archive:
    """One that only notes what it is told."""

    kept: list[Kept] = field(factory=list)
    told: list[Any] = field(factory=list)
    trouble: str | None = None

    def logged(self, event: Logged, now: float) -> None:
        self.told.append((event.text, now))

    def synced(self, event: Synced, now: float) -> None:
        self.told.append((event.name, event.status, now))

    def forget(self, name: str) -> None:
        self.told.append(("forget", name))

    def load(self) -> Deferred[list[Kept]]:
        return succeed(self.kept)

    def logs(self, query: Any) -> Deferred[list[str]]:
        return succeed([])

    def history(self, query: Any) -> Deferred[list[str]]:
        return succeed([])

    def close(self) -> Deferred[None]:
        self.told.append("closed")
        return succeed(None)


@implementer(IReceiver)
@define(eq=False)
class Receiver:
    """A connection that keeps what it is sent."""

    packets: list[Packet] = field(factory=list)
    batches: list[Batch] = field(factory=list)
    closed: tuple[int, str] | None = None

    def push(self, packet: Packet) -> None:
        self.packets.append(packet)

    def push_all(self, batch: Batch) -> None:
        self.packets.extend(batch.packets)
        self.batches.append(batch)

    def close(self, code: int, reason: str) -> None:
        self.closed = code, reason

    @property
    def heard(self) -> list[Any]:
        return [json.loads(packet.text) for packet in self.packets]


def text(kind: str, payload: Any, event_id: int = -1, name: str = "x") -> bytes:
    """A message as it comes."""
    return Message(kind, name, payload, event_id).encode()


class SwitchboardTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.archive = Archive()
        self.tapped: list[Any] = []
        self.make()

    def make(self, limits: Limits | None = None, tap: bool = False) -> None:
        bridge = Bridge(limits or Limits())
        note = (lambda *event: self.tapped.append(event)) if tap else None
        self.board = Switchboard(
            bridge, self.archive, self.clock, lambda: START + self.clock.seconds(), note
        )
        self.successResultOf(Deferred.fromCoroutine(self.board.start()))
        self.addCleanup(lambda: self.board._ticking.running and self.board._ticking.stop())

    def joined(self, who: str) -> Receiver:
        receiver = Receiver()
        self.board.connected(receiver)
        self.board.received(receiver, text("handshake", {"who": who}, 1))
        self.assertEqual(receiver.heard[0]["payload"]["result"], 200)
        receiver.packets.clear()
        return receiver

    def test_interfaces(self) -> None:
        verifyObject(IArchive, self.archive)
        verifyObject(IReceiver, Receiver())

    def test_a_broadcast_is_one_packet(self) -> None:
        """All receivers get the same one, so that it is framed once; and it is kept."""
        cli, webs = self.joined("cli"), [self.joined("web") for _ in range(3)]
        line = text("log", {"n": 1})
        self.clock.advance(0.25)
        self.board.received(cli, line)
        [[packet]] = {tuple(web.packets) for web in webs}
        self.assertEqual((packet.text, packet.droppable), (line, True))
        self.assertEqual(self.archive.told, [(line, START + 0.25)])
        self.assertEqual(cli.packets, [])

    def test_together(self) -> None:
        """What comes together, and is for the same ones, goes together: it is joined once."""
        cli, webs = self.joined("cli"), [self.joined("web") for _ in range(2)]
        lines = [text("log", {"n": number}) for number in range(3)]
        self.board.received(cli, *lines)
        [[batch]] = {tuple(web.batches) for web in webs}
        self.assertEqual([packet.text for packet in batch.packets], lines)
        self.assertEqual(batch.frames, b"".join(map(text_frame, lines)))
        self.assertEqual([line for line, _ in self.archive.told], lines)

    def test_bursts(self) -> None:
        """Neither many messages nor long ones wait for more."""
        cli, web = self.joined("cli"), self.joined("web")
        short, long = text("log", {}), text("log", "x" * BURST_BYTES)
        self.board.received(cli, *[short] * BURST, short, long, short)
        self.assertEqual([len(batch.packets) for batch in web.batches], [BURST, 2])
        self.assertEqual([packet.text for packet in web.packets[-3:]], [short, long, short])

    def test_order(self) -> None:
        """What is for others, or for one alone, does not overtake what came before it."""
        cli, asker, other = self.joined("cli"), self.joined("web"), self.joined("web")
        self.board.received(asker, text("action", {}, 7))
        [question] = cli.heard
        one, two = text("log", 1), text("log", 2)
        answer = text("ack", {"result": 1}, question["event-id"])
        self.board.received(cli, one, two, answer, one)
        heard = [(each["event-type"], each["payload"]) for each in asker.heard]
        self.assertEqual(heard, [("log", 1), ("log", 2), ("ack", {"result": 1}), ("log", 1)])
        self.assertEqual([packet.text for packet in other.packets], [one, two, one])

    def test_bad_among_good(self) -> None:
        """What came before a message that closes the connection is sent, what follows is not."""
        cli, web = self.joined("cli"), self.joined("web")
        line = text("log", {})
        self.board.received(cli, line, line, *[b"nonsense"] * 100, line)
        self.assertEqual([packet.text for packet in web.packets], [line, line])
        self.assertEqual(cli.closed and cli.closed[0], 1008)
        self.assertEqual(len(cli.packets), 100)

    def test_sync(self) -> None:
        self.board.sync("x", {"a": 1})
        self.assertEqual(self.archive.told, [("x", {"a": 1}, START)])
        [project] = self.board.projects()
        self.assertEqual((project.name, project.online, project.status), ("x", True, {"a": 1}))
        self.assertEqual(self.board.project("x"), project)
        self.assertIsNone(self.board.project("y"))

    def test_too_many_projects(self) -> None:
        self.make(Limits(projects=1))
        self.board.sync("x", {})
        self.assertRaises(LimitError, self.board.sync, "y", {})

    def test_ask(self) -> None:
        """A caller of the REST interface gets the payload of the answer."""
        cli = self.joined("cli")
        asked = self.board.ask("x", {"name": "add"})
        [question] = cli.heard
        self.assertEqual(question["payload"], {"name": "add"})
        self.assertNoResult(asked)
        self.board.received(cli, text("ack", {"result": 3}, question["event-id"]))
        self.assertEqual(self.successResultOf(asked), Answer(200, {"result": 3}))

    def test_ask_in_vain(self) -> None:
        """Nobody there, and nobody who answers."""
        self.board.sync("x", {})
        self.assertEqual(self.successResultOf(self.board.ask("x", {})).result, 404)
        self.joined("cli")
        asked = self.board.ask("x", {}, 2.0)
        self.clock.pump([TICK] * 3)
        self.assertNoResult(asked)
        self.clock.pump([TICK] * 2)
        self.assertEqual(self.successResultOf(asked).result, 504)

    def test_asked_program_leaves(self) -> None:
        cli = self.joined("cli")
        asked = self.board.ask("x", {})
        self.board.disconnected(cli)
        self.assertEqual(self.successResultOf(asked).result, 404)

    def test_restored(self) -> None:
        """What an earlier daemon has kept is there, and not online."""
        self.archive.kept = [Kept("old", START - 3600, {"a": 1}), Kept("older", START - 7200, None)]
        self.make()
        first, second = self.board.projects()
        self.assertEqual((first.name, first.online, first.status), ("old", False, {"a": 1}))
        self.assertEqual((second.name, second.last_seen), ("older", START - 7200))

    def test_forget(self) -> None:
        """A project is forgotten here and in the archive, unless its program is connected."""
        cli = self.joined("cli")
        self.board.forget("x")
        self.assertEqual((self.archive.told, len(self.board.projects())), ([], 1))
        self.board.disconnected(cli)
        self.board.forget("x")
        self.assertEqual((self.archive.told, self.board.projects()), ([("forget", "x")], []))

    def test_close(self) -> None:
        """What the bridge closes is closed."""
        self.make(Limits(connections=1))
        self.joined("cli")
        second = Receiver()
        self.board.connected(second)
        self.assertEqual(second.closed and second.closed[0], 1013)

    def test_stop(self) -> None:
        """Every connection is closed, and the archive; nothing goes on."""
        cli, web, gone = self.joined("cli"), self.joined("web"), self.joined("web")
        self.board.disconnected(gone)
        self.successResultOf(self.board.stop(1001, "the daemon stops"))
        self.assertEqual([cli.closed, web.closed], [(1001, "the daemon stops")] * 2)
        self.assertIsNone(gone.closed)
        self.assertEqual(self.archive.told, ["closed"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_traffic(self) -> None:
        """Whatever comes in is traffic; time is not."""
        cli = self.joined("cli")
        self.clock.advance(5)
        self.assertEqual(self.board.last_traffic, 0)
        self.board.received(cli, b"nonsense")
        self.assertEqual(self.board.last_traffic, 5)
        self.clock.advance(5)
        self.board.touch()
        self.assertEqual(self.board.last_traffic, 10)
        self.clock.advance(5)
        self.board.connected(Receiver())
        self.assertEqual(self.board.last_traffic, 15)

    def test_tap(self) -> None:
        """What passes can be seen, both ways."""
        self.make(tap=True)
        cli, web = self.joined("cli"), self.joined("web")
        self.tapped.clear()
        line = text("log", {})
        self.board.received(cli, line)
        self.assertEqual(self.tapped, [("<", cli, line), (">", web, line)])

    def test_notes(self) -> None:
        """What the bridge remarks is in the log."""
        stranger = Receiver()
        self.board.connected(stranger)
        self.board.received(stranger, text("log", {}))
        self.assertEqual((stranger.packets, self.archive.told), ([], []))
