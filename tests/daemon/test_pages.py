"""Tests for L{netsim.daemon.pages}."""

from __future__ import annotations

from twisted.internet.defer import execute
from twisted.web.resource import Resource

from netsim.daemon.pages import PAGE, add_page
from netsim.web import assets
from tests.web import pagefiles


class PageTests(pagefiles.PageCase):
    """L{add_page}, and the files of the page."""

    files = pagefiles.PageFiles(PAGE, "index.html")
    path = "/"
    known_ids = frozenset({"charts", "token-dialog"})
    labelled = frozenset({"span", "log-level"})

    def add(self, root: Resource) -> None:
        add_page(root, execute)

    def test_withoutCharts(self) -> None:
        """Where plotly is not installed, all but the charts is there."""
        self.patch(assets, "plotly_script", lambda: None)
        self.setUp()
        self.assertEqual(404, self.get("/assets/plotly.min.js")[0])
        self.assertEqual(200, self.get("/assets/main.mjs")[0])
