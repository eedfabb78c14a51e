"""Tests for L{netsim.replay.actions}: through whole sessions, with real threads."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from pathlib import Path

from netsim.replay.modules import ModuleLoader
from netsim.replay.pipes import LIMIT
from netsim.script.model import Action, Compound, Exchange, Script
from tests.replay.playing import ReplayTestCase
from tests.replay.wire import PATIENCE, Client

MODULE = """
import threading

count = 0

def validate_action(action, args):
    pass

def execute_action(action, args, inp, outp):
    globals()[action](args, inp, outp)

def thread(args, inp, outp):
    outp.write(threading.current_thread().name.encode())

def counted(args, inp, outp):
    global count
    count += 1
    outp.write(b"%d" % count)

def line(args, inp, outp):
    outp.write(b"<" + inp.readline() + b">")

def read(args, inp, outp):
    outp.write(b"<%d>" % len(inp.read(args[0])))

def arguments(args, inp, outp):
    outp.write(repr(args).encode())

def much(args, inp, outp):
    for number in range(args[0]):
        outp.write(b"%1024d" % number)
    outp.flush()

def waits(args, inp, outp):
    args[0].wait(args[1])

def fails(args, inp, outp):
    outp.write(b"x" * args[0])
    raise ValueError("no way")

def gives_up(args, inp, outp):
    raise SystemExit(3)
