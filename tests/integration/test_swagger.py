"""The documentation of the REST interface, in a browser."""

from __future__ import annotations

from tests.integration.browser import Browser
from tests.integration.daemons import DaemonTestCase

TRY = "#operations-Existing_clients-list_names"


class DocsTests(DaemonTestCase):
    """Swagger UI, under a policy that allows no inline code or style."""

    def test_try_it_out(self) -> None:
        """
        Everything is described, and can be tried.

        The token of the URL is used, and goes out of the address bar.
        """
        daemon = self.daemon("--token=s3cret")
        daemon.post("/cli/sync/my%20project?token=s3cret", {})
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(f"{daemon.url}/docs?token=s3cret")
        browser.find(".opblock")
        self.assertEqual(len(browser.texts(".opblock")), 16)
        self.assertEqual(browser.driver.current_url, f"{daemon.url}/docs/")
        browser.click(f"{TRY} .opblock-summary-control")
        browser.click(f"{TRY} .try-out__btn")
        browser.click(f"{TRY} .execute")
        browser.wait_for(f"{TRY} .live-responses-table", '"my project"')
        self.assertEqual(browser.problems(), [])
