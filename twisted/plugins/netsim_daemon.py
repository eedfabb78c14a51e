"""Registers C{twistd netsim-daemon}."""

from twisted.application.service import ServiceMaker

daemon = ServiceMaker(
    "netsim-daemon", "netsim.daemon.service", "Keep the status of programs.", "netsim-daemon"
)
