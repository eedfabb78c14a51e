"""Tests for L{netsim.datanode.grafana.pages}."""

from __future__ import annotations

from treq.testing import RequestTraversalAgent
from twisted.internet.defer import execute
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import readBody
from twisted.web.iweb import IResponse
from twisted.web.resource import Resource

from netsim.datanode.grafana.pages import PAGE, add_page
from netsim.web.headers import PAGE_POLICY

INDEX = (PAGE / "live.html").read_text()


class PageTests(SynchronousTestCase):
    """L{add_page}."""

    def setUp(self) -> None:
        self.root = Resource()
        add_page(self.root, execute)
        self.agent = RequestTraversalAgent(self.root)

    def ask(self, path: str) -> IResponse:
        asked = self.agent.request(b"GET", f"http://host{path}".encode())
        self.agent.flush()
        response: IResponse = self.successResultOf(asked)
        return response

    def get(self, path: str) -> tuple[int, str]:
        response = self.ask(path)
        read = readBody(response)
        self.agent.flush()
        return response.code, self.successResultOf(read).decode()

    def test_page(self) -> None:
        """The page is at its path, with what keeps it safe."""
        self.assertEqual((200, INDEX), self.get("/live"))
        headers = self.ask("/live").headers
        self.assertEqual([PAGE_POLICY], headers.getRawHeaders("Content-Security-Policy"))

    def test_slash(self) -> None:
        """With a slash at its end the path leads there, behind a proxy as well."""
        response = self.ask("/live/")
        self.assertEqual(302, response.code)
        self.assertEqual(["../live"], response.headers.getRawHeaders("Location"))
        self.assertEqual(404, self.get("/live/more")[0])
