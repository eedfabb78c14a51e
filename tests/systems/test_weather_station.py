"""Tests for L{netsim.systems.weather_station}."""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems import weather_station
from netsim.systems.weather_station import FIELDS, Field, System, sentence
from netsim.systems.weather_station.weather import Weather
from netsim.testing import SimulatedDevice
from tests.framing import checkFraming
from tests.properties import examples
from tests.systems import dialogue

BEGIN = 1763694000


def is_sound(line: bytes) -> bool:
    """Whether a line ends as it has to, with its checksum."""
    text, star, rest = line.partition(b"*")
    return bool(star) and rest == b"%02X\r\n" % reduce(xor, text, 0)


class StationTestCase(SynchronousTestCase):
    """A station, and who asks it."""

    def setUp(self) -> None:
        self.device = SimulatedDevice(System(seed=1))
        self.device.clock.advance(BEGIN)
        self.listener = self.device.subscribe()
        self.device.clock.advance(1)
        self.listener.heard()

    def ask(self, query: bytes) -> bytes:
        """The only answer."""
        (answer,) = self.device.datagram(query)
        return answer

    def readings(self, line: bytes) -> dict[str, str]:
        """What a line says."""
        self.assertTrue(is_sound(line), line)
        fields = line.decode().partition("*")[0].split(",")[1:]
        return dict(field.split("=") for field in fields)

    def custom(self, text: str) -> bytes:
        return self.ask(f"${text}%%%%%".encode())

    def line(self) -> bytes:
        """That of the next second."""
        self.device.clock.advance(1)
        data: bytes = self.listener.heard()
        return data


class Datagrams:
    """A device whose client sends datagrams."""

    def __init__(self, device: SimulatedDevice) -> None:
        self.system, self.clock, self._device = device.system, device.clock, device

    def connect(self) -> Datagrams:
        return self

    def say(self, data: bytes) -> bytes:
        return b"".join(self._device.datagram(data))


class PageTests(SynchronousTestCase):
    TEXT = (dialogue.PAGES / "weather_station.rst").read_text()

    def test_its_example_is_what_happens(self) -> None:
        device = SimulatedDevice(System(seed=1))
        device.clock.advance(BEGIN)
        compared = dialogue.check(self, "weather_station", "Example", Datagrams(device))
        self.assertGreater(compared, 10)

    def test_it_has_every_reading_query_and_fault(self) -> None:
        for name, field in FIELDS.items():
            self.assertIn(f"\n`{name}`    {field.unit}      {field.digits}  ", self.TEXT)
        for known in System._commands:
            self.assertIn(f"\n`{known.text}`    ", self.TEXT)
        for kind in System.faults:
            self.assertIn(f"\n`{kind}`  ", self.TEXT)

    def test_it_tells_the_ports(self) -> None:
        queries, lines = weather_station.servers
        self.assertEqual(queries, (("127.0.0.1", 13000), (), "udp", {"seed": 1}))
        self.assertEqual(lines, ((), ("127.0.0.1", 13001), "tcp", {"seed": 1}))
        self.assertIn("port 13000 (UDP)", self.TEXT)
        self.assertIn("port 13001 (TCP)", self.TEXT)


