"""Registers C{twistd netsim-scanner}."""

from twisted.application.service import ServiceMaker

scanner = ServiceMaker(
    "netsim-scanner",
    "netsim.datanode.scanner.service",
    "Write down what .g3 files hold.",
    "netsim-scanner",
)
