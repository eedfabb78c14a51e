"""L{netsim.reactor.tls}."""

from __future__ import annotations

import socket
import ssl as standard
from pathlib import Path
from threading import Thread

from twisted.internet.interfaces import ISSLTransport, ITLSTransport
from twisted.internet.ssl import DefaultOpenSSLContextFactory
from twisted.test import __file__ as tests_of_twisted

from tests.reactor.case import Listener, OnEPoll, ReactorCase

PEM = str(Path(tests_of_twisted).with_name("server.pem"))


class Upgrading(Listener):
    """Encrypts when it is asked to."""

    def dataReceived(self, data: bytes) -> None:
        """Encrypt, or answer."""
        super().dataReceived(data)
        if data == b"STARTTLS":
            self.transport.write(b"OK")
            self.transport.startTLS(DefaultOpenSSLContextFactory(PEM, PEM))
        else:
            self.transport.writeSequence([b"you said ", data])
            self.transport.loseConnection()


class TLSTests(ReactorCase):
    """An open connection is encrypted from some word on."""

    def test_upgrade(self) -> None:
        """What was said before is plain, what comes after is not, and it ends well."""
        answers: list[bytes] = []

        def talk(peer: socket.socket) -> None:
            context = standard.SSLContext(standard.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, standard.CERT_NONE
            peer.sendall(b"STARTTLS")
            answers.append(peer.recv(2))
            with context.wrap_socket(peer) as encrypted:
                encrypted.sendall(b"hello")
                answers.extend(iter(lambda: encrypted.recv(100), b""))

        async def steps() -> None:
            protocol, peer = await self.serve(Upgrading)
            self.assertTrue(ITLSTransport.providedBy(protocol.transport))
            thread = Thread(target=talk, args=(peer,), daemon=True)
            thread.start()
            while thread.is_alive():
                await self.after()
            self.assertTrue(ISSLTransport.providedBy(protocol.transport))
            # How it ends is the client's affair, who may not wait for the last word.
            self.assertEqual(["made", b"STARTTLS", b"hello"], protocol.heard[:-1])
            self.assertEqual([b"OK", b"you said hello"], answers)

        self.run_steps(steps)


class EPollTLSTests(OnEPoll, TLSTests):
    """The same on Twisted's own reactor."""