class QueryTests(StationTestCase):
    def test_readings_are_those_of_the_weather(self) -> None:
        line, reading = self.ask(b"R0\r\n"), Weather(1).at(BEGIN + 1)
        self.assertEqual(
            self.readings(line),
            {
                "Ut": f"{BEGIN + 1}S",
                "Dm": f"{reading.wind_direction:.0f}D",
                "Sm": f"{reading.wind_speed:.1f}M",
                "Sx": f"{reading.wind_gust:.1f}M",
                "Ta": f"{reading.temperature:.1f}C",
                "Td": f"{reading.dew_point:.1f}C",
                "Ua": f"{reading.humidity:.1f}P",
                "Pa": f"{reading.pressure:.1f}H",
                "Ri": f"{reading.rain_rate:.1f}M",
                "Rc": f"{reading.rain_today:.2f}M",
            },
        )
        self.assertTrue(line.startswith(b"R0,Ut="))

    def test_each_query_gets_its_part(self) -> None:
        everything = self.readings(self.ask(b"R0"))
        for query, names in [
            (b"R1", ["Ut", "Dm", "Sm", "Sx"]),
            (b"R2", ["Ut", "Ta", "Td", "Ua", "Pa"]),
            (b"R3", ["Ut", "Ri", "Rc"]),
        ]:
            line = self.ask(query)
            self.assertTrue(line.startswith(query + b","))
            found = self.readings(line)
            self.assertEqual(list(found), names)
            self.assertEqual(found, {name: everything[name] for name in names})

    def test_identity(self) -> None:
        self.assertEqual(self.ask(b"ID"), sentence("ID,netsim-ws,1.0"))

    def test_another_seed_is_other_weather(self) -> None:
        other = SimulatedDevice(System(seed=2))
        other.clock.advance(BEGIN + 1)
        self.assertNotEqual(other.datagram(b"R0"), [self.ask(b"R0")])

    def test_readings_change_once_a_second(self) -> None:
        before = self.ask(b"R0")
        self.device.clock.advance(0.9)
        self.assertEqual(self.ask(b"R0"), before)
        self.device.clock.advance(0.2)
        self.assertNotEqual(self.ask(b"R0"), before)

    def test_a_checksum_that_is_there_must_be_right(self) -> None:
        answer = self.ask(b"R1")
        self.assertEqual(self.ask(b"R1*63"), answer)
        self.assertEqual(self.ask(b"R1*63\r\n"), answer)
        for query in (b"R1*62", b"R1*", b"R1*6", b"R1*063", b"*01"):
            self.assertEqual(self.ask(query), sentence("E2,wrong checksum"))
        small = b"T*54", b"m*6d", b"m*6D"
        self.assertEqual({self.ask(query) for query in small}, {sentence("E1,unknown query")})

    def test_unknown_queries(self) -> None:
        for query in (b"R4", b"r0", b"R00", b"R0 R1", b"\xff\x00", b"*00"):
            self.assertEqual(self.ask(query), sentence("E1,unknown query"), query)

    def test_several_queries_in_one_datagram(self) -> None:
        answers = self.device.datagram(b"R1\nR2\r\n \r\n R3 ")
        self.assertEqual([answer[:2] for answer in answers], [b"R1", b"R2", b"R3"])

    def test_what_is_no_query_is_not_answered(self) -> None:
        for data in (b"", b"\r\n", b"  ", b"R" * 81):
            self.assertEqual(self.device.datagram(data), [])

    def test_queries_are_found_however_they_are_cut(self) -> None:
        def make() -> Any:
            framer = System.framing.framer()
            return framer.feed

        checkFraming(self, make, b"R0\r\n\nR1*63\n", [b"R0", b"R1*63"], b"R2\r")

    @examples(300)
    @given(st.lists(st.binary(max_size=90) | st.sampled_from([b"R0", b"*", b"\n", b"ID*0D"])))
    def test_no_bytes_make_it_raise(self, pieces: list[bytes]) -> None:
        device = SimulatedDevice(System(seed=1))
        for piece in [*pieces, b"".join(pieces)]:
            for answer in device.datagram(piece):
                self.assertTrue(is_sound(answer))
        client = device.connect()
        for piece in pieces:
            client.say(piece)


class LineTests(StationTestCase):
    def test_one_comes_each_second_with_all_readings(self) -> None:
        for second in range(2, 6):
            line = self.line()
            self.assertEqual(line, self.ask(b"R0"))
            self.assertEqual(self.readings(line)["Ut"], f"{BEGIN + second}S")
        self.device.clock.advance(0.9)
        self.assertEqual(self.listener.heard(), b"")

    def test_all_clients_get_the_same(self) -> None:
        other = self.device.subscribe()
        other.heard()
        self.assertEqual(self.line(), other.heard())

    def test_a_station_of_the_same_seed_sends_the_same(self) -> None:
        other = SimulatedDevice(System(**weather_station.servers[1][3]))
        other.clock.advance(BEGIN + 1)
        self.assertEqual(other.system.status(), self.ask(b"R0"))


class FieldTests(SynchronousTestCase):
    def test_values_are_rounded(self) -> None:
        self.assertEqual(Field("x", "C").written(-1.26), "-1.3")
        self.assertEqual(Field("x", "M", 2).written(3), "3.00")

    def test_there_is_no_minus_zero(self) -> None:
        self.assertEqual(Field("x", "C").written(-0.04), "0.0")

    def test_directions_stay_below_360(self) -> None:
        self.assertEqual(Field("x", "D", 0).written(359.6), "0")
        self.assertEqual(Field("x", "D", 0).written(359.4), "359")


