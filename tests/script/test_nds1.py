"""
Tests for L{netsim.script.nds1}.

The bytes that are wanted are written out by hand, from the table in WIRE, section 1.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from attrs import Factory, define
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import ActionError
from netsim.script.action import ActionModule, Input, Output
from netsim.script.nds1 import Nds1

ACTIONS = (
    "register_chan",
    "gen_sc3_12_1",
    "gen_sc2_12_1",
    "writer-id",
    "reconfigure-block",
    "data-header",
    "write-data",
    "termination-block",
    "handle_start_net_writer_full",
)
# As real files have it: numbers as text.
SINE = ["X1:SINE", "16", "4", "0", "0", "V", "1.0", "2", "-0.5"]
RAMP = ["X1:RAMP", 2, 1, 3, 1, "", 1, 0.5, 0]
COMPLEX = ["X1:COMPLEX", 1, 6, 0, 0, "none", 1, 1, 0]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
NAMES = st.sampled_from(["X1:SINE", "X1:RAMP", "X1:COMPLEX"])
SMALL = st.integers(0, 3)
TIME = st.integers(0, 2**32 - 1)
PLAIN = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
NUMBER = PLAIN | PLAIN.map(str)
VALID = {
    "register_chan": st.tuples(
        NAMES, TIME, st.integers(1, 7), TIME, SMALL, st.text(), NUMBER, NUMBER, NUMBER
    ),
    "gen_sc3_12_1": st.tuples(NAMES),
    "gen_sc2_12_1": st.lists(NAMES),
    "writer-id": st.tuples(TIME, JSON),
    "reconfigure-block": st.tuples(st.lists(NAMES)),
    "data-header": st.tuples(st.lists(NAMES), TIME, TIME, TIME),
    "write-data": st.tuples(NAMES, st.integers(0, 10**5), NUMBER | st.tuples(NUMBER, NUMBER)),
    "termination-block": st.just(()),
    "handle_start_net_writer_full": st.tuples(SMALL),
}


@define
class Client:
    """Both sides of a connection in memory; notes what had been flushed at each read."""

    lines: BytesIO = Factory(BytesIO)
    written: list[bytes] = Factory(list)
    flushed: bytes = b""
    atRead: list[bytes] = Factory(list)

    def read(self, n: int) -> bytes:
        return self.lines.read(n)

    def readline(self) -> bytes:
        self.atRead.append(self.flushed)
        return self.lines.readline()

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def flush(self) -> None:
        self.flushed = b"".join(self.written)


class Nds1TestCase(SynchronousTestCase):
    """One session with three channels."""

    def setUp(self) -> None:
        self.nds1 = Nds1()
        for channel in (SINE, RAMP, COMPLEX):
            self.run1("register_chan", channel)

    def run1(self, action: str, args: list[Any], lines: bytes = b"") -> bytes:
        """Validate and execute an action; what was flushed at its end."""
        self.nds1.validate_action(action, args)
        client = Client(BytesIO(lines))
        self.nds1.execute_action(action, args, client, client)
        return client.flushed

    def refused(self, action: str, args: list[Any]) -> str:
        """The message that validation has for these arguments."""
        with self.assertRaises(ActionError) as caught:
            self.nds1.validate_action(action, args)
        return str(caught.exception)

    def failed(self, action: str, args: list[Any], lines: bytes = b"") -> str:
        """The message that execution has for these arguments, which are valid."""
        self.nds1.validate_action(action, args)
        client = Client(BytesIO(lines))
        with self.assertRaises(ActionError) as caught:
            self.nds1.execute_action(action, args, client, client)
        return str(caught.exception)


class InterfaceTests(Nds1TestCase):
    """An Nds1 is used through the interface of action modules."""

    def test_module(self) -> None:
        """It has the interface, and works with anything that has those of a client."""
        module: ActionModule = self.nds1
        inp: Input = Client()
        outp: Output = Client()
        module.execute_action("termination-block", [], inp, outp)

    def test_unknownAction(self) -> None:
        """The message names the action, and those that there are."""
        for text in (self.refused("dance", []), self.refused("", [])):
            for action in ACTIONS:
                self.assertIn(action, text)
        self.assertIn("no action 'dance'", self.refused("dance", []))

    def test_sessions(self) -> None:
        """A channel that one session registers, another does not know."""
        client = Client()
        with self.assertRaises(ActionError) as caught:
            Nds1().execute_action("gen_sc3_12_1", ["X1:SINE"], client, client)
        self.assertEqual(str(caught.exception), "no channel 'X1:SINE' is registered")

    def test_executionValidates(self) -> None:
        """Arguments that nobody validated are validated when they are used."""
        client = Client()
        with self.assertRaises(ActionError):
            self.nds1.execute_action("termination-block", [1], client, client)
        self.assertEqual(client.written, [])


class OutputTests(Nds1TestCase):
    """Every action, to the byte."""

    def test_registerChan(self) -> None:
        """Nothing is written; a name that is registered again gets the new values."""
        self.assertEqual(self.run1("register_chan", ["X1:SINE", *RAMP[1:]]), b"")
        self.assertEqual(
            self.run1("gen_sc3_12_1", ["X1:SINE"]), b"X1:SINE\n2\n1\n3\n1\n\n1\n0.5\n0\n"
        )

    def test_sc3(self) -> None:
        """The nine values in the order of registration; text that looks like an int is one."""
        self.assertEqual(
            self.run1("gen_sc3_12_1", ["X1:SINE"]), b"X1:SINE\n16\n4\n0\n0\nV\n1.0\n2\n-0.5\n"
        )

    def test_sc2(self) -> None:
        """One record after the other, in the order asked for."""
        ramp = b"X1:RAMP" + b" " * 53 + b"000000020000000300010001"
        ramp += b"3f8000003f00000000000000" + b" " * 40
        sine = b"X1:SINE" + b" " * 53 + b"000000100000000000000004"
        sine += b"3f80000040000000bf000000" + b"V" + b" " * 39
        self.assertEqual(self.run1("gen_sc2_12_1", ["X1:RAMP", "X1:SINE"]), ramp + sine)

    def test_writerId(self) -> None:
        """Only true and "online" are online."""
        for online in (True, "online"):
            self.assertEqual(self.run1("writer-id", [255, online]), b"000000ff\0\0\0\0")
        for offline in (False, "offline", "true", 1, None, []):
            self.assertEqual(self.run1("writer-id", ["255", offline]), b"000000ff\0\0\0\x01")

    def test_reconfigureBlock(self) -> None:
        """The slopes are little-endian."""
        self.assertEqual(
            self.run1("reconfigure-block", [["X1:SINE", "X1:RAMP"]]),
            bytes.fromhex(
                "00000028 ffffffff ffffffff 00000003 ffffffff"
                "00000000 00000040 00000000 00000000 0000003f 00000000"
            ),
        )

    def test_dataHeader(self) -> None:
        """16 bytes, and 3 s of 16 float32 (192), 2 int16 (12) and 1 complex64 (24)."""
        self.assertEqual(
            self.run1("data-header", [["X1:SINE", "X1:RAMP", "X1:COMPLEX"], 10, 3, 1]),
            bytes.fromhex("000000f4 00000003 0000000a 00000000 00000001"),
        )

    def test_writeData(self) -> None:
        """The value is repeated; a complex one is a pair."""
        self.assertEqual(self.run1("write-data", ["X1:RAMP", 3, -1]), b"\xff\xff" * 3)
        self.assertEqual(self.run1("write-data", ["X1:SINE", "1", "1.5"]), b"\x3f\xc0\0\0")
        self.assertEqual(
            self.run1("write-data", ["X1:COMPLEX", 1, [1, "-2"]]).hex(), "3f800000c0000000"
        )
        self.assertEqual(self.run1("write-data", ["X1:RAMP", 0, 0]), b"")

    def test_writeDataIsBounded(self) -> None:
        """Eight megabytes are written in pieces of 64 KiB."""
        client = Client()
        self.nds1.execute_action("write-data", ["X1:COMPLEX", 2**20, 1], client, client)
        self.assertEqual({len(piece) for piece in client.written}, {65536})
        self.assertEqual(len(client.written), 128)

    def test_terminationBlock(self) -> None:
        """Five numbers, four of them 0."""
        self.assertEqual(self.run1("termination-block", []), b"\0\0\0\x10" + bytes(16))


class NetWriterTests(Nds1TestCase):
    """C{handle_start_net_writer_full} answers requests as they come."""

    ONE = (
        "30303030 3030303030303031 00000001"
        "0000001c ffffffff ffffffff 00000003 ffffffff 00000000 0000003f 00000000"
        "00000014 00000001 00000064 00000000 00000000 0000 0000"
        "00000014 00000001 00000065 00000000 00000001 0001 0001"
        "00000010 00000000 00000000 00000000 00000000"
    )
    TWO = (
        "30303030 3030303030303032 00000001"
        "0000001c ffffffff ffffffff 00000003 ffffffff 00000000 0000803f 00000000"
        "00000010 00000000 00000000 00000000 00000000"
    )
    REQUEST = b'start net-writer 100 2 {"X1:RAMP"};\n'

    def test_requests(self) -> None:
        """Each answer is whole, has its number, and is flushed before the next request is read."""
        client = Client(BytesIO(self.REQUEST + b'start net-writer 0 0 {"X1:COMPLEX"};\n'))
        self.nds1.execute_action("handle_start_net_writer_full", [2], client, client)
        one, two = bytes.fromhex(self.ONE), bytes.fromhex(self.TWO)
        self.assertEqual(client.atRead, [b"", one])
        self.assertEqual(client.flushed, one + two)

    def test_noRequests(self) -> None:
        """Of no requests none is read."""
        self.assertEqual(self.run1("handle_start_net_writer_full", [0], self.REQUEST), b"")

    def test_blanks(self) -> None:
        """Blanks do not matter, nor how the line ends."""
        lines = (
            b'start  net-writer\t100  2{"X1:RAMP"};',
            b' start net-writer 0100 2 { "X1:RAMP" } ; \r\n',
        )
        for line in lines:
            answer = self.run1("handle_start_net_writer_full", [1], line)
            self.assertEqual(answer.hex(), self.ONE.replace(" ", ""))

    def test_otherLines(self) -> None:
        """Any other line is an error that shows it."""
        lines = (
            b"",
            b"\n",
            b"quit;\n",
            b'start net-writer 100 2 {"X1:RAMP"}\n',
            b'start net-writer 100 {"X1:RAMP"};\n',
            b'start net-writer -1 2 {"X1:RAMP"};\n',
            b"start net-writer 100 2 {X1:RAMP};\n",
            b'start net-writer 100 2 {"X1:RAMP" "X1:SINE"};\n',
            b'start net-writer 100 2 {"X1:RAMP"}; quit;\n',
            b'start net-writer 4294967295 2 {"X1:RAMP"};\n',
            b'start net-writer 99999999999 2 {"X1:RAMP"};\n',
            b"\xff\x00\n",
        )
        for line in lines:
            text = self.failed("handle_start_net_writer_full", [1], line)
            self.assertIn(f"got {line!r}", text)

    def test_longNumbers(self) -> None:
        """Numbers of any length are refused like others that are too large."""
        line = b'start net-writer %s 2 {"X1:RAMP"};\n' % (b"9" * 5000)
        self.assertIn("wanted", self.failed("handle_start_net_writer_full", [1], line))

    def test_lastSecond(self) -> None:
        """Data may go on to the last second that there is."""
        line = b'start net-writer 4294967294 2 {"X1:RAMP"};\n'
        self.assertIn(
            b"\xff" * 4 + b"\0\0\0\0\0\0\0\x01",
            self.run1("handle_start_net_writer_full", [1], line),
        )

    def test_unknownChannel(self) -> None:
        """Whatever is between the quotes is a name, if not of a channel."""
        for name in (b"X1:NONE", b"", b"\xff"):
            line = b'start net-writer 100 2 {"%s"};\n' % name
            self.assertIn("is registered", self.failed("handle_start_net_writer_full", [1], line))

    @given(st.binary() | st.from_regex(rb'start net-writer \d+ [0-9] \{"X1:RAMP"\};\n'))
    def test_onlyActionErrors(self, line: bytes) -> None:
        """No line makes the action fail in another way, and any answer is whole."""
        try:
            answer = self.run1("handle_start_net_writer_full", [1], line)
        except ActionError:
            return
        self.assertEqual(answer[-20:], b"\0\0\0\x10" + bytes(16))


class RefusedTests(Nds1TestCase):
    """Validation says what is wrong with arguments."""

    def test_sentence(self) -> None:
        """The action, what it takes, what it got, and why that will not do."""
        self.assertEqual(
            self.refused("write-data", ["X1:SINE", -1, 0]),
            "write-data takes name, count, value; got ['X1:SINE', -1, 0]:"
            " -1 is not from 0 to 4294967295",
        )

    def test_counts(self) -> None:
        """One argument too many is one too many, a script's response too."""
        for action in ACTIONS:
            self.assertIn(f"{action} takes ", self.refused(action, [b""] * 10))
        for action in set(ACTIONS) - {"termination-block"}:
            self.assertIn(f"{action} takes ", self.refused(action, []))

    def test_registerChan(self) -> None:
        """Each of the nine values has its type and its range."""
        huge, long = 10**39, "9" * 5000
        wrong: list[list[Any]] = [
            ["", "x" * 61, "Ä" * 31, "a\nb", "\ud800", 1, None],
            [-1, 2**32, 1.5, "fast", True, None, long],
            [0, 8, "float32", True],
            [-1, 2**32, "x"],
            [-1, 2**16, "x"],
            ["x" * 41, "a\0b", 1, None],
            *[[huge, "1e39", float("nan"), float("inf"), "one", None, long]] * 3,
        ]
        for index, values in enumerate(wrong):
            for value in values:
                args = [*SINE[:index], value, *SINE[index + 1 :]]
                self.assertIn("register_chan takes name, rate", self.refused("register_chan", args))

    def test_limits(self) -> None:
        """The largest values that have room in a record are taken, and fill it."""
        name, units = "x" * 60, "y" * 40
        args = [name, 2**32 - 1, 7, 2**32 - 1, 2**16 - 1, units, "3.4e38", 0, 0]
        self.run1("register_chan", args)
        self.assertEqual(len(self.run1("gen_sc2_12_1", [name])), 148)

    def test_otherActions(self) -> None:
        """Names are text, lists of names are lists, and numbers have their ranges."""
        cases: list[tuple[str, list[Any]]] = [
            ("gen_sc3_12_1", [1]),
            ("gen_sc3_12_1", [["X1:SINE"]]),
            ("gen_sc2_12_1", ["X1:SINE", 1]),
            ("writer-id", [-1, True]),
            ("writer-id", [2**32, True]),
            ("reconfigure-block", ["X1:SINE"]),
            ("reconfigure-block", [[1]]),
            ("data-header", ["X1:SINE", 0, 1, 0]),
            ("data-header", [["X1:SINE"], 2**32, 1, 0]),
            ("data-header", [["X1:SINE"], 0, -1, 0]),
            ("data-header", [["X1:SINE"], 0, 1, 0.5]),
            ("write-data", ["X1:SINE", 2**32, 0]),
            ("write-data", ["X1:SINE", 1, "x"]),
            ("write-data", ["X1:SINE", 1, True]),
            ("write-data", ["X1:SINE", 1, [1]]),
            ("write-data", ["X1:SINE", 1, [1, 2, 3]]),
            ("write-data", ["X1:SINE", 1, [1, None]]),
            ("write-data", ["X1:SINE", 1, float("nan")]),
            ("handle_start_net_writer_full", [-1]),
            ("handle_start_net_writer_full", ["many"]),
        ]
        for action, args in cases:
            self.assertIn(f"{action} takes ", self.refused(action, args))

    @given(st.sampled_from([*ACTIONS, "dance"]), st.lists(JSON, max_size=10))
    def test_onlyActionErrors(self, action: str, args: list[Any]) -> None:
        """No JSON value makes validation fail in another way."""
        try:
            self.nds1.validate_action(action, args)
        except ActionError as error:
            self.assertIn(action, str(error))


