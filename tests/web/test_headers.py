"""Tests for L{netsim.web.headers}."""

from __future__ import annotations

import base64
import hashlib

from twisted.trial.unittest import SynchronousTestCase
from twisted.web.test.requesthelper import DummyRequest

from netsim.web.headers import EMPTY_STYLE, HEADERS, PAGE_POLICY, policy, secure


def directives(text: str) -> dict[str, list[str]]:
    return {name: rest for name, *rest in (entry.split() for entry in text.split("; "))}


class PolicyTests(SynchronousTestCase):
    """What a page may do."""

    def test_nothing(self) -> None:
        """What is not named is forbidden."""
        self.assertEqual(["'none'"], directives(PAGE_POLICY)["default-src"])

    def test_noInlineCode(self) -> None:
        """Code comes from files of the daemon, and from nowhere else."""
        self.assertEqual(["'self'"], directives(PAGE_POLICY)["script-src"])
        self.assertNotIn("unsafe", PAGE_POLICY)
        self.assertNotIn("*", PAGE_POLICY)

    def test_style(self) -> None:
        """The one style that is no file is empty."""
        digest = base64.b64encode(hashlib.sha256(b"").digest()).decode()
        self.assertEqual(f"'sha256-{digest}'", EMPTY_STYLE)
        self.assertEqual(["'self'", EMPTY_STYLE], directives(PAGE_POLICY)["style-src"])

    def test_noWayOut(self) -> None:
        """A page connects to its daemon only, sends no forms, and is in nobody's frame."""
        found = directives(PAGE_POLICY)
        self.assertEqual(["'self'"], found["connect-src"])
        for name in ("base-uri", "form-action", "frame-ancestors"):
            self.assertEqual(["'none'"], found[name])

    def test_changes(self) -> None:
        """A page that needs more says so; all else stays."""
        found = directives(policy({"img-src": "'none'", "worker-src": "'self'"}))
        self.assertEqual(["'none'"], found["img-src"])
        self.assertEqual(["'self'"], found["worker-src"])
        self.assertEqual(["'self'"], found["script-src"])


class SecureTests(SynchronousTestCase):
    """The headers on an answer."""

    def headers(self, *arguments: str) -> dict[str, str]:
        request = DummyRequest([])
        secure(request, *arguments)
        return {
            name.decode(): values[0].decode()
            for name, values in request.responseHeaders.getAllRawHeaders()
        }

    def test_all(self) -> None:
        """Each is there, next to the policy."""
        expected = {**HEADERS, "Content-Security-Policy": PAGE_POLICY}
        self.assertEqual(
            {name.lower(): value for name, value in expected.items()},
            {name.lower(): value for name, value in self.headers().items()},
        )

    def test_known(self) -> None:
        """A file is what its type says, is in no frame, and tells nobody where it is."""
        self.assertEqual("nosniff", HEADERS["X-Content-Type-Options"])
        self.assertEqual("DENY", HEADERS["X-Frame-Options"])
        self.assertEqual("no-referrer", HEADERS["Referrer-Policy"])
        self.assertEqual("same-origin", HEADERS["Cross-Origin-Resource-Policy"])

    def test_policy(self) -> None:
        """A page may have a policy of its own."""
        self.assertEqual(
            "default-src 'none'", self.headers("default-src 'none'")["Content-Security-Policy"]
        )
