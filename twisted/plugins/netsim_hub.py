"""Registers C{twistd netsim-hub}."""

from twisted.application.service import ServiceMaker

hub = ServiceMaker(
    "netsim-hub", "netsim.datanode.hub.service", "Run a router, and list data nodes.", "netsim-hub"
)
