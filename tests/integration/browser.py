"""A page in headless Chromium."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any, TypeVar

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.integration.processes import eventually, require

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--lang=en",
)
DESKTOP = (1280, 800)
PHONE = (360, 740)
T = TypeVar("T")


class Browser:
    """A browser with one page."""

    def __init__(self, size: tuple[int, int] = DESKTOP) -> None:
        """@param size: of the page, in pixels; a narrow one is a phone."""
        chromium = require("chromium", "chromium")
        chromedriver = require("chromedriver", "chromium-driver")
        self._directory = tempfile.TemporaryDirectory(prefix="netsim-", ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for flag in (*FLAGS, f"--user-data-dir={self._directory.name}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options, Service(chromedriver))
        width, height = size
        self._command(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )

    def close(self) -> None:
        """End it."""
        self.driver.quit()
        self._directory.cleanup()

    def open(self, url: str) -> None:
        """Load a page."""
        self.driver.get(url)

    def prefer(self, theme: str) -> None:
        """Set what the system's colours are: C{dark} or C{light}."""
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self._command("Emulation.setEmulatedMedia", {"features": features})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page, past its policy; what it returns."""
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> WebElement:
        """Wait for an element that can be seen."""
        return self.until(lambda: self._visible(selector), selector)

    def text(self, selector: str) -> str:
        """What an element says; empty if there is none that can be seen."""
        try:
            return self.driver.find_element(By.CSS_SELECTOR, selector).text
        except (NoSuchElementException, StaleElementReferenceException):
            return ""

    def texts(self, selector: str) -> list[str]:
        """What all these elements say, also those that are scrolled away."""
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        found: list[str] = self.run(script, selector)
        return found

    def wait_for(self, selector: str, text: str) -> None:
        """Wait until an element has this in its text."""
        self.until(
            lambda: text in self.text(selector),
            lambda: f"{text!r} in {selector}, which says {self.text(selector)!r}",
        )

    def until(self, result: Callable[[], T | None], expected: Callable[[], str] | str) -> T:
        """Wait until something true is returned."""
        try:
            return eventually(result, expected)
        except AssertionError as error:
            seen = " | ".join(self.text("body").splitlines())[:1000]
            raise AssertionError(f"{error}\n{seen}\n{self.problems()}") from None

    def click(self, selector: str) -> None:
        """Click on an element."""
        self.find(selector).click()

    def fill(self, selector: str, text: str) -> None:
        """Write into a field."""
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(getattr(Keys, key, key))

    @property
    def focus(self) -> str:
        """The id of what has the focus, or else its text."""
        element = self.driver.switch_to.active_element
        return element.get_attribute("id") or element.text

    def problems(self) -> list[str]:
        """What the browser has complained about since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def _visible(self, selector: str) -> WebElement | None:
        try:
            found = self.driver.find_element(By.CSS_SELECTOR, selector)
            return found if found.is_displayed() else None
        except (NoSuchElementException, StaleElementReferenceException):
            return None

    def _command(self, name: str, arguments: dict[str, Any]) -> None:
        self.driver.execute_cdp_cmd(name, arguments)
