"""
A bench multimeter that speaks SCPI over TCP.

Its commands, values and faults are described in docs/systems/scpi_meter.rst.
"""

from typing import Any

from netsim.systems.scpi_meter.system import System

__all__ = ["System", "servers"]

servers: list[tuple[Any, ...]] = [(("127.0.0.1", 15025), (), "tcp", {})]
