"""The scripts of the page that need no browser, in Node.js."""

from __future__ import annotations

from tests.integration.processes import ROOT, IntegrationTestCase, require

TESTS = ROOT / "tests" / "daemon" / "page"


class PageScriptTests(IntegrationTestCase):
    """C{node --test} over the tests of the page."""

    def test_scripts(self) -> None:
        """All of them pass."""
        node = require("node", "nodejs")
        process = self.start(node, "--test", *sorted(TESTS.glob("*.test.mjs")))
        self.check_status(process, 0)
        self.assertRegex(process.stdout, r"pass [1-9]")
