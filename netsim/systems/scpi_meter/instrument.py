"""Lines in, answers out: the instrument behind the wire, without a wire and without a clock."""

from __future__ import annotations

from collections.abc import Generator

from netsim.systems.scpi_meter import program
from netsim.systems.scpi_meter.errors import ScpiError
from netsim.systems.scpi_meter.measuring import Measuring
from netsim.systems.scpi_meter.table import Output, Wait, table

__all__ = ["Instrument"]

LONGEST = 4096
"""Bytes of a line."""


class Instrument(Measuring):
    """The whole of it.  Set C{now} before each step."""

    def line(self, text: str) -> Generator[Wait, None, bytes]:
        """
        Execute a line.

        It gives a L{Wait} wherever it cannot go on yet, and in the end the answer to
        all its questions, or nothing.
        """
        answers: list[bytes] = []
        try:
            if len(text) > LONGEST:
                raise ScpiError(-363)
            for unit in program.units(text):
                self._has_output = bool(answers)
                answer = yield from self._execute(unit)
                if answer:
                    answers.append(answer.encode("ascii") if isinstance(answer, str) else answer)
        except ScpiError as error:
            self.status.add(error.code)
        return b";".join(answers) + b"\n" if answers else b""

    def _execute(self, unit: program.Unit) -> Generator[Wait, None, Output]:
        """
        Execute a command; what cannot be executed is noted.

        @raise ScpiError: it is not even understood, and the rest of the line goes.
        """
        self.settle()
        try:
            result = _HEADERS.find(unit.header).call(self, unit.arguments)
            answer = (yield from result) if isinstance(result, Generator) else result
        except ScpiError as error:
            if error.is_command_error:
                raise
            self.status.add(error.code)
            return None
        self.settle()
        return answer


_HEADERS = table(Instrument)
