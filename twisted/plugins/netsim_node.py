"""Registers C{twistd netsim-node}."""

from twisted.application.service import ServiceMaker

node = ServiceMaker(
    "netsim-node", "netsim.datanode.node.service", "Serve time series to a hub.", "netsim-node"
)
