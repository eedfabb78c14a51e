"""
Error injection: what a simulator does wrong when it is told to.

The custom command C{$system_fail:KIND%%%%%} begins it, C{$system_fail:none%%%%%} ends
it.  L{Faulty} knows the kinds that every device can have; a system adds its own to
C{faults}, and looks at C{fault} where they matter.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import deferLater

from netsim.simulator.system import Answer, MessageSystem, Peer, SendingSystem, as_bytes

__all__ = ["ANSWERS", "NONE", "STATUS", "Faulty", "FaultyStatus"]

NONE = "none"
ANSWERS: Mapping[str, str] = {
    "no_answer": "nothing is answered; commands are executed",
    "garbage": "answers are random bytes, of the right length",
    "late_answer": "answers come late, by the seconds of system_fail:late_answer,SECONDS (1)",
}
"""What can be wrong with the answers of every device."""
STATUS: Mapping[str, str] = {
    "no_status": "no status is sent",
    "garbage": "the status is random bytes, of the right length",
    "stuck_value": "the status of now is sent again and again",
}
"""What can be wrong with the status of every device."""

_LONGEST = 3600.0


class _Faults:
    """
    The custom command, and what it has set.

    @cvar faults: the kinds that a system has, and what happens.
    @ivar fault: the kind that is on, else C{none}.
    @ivar late: seconds of C{late_answer}.
    """

    faults: ClassVar[Mapping[str, str]] = {}
    fault = NONE
    late = 1.0

    def system_fail(self, kind: str = NONE, seconds: str = "1") -> str:
        """Fail in one of the ways that `netsim simulator describe` lists; `none` ends it."""
        if kind != NONE and kind not in self.faults:
            return f"unknown fault {kind}; there are: {', '.join([NONE, *self.faults])}\n"
        late = float(seconds)
        if not 0 <= late <= _LONGEST:
            raise ValueError(f"late by {seconds} seconds: expected 0 to {_LONGEST:g}")
        self.late, self.fault = late, kind
        return f"{kind}\n"


class Faulty(_Faults, MessageSystem):
    """
    A message system that can fail.

    Example::

        class System(Faulty):
            faults = {**ANSWERS, "wrong_checksum": "the checksum of answers is wrong"}

            def spoil(self, kind, answer):
                return answer[:-1] + bytes([answer[-1] ^ 0xFF])
    """

    faults: ClassVar[Mapping[str, str]] = ANSWERS

    def handle(self, message: bytes, peer: Peer) -> Answer | Awaitable[Answer]:
        """Answer as the device does, then spoil it."""
        answer: Any = super().handle(message, peer)
        if answer is None or isinstance(answer, bytes | str):
            return self._spoiled(answer) if self.fault != NONE else answer
        late: Deferred[Answer] = maybeDeferred(lambda: answer)
        return late.addCallback(self._spoiled)

    def spoil(self, kind: str, answer: bytes) -> Answer:
        """Spoil an answer in a way that only this device has."""
        return answer

    def _spoiled(self, answer: Answer) -> Any:
        if not answer or self.fault == NONE:
            return answer
        data = as_bytes(answer)
        match self.fault:
            case "no_answer":
                return None
            case "garbage":
                return _garbled(data)
            case "late_answer":
                return deferLater(self.clock, self.late, lambda: data)
        return self.spoil(self.fault, data)


class FaultyStatus(_Faults, SendingSystem):
    """A sending system that can fail; for one that listens too, C{faults} joins both."""

    faults: ClassVar[Mapping[str, str]] = STATUS
    _stuck: Answer = None

    def beat(self) -> Answer:
        """Give the status as the device does, or spoil it."""
        if self.fault != "stuck_value":
            self._stuck = None
        elif self._stuck is not None:
            return self._stuck
        status = super().beat()
        if not status:
            return status
        match self.fault:
            case "no_status":
                return None
            case "garbage":
                return _garbled(status)
            case "stuck_value":
                self._stuck = status
        return status


def _garbled(answer: bytes | str) -> bytes:
    """Random bytes, none of which is the right one."""
    return bytes(byte ^ random.randint(1, 255) for byte in as_bytes(answer))
