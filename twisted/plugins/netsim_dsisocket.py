"""Registers C{twistd netsim-dsisocket}."""

from twisted.application.service import ServiceMaker

dsisocket = ServiceMaker(
    "netsim-dsisocket",
    "netsim.dsisocket.service",
    "Steer a test from inside the workload.",
    "netsim-dsisocket",
)
