"""TLS with OpenSSL at the other end: towards the server, and towards the client."""

from __future__ import annotations

from tests.integration.peers import Upstream, ask, connect, read_all, shout
from tests.integration.processes import Process, require
from tests.integration.recordings import RecordingTestCase, exchange, exchanges, said

REQUEST = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
NAME = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]


class TlsTests(RecordingTestCase):
    """What is encrypted on the wire is plain in the recording."""

    def setUp(self) -> None:
        super().setUp()
        self.openssl = require("openssl", "openssl")
        self.make_certificate("trusted")

    def make_certificate(self, name: str) -> None:
        """Make a key and a certificate that is signed by itself, in a directory of its own."""
        (self.directory / name).mkdir()
        files = ["-keyout", f"{name}/key", "-out", f"{name}/cert.pem"]
        self.check_status(self.start(self.openssl, *REQUEST, *NAME, *files), 0)

    def tls_server(self) -> str:
        """Start a server that answers every line backwards; the port."""
        files = ["-cert", "trusted/cert.pem", "-key", "trusted/key"]
        server = self.start(self.openssl, "s_server", "-accept", "127.0.0.1:0", *files, "-rev")
        return server.says(r"^ACCEPT 127\.0\.0\.1:(\d+)$")[1]

    def tls_client(self, address: str, words: bytes) -> Process:
        """Run a client that checks the certificate and says this, to its end."""
        checks = ["-CAfile", "trusted/cert.pem", "-verify_return_error", "-verify_hostname"]
        command = [self.openssl, "s_client", "-connect", address, *checks, "localhost", "-quiet"]
        client = self.start(*command, said=words)
        self.check_status(client, 0)
        return client

    def tls_address(self) -> str:
        """Where to listen with TLS."""
        return "ssl:0:interface=127.0.0.1:privateKey=trusted/key:certKey=trusted/cert.pem"

    def test_server(self) -> None:
        """A TLS server is recorded, and played to a client without TLS."""
        port = self.tls_server()
        proxy = self.proxy(f"tls:localhost:{port}:trustRoots=trusted")
        with connect(proxy.address) as client:
            self.assertEqual(ask(client, b"hello\n"), b"olleh\n")
            self.assertEqual(ask(client, b"bye\n"), b"eyb\n")
        path = self.recorded()
        self.assertEqual(said(path), [(b"hello\n", b"olleh\n"), (b"bye\n", b"eyb\n")])
        replay = self.replay(path)
        with connect(replay.address) as client:
            self.assertEqual(ask(client, b"hello\n"), b"olleh\n")
            self.assertEqual(ask(client, b"bye\n"), b"eyb\n")
        self.check_stopped(replay)

    def test_unknown_server(self) -> None:
        """A server with a certificate that is not trusted is not spoken to."""
        self.make_certificate("other")
        proxy = self.proxy(f"tls:localhost:{self.tls_server()}:trustRoots=other")
        with connect(proxy.address) as client:
            client.sendall(b"secret\n")
            self.assertEqual(read_all(client), b"")
        [only] = exchanges(self.recorded())
        self.assertEqual((only.response, only.facts.partial), (b"", True))
        self.check_stopped(proxy)
        self.check_told(proxy, "the connection to the server broke", "certificate verify failed")

    def test_client(self) -> None:
        """A client that speaks TLS is recorded."""
        upstream = Upstream(self, shout)
        proxy = self.proxy(upstream.address, "-l", self.tls_address())
        client = self.tls_client(proxy.address, b"hello\nbye\n")
        self.assertEqual(client.stdout, "HELLO\nBYE\n")
        request, response = map(b"".join, zip(*said(self.recorded()), strict=True))
        self.assertEqual((request, response), (b"hello\nbye\n", b"HELLO\nBYE\n"))

    def test_replay_to_client(self) -> None:
        """A client that speaks TLS is played to."""
        path = self.write_script(exchange("hello\n", "HELLO\n"), exchange("bye\n", "BYE\n"))
        replay = self.replay(path, "-l", self.tls_address())
        client = self.tls_client(replay.address, b"hello\nbye\n")
        self.assertEqual(client.stdout, "HELLO\nBYE\n")
        self.check_stopped(replay)
