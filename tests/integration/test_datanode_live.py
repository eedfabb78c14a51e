"""The live page of time series, in a browser."""

from __future__ import annotations

import csv
import math
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from selenium.webdriver import ActionChains
from selenium.webdriver.support.select import Select

from tests.integration.browser import DESKTOP, Browser
from tests.integration.fakebridge import FakeBridge, wave
from tests.integration.processes import IntegrationTestCase, Service, eventually, netsim
from tests.integration.routers import Hub

PHONE = (400, 800)
EVIL = '<img src=x onerror="window.bad=1"><script>window.bad=1</script>&lt;b&gt;</b>\'"%{x}${1}'
LONG = "a_very_long_name_of_a_field_" * 5
BEGIN, END = 1500000000.0, 1500000000.0 + 86400.0
LINES = "return [...document.querySelectorAll('.js-line')].map((l) => l.getAttribute('d'))"
WIDE = "return document.documentElement.scrollWidth - innerWidth"


def address(*fields: str, **more: str | int) -> str:
    """The part after C{#} that shows these fields."""
    parts = [f"f={quote(field)}" for field in fields]
    return "#" + "&".join([*parts, *(f"{key}={value}" for key, value in more.items())])


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class LiveTestCase(IntegrationTestCase):
    """A test that looks at a page; whatever the browser complains about, it fails."""

    def browse(self, size: tuple[int, int] = DESKTOP) -> Browser:
        browser = Browser(size)
        self.addCleanup(browser.close)
        return browser

    def check_quiet(self, browser: Browser) -> None:
        """The browser has not complained: no error, and nothing that the policy forbids."""
        self.assertEqual([], browser.problems())

    def choose(self, browser: Browser, selector: str, text: str) -> None:
        """Choose an option of a list."""
        Select(browser.find(selector)).select_by_visible_text(text)

    def lines(self, browser: Browser, count: int) -> list[str]:
        """Wait for so many lines in the charts; how they go."""

        def drawn() -> list[str] | None:
            found: list[str] = browser.run(LINES)
            return found if len(found) == count and all(found) else None

        return browser.until(drawn, f"{count} lines")


