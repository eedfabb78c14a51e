"""Tests for L{netsim.systems.scpi_meter.system}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.scpi_meter.functions import FUNCTIONS
from netsim.systems.scpi_meter.system import System
from netsim.testing import SimulatedDevice
from tests.framing import cut
from tests.properties import examples
from tests.systems.scpi_meter.rig import MeterTestCase

SAID = """
*IDN? *RST *CLS *OPC *OPC? *WAI *TRG *TST? *ESE *STB? :SYST:ERR? MEAS:VOLT? CONF:RES READ?
INIT FETC? ABOR SAMP:COUN TRIG:SOUR FORM FUNC VOLT:RANG CURR:NPLC? STAT:OPER? NPLC MEAS2:RES?
1 -1 BUS IMM REAL 64 10mV 1E99999 DEF MIN 'VOLT:AC' " , ; : ? $ %%%%% $x:%%%%%
"""
WORDS = st.sampled_from(SAID.split())
LINES = st.lists(WORDS).map(" ".join)
PLACES = st.lists(st.integers(0, 300), max_size=5)


class TriggerTests(MeterTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.other = self.device.connect()

    def test_bus(self) -> None:
        self.check("TRIG:SOUR BUS;SOUR?;:INIT;:STAT:OPER:COND?", "BUS;32")
        self.check("*TRG;:STAT:OPER:COND?", "16")
        self.check("FETC?;:STAT:OPER:COND?;:STAT:OPER?", "+1.25000000E+00;0;48", 0.02)

    def test_another_client_triggers(self) -> None:
        """Who waits for that lets others pass."""
        self.ask("TRIG:SOUR BUS;:INIT")
        self.assertEqual("", self.ask("FETC?;*IDN?"))
        self.clock.advance(1.0)
        self.assertEqual("BUS", self.ask("TRIG:SOUR?", client=self.other))
        self.ask("*TRG", client=self.other)
        self.assertEqual(b"", self.client.heard())
        self.clock.advance(0.02)
        self.assertEqual(b"+1.25000000E+00;netsim,scpi_meter,0001,1.0\n", self.client.heard())

    def test_another_client_aborts(self) -> None:
        for command in ("ABOR", "*RST", "CONF:RES"):
            self.ask("*RST;:TRIG:SOUR BUS;:INIT")
            self.assertEqual("", self.ask("FETC?"))
            self.ask(command, client=self.other)
            self.assertEqual('-230,"Data corrupt or stale"', self.ask("SYST:ERR?"))

    def test_lines_are_executed_in_turn(self) -> None:
        """Also those of several clients; who is quick waits for who is not."""
        self.assertEqual("", self.ask("MEAS:VOLT?"))
        self.assertEqual("", self.ask("*IDN?;:MEAS:FREQ?", client=self.other))
        self.device.system.set_value("FREQ", "50")
        third = self.device.connect()
        self.assertEqual("", self.ask("FUNC?", client=third))
        self.clock.advance(0.021)
        self.assertEqual(b"+1.25000000E+00\n", self.client.heard())
        self.assertEqual(b"", self.other.heard() + third.heard())
        self.clock.advance(0.1)
        self.assertEqual(b"netsim,scpi_meter,0001,1.0;+5.00000000E+01\n", self.other.heard())
        self.assertEqual(b'"FREQ"\n', third.heard())

    def test_who_leaves_holds_up_nobody(self) -> None:
        lines = {"SAMP:COUN 1000;:READ?": "0", "TRIG:SOUR BUS;:INIT;*OPC?": "32"}
        for line, condition in lines.items():
            self.ask("*RST")
            leaving = self.device.connect()
            self.assertEqual(b"", leaving.say(line.encode() + b"\n"))
            self.clock.advance(0.5)
            leaving.leave()
            self.check("STAT:OPER:COND?", condition)
            self.check("*RST;:MEAS:VOLT?", "+1.25000000E+00", 0.02)
        self.assertEqual([], self.clock.getDelayedCalls())
        self.assertEqual({}, self.device.system._untriggered)

    def test_stop(self) -> None:
        """Nobody waits any more."""
        self.ask("MEAS:VOLT?")
        self.ask("*IDN?", client=self.other)
        self.device.stop()
        self.assertEqual([], self.clock.getDelayedCalls())
        self.assertEqual("$server_shutdown%%%%%", System().system_stop())

    def test_over_the_wire(self) -> None:
        self.assertEqual(b"$server_shutdown%%%%%", self.client.say(b"$system_stop%%%%%"))


class CustomCommandTests(MeterTestCase):
    def test_set_value(self) -> None:
        self.assertEqual(b"RES,4700.0\n", self.client.say(b"$set_value:RESistance,4.7e3%%%%%"))
        self.check("MEAS:RES?", "+4.70000000E+03", 0.02)
        self.assertEqual(b"RES\n", self.client.say(b"$set_value:RES%%%%%"))
        self.assertNotEqual("+4.70000000E+03", self.ask("MEAS:RES?", 0.02))

    def test_what_cannot_be_set(self) -> None:
        for arguments in (["AMPS", "1"], ["VOLT", "x"], ["VOLT", "nan"], ["VOLT", "inf"], [""]):
            self.assertRaises(ValueError, self.device.system.set_value, *arguments)

    def test_add_error(self) -> None:
        self.assertEqual(b"-310\n", self.client.say(b"$add_error%%%%%"))
        self.client.say(b'$add_error:5,too "hot"\xe9\n%%%%%')
        self.assertEqual('-310,"System error";5,"too ?hot???"', self.ask("SYST:ERR?;ERR?"))
        for code in ("x", "-32768", ""):
            self.assertRaises(ValueError, self.device.system.add_error, code)


class FaultTests(MeterTestCase):
    def inject(self, kind: str) -> None:
        said = f"$system_fail:{kind}%%%%%".encode()
        self.assertEqual(kind.partition(",")[0].encode() + b"\n", self.client.say(said))

    def test_no_answer(self) -> None:
        self.inject("no_answer")
        self.assertEqual("", self.ask("*ESE 3;*ESE?"))
        self.ask("MEAS:VOLT?")
        self.clock.advance(1.0)
        self.assertEqual(b"", self.client.heard())
        self.inject("none")
        self.check("*ESE?", "3")

    def test_garbage(self) -> None:
        self.inject("garbage")
        heard = self.client.say(b"*ESE?\n")
        self.assertEqual(2, len(heard))
        self.assertNotEqual(b"0\n", heard)

    def test_late_answer(self) -> None:
        self.inject("late_answer,2")
        self.assertEqual("0", self.ask("*ESE?", 2.0))
        self.assertEqual("", self.ask("MEAS:VOLT?"))
        self.clock.advance(0.02)
        self.clock.advance(1.99)
        self.assertEqual(b"", self.client.heard())
        self.clock.advance(0.011)
        self.assertEqual(b"+1.25000000E+00\n", self.client.heard())

    def test_no_end(self) -> None:
        self.inject("no_end")
        self.assertEqual(b"0", self.client.say(b"*ESE?\n"))

    def test_stuck_value(self) -> None:
        """Each time anew."""
        for value in ("1.25", "3.5"):
            self.device.system.set_value("VOLT", value)
            self.inject("stuck_value")
            first = self.ask("MEAS:VOLT? 10", 0.02)
            self.assertEqual(float(value), float(first))
            self.device.system.set_value("VOLT", "2")
            self.assertEqual(first, self.ask("MEAS:VOLT? 10", 0.02))
        self.inject("none")
        self.check("MEAS:VOLT?", "+2.00000000E+00", 0.02)

    def test_overload(self) -> None:
        self.inject("overload")
        for name, function in FUNCTIONS.items():
            self.check(f"MEAS:{name}?", "+9.90000000E+37", function.seconds or 0.02)

    def test_self_test(self) -> None:
        self.check("*TST?", "0")
        self.inject("self_test")
        self.check_error("*TST?", -330, "1")

    def test_every_kind_is_tested(self) -> None:
        self.assertLessEqual({f"test_{kind}" for kind in System.faults}, set(dir(FaultTests)))


class PropertyTests(MeterTestCase):
    """Whatever comes, nothing is raised (a failure that is logged fails the test)."""

    def check_anything(self, data: bytes, places: list[int], kind: str) -> None:
        device = SimulatedDevice(System())
        device.system.system_fail(kind)
        clients = [device.connect(), device.connect()]
        for index, segment in enumerate(cut(data, places)):
            clients[index % 2].say(segment)
            device.clock.advance(0.01)
        for client in clients:
            client.leave()
        device.system.system_fail()
        last = device.connect()
        heard = last.say(b"\n*RST;*CLS;*IDN?\n")
        self.assertEqual(b"netsim,scpi_meter,0001,1.0\n", heard)
        self.assertEqual([], device.clock.getDelayedCalls())
        device.stop()

    @examples(300)
    @given(LINES, PLACES, st.sampled_from(["none", *System.faults]))
    def test_commands(self, text: str, places: list[int], kind: str) -> None:
        text = text.replace(" ; ", ";").replace("$ ", "\n")
        self.check_anything(text.encode() + b"\n", places, kind)

    @examples(200)
    @given(st.lists(LINES, max_size=4), PLACES)
    def test_lines(self, lines: list[str], places: list[int]) -> None:
        self.check_anything("\n".join(lines).encode() + b"\n", places, "none")

    @examples(200)
    @given(st.binary(), PLACES)
    def test_bytes(self, data: bytes, places: list[int]) -> None:
        self.check_anything(data, places, "none")


class ByteTests(SynchronousTestCase):
    def test_it_can_be_fed_byte_by_byte(self) -> None:
        """What takes no time is answered."""
        device = SimulatedDevice(System())
        answers = [device.system.parse(byte) for byte in "*ESE?;*OPC?\n"]
        self.assertEqual([True] * 11 + ["0;1\n"], answers)
        for byte in "READ?":
            device.system.parse(byte)
        self.assertRaises(ValueError, device.system.parse, "\n")
        self.assertEqual([], device.clock.getDelayedCalls())
