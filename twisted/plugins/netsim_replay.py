"""Registers C{twistd netsim-replay}."""

from twisted.application.service import ServiceMaker

replay = ServiceMaker(
    "netsim-replay", "netsim.replay.service", "Replay a recorded session.", "netsim-replay"
)
