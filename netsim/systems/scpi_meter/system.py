"""The meter on the wire: one instrument, several clients."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Generator, Mapping
from typing import Any, ClassVar

from twisted.internet.defer import CancelledError, Deferred, DeferredLock
from twisted.internet.task import deferLater

from netsim.simulator.faults import ANSWERS, NONE, Faulty
from netsim.simulator.framing import Delimiter
from netsim.simulator.system import Answer, Peer
from netsim.systems.scpi_meter.errors import ScpiError
from netsim.systems.scpi_meter.functions import FUNCTIONS, Function, Signals
from netsim.systems.scpi_meter.headers import Headers
from netsim.systems.scpi_meter.instrument import Instrument
from netsim.systems.scpi_meter.meter import Meter
from netsim.systems.scpi_meter.table import Wait

__all__ = ["System"]

_NAMES = Headers({function.pattern: function.name for function in FUNCTIONS.values()})
_LARGEST_CODE = 32767
_LONGEST_TEXT = 200


class System(Faulty):
    """
    A bench multimeter that speaks SCPI.

    Lines are executed one after the other, in the order in which they come, whichever
    client they are from; only one that waits for a trigger lets others pass.
    """

    framing = Delimiter(b"\n", strip=b"\r\t ")
    faults: ClassVar[Mapping[str, str]] = {
        **ANSWERS,
        "stuck_value": "every function reads the value that it read first since then",
        "overload": "every reading is beyond the range",
        "no_end": "answers come without the line feed at their end",
        "self_test": "*TST? answers 1, and the error -330 is in the queue",
    }

    def __init__(self, seed: int = 0, serial: str = "0001") -> None:
        """
        @param seed: of the values that are measured.
        @param serial: what C{*IDN?} tells.
        """
        self._signals = Signals(seed)
        self._serial = serial

    def system_start(self) -> None:
        """Power on."""
        self._instrument = Instrument(Meter(self._terminals))
        self._instrument.identity = f"netsim,scpi_meter,{self._serial},1.0"
        self._turn = DeferredLock()
        self._running: set[Deferred[Answer]] = set()
        self._untriggered: dict[Deferred[None], None] = {}
        self._stuck: dict[str, float] = {}

    def system_stop(self) -> str:
        """Stop; nobody waits for an answer any more."""
        for running in list(getattr(self, "_running", ())):
            running.cancel()
        return super().system_stop()

    def set_value(self, function: str, value: str = "") -> str:
        """Let a function, such as VOLT:DC, read a value; without one it is simulated again."""
        name = _name(function)
        self._settle()
        if not value:
            self._signals.fixed.pop(name, None)
            return f"{name}\n"
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(f"{value} cannot be measured")
        self._signals.fixed[name] = number
        return f"{name},{number!r}\n"

    def add_error(self, code: str = "-310", text: str = "") -> str:
        """Put an error into the queue."""
        number = int(code)
        if abs(number) > _LARGEST_CODE:
            raise ValueError(f"the code of an error is -{_LARGEST_CODE} to {_LARGEST_CODE}")
        self._instrument.status.add(number, re.sub(r"[^ !#-~]", "?", text)[:_LONGEST_TEXT])
        return f"{number}\n"

    def system_fail(self, kind: str = NONE, seconds: str = "1") -> str:
        self._settle()
        self._stuck.clear()
        return super().system_fail(kind, seconds)

    def message(self, message: bytes, peer: Peer) -> Answer | Awaitable[Answer]:
        """Answer a line; later, if it takes time or others are before it."""
        line = self._instrument.line(message.decode("latin-1"))
        step = None if self._turn.locked else self._step(line)
        if isinstance(step, bytes):
            return step or None
        running = Deferred.fromCoroutine(self._finish(line, step))
        self._running.add(running)
        return running.addBoth(self._finished, running)

    def spoil(self, kind: str, answer: bytes) -> Answer:
        """Leave out the end."""
        return answer.removesuffix(b"\n") if kind == "no_end" else answer

    async def _finish(self, line: Any, step: bytes | Wait | None) -> Answer:
        try:
            while True:
                async with self._turn:
                    step = step or self._step(line)
                    while isinstance(step, Wait) and step.seconds is not None:
                        await deferLater(self.clock, step.seconds)
                        step = self._step(line)
                if isinstance(step, bytes):
                    return step or None
                await self._triggered()
                step = None
        except CancelledError:
            return None
        finally:
            line.close()

    def _finished(self, result: Any, running: Deferred[Answer]) -> Any:
        self._running.discard(running)
        return result

    def _step(self, line: Generator[Wait, None, bytes]) -> bytes | Wait:
        self._settle()
        self._instrument.defective = self.fault == "self_test"
        try:
            return next(line)
        except StopIteration as end:
            answer: bytes = end.value
            return answer
        finally:
            if not self._instrument.meter.waiting:
                waiting = list(self._untriggered)
                self._untriggered.clear()
                for each in waiting:
                    each.callback(None)

    def _triggered(self) -> Deferred[None]:
        waiting: Deferred[None] = Deferred(lambda it: self._untriggered.pop(it, None))
        self._untriggered[waiting] = None
        return waiting

    def _settle(self) -> None:
        self._instrument.now = self.clock.seconds()
        self._instrument.settle()

    def _terminals(self, function: Function, time: float) -> float:
        if self.fault == "overload":
            return math.inf
        if self.fault != "stuck_value":
            return self._signals.value(function, time)
        return self._stuck.setdefault(function.name, self._signals.value(function, time))


def _name(function: str) -> str:
    try:
        return _NAMES.find(function)
    except ScpiError:
        known = ", ".join(FUNCTIONS)
        raise ValueError(f"unknown function {function!r}; there are: {known}") from None
