"""What a multimeter does: CONFigure, MEASure, READ, SENSe, TRIGger and so on."""

from __future__ import annotations

import struct

from netsim.systems.scpi_meter import values
from netsim.systems.scpi_meter.common import Common
from netsim.systems.scpi_meter.errors import ScpiError
from netsim.systems.scpi_meter.functions import FUNCTIONS, NPLC, Function
from netsim.systems.scpi_meter.headers import Headers, spelt
from netsim.systems.scpi_meter.meter import MOST, Reading, Setup
from netsim.systems.scpi_meter.table import Output, Steps, header
from netsim.systems.scpi_meter.values import Limits, written

__all__ = ["Measuring"]

_NPLC = Limits(min(NPLC), max(NPLC), 1.0)
_COUNT = Limits(1, MOST, 1)
_NAMES = Headers({function.pattern: function for function in FUNCTIONS.values()})


class Measuring(Common):
    """
    The commands of a multimeter.

    @ivar packing: how readings are packed, as C{struct} has it; text if in no way.
    """

    packing = ""

    @header("*RST")
    def reset(self) -> None:
        super().reset()
        self.packing = ""

    @header("MEASure[:SCALar]:{function}?")
    def measure(self, function: Function, span: str = "DEF", resolution: str = "DEF") -> Steps:
        self.configure(function, span, resolution)
        return self.read()

    @header("CONFigure[:SCALar]:{function}")
    def configure(self, function: Function, span: str = "DEF", resolution: str = "DEF") -> None:
        self.meter.configure(function, _setup(function, span, resolution))

    @header("CONFigure?")
    def configuration(self) -> str:
        setup = self.meter.setups[self.meter.function.name]
        name = setup.function.name
        return f'"{name} {written(setup.span)},{written(setup.resolution())}"'

    @header("READ?")
    def read(self) -> Steps:
        if self.meter.source != "IMM":
            raise ScpiError(-214)
        self.initiate()
        return self._fetch_own()

    @header("INITiate[:IMMediate]")
    def initiate(self) -> None:
        self.meter.initiate(self.now)
        self.settle()

    @header("ABORt")
    def abort(self) -> None:
        self.meter.abort()

    @header("FETCh?")
    def fetch(self) -> Steps:
        yield from self.finish()
        if not self.meter.readings:
            raise ScpiError(-230)
        return self._formatted(self.meter.readings)

    @header("SAMPle:COUNt")
    def set_count(self, count: str) -> None:
        value = values.integer(count, _COUNT)
        self.meter.abort()
        self.meter.count = value

    @header("SAMPle:COUNt?")
    def get_count(self, name: str = "") -> str:
        return str(int(_named(name, _COUNT, self.meter.count)))

    @header("TRIGger:SOURce")
    def set_source(self, source: str) -> None:
        value = values.choice(source, "IMMediate", "BUS")
        self.meter.abort()
        self.meter.source = value

    @header("TRIGger:SOURce?")
    def get_source(self) -> str:
        return self.meter.source

    @header("FORMat[:DATA]")
    def set_format(self, kind: str, bits: str = "") -> None:
        kind = values.choice(kind, "ASCii", "REAL")
        if kind == "ASC":
            if bits:
                values.integer(bits, Limits(0, 9))
            self.packing = ""
            return
        size = values.integer(bits or "64", Limits(32, 64))
        if size not in (32, 64):
            raise ScpiError(-224)
        self.packing = "d" if size == 64 else "f"

    @header("FORMat[:DATA]?")
    def get_format(self) -> str:
        return {"": "ASC,9", "f": "REAL,32", "d": "REAL,64"}[self.packing]

    @header("[SENSe:]FUNCtion[:ON]")
    def set_function(self, name: str) -> None:
        try:
            function = _NAMES.find(values.string(name))
        except ScpiError as error:
            raise ScpiError(-224 if error.code in (-113, -114) else error.code) from None
        self.meter.abort()
        self.meter.function = function

    @header("[SENSe:]FUNCtion[:ON]?")
    def get_function(self) -> str:
        return f'"{self.meter.function.name}"'

    @header("[SENSe:]{function}:RANGe[:UPPer]")
    def set_range(self, function: Function, span: str) -> None:
        self.meter.change(function, span=_span(function, span), auto=False, coarse=0.0)

    @header("[SENSe:]{function}:RANGe[:UPPer]?")
    def get_range(self, function: Function, name: str = "") -> str:
        return written(_named(name, _spans(function), self.meter.setups[function.name].span))

    @header("[SENSe:]{function}:RANGe:AUTO")
    def set_auto(self, function: Function, auto: str) -> None:
        _spans(function)
        self.meter.change(function, auto=values.boolean(auto), coarse=0.0)

    @header("[SENSe:]{function}:RANGe:AUTO?")
    def get_auto(self, function: Function) -> str:
        _spans(function)
        return str(int(self.meter.setups[function.name].auto))

    @header("[SENSe:]{function}:NPLCycles")
    def set_nplc(self, function: Function, cycles: str) -> None:
        _must_have_nplc(function)
        value = values.pick(values.number(cycles, _NPLC), tuple(NPLC))
        self.meter.change(function, nplc=value)

    @header("[SENSe:]{function}:NPLCycles?")
    def get_nplc(self, function: Function, name: str = "") -> str:
        _must_have_nplc(function)
        return written(_named(name, _NPLC, self.meter.setups[function.name].nplc))

    def _fetch_own(self) -> Steps:
        """Fetch; when nobody wants the answer any more, do not go on measuring for it."""
        try:
            return (yield from self.fetch())
        except GeneratorExit:
            self.meter.abort()
            raise

    def _formatted(self, readings: list[Reading]) -> Output:
        numbers = [reading.value for reading in readings]
        if self.packing:
            return values.block(struct.pack(f">{len(numbers)}{self.packing}", *numbers))
        return ",".join(f"{number:+.8E}" for number in numbers)


