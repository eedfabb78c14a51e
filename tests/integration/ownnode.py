"""
A node of a user's own: C{ownnode.py NAME HOW}.

C{HOW} is how it is run: C{class} or C{object} by autobahn's C{ApplicationRunner}, as nodes of the
document are, or C{link} as netsim's are.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from autobahn.twisted.wamp import ApplicationRunner
from autobahn.wamp.types import ComponentConfig
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.ssl import Certificate, CertificateOptions, trustRootFromCertificates
from twisted.internet.task import deferLater
from twisted.logger import globalLogBeginner

from netsim.datanode import REALM, WAMP_URI, DataNodeServer, sisock_to_unix_time
from netsim.datanode.link import Link
from netsim.datanode.model import Router
from netsim.logs import StderrObserver


class Node(DataNodeServer):
    """Counts; C{pid} tells which one it is; C{failing} fails; C{large} is too much."""

    name = sys.argv[1]
    description = "of my own"

    async def get_fields(self, start: float, end: float) -> Any:
        """All of them."""
        fields = ("count", "pid", "failing", "large")
        described = {"description": None, "timeline": "t", "type": "number", "units": None}
        return dict.fromkeys(fields, described), {"t": {"interval": 1.0, "field": fields}}

    def get_data(self, field: Any, start: float, end: float, min_stride: Any = None) -> Any:
        """A reading per second, a little later."""
        result: Deferred[Any] = deferLater(reactor, 0.01, self.read, field[0], start, end)
        return result

    def read(self, field: str, start: float, end: float) -> Any:
        """Count."""
        if field == "failing":
            raise RuntimeError("it broke")
        first, last = (int(sisock_to_unix_time(t)) for t in (start, end))
        times = range(first, last) if field != "large" else range(3_000_000)
        values = [os.getpid()] * len(times) if field == "pid" else list(range(len(times)))
        return {
            "data": {field: values},
            "timeline": {"t": {"t": list(times), "finalized_until": None}},
        }


def trusted() -> Any:
    """As existing programs do it: the hub's certificate is the authority."""
    with open(os.environ["CERTIFICATE"]) as file:
        root = Certificate.loadPEM(file.read())
    return CertificateOptions(trustRoot=trustRootFromCertificates([root]))


def main() -> None:
    """Run it, for ever."""
    how = sys.argv[2]
    if how == "link":
        certificate = Path(os.environ["CERTIFICATE"])
        place = Router(WAMP_URI, secret=os.environ["WAMP_SECRET"], certificate=certificate)
        globalLogBeginner.beginLoggingTo([StderrObserver()])
        Link(reactor, place, Node).startService()
        reactor.run()  # type: ignore
        return
    runner = ApplicationRunner(WAMP_URI, REALM, ssl=trusted())
    make = Node if how == "class" else Node(ComponentConfig(REALM, {}))
    runner.run(make, auto_reconnect=True)


if __name__ == "__main__":
    main()
