"""Tests for L{netsim.systems.if_distributor.ifd_text}."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.if_distributor.ifd_text import System
from netsim.testing import SimulatedDevice
from tests.framing import checkFraming
from tests.properties import examples

COMMAND = "ERR 1 unknown command"
CHANNEL = "ERR 3 no such channel"
RANGE = "ERR 4 out of range"

WORDS = st.sampled_from(["ATT", "att?", "INP", "BAND?", "LO", "LO?", "POW?", "ALL", "MID", "b"])
NUMBERS = st.floats().map(str) | st.integers().map(str) | st.sampled_from(["1", "4", "1e999"])
LINES = st.lists(WORDS | NUMBERS | st.text(max_size=5), max_size=4).map(" ".join)


class TextTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.device = SimulatedDevice(System())
        self.client = self.device.connect()
        self.device.clock.advance(1)

    def check(self, line: str, wanted: str) -> None:
        """Fail unless a line is answered so."""
        self.assertEqual(self.client.say(line.encode() + b"\n").decode(), wanted + "\n", line)


class LineTests(TextTestCase):
    def test_lines_are_found_however_they_are_cut(self) -> None:
        stream = b"\n\r\n  att?   1 \r\nLO?\nATT 1 5\n" + b"x" * 81 + b"\nnoise\n"
        wanted = ["ATT 1 10.00", "LO 2000.000 LOCKED", "OK", COMMAND]

        def make() -> Callable[[bytes], list[str]]:
            device = SimulatedDevice(System())
            device.clock.advance(1)
            client = device.connect()
            return lambda data: client.say(data).decode().splitlines()

        checkFraming(self, make, stream, wanted, b"LO")

    @examples(200)
    @given(st.lists(st.binary(max_size=40)))
    def test_no_bytes_make_it_raise(self, pieces: list[bytes]) -> None:
        client = SimulatedDevice(System()).connect()
        for piece in pieces:
            client.say(piece)

    @examples(500)
    @given(st.lists(LINES))
    def test_no_line_makes_it_raise_and_each_is_answered_with_one(self, lines: list[str]) -> None:
        client = SimulatedDevice(System()).connect()
        for line in lines:
            data = line.encode("latin-1", "replace").replace(b"\n", b"").strip(b" \t\r")
            wanted = 1 if 0 < len(data) <= 80 else 0
            self.assertEqual(client.say(data + b"\n").count(b"\n"), wanted, data)


class CommandTests(TextTestCase):
    def test_identify(self) -> None:
        self.check("IDN?", "netsim,IFD-4,1,1.3")

    def test_attenuation(self) -> None:
        for written, read in (("0", "0.00"), ("31.75", "31.75"), ("1e1", "10.00"), ("+.5", "0.50")):
            self.check(f"ATT 4 {written}", "OK")
            self.check("ATT? 4", f"ATT 4 {read}")
        self.check("ATT? 3", "ATT 3 10.00")

    def test_attenuations_that_do_not_exist(self) -> None:
        for written in ("32", "-0.25", "-1", "0.3", "0.125", "1e300", "-1e300"):
            self.check(f"ATT 1 {written}", RANGE)
        self.check("ATT? 1", "ATT 1 10.00")

    def test_input(self) -> None:
        for name in ("LOAD", "A", "B", "C"):
            self.check(f"inp 1 {name.lower()}", "OK")
            self.check("INP? 1", f"INP 1 {name}")
        self.check("INP? 2", "INP 2 A")
        self.check("INP 1 D", RANGE)

    def test_band(self) -> None:
        edges = {"FULL": "100 2100", "LOW": "100 600", "MID": "600 1100", "HIGH": "1100 2100"}
        for name, low_and_high in edges.items():
            self.check(f"BAND 1 {name}", "OK")
            self.check("BAND? 1", f"BAND 1 {name} {low_and_high}")
        self.check("BAND? 2", "BAND 2 FULL 100 2100")
        self.check("BAND 1 A", RANGE)

    def test_oscillator(self) -> None:
        self.check("LO 1000", "OK")
        self.check("LO?", "LO 1000.000 UNLOCKED")
        self.device.clock.advance(0.2)
        self.check("LO?", "LO 1000.000 LOCKED")
        for written, read in (("4000", "4000.000"), ("2300.001", "2300.001"), ("2e3", "2000.000")):
            self.check(f"LO {written}", "OK")
            self.check("LO?", f"LO {read} UNLOCKED")

    def test_every_kilohertz_can_be_set(self) -> None:
        for kilohertz in range(3_999_000, 4_000_000, 7):
            self.check(f"LO {kilohertz / 1000:.3f}", "OK")

    def test_frequencies_that_do_not_exist(self) -> None:
        for written in ("999.999", "4000.001", "2000.0001", "-2000", "1e300", "-1e307"):
            self.check(f"LO {written}", RANGE)
        self.check("LO?", "LO 2000.000 LOCKED")

    def test_power(self) -> None:
        power = self.device.system.distributor.power(1.0, 2)
        self.check("POW? 2", f"POW 2 {power:.2f}")

    def test_status(self) -> None:
        self.check("ATT 3 0.25", "OK")
        self.check("INP 3 B", "OK")
        self.check("BAND 3 LOW", "OK")
        powers = [self.device.system.distributor.power(1.0, number) for number in range(1, 5)]
        wanted = (
            f"LO 2000.000 LOCKED; 1 10.00 A FULL {powers[0]:.2f}; 2 10.00 A FULL {powers[1]:.2f};"
            f" 3 0.25 B LOW {powers[2]:.2f}; 4 10.00 A FULL {powers[3]:.2f}"
        )
        self.check("STAT?", wanted)

    def test_reset(self) -> None:
        self.check("ATT 1 0", "OK")
        self.check("LO 3000", "OK")
        self.check("RST", "OK")
        self.check("ATT? 1", "ATT 1 10.00")
        self.check("LO?", "LO 2000.000 UNLOCKED")

    def test_all_channels_at_once(self) -> None:
        for line in ("ATT ALL 1", "INP all C", "BAND All HIGH"):
            self.check(line, "OK")
        for number in range(1, 5):
            self.check(f"ATT? {number}", f"ATT {number} 1.00")
            self.check(f"INP? {number}", f"INP {number} C")
            self.check(f"BAND? {number}", f"BAND {number} HIGH 1100 2100")

    def test_channels_that_do_not_exist(self) -> None:
        for number in ("0", "5", "-1", "99999999999999999999"):
            for question in ("ATT?", "INP?", "BAND?", "POW?"):
                self.check(f"{question} {number}", CHANNEL)
            for setting in ("ATT {} 0", "INP {} A", "BAND {} LOW"):
                self.check(setting.format(number), CHANNEL)
        self.check("ATT x 99", CHANNEL)

    def test_upper_and_lower_case_are_the_same(self) -> None:
        lines = ["idn?", "att 1 1", "att? 1", "inp 1 b", "inp? 1", "band 1 low", "band? 1"]
        lines += ["pow? 1", "lo 3000", "lo?", "stat?", "rst"]
        self.assertEqual(len(lines), len(System._commands))
        for line in lines:
            self.assertNotIn(b"ERR", self.client.say(line.encode() + b"\n"))

    def test_what_is_no_command(self) -> None:
        for line in ("ATT", "ATT 1", "ATT 1 x", "ATT?", "ATT? ALL", "LO x", "LO? 1", "IDN", "?"):
            self.check(line, COMMAND)


class FaultTests(TextTestCase):
    def test_an_answer_without_line_end(self) -> None:
        self.assertEqual(self.client.say(b"$system_fail:no_line_end%%%%%"), b"no_line_end\n")
        self.assertEqual(self.client.say(b"ATT? 1\n"), b"ATT 1 10.00")
