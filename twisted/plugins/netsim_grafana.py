"""Registers C{twistd netsim-grafana}."""

from twisted.application.service import ServiceMaker

grafana = ServiceMaker(
    "netsim-grafana",
    "netsim.datanode.grafana.service",
    "Serve what data nodes have to Grafana.",
    "netsim-grafana",
)