"""
BYE = Exchange(b"bye\n", b"see you\n")
MUCH = 4096
"""How many times the action C{much} writes 1 KiB."""


def do(action: str, *args: object) -> Action:
    """An action of the module."""
    return Action(f"mine.{action}", args)


class ActionTestCase(ReplayTestCase):
    """Serves scripts whose actions are those of one module."""

    def setUp(self) -> None:
        super().setUp()
        directory = Path(self.mktemp())
        directory.mkdir()
        directory.joinpath("mine.py").write_text(MODULE)
        self.loader = ModuleLoader([directory])
        self.addCleanup(self.assertNoThreads)

    def begin(self, *scripts: Script, window: float = float("inf"), multi: bool = False) -> Client:
        """Serve these scripts, and connect."""
        self.serve(*scripts, load_module=self.loader, multi=multi)
        return self.connect(window)

    def assertNoThreads(self) -> None:
        """No action runs any more, nor ever will."""
        for thread in threads():
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive())

    def assertHears(self, client: Client, expected: bytes) -> None:
        """The client is sent this, and then the connection ends."""
        self.reactor.until(lambda: client.told_end or client.closed)
        self.assertEqual(expected, client.received)
        client.leave()


def threads() -> Iterator[threading.Thread]:
    """Those that run actions."""
    return (thread for thread in threading.enumerate() if thread.name == "netsim-actions")


class InputTests(ActionTestCase):
    """An action reads what the client says from where it begins."""

    def test_line(self) -> None:
        """It waits for a line; what is left is compared with the script."""
        client = self.begin(Exchange(b"go\n", b"ok\n"), do("line"), BYE)
        client.say(b"go\non", b"e\nby")
        self.reactor.until(lambda: client.received.endswith(b">"))
        client.say(b"e\n")
        self.assertHears(client, b"ok\n<one\n>see you\n")
        self.assertPassed(2)

    def test_rest(self) -> None:
        """What it leaves can be a difference."""
        client = self.begin(do("read", 3), BYE)
        client.say(b"onebuy\n")
        self.reactor.until(lambda: client.closed)
        self.assertIn("exchange 1 (recorded_script.scripts[1]), byte 1", self.failure())

    def test_end(self) -> None:
        """It is told where the client has said its last, and the connection is closed after it."""
        client = self.begin(do("line"))
        client.say(b"one")
        client.half_close()
        self.assertHears(client, b"<one>")
        self.assertTrue(client.closed)
        self.assertPassed(0)

    def test_endBefore(self) -> None:
        """So is an action that begins later."""
        client = self.begin(Exchange(b"go\n"), Action("sleep", (1,)), do("read", 5))
        client.say(b"go\n123")
        client.half_close()
        self.advance(1)
        self.assertHears(client, b"<3>")
        self.assertPassed(1)

    def test_nextConnection(self) -> None:
        """That ends with the connection: the next one is heard."""
        later = Compound((do("line"), Action("sleep", (1,)), BYE))
        first = self.begin(do("line"), later, multi=True)
        first.half_close()
        self.reactor.until(lambda: first.closed)
        second = self.connect()
        second.say(b"two\n")
        self.reactor.until(self.reactor.getDelayedCalls)
        self.advance(1)
        second.say(b"bye\n")
        self.assertHears(second, b"<two\n>see you\n")
        self.assertPassed(1)

    def test_unread(self) -> None:
        """While it does not read, only so much is taken of the client; the rest, after it."""
        go_on = threading.Event()
        said = b"x" * 4 * LIMIT
        client = self.begin(do("waits", go_on, PATIENCE), Exchange(said, b"thanks"))
        client.say(*[said[:4096]] * (len(said) // 4096))
        self.assertEqual(len(said) - LIMIT - 4096, client.unheard)
        go_on.set()
        self.assertHears(client, b"thanks")
        self.assertPassed(1)

    def test_large(self) -> None:
        """An action can read more at once than is kept for it."""
        client = self.begin(do("read", 3 * LIMIT), BYE)
        client.say(*[b"x" * 1000] * (3 * LIMIT // 1000), b"x" * (3 * LIMIT % 1000), b"bye\n")
        self.assertHears(client, b"<%d>see you\n" % (3 * LIMIT))
        self.assertPassed(1)


class OutputTests(ActionTestCase):
    """What an action writes is sent, at the client's pace."""

    def test_slow(self) -> None:
        """A client that does not read blocks the action, and neither buffer grows."""
        client = self.begin(do("much", MUCH), BYE, window=1)
        most = 0

        def all_read() -> bool:
            nonlocal most
            most = max(most, client.buffered)
            client.read(50_000)
            return len(client.received) == MUCH * 1024

        self.reactor.until(all_read)
        self.assertLess(most, 2 * LIMIT)
        expected = b"".join(b"%1024d" % number for number in range(MUCH))
        self.assertTrue(expected == client.received)
        client.read()
        client.say(b"bye\n")
        self.reactor.until(lambda: client.told_end)
        client.leave()
        self.assertPassed(1)

    def test_leaves(self) -> None:
        """An action that waits for a client that leaves is released, and is no mistake."""
        client = self.begin(do("much", MUCH), BYE, window=1)
        self.reactor.until(lambda: client.buffered)
        client.transport.abortConnection()
        self.advance(0)
        self.assertIn("the client left before", self.failure())
        self.assertNoThreads()
        self.reactor.until(lambda: not self.factory.sessions)

    def test_leavesReading(self) -> None:
        """So is one that waits for what the client says."""
        client = self.begin(do("line"), BYE)
        client.transport.abortConnection()
        self.advance(0)
        self.assertNoThreads()
        self.assertIn("the client left", self.failure())


class ModuleTests(ActionTestCase):
    """Each session has modules and a thread of its own."""

    def test_thread(self) -> None:
        """Actions run outside the reactor's thread."""
        self.assertHears(self.begin(do("thread")), b"netsim-actions")
        self.assertPassed(0)

    def test_globals(self) -> None:
        """What a module keeps is kept for its session, and never seen by another."""
        self.serve(
            *[do("counted"), Exchange(b"\n"), do("counted"), do("counted")],
            load_module=self.loader,
        )
        clients = [self.connect(), self.connect()]
        self.reactor.until(lambda: all(client.received for client in clients))
        for client in clients:
            client.say(b"\n")
            self.assertHears(client, b"123")
        self.assertEqual((2, 0), (self.tally.passed, self.tally.failed))

    def test_arguments(self) -> None:
        """The bytes of the script's response are the last argument."""
        client = self.begin(Action("mine.arguments", ("one", 2), b"\0three"))
        self.assertHears(client, b"['one', 2, b'\\x00three']")

    def test_import(self) -> None:
        """An import says nothing; one that fails ends the session."""
        self.assertHears(self.begin(Action("import", ("mine",)), Exchange(b"", b"1")), b"1")
        self.assertPassed(1)
        self.verdicts.clear()
        client = self.begin(Exchange(b"", b"1"), Action("import", ("gone",)))
        self.reactor.until(lambda: client.closed)
        self.assertIn(
            "exchange 1: an action failed: ActionError: no module 'gone'; looked in",
            self.failure(),
        )


