"""What a SCPI instrument finds wrong with what it is told (SCPI-99, volume 2, chapter 21)."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ERRORS", "OVERFLOW", "ScpiError"]

OVERFLOW = -350
ERRORS: Mapping[int, str] = {
    0: "No error",
    -101: "Invalid character",
    -102: "Syntax error",
    -104: "Data type error",
    -108: "Parameter not allowed",
    -109: "Missing parameter",
    -113: "Undefined header",
    -114: "Header suffix out of range",
    -121: "Invalid character in number",
    -123: "Exponent too large",
    -128: "Numeric data not allowed",
    -131: "Invalid suffix",
    -138: "Suffix not allowed",
    -148: "Character data not allowed",
    -151: "Invalid string data",
    -158: "String data not allowed",
    -211: "Trigger ignored",
    -213: "Init ignored",
    -214: "Trigger deadlock",
    -221: "Settings conflict",
    -222: "Data out of range",
    -224: "Illegal parameter value",
    -230: "Data corrupt or stale",
    -310: "System error",
    -330: "Self-test failed",
    OVERFLOW: "Queue overflow",
    -363: "Input buffer overrun",
}
"""All that this instrument has, with the texts of the standard."""


class ScpiError(Exception):
    """
    A command that is not executed.

    @ivar code: what goes into the error queue.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"{code},{ERRORS[code]!r}")
        self.code = code

    @property
    def is_command_error(self) -> bool:
        """The line is not understood, and neither is what follows in it."""
        return -200 < self.code <= -100
