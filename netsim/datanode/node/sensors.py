"""The C{example-sensors} node: temperatures, fans and voltages of this machine."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from netsim.datanode.node import machine, sensorsoutput
from netsim.datanode.node.command import Command
from netsim.datanode.node.live import LiveSource
from netsim.datanode.node.memory import About, Memory
from netsim.datanode.node.sensorsoutput import Reading
from netsim.errors import HostError
from netsim.worker import Worker

__all__ = ["INTERVAL", "ROWS", "TIMELINE", "SensorsSource", "make_source"]

INTERVAL = 2.5
"""Seconds between two readings."""
ROWS = 1800
"""Readings that are kept."""
TIMELINE = "t"

WITHIN = 2.0
"""Seconds that C{sensors} may take."""


class SensorsSource(LiveSource, Service):
    """
    Asks C{sensors}, again and again.

    Where that is not installed or finds nothing, the system is asked instead.
    """

    log = Logger()

    def __init__(
        self,
        name: str,
        description: str,
        reactor: Any,
        now: Callable[[], float],
        program: str | None,
        worker: Worker,
    ) -> None:
        """
        @param now: tells Unix time.
        @param program: C{sensors}, if it is installed.
        @param worker: asks the system; it is stopped with this service.
        """
        super().__init__(name, description, Memory(rows=ROWS, about=self._about), now)
        self._reactor = reactor
        self._program = program
        self._worker = worker
        self._units: dict[str, str | None] = {}
        self._command: Command | None = None
        self._trouble = ""
        self._looking = LoopingCall(lambda: Deferred.fromCoroutine(self._look()))
        self._looking.clock = reactor

    def startService(self) -> None:
        """Begin to read."""
        super().startService()
        self._looking.start(INTERVAL)

    def stopService(self) -> None:
        """Read no more."""
        super().stopService()
        if self._looking.running:
            self._looking.stop()
        if self._command is not None:
            self._command.kill()
        self._worker.stop()

    async def _look(self) -> None:
        readings = await self._ask_sensors() if self._program else None
        if readings is None and self.running:
            readings = await self._ask_system()
        if readings and self.running:
            self._keep(readings)

    async def _ask_system(self) -> list[Reading]:
        try:
            readings: list[Reading] = await self._worker.submit(machine.readings)
        except Exception as error:  # noqa: BLE001 - drivers fail in ways of their own, and for a while
            self._complain(f"the sensors of the system cannot be read: {error!r}")
            return []
        return readings

    async def _ask_sensors(self) -> list[Reading] | None:
        """What it tells; L{None} where it never will."""
        assert self._program is not None
        self._command = Command(self._reactor, [self._program, "-u"], WITHIN)
        trouble = "sensors finds no sensor"
        try:
            if readings := sensorsoutput.read(await self._command.output):
                self._trouble = ""
                return readings
        except HostError as error:
            trouble = str(error)
        finally:
            self._command = None
        if self._units or not self.running:
            self._complain(trouble)
            return []
        self._program = None
        self._complain(f"{trouble}; the system is asked instead")
        return None

    def _keep(self, readings: Sequence[Reading]) -> None:
        self._units.update({reading.field: reading.units for reading in readings})
        now = self._now()
        values = {reading.field: [reading.value] for reading in readings}
        self._memory.extend(TIMELINE, [now], values)
        self._memory.expire(now)

    def _complain(self, trouble: str) -> None:
        # Once: it will be the same next time.
        if self.running and trouble != self._trouble:
            self._trouble = trouble
            self.log.warn("{trouble}", trouble=trouble)

    def _about(self, field: str) -> About:
        return None, self._units.get(field)


def make_source(config: Any, reactor: Any) -> SensorsSource:
    """Make what a node serves from its options."""
    program = shutil.which("sensors")
    worker = Worker(reactor, "sensors")
    name, description = config.name, config.description
    return SensorsSource(name, description, reactor, time.time, program, worker)
