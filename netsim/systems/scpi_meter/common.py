"""What every SCPI instrument does: common commands, errors, registers."""

from __future__ import annotations

from netsim.systems.scpi_meter import status, values
from netsim.systems.scpi_meter.meter import Meter
from netsim.systems.scpi_meter.status import Status
from netsim.systems.scpi_meter.table import Steps, Wait, header
from netsim.systems.scpi_meter.values import Limits

__all__ = ["Common"]

_BYTE = Limits(0, 255)
_WORD = Limits(0, 32767)


class Common:
    """
    The commands of IEEE 488.2, and SYSTem and STATus of SCPI-99.

    @ivar now: what time it is, in seconds.
    @ivar identity: what C{*IDN?} answers.
    @ivar defective: the self-test fails.
    """

    identity = ""
    defective = False
    now = 0.0
    _has_output = False
    _completing = False

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.status = Status()
        self.status.events.event = status.POWER_ON

    def settle(self) -> None:
        """Take note of what has happened by now."""
        meter = self.meter
        meter.settle(self.now)
        overload = any(reading.overload for reading in meter.readings)
        self.status.questionable.set(meter.function.questionable if overload else 0)
        self.status.operation.set(16 * meter.measuring | 32 * meter.waiting)
        if self._completing and not (meter.measuring or meter.waiting):
            self._completing = False
            self.status.events.event |= status.OPERATION_COMPLETE

    def finish(self) -> Steps:
        """Wait until nothing is being measured."""
        while self.meter.measuring or self.meter.waiting:
            end = self.meter.end
            yield Wait(None if end is None else max(0.0, end - self.now))
            self.settle()
        return None

    @header("*IDN?")
    def identify(self) -> str:
        return self.identity

    @header("*RST")
    def reset(self) -> None:
        self._completing = False
        self.meter.reset()

    @header("*CLS")
    def clear(self) -> None:
        self._completing = False
        self.status.clear()

    @header("*OPC")
    def complete(self) -> None:
        self._completing = True
        self.settle()

    @header("*OPC?")
    def is_complete(self) -> Steps:
        yield from self.finish()
        return "1"

    @header("*WAI")
    def wait(self) -> Steps:
        return self.finish()

    @header("*TRG")
    def trigger(self) -> None:
        self.meter.trigger(self.now)

    @header("*TST?")
    def test(self) -> str:
        if self.defective:
            self.status.add(-330)
        return str(int(self.defective))

    @header("*ESE")
    def enable_events(self, mask: str) -> None:
        self.status.events.enable = values.integer(mask, _BYTE)

    @header("*ESE?")
    def enabled_events(self) -> str:
        return str(self.status.events.enable)

    @header("*ESR?")
    def events(self) -> str:
        return str(self.status.events.read())

    @header("*SRE")
    def enable_service(self, mask: str) -> None:
        self.status.service_enable = values.integer(mask, _BYTE) & ~status.SUMMARY

    @header("*SRE?")
    def enabled_service(self) -> str:
        return str(self.status.service_enable)

    @header("*STB?")
    def status_byte(self) -> str:
        return str(self.status.byte(self._has_output))

    @header("SYSTem:ERRor[:NEXT]?")
    def next_error(self) -> str:
        code, text = self.status.next()
        return f'{code},"{text}"'

    @header("SYSTem:ERRor:COUNt?")
    def count_errors(self) -> str:
        return str(self.status.count)

    @header("SYSTem:VERSion?")
    def version(self) -> str:
        return "1999.0"

    @header("STATus:PRESet")
    def preset_status(self) -> None:
        self.status.questionable.enable = self.status.operation.enable = 0

    @header("STATus:QUEStionable[:EVENt]?")
    def questionable_events(self) -> str:
        return str(self.status.questionable.read())

    @header("STATus:QUEStionable:CONDition?")
    def questionable_condition(self) -> str:
        return str(self.status.questionable.condition)

    @header("STATus:QUEStionable:ENABle")
    def enable_questionable(self, mask: str) -> None:
        self.status.questionable.enable = values.integer(mask, _WORD)

    @header("STATus:QUEStionable:ENABle?")
    def enabled_questionable(self) -> str:
        return str(self.status.questionable.enable)

    @header("STATus:OPERation[:EVENt]?")
    def operation_events(self) -> str:
        return str(self.status.operation.read())

    @header("STATus:OPERation:CONDition?")
    def operation_condition(self) -> str:
        return str(self.status.operation.condition)

    @header("STATus:OPERation:ENABle")
    def enable_operation(self, mask: str) -> None:
        self.status.operation.enable = values.integer(mask, _WORD)

    @header("STATus:OPERation:ENABle?")
    def enabled_operation(self) -> str:
        return str(self.status.operation.enable)
