"""The scripts of the pages that need no browser, in Node.js."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.integration.processes import ROOT, IntegrationTestCase, require

STATIC = Path("netsim/web/static")
PAGES = (Path("netsim/daemon/page"), Path("netsim/datanode/grafana/page"))
SUITES = ("tests/daemon/page", "tests/datanode/grafana/page", "tests/web/page")


class PageScriptTests(IntegrationTestCase):
    """C{node --test} over the tests of the pages."""

    def setUp(self) -> None:
        super().setUp()
        # As they are served: the files of a page, and those that all pages share, in one place.
        for page in (STATIC, *PAGES):
            shutil.copytree(ROOT / page, self.directory / page)
            shutil.copytree(ROOT / STATIC, self.directory / page, dirs_exist_ok=True)
        for suite in SUITES:
            shutil.copytree(ROOT / suite, self.directory / suite)

    def test_scripts(self) -> None:
        """All of them pass."""
        node = require("node", "nodejs")
        for suite in SUITES:
            tests = sorted((self.directory / suite).glob("*.test.mjs"))
            process = self.start(node, "--test", *tests)
            self.check_status(process, 0)
            self.assertRegex(process.stdout, r"pass [1-9]", suite)