class PageTests(LiveTestCase):
    """The page, and a bridge that does what the test says."""

    def setUp(self) -> None:
        super().setUp()
        self.bridge = FakeBridge()
        self.addCleanup(lambda: self.bridge.close())

    def weather(self) -> None:
        """Have three fields of different units."""
        self.bridge.add("site", "air", wave(1), units="K", description="Of the air")
        self.bridge.add("site", "humidity", wave(4), units="%")
        self.bridge.add("site", "pressure", wave(55), units="hPa")

    def show(self, *fields: str, size: tuple[int, int] = DESKTOP, **more: str | int) -> Browser:
        """Open the page with these fields."""
        browser = self.browse(size)
        browser.open(f"{self.bridge.url}/live{address(*fields, **more)}")
        return browser

    def last_span(self) -> float:
        """Seconds of the range that was asked for last."""
        asked = self.bridge.queries[-1]["range"]
        begin, end = (datetime.fromisoformat(asked[key]) for key in ("from", "to"))
        return (end - begin).total_seconds()

    def test_first(self) -> None:
        """An empty page says what to do; a node that comes is there, and can be shown."""
        browser = self.show()
        browser.wait_for("#welcome", "twistd -n netsim-node example-weather")
        browser.wait_for("#state", "Connected")
        self.weather()
        browser.wait_for("#welcome", "There are 3 fields in the list.")
        browser.click(".offer")
        browser.wait_for("#legend", "humidity")
        self.lines(browser, 3)
        self.assertEqual(["site \u203a air", "site \u203a humidity", "site \u203a pressure"],
                         browser.texts("#legend .both"))  # fmt: skip
        browser.click("#clear")
        browser.wait_for("#welcome", "Choose what to see")
        self.check_quiet(browser)

    def test_search(self) -> None:
        """A field is found by typing, and chosen; nothing but keys is needed."""
        self.weather()
        for number in range(60):
            self.bridge.add("rack", f"channel {number}", wave(number))
        browser = self.show()
        browser.until(lambda: len(browser.texts(".nodes li")) == 63, "all fields")
        names = browser.texts(".nodes details:first-child .name")
        self.assertEqual(["channel 0", "channel 1", "channel 2"], names[:3])
        browser.press("/", *"nel 4")
        self.assertEqual("field-filter", browser.focus)
        found = [f"channel {number}" for number in (4, 14, 24, 34, *range(40, 50), 54)]
        self.assertEqual(found, browser.texts(".nodes .name"))
        browser.press("ARROW_DOWN", "ARROW_DOWN", "SPACE")
        browser.wait_for("#legend", "channel 14")
        browser.press("ARROW_UP", "ARROW_UP", "ARROW_UP")
        self.assertEqual("field-filter", browser.focus)
        browser.press("ESCAPE")
        browser.until(lambda: len(browser.texts(".nodes li")) == 63, "all fields")
        browser.fill("#field-filter", "nothing like it")
        browser.wait_for("#nodes-note", "No field has these words")
        self.check_quiet(browser)

    def test_moves(self) -> None:
        """What comes is drawn, as often as was chosen, until it is not to be."""
        self.weather()
        browser = self.show("site::air", last=300, refresh=1)
        drawn = self.lines(browser, 1)
        browser.wait_for("#state", "Live")
        browser.until(lambda: browser.run(LINES) != drawn, "a line that moves")
        self.choose(browser, "#every", "Off")
        browser.wait_for("#state", "Up to date")
        count = len(self.bridge.queries)
        time.sleep(1.5)
        self.assertEqual(count, len(self.bridge.queries))
        browser.click("#refresh")
        eventually(lambda: len(self.bridge.queries) == count + 1)
        self.assertEqual(300, self.last_span())
        self.check_quiet(browser)

    def test_slow(self) -> None:
        """Slow answers are waited for one by one; whoever asks for more, gets the last."""
        self.weather()
        self.bridge.delay = 4
        browser = self.show("site::air", refresh=1)
        browser.wait_for("#state", "Loading")
        self.lines(browser, 1)
        browser.wait_for("#state", "Loading, 2 s")
        self.assertEqual(1, self.bridge.busiest)
        self.choose(browser, "#range", "Last 5 minutes")
        self.choose(browser, "#range", "Last 6 hours")
        self.bridge.delay = 0
        self.choose(browser, "#range", "Last 24 hours")
        eventually(lambda: self.last_span() == 86400)
        browser.wait_for("#state", "Live")
        begin = browser.text("#when").split(" ")[0]
        time.sleep(2.5)
        self.assertEqual(begin, browser.text("#when").split(" ")[0])
        self.assertEqual(86400, self.last_span())
        self.check_quiet(browser)

    def test_ranges(self) -> None:
        """Ranges of time are chosen, moved and zoomed; the way back undoes that."""
        self.weather()
        self.bridge.begin, self.bridge.end = BEGIN, END
        browser = self.show("site::air")
        browser.wait_for("#nothing", "This field has no data from")
        browser.click("#nothing button")
        browser.wait_for("#when", "2017-07-1")
        self.lines(browser, 1)
        self.assertEqual("", browser.text("#nothing"))
        self.assertLess(abs(1.04 - self.last_span() / 86400), 0.03)
        whole = browser.run("return location.hash")
        plot = browser.find(".plot")
        pointer = ActionChains(browser.driver).move_to_element_with_offset(plot, -100, 20)
        pointer.click_and_hold().move_by_offset(150, 0).release().perform()
        eventually(lambda: 0.1 < self.last_span() / 86400 < 0.3, lambda: str(self.last_span()))
        zoomed = self.last_span()
        browser.click("#out")
        eventually(lambda: abs(self.last_span() / zoomed - 2) < 0.01)
        browser.click("#later")
        browser.run("history.back()")
        browser.run("history.back()")
        eventually(lambda: abs(self.last_span() / zoomed - 1) < 0.01)
        browser.run("history.back()")
        browser.until(lambda: browser.run("return location.hash") == whole, whole)
        self.check_quiet(browser)

    def test_fixed(self) -> None:
        """A range is written down; one that is none is told, and does not change in the past."""
        self.weather()
        browser = self.show("site::air", **{"from": iso(BEGIN), "to": iso(END)}, utc="")
        browser.wait_for("#when", "2017-07-14 02:40:00 \u2013 2017-07-15 02:40:00")
        self.assertFalse(browser.find("#every").is_enabled())
        self.assertEqual("2017-07-14T02:40", browser.find("#from").get_attribute("value"))
        write = "const f = document.getElementById(arguments[0]); f.value = arguments[1]"
        browser.run(write, "to", "2017-07-14T02:00:00")
        browser.click("#fixed button")
        browser.wait_for("#fixed-note", "The end has to be after the beginning.")
        browser.run(write, "to", "2017-07-14T03:10:00")
        browser.click("#fixed button")
        eventually(lambda: self.last_span() == 1800)
        self.choose(browser, "#range", "Last hour")
        eventually(lambda: self.last_span() == 3600)
        self.assertEqual("", browser.text("#fixed"))
        self.check_quiet(browser)

    def test_nowhere(self) -> None:
        """Fields without any data are told, so are those that nobody has."""
        self.weather()
        self.bridge.begin = math.inf
        browser = self.show("site::air", "site::gone")
        browser.wait_for("#legend tr:last-child", "not there")
        browser.click("#nothing button")
        browser.wait_for("#nothing", "These fields have no data at all.")
        self.check_quiet(browser)

    def test_axes(self) -> None:
        """Two units share a chart, three do not; truths and texts have charts of their own."""
        self.weather()
        self.bridge.add("site", "open", lambda t: int(t / 60) % 2 == 0, type="bool")
        self.bridge.add("site", "phase", lambda t: ["warm", EVIL][int(t / 60) % 2], type="string")
        self.bridge.add("site", "text", str, type="string")
        browser = self.show("site::air", "site::humidity")
        self.lines(browser, 2)
        self.assertEqual(["K", "%"], browser.texts(".panel .units > .axis"))
        self.assertEqual(1, len(browser.texts(".y2tick > text")) and len(browser.texts(".panel")))
        browser.click("[title^='site::pressure']")
        self.lines(browser, 3)
        self.assertEqual(3, len(browser.texts(".panel")))
        for name in ("open", "phase", "text"):
            browser.click(f"[title^='site::{name}'] label")
        browser.until(lambda: len(browser.texts(".panel")) == 6, "6 charts")
        browser.run("document.querySelector('.panel:last-child').scrollIntoView()")
        browser.until(lambda: "true" in browser.texts(".ytick > text"), "truths")
        browser.until(lambda: EVIL[:17] + "\u2026" in browser.texts(".ytick > text"), "texts")
        browser.wait_for(".panel:last-child", "too many different texts")
        self.assertEqual(None, browser.run("return window.bad"))
        self.check_quiet(browser)

    def test_together(self) -> None:
        """Each field has a chart of its own, if that is wanted; it is kept in the address."""
        self.weather()
        browser = self.show("site::air", "site::humidity")
        self.lines(browser, 2)
        self.choose(browser, "#layout", "One by one")
        browser.until(lambda: len(browser.texts(".panel")) == 2, "2 charts")
        self.choose(browser, "#zone", "UTC")
        browser.driver.refresh()
        browser.until(lambda: len(browser.texts(".panel")) == 2, "2 charts")
        self.assertEqual("utc", browser.find("#zone").get_attribute("value"))
        self.check_quiet(browser)

    def test_pointer(self) -> None:
        """Under the pointer, and by keys, the values of a moment are told."""
        self.weather()
        browser = self.show("site::air", "site::humidity", refresh=0)
        self.lines(browser, 2)
        plot = browser.find(".plot")
        ActionChains(browser.driver).move_to_element_with_offset(plot, 60, 0).perform()
        browser.wait_for("#tip", ": ")
        browser.wait_for("#value-title", "At the line")
        before = browser.texts("#legend .value")
        ActionChains(browser.driver).move_to_element(browser.find("#state")).perform()
        browser.wait_for("#value-title", "Last")
        browser.run("document.getElementById('plots').focus()")
        browser.press("ARROW_RIGHT", "ARROW_RIGHT", "ARROW_RIGHT")
        browser.wait_for("#value-title", "At the line")
        self.assertNotEqual(before, browser.texts("#legend .value"))
        outline = "return getComputedStyle(document.activeElement).outlineStyle"
        self.assertEqual("solid", browser.run(outline))
        browser.press("ESCAPE", "+")
        eventually(lambda: self.last_span() == 1800)
        browser.press("-", "-")
        eventually(lambda: self.last_span() == 7200)
        self.check_quiet(browser)

    def test_hide(self) -> None:
        """A line is hidden for a while, or removed."""
        self.weather()
        browser = self.show("site::air", "site::humidity")
        self.lines(browser, 2)
        browser.click("#legend .field")
        self.lines(browser, 1)
        browser.click("#legend .field")
        self.lines(browser, 2)
        browser.click("#legend [aria-label='Remove site::air']")
        self.lines(browser, 1)
        self.assertEqual(["site \u203a humidity"], browser.texts("#legend .both"))
        self.assertNotIn("air", browser.run("return location.hash"))
        self.check_quiet(browser)

    def test_failed(self) -> None:
        """Nodes that do not answer are named, what was there of them stays; then all is well."""
        self.weather()
        self.bridge.add("rack, 2", "fan", wave(2), units="K")
        browser = self.show("site::air", "rack, 2::fan", refresh=1)
        self.lines(browser, 2)
        self.bridge.failed = ["rack, 2"]
        browser.wait_for("#notices", "No answer from rack, 2: what is shown of it is from before.")
        browser.wait_for("#legend tr:last-child", "no answer")
        browser.wait_for("#state", "Not all nodes")
        self.lines(browser, 2)
        self.bridge.failed = []
        browser.wait_for("#state", "Live")
        self.assertEqual("", browser.text("#notices"))
        self.check_quiet(browser)

    def test_errors(self) -> None:
        """What the bridge refuses is told in its words; what may go away is tried again."""
        self.weather()
        browser = self.show("site::air", refresh=0)
        self.lines(browser, 1)
        self.bridge.refusal = 413, {"error": "site has too much"}
        browser.click("#refresh")
        browser.wait_for("#notices", "This is too much data: choose a shorter time, or fewer")
        self.bridge.refusal = 400, {"error": "the query is wrong", "problems": ["range: x"]}
        browser.click("#refresh")
        browser.wait_for("#notices", "does not accept this query: the query is wrong; range: x.")
        browser.wait_for("#state", "Trouble")
        self.bridge.refusal = 500, {"error": "there is no session with the router"}
        browser.click("#refresh")
        browser.wait_for("#notices", "There is no data: there is no session with the router.")
        self.lines(browser, 1)
        self.bridge.refusal = None
        browser.wait_for("#state", "Up to date")
        self.assertEqual("", browser.text("#notices"))

    def test_away(self) -> None:
        """The bridge goes away under the open page, and comes back: so does the page."""
        self.weather()
        browser = self.show("site::air", refresh=1)
        self.lines(browser, 1)
        old = self.bridge
        old.close()
        browser.wait_for("#notices", "The bridge does not answer. What was shown stays here")
        browser.wait_for("#state", "No connection")
        self.lines(browser, 1)
        self.bridge = FakeBridge(old.port)
        self.weather()
        browser.wait_for("#state", "Live")
        self.assertEqual("", browser.text("#notices"))

    def test_csv(self) -> None:
        """What is shown is saved as a file."""
        self.weather()
        self.bridge.begin, self.bridge.end = BEGIN, BEGIN + 20
        times = {"from": iso(BEGIN - 10), "to": iso(BEGIN + 100)}
        browser = self.show("site::air", "site::humidity", **times)
        self.lines(browser, 2)
        places = {"behavior": "allow", "downloadPath": str(self.directory)}
        browser.driver.execute_cdp_cmd("Browser.setDownloadBehavior", places)
        browser.click("#csv")
        path = self.directory / "netsim-20170714T023950Z.csv"
        eventually(path.exists, "a file")
        rows = list(csv.reader(path.read_text().splitlines()))
        self.assertEqual(["time", "site::air [K]", "site::humidity [%]"], rows[0])
        self.assertEqual(20, len(rows[1:]))
        self.assertEqual("2017-07-14T02:40:00.000Z", rows[1][0])
        self.assertAlmostEqual(wave(1)(BEGIN), float(rows[1][1]))
        self.check_quiet(browser)

    def test_many(self) -> None:
        """Of sixty fields each can be seen and told, and no more are shown than can be."""
        for number in range(160):
            self.bridge.add("rack", f"channel {number}", wave(number % 9))
        fields = [f"rack::channel {number}" for number in range(60)]
        browser = self.show(*fields, refresh=1)
        self.lines(browser, 60)
        self.assertEqual(60, len(browser.texts("#legend tr")))
        style = "return [...document.querySelectorAll('.js-line')].map((l) => l.style.cssText)"
        self.assertGreaterEqual(len(set(browser.run(style))), 40)
        self.assertLessEqual(self.bridge.queries[-1]["maxDataPoints"], 700)
        browser.wait_for("#nodes", "10 more fields: search to find them.")
        browser.click("#nodes details > button")
        browser.wait_for("#notices", "No more than 100 fields are shown at once.")
        self.assertEqual(100, len(browser.texts("#legend tr")))
        browser.until(lambda: len(self.bridge.queries[-1]["targets"]) == 100, "100 fields")
        self.check_quiet(browser)

    def test_phone(self) -> None:
        """On a phone all of it fits, one thing at a time."""
        self.weather()
        self.bridge.add("n" * 60, LONG, wave(3), units="u" * 30, description="d " * 200)
        self.bridge.add("n" * 60, "text", lambda t: "x" * 300, type="string")
        browser = self.show(size=PHONE)
        browser.wait_for("#welcome", "Choose what to see")
        self.assertEqual(0, browser.run(WIDE))
        browser.click("#pick")
        browser.wait_for("#nodes", LONG)
        self.assertEqual(0, browser.run(WIDE))
        for row in browser.driver.find_elements("css selector", "#nodes li label"):
            row.click()
        browser.click("#pick")
        browser.wait_for("#legend", LONG)
        self.assertEqual(0, browser.run(WIDE))
        self.assertEqual("", browser.text("#nodes"))
        self.choose(browser, "#range", "Fixed range")
        browser.find("#fixed")
        self.assertEqual(0, browser.run(WIDE))
        self.check_quiet(browser)

    def test_theme(self) -> None:
        """Dark and light as the system has it, or as was chosen; charts have their colours."""
        self.weather()
        browser = self.browse()
        browser.prefer("dark")
        browser.open(f"{self.bridge.url}/live{address('site::air', refresh=0)}")
        self.lines(browser, 1)
        colour = "return document.querySelector('.js-line').style.stroke"
        dark = browser.run(colour)
        browser.click("#theme")
        browser.until(lambda: browser.run(colour) != dark, "another colour")
        self.check_quiet(browser)

    def test_html(self) -> None:
        """Nothing that a node says is HTML, wherever it says it."""
        about = {"units": EVIL, "description": EVIL, "timeline": EVIL}
        self.bridge.add(EVIL, EVIL, wave(1), **about)
        self.bridge.add(EVIL, "text", lambda t: EVIL, **{**about, "type": "string"})
        self.bridge.nodes[EVIL] = EVIL
        browser = self.show()
        browser.wait_for("#nodes", EVIL)
        browser.click(".offer")
        self.lines(browser, 2)
        browser.wait_for("#legend", EVIL)
        plot = browser.find(".plot")
        ActionChains(browser.driver).move_to_element(plot).perform()
        browser.wait_for("#tip", EVIL)
        self.bridge.refusal = 400, {"error": EVIL, "problems": [EVIL]}
        browser.click("#refresh")
        browser.wait_for("#notices", EVIL)
        self.assertEqual(None, browser.run("return window.bad"))
        self.assertEqual(1, browser.run("return document.images.length"))
        self.assertEqual(0, len(browser.texts("main b b, main img, main script, body > script")))