class FaultTests(StationTestCase):
    def begin(self, kind: str) -> None:
        answer = self.custom(f"system_fail:{kind}")
        self.assertEqual(answer, f"{kind.split(',')[0]}\n".encode())

    def test_no_answer(self) -> None:
        self.begin("no_answer")
        self.assertEqual(self.device.datagram(b"R0"), [])
        self.assertTrue(is_sound(self.line()))
        self.begin("none")
        self.assertTrue(is_sound(self.ask(b"R0")))

    def test_no_lines(self) -> None:
        self.begin("no_status")
        self.assertEqual(self.line(), b"")
        self.assertTrue(is_sound(self.ask(b"R0")))

    def test_garbage_of_the_right_length(self) -> None:
        size = len(self.ask(b"ID"))
        self.begin("garbage")
        answers = [self.ask(b"ID") for _ in range(5)]
        self.assertEqual(({len(answer) for answer in answers}, len(set(answers))), ({size}, 5))
        lines = [self.line() for _ in range(5)]
        self.assertEqual(len(set(lines)), 5)
        self.assertFalse(any(map(is_sound, [*answers, *lines])))

    def test_a_late_answer(self) -> None:
        client = self.device.connect()
        self.begin("late_answer,0.5")
        self.assertEqual(client.say(b"ID\n"), b"")
        self.device.clock.advance(0.4)
        self.assertEqual(client.heard(), b"")
        self.device.clock.advance(0.2)
        self.assertEqual(client.heard(), sentence("ID,netsim-ws,1.0"))

    def test_a_wrong_checksum(self) -> None:
        self.begin("wrong_checksum")
        for line in (self.ask(b"R0"), self.line(), self.ask(b"R9")):
            self.assertFalse(is_sound(line))
            right = b"%02X\r\n" % (int(line[-4:-2], 16) ^ 0xFF)
            self.assertTrue(is_sound(line[:-4] + right))

    def test_answers_that_are_cut(self) -> None:
        whole = self.ask(b"ID")
        self.begin("cut_answer")
        self.assertEqual(self.ask(b"ID"), whole[: len(whole) // 2])
        line = self.line()
        self.assertTrue(line.startswith(b"R0,") and b"*" not in line)

    def test_instruments_that_have_failed(self) -> None:
        self.begin("invalid_data")
        for line in (self.ask(b"R0"), self.line()):
            units = {name: value[-1] for name, value in self.readings(line).items()}
            self.assertEqual(units, {"Ut": "S", **dict.fromkeys(FIELDS, "#")})

    def test_stuck_values(self) -> None:
        self.begin("stuck_value")
        before = self.readings(self.ask(b"R0"))
        for second in (2, 3):
            for line in (self.line(), self.ask(b"R0")):
                self.assertEqual(self.readings(line), {**before, "Ut": f"{BEGIN + second}S"})
        self.begin("none")
        self.assertNotEqual({**self.readings(self.line()), "Ut": before["Ut"]}, before)

    def test_an_unknown_kind_tells_those_that_there_are_and_changes_nothing(self) -> None:
        self.begin("stuck_value")
        before = self.readings(self.ask(b"R0"))
        answer = self.custom("system_fail:fire").decode()
        for kind in System.faults:
            self.assertIn(kind, answer)
        self.assertEqual({**self.readings(self.line()), "Ut": before["Ut"]}, before)


class SetReadingTests(StationTestCase):
    def test_a_reading_stays_at_a_value_until_it_is_let_go(self) -> None:
        before = self.readings(self.ask(b"R1"))
        self.assertEqual(self.custom("set_reading:Sm,25"), b"Sm 25\n")
        for line in (self.ask(b"R1"), self.line()):
            self.assertEqual(self.readings(line)["Sm"], "25.0M")
        self.assertEqual(self.custom("set_reading:Sm"), b"Sm\n")
        now = self.readings(self.ask(b"R1"))
        self.assertNotEqual(now["Sm"], "25.0M")
        self.assertEqual(before.keys(), now.keys())

    def test_each_reading_can_be_set(self) -> None:
        for name in FIELDS:
            self.custom(f"set_reading:{name},7")
        found = {name: float(value[:-1]) for name, value in self.readings(self.line()).items()}
        self.assertEqual({**found, "Ut": 7}, dict.fromkeys(found, 7))

    def test_others_cannot(self) -> None:
        system: System = self.device.system
        for name, value in [("Ut", "7"), ("x", "7"), ("Ta", "x"), ("Ta", "nan"), ("Ta", "inf")]:
            self.assertRaises(ValueError, system.set_reading, name, value)
        self.assertNotIn(b"n", self.ask(b"R2"))
