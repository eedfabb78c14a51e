"""Registers C{twistd netsim-simulator}."""

from twisted.application.service import ServiceMaker

simulator = ServiceMaker(
    "netsim-simulator", "netsim.simulator.service", "Simulate devices.", "netsim-simulator"
)
