"""
The least that Twisted can do for the same job: what netsim is compared with.

C{python -m bench.bare forward PORT} relays to that port of this machine with
L{twisted.protocols.portforward}; C{python -m bench.bare echo} sends back what
it reads.  Both use Twisted's default reactor, or with C{uv} before these words
netsim's, on a port that the system chose.
"""

from __future__ import annotations

import sys

from twisted.internet.protocol import Factory, Protocol

import netsim.reactor
from bench import wire


class Echo(Protocol):
    """Send everything back."""

    def dataReceived(self, data: bytes) -> None:
        """Send this back."""
        self.transport.write(data)


def main(arguments: list[str]) -> None:
    """Serve as the arguments say until the process is ended."""
    if arguments[:1] == ["uv"]:
        netsim.reactor.install()
        del arguments[0]
    # Only now: these would install the default one.
    from twisted.internet import reactor
    from twisted.protocols.portforward import ProxyClientFactory, ProxyFactory

    # Two lines of the log for each connection are not needed for the job.
    ProxyClientFactory.noisy = False

    match arguments:
        case ["forward", port]:
            factory: Factory = ProxyFactory(wire.HOST, int(port))
        case ["echo"]:
            factory = Factory.forProtocol(Echo)
        case _:
            sys.exit("expected: [uv] forward PORT, or [uv] echo")
    port = reactor.listenTCP(0, factory, interface=wire.HOST).getHost().port
    print(f"bare listening on {wire.HOST}:{port}", flush=True)
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1:])
