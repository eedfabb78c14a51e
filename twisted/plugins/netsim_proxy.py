"""Registers C{twistd netsim-proxy}."""

from twisted.application.service import ServiceMaker

proxy = ServiceMaker(
    "netsim-proxy", "netsim.proxy.service", "Record real sessions.", "netsim-proxy"
)
