"""
Simulates devices: hosts systems that listen, send their status, and fail on command.

Example::

    from netsim.simulator import Delimiter, MessageSystem, command

    class System(MessageSystem):
        framing = Delimiter()

        @command("VOLT {volts}")
        def set_voltage(self, volts: float) -> str:
            self.volts = volts
            return "OK\\n"

    servers = [(("127.0.0.1", 5025), (), "tcp", {})]

Saved as C{supply.py} it runs with C{netsim simulator start --path . -s supply}.
"""

from netsim.simulator.catalogue import get_multitype_systems, list_simulators
from netsim.simulator.commands import command
from netsim.simulator.faults import Faulty, FaultyStatus
from netsim.simulator.framing import Delimiter, FixedSize, LengthField
from netsim.simulator.handlers import BaseHandler, ListenHandler
from netsim.simulator.instance import Instance
from netsim.simulator.senders import SendHandler
from netsim.simulator.server import Server
from netsim.simulator.simulator import Simulator
from netsim.simulator.system import (
    Answer,
    BaseSystem,
    ListeningSystem,
    MessageSystem,
    MultiTypeSystem,
    Peer,
    SendingSystem,
)

__all__ = [
    "Answer",
    "BaseHandler",
    "BaseSystem",
    "Delimiter",
    "Faulty",
    "FaultyStatus",
    "FixedSize",
    "Instance",
    "LengthField",
    "ListenHandler",
    "ListeningSystem",
    "MessageSystem",
    "MultiTypeSystem",
    "Peer",
    "SendHandler",
    "SendingSystem",
    "Server",
    "Simulator",
    "command",
    "get_multitype_systems",
    "list_simulators",
]
