"""Arguments: numbers with units, words, switches and strings."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from attrs import frozen

from netsim.systems.scpi_meter.errors import ScpiError
from netsim.systems.scpi_meter.headers import spelt

__all__ = ["Limits", "block", "boolean", "choice", "integer", "number", "pick", "string", "written"]

_NUMBER = re.compile(
    r"([+-]?(?>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?)[ \t]*([A-Za-z]*)"
)
_WORD = re.compile(r"[A-Za-z]\w*", re.ASCII)
_STRING = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'")
# IEEE 488.2, 7.7.3: M is milli, but mega before HZ and OHM.
_MULTIPLIERS = {
    "": 1.0, "EX": 1e18, "PE": 1e15, "T": 1e12, "G": 1e9, "MA": 1e6, "K": 1e3,
    "M": 1e-3, "U": 1e-6, "N": 1e-9, "P": 1e-12, "F": 1e-15, "A": 1e-18,
}  # fmt: skip
_MEGA = ("HZ", "OHM")
_LARGEST_EXPONENT = 32000


@frozen
class Limits:
    """What a number may be; C{MIN}, C{MAX} and C{DEF} are names for these."""

    low: float
    high: float
    default: float = 0.0

    def named(self, text: str) -> float | None:
        """The one that a text is the name of, if any."""
        match spelt(text, ("MINimum", "MAXimum", "DEFault")):
            case "MIN":
                return self.low
            case "MAX":
                return self.high
            case "DEF":
                return self.default
        return None


def number(text: str, limits: Limits, unit: str = "") -> float:
    """
    A number within limits, in a unit if one is given.

    @raise ScpiError: it is none, in another unit, or beyond.
    """
    named = limits.named(text)
    if named is not None:
        return named
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ScpiError(_not_numeric(text))
    if abs(int((match[2] or "0")[:9])) > _LARGEST_EXPONENT:
        raise ScpiError(-123)
    value = float(match[1]) * _factor(match[3].upper(), unit)
    if not (math.isfinite(value) and limits.low <= value <= limits.high):
        raise ScpiError(-222)
    return value


def integer(text: str, limits: Limits) -> int:
    """A number without a unit, rounded."""
    return round(number(text, limits))


def boolean(text: str) -> bool:
    """C{ON}, C{OFF}, or a number that is rounded to 0 or not."""
    if (word := spelt(text, ("ON", "OFF"))) is not None:
        return word == "ON"
    return integer(text, Limits(-math.inf, math.inf)) != 0


def choice(text: str, *words: str) -> str:
    """
    One of some words; its short form.

    @raise ScpiError: it is none of them.
    """
    if found := spelt(text, words):
        return found
    if _NUMBER.fullmatch(text):
        raise ScpiError(-128)
    raise ScpiError(-158 if _STRING.fullmatch(text) else -224)


def string(text: str) -> str:
    """
    What is within quotes.

    @raise ScpiError: nothing is.
    """
    if not _STRING.fullmatch(text):
        raise ScpiError(-104)
    return text[1:-1].replace(text[0] * 2, text[0])


def written(value: float) -> str:
    """A number as the instrument writes its settings."""
    return f"{value:+.6E}"


def block(data: bytes) -> bytes:
    """Bytes as a block of definite length (IEEE 488.2, 8.7.9)."""
    size = str(len(data))
    return f"#{len(size)}{size}".encode("ascii") + data


def pick(value: float, steps: Sequence[float]) -> float:
    """The smallest step that is not below a value; the last one if there is none."""
    return next((step for step in steps if step >= value), steps[-1])


def _factor(suffix: str, unit: str) -> float:
    if not suffix:
        return 1.0
    if not unit:
        raise ScpiError(-138)
    multiplier = suffix.removesuffix(unit)
    if multiplier == suffix or multiplier not in _MULTIPLIERS:
        raise ScpiError(-131)
    return 1e6 if multiplier == "M" and unit in _MEGA else _MULTIPLIERS[multiplier]


def _not_numeric(text: str) -> int:
    if _STRING.fullmatch(text):
        return -158
    return -148 if _WORD.fullmatch(text) else -121
