"""The error queue and the registers of IEEE 488.2, chapter 11, and SCPI-99, volume 1, chapter 9."""

from __future__ import annotations

from collections import deque

from attrs import Factory, define

from netsim.systems.scpi_meter.errors import ERRORS, OVERFLOW

__all__ = ["Register", "Status"]

QUEUE = 20
"""Errors that are kept."""

OPERATION_COMPLETE, QUERY, DEVICE, EXECUTION, COMMAND, POWER_ON = 1, 4, 8, 16, 32, 128
"""Bits of the standard event status register."""
ERROR_QUEUE, QUESTIONABLE, MESSAGE, EVENTS, SUMMARY, OPERATION = 4, 8, 16, 32, 64, 128
"""Bits of the status byte."""

_CLASSES = {1: COMMAND, 2: EXECUTION, 3: DEVICE, 4: QUERY}


@define
class Register:
    """
    One of SCPI's registers.

    @ivar condition: what is now.
    @ivar event: what has been since it was read.
    @ivar enable: the bits that its bit of the status byte is about.
    """

    condition: int = 0
    event: int = 0
    enable: int = 0

    def set(self, condition: int) -> None:
        """Change the condition; what is new in it is an event."""
        self.event |= condition & ~self.condition
        self.condition = condition

    def read(self) -> int:
        """The events, which are forgotten."""
        event, self.event = self.event, 0
        return event


@define
class Status:
    """
    What an instrument tells of itself.

    @ivar events: the standard event status register.
    """

    events: Register = Factory(Register)
    questionable: Register = Factory(Register)
    operation: Register = Factory(Register)
    service_enable: int = 0
    _errors: deque[tuple[int, str]] = Factory(deque)

    def add(self, code: int, text: str = "") -> None:
        """Note an error; where too many wait, the last of them becomes an overflow."""
        self.events.event |= _CLASSES.get(-code // 100, DEVICE)
        if len(self._errors) < QUEUE:
            self._errors.append((code, text or ERRORS.get(code, "Device-specific error")))
        else:
            self.events.event |= DEVICE
            self._errors[-1] = (OVERFLOW, ERRORS[OVERFLOW])

    def next(self) -> tuple[int, str]:
        """Take the oldest error out of the queue."""
        return self._errors.popleft() if self._errors else (0, ERRORS[0])

    @property
    def count(self) -> int:
        """How many errors wait."""
        return len(self._errors)

    def byte(self, has_output: bool = False) -> int:
        """
        The status byte, with its master summary.

        @param has_output: an answer waits to be read.
        """
        byte = ERROR_QUEUE if self._errors else 0
        byte |= MESSAGE if has_output else 0
        for bit, register in (
            (QUESTIONABLE, self.questionable),
            (EVENTS, self.events),
            (OPERATION, self.operation),
        ):
            byte |= bit if register.event & register.enable else 0
        return byte | (SUMMARY if byte & self.service_enable else 0)

    def clear(self) -> None:
        """Forget errors and events; what is enabled stays (C{*CLS})."""
        self._errors.clear()
        for register in (self.events, self.questionable, self.operation):
            register.event = 0
