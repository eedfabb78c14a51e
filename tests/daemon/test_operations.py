"""Tests of L{netsim.daemon.operations}."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from netsim.daemon.bridge import Bridge
from netsim.daemon.frames import Batch, Packet
from netsim.daemon.history import HistoryQuery, LogQuery
from netsim.daemon.interfaces import IArchive, IReceiver
from netsim.daemon.model import Limits, Logged, Synced
from netsim.daemon.operations import About, Operations
from netsim.daemon.switchboard import Switchboard
from netsim.status.message import Message, decode
from netsim.web.answers import Call, Refusal, Reply

NOW = 1_700_000_000.0
NAME = "a project"
LIMITS = Limits(projects=2, pending=1, action_timeout=30)


@implementer(IArchive)
@define(eq=False)
class Archive:
    """Notes what it is asked; the answers are up to the test."""

    trouble: str | None = None
    asked: list[tuple[Any, Deferred[list[Any]]]] = field(factory=list)
    forgotten: list[str] = field(factory=list)

    def logged(self, event: Logged, now: float) -> None:
        """Keep a line."""

    def synced(self, event: Synced, now: float) -> None:
        """Keep a status."""

    def forget(self, name: str) -> None:
        """Remove everything of a project."""
        self.forgotten.append(name)

    def load(self) -> Deferred[list[Any]]:
        """Never needed here."""
        raise NotImplementedError

    def logs(self, query: LogQuery) -> Deferred[list[Any]]:
        """Give lines, later."""
        return self._later(query)

    def history(self, query: HistoryQuery) -> Deferred[list[Any]]:
        """Give statuses, later."""
        return self._later(query)

    def close(self) -> Deferred[None]:
        """Never needed here."""
        raise NotImplementedError

    def _later(self, query: Any) -> Deferred[list[Any]]:
        later: Deferred[list[Any]] = Deferred()
        self.asked.append((query, later))
        return later


@implementer(IReceiver)
@define(eq=False)
class Program:
    """A program that is connected."""

    messages: list[Message] = field(factory=list)

    def push(self, packet: Packet) -> None:
        """Read a message."""
        self.messages.append(decode(packet.text))

    def push_all(self, batch: Batch) -> None:
        """Read messages."""
        for packet in batch.packets:
            self.push(packet)

    def close(self, code: int, reason: str) -> None:
        """Nobody closes it."""
        raise NotImplementedError


class Daemon:
    """What is behind the operations."""

    def __init__(self, **about: Any) -> None:
        self.clock = Clock()
        self.clock.advance(NOW)
        self.archive = Archive()
        self.bridge = Bridge(LIMITS)
        self.switchboard = Switchboard(self.bridge, self.archive, self.clock, self.clock.seconds)
        self.stopped = 0
        facts = {"version": "1.2", "limits": LIMITS, "uptime": lambda: 12.5, **about}
        self.about = About(**facts)
        self.operations = Operations(self.switchboard, self.about, self.stop)

    def stop(self) -> None:
        """The daemon is told to end."""
        self.stopped += 1

    def connect(self, name: str = NAME) -> Program:
        """A program comes."""
        program = Program()
        self.switchboard.connected(program)
        self.say(program, Message("handshake", name, {"who": "cli"}, 0))
        program.messages.clear()
        return program

    def say(self, program: Program, message: Message) -> None:
        """It says something."""
        self.switchboard.received(program, message.encode())


class OperationsTestCase(SynchronousTestCase):
    """A daemon that is asked."""

    def setUp(self) -> None:
        self.daemon = Daemon()

    def ask(self, operation: str, body: bytes = b"", **values: Any) -> Any:
        """Ask; the value of the answer."""
        return self.value(self.call(operation, Call(values, body)))

    def call(self, operation: str, call: Call) -> Reply | Coroutine[Any, Any, Reply]:
        """Ask; what comes of it."""
        answer: Reply = getattr(self.daemon.operations, operation)(call)
        return answer

    def value(self, reply: Any) -> Any:
        """What an answer says."""
        reply = reply if isinstance(reply, Reply) else self.successResultOf(ensureDeferred(reply))
        return json.loads(reply.body)

    def refusal(self, operation: str, body: bytes = b"", **values: Any) -> tuple[int, str]:
        """Ask for what cannot be done; status and reason."""
        try:
            reply = self.call(operation, Call(values, body))
        except Refusal as refusal:
            return refusal.status, str(refusal)
        assert not isinstance(reply, Reply)
        failure = self.failureResultOf(ensureDeferred(reply), Refusal)
        return failure.value.status, failure.getErrorMessage()


class ExistingClientsTests(OperationsTestCase):
    """What programs in the field ask."""

    def test_fakes(self) -> None:
        """What is made up here is what it says."""
        verifyObject(IArchive, Archive())
        verifyObject(IReceiver, Program())

    def test_hello(self) -> None:
        """Any success will do; who asks more is told more."""
        self.assertEqual(self.ask("hello"), {"hello": "netsim-daemon", "version": "1.2"})

    def test_sync(self) -> None:
        """A status is kept, and is shown as it was sent."""
        self.assertEqual(self.ask("sync", b'{"a": {"value": 1}}', name=NAME), {"result": 200})
        self.assertEqual(self.ask("raw_status", name=NAME), {"a": {"value": 1}})
        self.assertEqual(self.ask("list_names"), {"names": [NAME]})

    def test_syncWrong(self) -> None:
        """One that is none makes no project."""
        self.assertEqual(self.refusal("sync", b"[]", name=NAME)[0], 400)
        self.assertEqual(self.ask("list_names"), {"names": []})

    def test_tooMany(self) -> None:
        """There is a limit."""
        for name in ("b", "a"):
            self.ask("sync", b"{}", name=name)
        status, reason = self.refusal("sync", b"{}", name="c")
        self.assertEqual((status, "project" in reason), (429, True))
        self.assertEqual(self.ask("list_names"), {"names": ["a", "b"]})

    def test_unknown(self) -> None:
        """What is not there is not shown."""
        expected = (404, "there is no such project")
        self.assertEqual(self.refusal("raw_status", name=NAME), expected)

    def test_connectedOnly(self) -> None:
        """A program that has told nothing yet has an empty status."""
        self.daemon.connect()
        self.assertEqual(self.ask("raw_status", name=NAME), {})


class ShutdownTests(OperationsTestCase):
    """The end of the daemon."""

    def test_here(self) -> None:
        """This machine may end it; the answer goes first."""
        reply = self.call("shut_down", Call(is_local=True))
        assert isinstance(reply, Reply) and reply.after is not None
        self.assertEqual((self.value(reply), self.daemon.stopped), ({"result": 200}, 0))
        reply.after()
        self.assertEqual(self.daemon.stopped, 1)

    def test_elsewhere(self) -> None:
        """Others may not."""
        status, reason = self.refusal("shut_down")
        self.assertEqual((status, "only this machine" in reason), (403, True))

    def test_token(self) -> None:
        """Who knows the token may: without it nobody comes this far."""
        self.daemon = Daemon(has_token=True)
        self.assertEqual(self.ask("shut_down"), {"result": 200})


class ProjectsTests(OperationsTestCase):
    """What is shown of projects."""

    def test_list(self) -> None:
        """All of them, by name."""
        self.daemon.connect("b")
        self.ask("sync", b'{"display_name": "A"}', name="a")
        shown = self.ask("list_projects")["projects"]
        keys = ("name", "display_name", "clis", "synced")
        told = [tuple(entry[key] for key in keys) for entry in shown]
        self.assertEqual(told, [("a", "A", 0, NOW), ("b", None, 1, None)])

    def test_views(self) -> None:
        """One of them, in parts."""
        status = {"x": 1, "hardware": {"ram": {}}, "__action": {"go": {"args": {"n": "int"}}}}
        self.ask("sync", json.dumps(status).encode(), name=NAME)
        self.assertEqual(self.ask("show_project", name=NAME)["online"], True)
        self.assertEqual(
            self.ask("show_status", name=NAME), {"name": NAME, "synced": NOW, "status": {"x": 1}}
        )
        self.assertEqual(self.ask("show_hardware", name=NAME)["hardware"], {"ram": {}})
        self.assertEqual(list(self.ask("list_actions", name=NAME)["actions"]), ["go"])

    def test_unknown(self) -> None:
        """Nothing is shown of what is not there."""
        for operation in ("show_project", "forget_project", "show_status", "list_history",
                          "list_logs", "show_hardware", "list_actions"):  # fmt: skip
            self.assertEqual(self.refusal(operation, name=NAME)[0], 404, operation)
        self.assertEqual(self.refusal("call_action", name=NAME, action="x", timeout=None)[0], 404)
        self.assertEqual(self.daemon.archive.asked, [])

    def test_forget(self) -> None:
        """It is gone, and its history."""
        self.ask("sync", b"{}", name=NAME)
        reply = self.call("forget_project", Call({"name": NAME}))
        self.assertEqual(reply, Reply(status=204))
        self.assertEqual(self.refusal("show_project", name=NAME)[0], 404)
        self.assertEqual(self.daemon.archive.forgotten, [NAME])

    def test_forgetConnected(self) -> None:
        """Not while its program is there."""
        self.daemon.connect()
        status, reason = self.refusal("forget_project", name=NAME)
        self.assertEqual((status, "is connected" in reason), (409, True))
        self.assertEqual(self.daemon.archive.forgotten, [])


class HistoryTests(OperationsTestCase):
    """What was before."""

    def setUp(self) -> None:
        super().setUp()
        self.ask("sync", b"{}", name=NAME)

    def start(self, operation: str, **values: Any) -> tuple[Any, Any, Deferred[Any]]:
        """Ask; the answer, what the archive is asked, and where its answer goes."""
        reply = ensureDeferred(self.call(operation, Call({"name": NAME, **values})))
        [(query, later)] = self.daemon.archive.asked
        return reply, query, later

    def test_logs(self) -> None:
        """Lines come as the archive gives them."""
        values = {"level": "info", "since": 1.5, "after": 2, "limit": 3, "search": "x"}
        reply, query, later = self.start("list_logs", **values)
        self.assertEqual(query, LogQuery(NAME, "info", 1.5, 2, 3, "x"))
        self.assertNoResult(reply)
        later.callback([b'{"id":1}', '{"id":2}'])
        self.assertEqual(self.value(self.successResultOf(reply)), {"logs": [{"id": 1}, {"id": 2}]})

    def test_history(self) -> None:
        """So do statuses."""
        reply, query, later = self.start("list_history", since=None, limit=5)
        self.assertEqual(query, HistoryQuery(NAME, None, 5))
        later.callback([b'{"time":1}'])
        self.assertEqual(self.value(self.successResultOf(reply)), {"entries": [{"time": 1}]})

    def test_asker_left(self) -> None:
        """Who goes away stops nothing, and harms nobody."""
        cancelled: list[Any] = []
        reply, _, later = self.start("list_logs")
        later._canceller = cancelled.append
        reply.cancel()
        self.failureResultOf(reply)
        later.callback([])
        self.assertEqual(cancelled, [])

    def test_failure(self) -> None:
        """A mistake of the archive is not taken for an answer."""
        reply, _, later = self.start("list_logs")
        later.errback(ZeroDivisionError())
        self.failureResultOf(reply, ZeroDivisionError)


class ActionsTests(OperationsTestCase):
    """Actions that are called."""

    def call_action(self, body: bytes = b"", timeout: float | None = None) -> Deferred[Reply]:
        """Call one."""
        values = {"name": NAME, "action": "go", "timeout": timeout}
        reply = self.call("call_action", Call(values, body))
        assert not isinstance(reply, Reply)
        return ensureDeferred(reply)

    def check_refused(self, reply: Deferred[Reply], status: int, reason: str) -> None:
        """It cannot be done."""
        failure = self.failureResultOf(reply, Refusal)
        self.assertEqual((failure.value.status, failure.getErrorMessage()), (status, reason))

    def test_answered(self) -> None:
        """The program gets name and arguments; its answer goes back, whatever it is."""
        for payload in ({"name": "go", "result": [1]}, {"error": "no"}, None):
            program = self.daemon.connect()
            reply = self.call_action(b'{"args": {"n": 1}}')
            [message] = program.messages
            self.assertEqual(message.payload, {"name": "go", "args": {"n": 1}})
            self.assertNoResult(reply)
            self.daemon.say(program, Message("ack", NAME, payload, message.event_id))
            self.assertEqual(self.value(self.successResultOf(reply)), {"ack": payload})

    def test_noArguments(self) -> None:
        """None need be given."""
        program = self.daemon.connect()
        self.call_action(b"")
        self.assertEqual(program.messages[0].payload, {"name": "go", "args": {}})

    def test_wrongBody(self) -> None:
        """What cannot be read is not sent."""
        program = self.daemon.connect()
        self.check_refused(self.call_action(b"[]"), 400, "the body cannot be used")
        self.assertEqual(program.messages, [])

    def test_offline(self) -> None:
        """Nobody is there, or goes away meanwhile."""
        self.ask("sync", b"{}", name=NAME)
        reason = "client offline"
        self.check_refused(self.call_action(), 503, reason)
        program = self.daemon.connect()
        reply = self.call_action()
        self.daemon.switchboard.disconnected(program)
        self.check_refused(reply, 503, reason)

    def test_tooMany(self) -> None:
        """There is a limit."""
        self.daemon.connect()
        self.call_action()
        self.check_refused(self.call_action(), 429, "too many actions are waiting")

    def test_timeout(self) -> None:
        """A program that does not answer: the caller's time, or the daemon's."""
        for timeout, seconds in ((2.5, 2.5), (None, 30)):
            self.daemon.connect()
            reply = self.call_action(timeout=timeout)
            self.daemon.clock.advance(seconds - 0.1)
            self.daemon.switchboard._tick()
            self.assertNoResult(reply)
            self.daemon.clock.advance(0.2)
            self.daemon.switchboard._tick()
            self.check_refused(reply, 504, f"no answer within {seconds:g} s")

    def test_caller_left(self) -> None:
        """Who goes away does not stop the action, and its answer harms nobody."""
        program = self.daemon.connect()
        reply = self.call_action()
        reply.cancel()
        self.failureResultOf(reply)
        event_id = program.messages[0].event_id
        self.daemon.say(program, Message("ack", NAME, {}, event_id))
        self.assertEqual(self.ask("show_project", name=NAME)["pending"], 0)


class DaemonTests(OperationsTestCase):
    """The daemon itself."""

    def test_memory(self) -> None:
        """Without a database."""
        self.daemon.connect()
        self.assertEqual(
            self.ask("show_daemon"),
            {
                "version": "1.2",
                "uptime": 12.5,
                "projects": 1,
                "connections": 1,
                "database": {"path": None, "trouble": None},
                "limits": {
                    "message_size": 1 << 20,
                    "projects": 2,
                    "connections": 10_000,
                    "pending": 1,
                    "action_timeout": 30,
                    "online": 15.0,
                    "backlog_messages": 10_000,
                    "backlog_bytes": 4 << 20,
                },
            },
        )

    def test_database(self) -> None:
        """With one that is in trouble."""
        self.daemon = Daemon(database=Path("/x.sqlite"))
        self.daemon.archive.trouble = "is locked"
        self.assertEqual(
            self.ask("show_daemon")["database"], {"path": "/x.sqlite", "trouble": "is locked"}
        )

    def test_description(self) -> None:
        """It is of this version, and tells whether a token is needed."""
        document = self.ask("show_openapi")
        self.assertEqual(document["info"]["version"], "1.2")
        self.assertNotIn("securitySchemes", document["components"])
        self.daemon = Daemon(has_token=True)
        self.assertIn("securitySchemes", self.ask("show_openapi")["components"])
