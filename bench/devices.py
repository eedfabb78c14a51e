"""The simulators of C{bench/systems}: a table, and how the load gets at their code."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from attrs import frozen

SYSTEMS = Path(__file__).parent / "systems"


@frozen
class Device:
    """
    A simulator that is measured.

    @ivar name: its module, as an existing simulator is written; its twin for netsim has
        C{_twin} behind the name.
    @ivar first: its first port, from which on they are consecutive.
    @ivar instances: how many it has, on a port each.
    """

    name: str
    first: int
    instances: int

    def system(self, **arguments: Any) -> Any:
        """Make an instance in this process, to be asked what is right."""
        if str(SYSTEMS) not in sys.path:
            sys.path.insert(0, str(SYSTEMS))
        return importlib.import_module(self.name).System(**arguments)


SURFACE = Device("surface_lines", first=11000, instances=96)
BOARD = Device("status_board", first=12000, instances=2)