class FailedTests(Nds1TestCase):
    """Execution says what validation could not know."""

    def test_notRegistered(self) -> None:
        """Every action that takes names wants them registered."""
        cases: list[tuple[str, list[Any]]] = [
            ("gen_sc3_12_1", ["X1:NONE"]),
            ("gen_sc2_12_1", ["X1:SINE", "X1:NONE"]),
            ("reconfigure-block", [["X1:NONE"]]),
            ("data-header", [["X1:SINE", "X1:NONE"], 0, 1, 0]),
            ("write-data", ["X1:NONE", 0, 0]),
        ]
        for action, args in cases:
            self.assertEqual(self.failed(action, args), "no channel 'X1:NONE' is registered")

    def test_valueDoesNotFit(self) -> None:
        """The value must be one of the channel's type."""
        for value in (32768, 0.5, [1, 2]):
            text = self.failed("write-data", ["X1:RAMP", 1, value])
            self.assertIn("does not fit int16", text)

    def test_sizeDoesNotFit(self) -> None:
        """The size of a data block is a uint32."""
        text = self.failed("data-header", [["X1:SINE"], 0, 2**32 - 1, 0])
        self.assertIn("too large", text)

    @given(st.data())
    def test_onlyActionErrors(self, data: st.DataObject) -> None:
        """What was validated, with channels registered, fails in no other way."""
        action = data.draw(st.sampled_from(ACTIONS))
        args = [list(arg) if isinstance(arg, tuple) else arg for arg in data.draw(VALID[action])]
        nds1, client = Nds1(), Client()
        for channel in (SINE, RAMP, COMPLEX):
            nds1.execute_action("register_chan", channel, client, client)
        try:
            nds1.validate_action(action, args)
            nds1.execute_action(action, args, client, client)
        except ActionError:
            return
        self.assertEqual(client.flushed, b"".join(client.written))
