"""Tests for L{netsim.status.model}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.status.model import DEFAULT_URL, Settings, split_url


class SettingsTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        """What a program gets that says nothing: WIRE.md, section 2, "client"."""
        settings = Settings()
        self.assertEqual((settings.url, settings.interval), ("http://127.0.0.1:5000", 1.0))
        self.assertEqual((settings.launch, settings.queue), (True, 10_000))

    def test_local(self) -> None:
        for host in ("127.0.0.1", "localhost", "[::1]", "LOCALHOST"):
            self.assertTrue(Settings(f"http://{host}:5000").is_local, host)
        for host in ("192.0.2.1", "example.org", "localhost.example.org"):
            self.assertFalse(Settings(f"http://{host}:5000").is_local, host)

    def test_socket(self) -> None:
        """It is on the HTTP port, and encrypted where that is."""
        self.assertEqual(Settings("http://[::1]:5000").socket_url, "ws://[::1]:5000/ws")
        self.assertEqual(Settings("https://example.org:443").socket_url, "wss://example.org:443/ws")

    def test_sync(self) -> None:
        """Whatever is in a name, it is one part of the path."""
        self.assertEqual(
            Settings().sync_url("my projéct/1?x#y"),
            f"{DEFAULT_URL}/cli/sync/my%20proj%C3%A9ct%2F1%3Fx%23y",
        )

    def test_token(self) -> None:
        self.assertNotIn("secret", repr(Settings(token="secret")))


class SplitUrlTests(SynchronousTestCase):
    def test_forms(self) -> None:
        for text, url in {
            "http://127.0.0.1:5000": "http://127.0.0.1:5000",
            "http://127.0.0.1:5000/": "http://127.0.0.1:5000",
            "localhost:6000": "http://localhost:6000",
            "example.org": "http://example.org:5000",
            "https://example.org:8443": "https://example.org:8443",
            "https://example.org": "https://example.org:443",
            "http://[::1]:5000": "http://[::1]:5000",
        }.items():
            self.assertEqual(split_url(text), url)

    def test_refused(self) -> None:
        for text in (
            "",
            "ftp://example.org",
            "ftp://example.org:1",
            "http://:5000",
            "http://example.org:70000",
            "http://example.org:0",
            "http://example.org:x",
            "http://example.org/path",
            "http://example.org?token=x",
            "http://user:secret@example.org",
            "http://[::1",
        ):
            error = self.assertRaises(ValueError, split_url, text)
            self.assertIn("expected an address such as http://127.0.0.1:5000", str(error), text)
