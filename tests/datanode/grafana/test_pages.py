"""Tests for L{netsim.datanode.grafana.pages}."""

from __future__ import annotations

from twisted.internet.defer import execute
from twisted.web.resource import Resource

from netsim.datanode.grafana.pages import PAGE, add_page
from netsim.web import assets
from tests.web import pagefiles


class PageTests(pagefiles.PageCase):
    """L{add_page}, and the files of the page."""

    files = pagefiles.PageFiles(PAGE, "live.html")
    path = "/live"
    known_ids = frozenset({"plots", "token-dialog"})

    def add(self, root: Resource) -> None:
        add_page(root, execute)

    def test_slash(self) -> None:
        """With a slash at its end the path leads there, behind a proxy as well."""
        response, _ = self.served.ask(self, "/live/")
        self.assertEqual(302, response.code)
        self.assertEqual(["../live"], response.headers.getRawHeaders("Location"))
        self.assertEqual(404, self.get("/live/more")[0])

    def test_withoutCharts(self) -> None:
        """Where plotly is not installed, all but the charts is there."""
        self.patch(assets, "plotly_script", lambda: None)
        self.setUp()
        self.assertEqual(404, self.get("/assets/plotly.min.js")[0])
        self.assertEqual(200, self.get("/assets/main.mjs")[0])