def _setup(function: Function, span: str, resolution: str) -> Setup:
    """
    How a function is measured with the arguments of CONFigure and MEASure.

    @raise ScpiError: it cannot be.
    """
    if not function.ranges:
        if (span, resolution) != ("DEF", "DEF"):
            raise ScpiError(-108)
        return Setup(function, 1000.0)
    is_auto = spelt(span, ("DEFault", "AUTO")) is not None
    top = function.ranges[-1]
    setup = Setup(function, top if is_auto else _span(function, span), auto=is_auto)
    best = setup.span * (min(NPLC.values()) if function.has_nplc else function.part)
    worst = setup.span * (max(NPLC.values()) if function.has_nplc else 1e-3)
    limits = Limits(best, worst, setup.resolution())
    wanted = values.number(resolution, limits, function.unit)
    if is_auto and limits.named(resolution) is None:
        raise ScpiError(-221)
    return _resolved(setup, wanted)


def _resolved(setup: Setup, wanted: float) -> Setup:
    """The same with the shortest integration time that gives a resolution."""
    if not setup.function.has_nplc:
        return Setup(setup.function, setup.span, setup.auto, coarse=wanted)
    parts = NPLC.items()
    # What a client has computed itself may be off by the last bit.
    fitting = [cycles for cycles, part in parts if part * setup.span <= wanted * (1 + 1e-9)]
    return Setup(setup.function, setup.span, setup.auto, min(fitting))


def _spans(function: Function) -> Limits:
    if not function.ranges:
        raise ScpiError(-113)
    return Limits(function.ranges[0], function.ranges[-1], function.ranges[-1])


def _span(function: Function, text: str) -> float:
    """The smallest range for a value that is expected."""
    spans = _spans(function)
    named = spans.named(text)
    if named is not None:
        return named
    value = values.number(text, Limits(0.0, spans.high), function.unit)
    return values.pick(value, function.ranges)


def _must_have_nplc(function: Function) -> None:
    if not function.has_nplc:
        raise ScpiError(-113)


def _named(name: str, limits: Limits, value: float) -> float:
    """What a query tells: the value that is set, or C{MIN}, C{MAX}, C{DEF} of it."""
    if not name:
        return value
    named = limits.named(name)
    if named is None:
        raise ScpiError(-224)
    return named
