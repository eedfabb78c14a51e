"""L{netsim.reactor} and L{netsim.reactor.reactor}."""

from __future__ import annotations

import socket
import subprocess
import sys

from twisted.application.reactors import getReactorTypes
from twisted.internet.error import UnsupportedAddressFamily
from twisted.internet.protocol import Factory
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

import netsim.reactor
from tests.reactor.case import Listener, ReactorCase

INSTALLED = """
import netsim.reactor
netsim.reactor.install()
from twisted.internet import reactor
print(type(reactor).__name__)
"""


class InstallTests(SynchronousTestCase):
    """It is chosen by its name, or by a program."""

    def test_program(self) -> None:
        """A program installs it before all else."""
        output = subprocess.check_output([sys.executable, "-c", INSTALLED], text=True)
        self.assertEqual("UVReactor\n", output)

    def test_plugin(self) -> None:
        """Twisted's commands know it as uv."""
        self.assertIn("uv", [kind.shortName for kind in getReactorTypes()])

    def test_missing(self) -> None:
        """Without uvloop one line says what to install."""
        self.patch(netsim.reactor, "available", lambda: False)
        error = self.assertRaises(ImportError, netsim.reactor.install)
        self.assertEqual(netsim.reactor.MISSING, str(error))


class ReactorTests(ReactorCase):
    """What the reactor does beyond connections."""

    def test_adopt(self) -> None:
        """It serves on a socket that listens already, and leaves that open at the end."""

        async def steps() -> None:
            listening = socket.create_server(("127.0.0.1", 0))
            listening.setblocking(False)
            self.addCleanup(listening.close)
            factory = Factory.forProtocol(Listener)
            port = self.reactor.adoptStreamPort(listening.fileno(), socket.AF_INET, factory)
            self.connect(port.getHost().port)
            await self.after()
            self.assertEqual(1, len(self.reactor.connections))
            await port.stopListening()
            self.assertNotEqual(-1, listening.fileno())

        self.run_steps(steps)

    def test_family(self) -> None:
        """It adopts no other kind of socket."""
        self.assertRaises(UnsupportedAddressFamily, self.reactor.adoptStreamPort, 0, -1, Factory())

    def test_readers(self) -> None:
        """A connection is a reader of the reactor as long as it reads."""

        async def steps() -> None:
            protocol, _ = await self.serve(Listener)
            self.assertIn(protocol.transport, self.reactor.getReaders())
            protocol.transport.pauseProducing()
            self.assertNotIn(protocol.transport, self.reactor.getReaders())

        self.run_steps(steps)

    def test_report(self) -> None:
        """What fails in the loop is told by Twisted's log."""

        async def steps() -> None:
            loop = self.reactor._asyncioEventloop
            loop.call_soon(lambda: 1 / 0)
            loop.call_exception_handler({"message": "something else"})
            await self.after()

        with capturedLogs() as events:
            self.run_steps(steps)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.assertIn("something else", [event.get("what") for event in events])