class FailureTests(ActionTestCase):
    """An action that raises ends the session."""

    def assertFails(self, client: Client, error: str) -> None:
        """The client hears the end, the verdict has this text, and the log a traceback."""
        self.reactor.until(lambda: self.verdicts)
        client.read()
        self.assertTrue(client.closed)
        self.assertEqual(f"exchange 0: an action failed: {error}", self.failure())
        self.assertFalse(self.verdicts[0].incomplete)
        self.assertEqual(1, len(self.flushLoggedErrors()))

    def test_raises(self) -> None:
        """What was written before is sent."""
        client = self.begin(do("fails", 3), BYE)
        self.assertFails(client, "ValueError: no way")
        self.assertEqual(b"xxx", client.received)

    def test_slow(self) -> None:
        """A client that is slow to read it is closed all the same, and hears nothing else."""
        client = self.begin(do("fails", LIMIT), Exchange(b"", b"more"), window=1)
        self.assertFails(client, "ValueError: no way")
        self.assertEqual(LIMIT, len(client.received))

    def test_exits(self) -> None:
        """One that wants to end the process ends its session."""
        self.assertFails(self.begin(do("gives_up")), "SystemExit: 3")

    def test_leftBefore(self) -> None:
        """One that fails when the client is gone is not told of."""
        client = self.begin(do("much", MUCH), window=1)
        self.reactor.until(lambda: client.buffered)
        client.transport.abortConnection()
        self.advance(0)
        self.assertNoThreads()
        self.reactor.until(self.reactor.idle)
        self.assertEqual([], self.flushLoggedErrors())


class Nds1Tests(ActionTestCase):
    """The module that ships, through a session of a net writer."""

    CHANNEL = ("X1:RAMP", 2, 2, 0, 0, "V", 1.0, 0.5, 0.0)

    def test_netWriter(self) -> None:
        """Requests are answered one after the other; the client goes on with the script."""
        client = self.begin(
            Action("import", ("nds1",)),
            Action("nds1.register_chan", self.CHANNEL),
            Exchange(b"authorize;\n", b"0000"),
            Action("nds1.handle_start_net_writer_full", (2,)),
            Exchange(b"quit;\n"),
        )
        client.say(b"authorize;\n", b'start net-writer 10 2 {"X1:RAMP"};\nstart net')
        client.say(b'-writer 20 1 {"X1:RAMP"};\nquit;\n')
        self.assertHears(client, b"0000" + self.answer(1, 10, 2) + self.answer(2, 20, 1))
        self.assertPassed(2)

    def answer(self, writer: int, gps: int, seconds: int) -> bytes:
        """What a writer sends of the channel (WIRE, section 1)."""
        blocks = [
            b"0000" + b"%08x" % writer + struct.pack(">I", 1),
            struct.pack(">5I", 16 + 12, 2**32 - 1, 2**32 - 1, 3, 2**32 - 1),
            struct.pack("<ffI", 0.0, 0.5, 0),
        ]
        for second in range(seconds):
            blocks.append(struct.pack(">5I", 16 + 8, 1, gps + second, 0, second))
            blocks.append(struct.pack(">2i", second, second))
        return b"".join([*blocks, struct.pack(">5I", 16, 0, 0, 0, 0)])

    def test_otherLine(self) -> None:
        """Another request is a failure, and no mistake of the module."""
        client = self.begin(
            Action("nds1.register_chan", self.CHANNEL),
            Action("nds1.handle_start_net_writer_full", (1,)),
        )
        client.say(b"stop;\n")
        self.reactor.until(lambda: client.closed)
        self.assertIn("wanted the line start net-writer", self.failure())
