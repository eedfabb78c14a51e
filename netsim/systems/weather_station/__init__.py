"""
A weather station: it answers queries by UDP, and sends a line of readings each second by TCP.

docs/systems/weather_station.rst is the manual of the device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from math import floor, isfinite
from operator import xor
from typing import Any

from attrs import frozen

from netsim.simulator.commands import command
from netsim.simulator.faults import ANSWERS, NONE, Faulty, FaultyStatus
from netsim.simulator.framing import Delimiter
from netsim.simulator.system import Answer, Peer
from netsim.systems.weather_station.weather import Weather

QUERIES, LINES = 13000, 13001
"""The ports."""

servers: list[Any] = [
    (("127.0.0.1", QUERIES), (), "udp", {"seed": 1}),
    ((), ("127.0.0.1", LINES), "tcp", {"seed": 1}),
]

IDENTITY = "netsim-ws,1.0"


@frozen
class Field:
    """A value in a line: what it is of a reading, and how it is written."""

    name: str
    unit: str
    digits: int = 1

    def written(self, value: float) -> str:
        """A value; never -0, and directions begin anew before 360."""
        number = round(value, self.digits) + 0.0
        return f"{number % 360 if self.unit == 'D' else number:.{self.digits}f}"


FIELDS: Mapping[str, Field] = {
    "Dm": Field("wind_direction", "D", 0),
    "Sm": Field("wind_speed", "M"),
    "Sx": Field("wind_gust", "M"),
    "Ta": Field("temperature", "C"),
    "Td": Field("dew_point", "C"),
    "Ua": Field("humidity", "P"),
    "Pa": Field("pressure", "H"),
    "Ri": Field("rain_rate", "M"),
    "Rc": Field("rain_today", "M", 2),
}

_WIND, _AIR, _RAIN = ("Dm", "Sm", "Sx"), ("Ta", "Td", "Ua", "Pa"), ("Ri", "Rc")


class System(Faulty, FaultyStatus):
    """A weather station; the same seed gives the same weather at both of its ports."""

    framing = Delimiter(b"\n", strip=b"\r ", limit=80)
    sampling_time = 1.0
    faults = {
        **ANSWERS,
        "no_status": "no lines are sent",
        "garbage": "answers and lines are random bytes, of the right length",
        "wrong_checksum": "the checksum of answers and lines is wrong",
        "cut_answer": "answers and lines end in their middle",
        "invalid_data": "readings have # for their unit: the instruments have failed",
        "stuck_value": "the readings are those of now; the time goes on",
    }

    def __init__(self, seed: int = 1) -> None:
        """@param seed: which weather it is."""
        self._weather = Weather(seed)
        self._held: int | None = None
        self._set: dict[str, float] = {}

    def message(self, message: bytes, peer: Peer) -> Any:
        """Answer a query, with or without a checksum."""
        query, star, told = message.partition(b"*")
        if star and told.upper() != _checksum(query):
            return sentence("E2,wrong checksum")
        return super().message(query, peer)

    def unknown(self, message: bytes, peer: Peer) -> bytes:
        """Refuse any other query."""
        return sentence("E1,unknown query")

    @command("R0")
    def everything(self) -> bytes:
        """All readings."""
        return self._readings("R0", list(FIELDS))

    @command("R1")
    def wind(self) -> bytes:
        """The wind."""
        return self._readings("R1", _WIND)

    @command("R2")
    def air(self) -> bytes:
        """Temperature, dew point, humidity and pressure."""
        return self._readings("R2", _AIR)

    @command("R3")
    def rain(self) -> bytes:
        """The rain."""
        return self._readings("R3", _RAIN)

    @command("ID")
    def identity(self) -> bytes:
        """What it is."""
        return sentence(f"ID,{IDENTITY}")

    def status(self) -> bytes:
        """The line that is sent each second."""
        return self.everything()

    def beat(self) -> Answer:
        """Give the line, spoiled as C{faults} says."""
        match self.fault:
            case "stuck_value":
                return self.status()
            case "wrong_checksum" | "cut_answer":
                return self.spoil(self.fault, self.status())
        return super().beat()

    def spoil(self, kind: str, answer: bytes) -> bytes:
        """Spoil an answer as C{faults} says."""
        match kind:
            case "wrong_checksum":
                wrong = int(answer[-4:-2], 16) ^ 0xFF
                return answer[:-4] + b"%02X\r\n" % wrong
            case "cut_answer":
                return answer[: len(answer) // 2]
        return answer

    def system_fail(self, kind: str = NONE, seconds: str = "1") -> str:
        """Fail in one of the ways that `netsim simulator describe` lists; `none` ends it."""
        told = super().system_fail(kind, seconds)
        if kind == self.fault:
            self._held = floor(self.clock.seconds()) if kind == "stuck_value" else None
        return told

    def set_reading(self, name: str, value: str = "") -> str:
        """Let a reading, such as `Ta`, have a value; without one, what the weather gives it."""
        if name not in FIELDS:
            raise ValueError(f"reading {name}: expected {', '.join(FIELDS)}")
        self._set.pop(name, None)
        if value:
            number = float(value)
            if not isfinite(number):
                raise ValueError(f"{name} {value}: expected a number")
            self._set[name] = number
        return f"{name} {value}\n" if value else f"{name}\n"

    def _readings(self, query: str, names: Sequence[str]) -> bytes:
        now = floor(self.clock.seconds())
        reading = self._weather.at(now if self._held is None else self._held)
        parts = [query, f"Ut={now}S"]
        for name in names:
            field = FIELDS[name]
            value = self._set.get(name, getattr(reading, field.name))
            unit = "#" if self.fault == "invalid_data" else field.unit
            parts.append(f"{name}={field.written(value)}{unit}")
        return sentence(",".join(parts))


def sentence(text: str) -> bytes:
    """A line with its checksum."""
    data = text.encode("ascii")
    return data + b"*" + _checksum(data) + b"\r\n"


def _checksum(data: bytes) -> bytes:
    return b"%02X" % reduce(xor, data, 0)