class RealTests(LiveTestCase):
    """The page on a real bridge, with a hub, its router and a node."""

    def start_all(self, *options: str) -> tuple[Service, Hub]:
        """Start a hub, the weather and a bridge with these options."""
        hub = Hub(self)
        bridge = self.start_bridge(hub, *options)
        node = [*netsim("netsim-node"), "example-weather", *hub.options]
        self.serve(*node, ready=False).says("netsim-node serving apex_archive")
        return bridge, hub

    def start_bridge(self, hub: Hub, *options: str) -> Service:
        """Start a bridge; its ready line is out."""
        return self.serve(*netsim("netsim-grafana"), "--port=0", *hub.options, *options)

    def test_weather(self) -> None:
        """Who opens the page for the first time gets to the weather of July 2017."""
        bridge, hub = self.start_all()
        browser = self.browse()
        browser.open(f"{self.url(bridge)}/live")
        browser.wait_for("#nodes", "apex_radiometer")
        for name in ("apex_temperature", "apex_humidity"):
            browser.click(f"[title^='apex_archive::{name}'] label")
        browser.wait_for("#nothing", "no data from")
        browser.click("#nothing button")
        browser.wait_for("#when", "2017-07-")
        self.lines(browser, 2)
        self.assertEqual("", browser.text("#notices"))
        before = browser.run(LINES)
        browser.click("#in")
        browser.until(lambda: browser.run(LINES) != before, "a closer look")
        self.check_quiet(browser)
        bridge.stop(signal.SIGTERM)
        browser.wait_for("#state", "No connection")
        self.start_bridge(hub, f"--port={self.port(bridge)}")
        browser.wait_for("#state", "Up to date")
        self.lines(browser, 2)

    def test_token(self) -> None:
        """A bridge that wants a token is asked for it; in the address, it is not for long."""
        bridge, _ = self.start_all("--token=secret-1")
        browser = self.browse()
        browser.open(f"{self.url(bridge)}/live?token=wrong#utc")
        self.assertNotIn("wrong", browser.run("return location.href"))
        browser.wait_for("#token-dialog", "is not it")
        browser.fill("#token", "secret-1")
        browser.press("ENTER")
        browser.wait_for("#nodes", "apex_radiometer")
        browser.wait_for("#state", "Connected")

    def test_screenshots(self) -> None:
        """Pictures for the documentation, where NETSIM_SCREENSHOTS says; others look so, too."""
        place = Path(os.environ.get("NETSIM_SCREENSHOTS") or self.directory)
        bridge, _ = self.start_all()
        names = ("apex_temperature", "apex_humidity")
        ends = {"from": "2017-07-18T00:00:00Z", "to": "2017-07-23T00:00:00Z", "utc": ""}
        for theme in ("light", "dark"):
            browser = self.browse()
            browser.prefer(theme)
            fields = names if theme == "light" else (*names, "apex_windspeed")
            shown = address(*(f"apex_archive::{name}" for name in fields), **ends)
            browser.open(f"{self.url(bridge)}/live{shown}")
            self.lines(browser, len(fields))
            plot = browser.find(".plot")
            ActionChains(browser.driver).move_to_element_with_offset(plot, 120, -20).perform()
            browser.wait_for("#tip", "apex")
            time.sleep(0.5)
            browser.driver.save_screenshot(str(place / f"live-{theme}.png"))
            self.check_quiet(browser)

    def url(self, bridge: Service) -> str:
        """Where a bridge is."""
        return f"http://{bridge.address}".replace("http://http://", "http://")

    def port(self, bridge: Service) -> int:
        return int(self.url(bridge).rpartition(":")[2])
