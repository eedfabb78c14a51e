"""The daemon's web page, in a browser."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any
from urllib.parse import quote

from tests.integration.browser import DESKTOP, PHONE, Browser
from tests.integration.daemons import Daemon, DaemonTestCase, Peer
from tests.integration.processes import SLACK

NAME = "training run"
EVIL = '<img src=x onerror="window.bad=1"><script>window.bad=1</script>&lt;b&gt;</b>\'"`${1}'
ACTIONS = {
    "set_rate": {"args": {"rate": "float", "note": "str = 'none'", "warm": "bool = True"},
                 "blocking": False, "description": "Set the learning rate."},
    "stop": {"args": {}, "blocking": True, "description": ""},
}  # fmt: skip
FRAMES = """
    window.frames_ = []; let last = performance.now();
    const frame = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
"""  # noqa: E501


def log(message: Any, level: str = "info", **more: Any) -> dict[str, Any]:
    return {"log": {"level": level, "message": message, "time": time.time(), "whom": "m", **more}}


class Sender:
    """A program that logs a thousand lines each second, until it is stopped."""

    def __init__(self, cli: Peer) -> None:
        self.cli = cli
        self.count = 0
        self.started = time.monotonic()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.send)
        self.thread.start()

    def send(self) -> None:
        while not self.stopping.wait(max(0, self.started + self.count / 1000 - time.monotonic())):
            self.cli.say("log", log(f"line {self.count}"))
            self.count += 1

    def stop(self) -> int:
        """How many lines there were."""
        self.stopping.set()
        self.thread.join()
        return self.count


class PageTestCase(DaemonTestCase):
    """A test that looks at a page; whatever the browser complains about, it fails."""

    def browse(self, size: tuple[int, int] = DESKTOP) -> Browser:
        browser = Browser(size)
        self.addCleanup(browser.close)
        return browser

    def show(
        self, daemon: Daemon, section: str = "", name: str = NAME, size: tuple[int, int] = DESKTOP
    ) -> Browser:
        """Open the page of a project, and wait until it is live."""
        browser = self.browse(size)
        browser.open(f"{daemon.url}/#/project/{quote(name, safe='')}/{section}")
        browser.find("#project")
        browser.wait_for("#connection", "Connected")
        return browser

    def check_quiet(self, browser: Browser) -> None:
        """The browser has not complained: no error, and nothing that the policy forbids."""
        self.assertEqual([], browser.problems())


class StatusTests(PageTestCase):
    """Projects, and how they are."""

    def test_first_project(self) -> None:
        """An empty page says what to do; a program that connects is there, and can be chosen."""
        daemon = self.daemon()
        browser = self.browse()
        browser.open(daemon.url)
        browser.wait_for("#welcome", f'connect("my project", url="{daemon.url}")')
        cli = daemon.cli(NAME)
        daemon.sync("silent", {"display_name": "The other one"})
        browser.wait_for("#welcome", "Choose a project")
        self.assertEqual(["silent", NAME], [self.name_of(item) for item in self.items(browser)])
        browser.click("#projects li:last-child a")
        browser.wait_for("#project-title", NAME)
        browser.wait_for("#project-state", "online")
        browser.wait_for("#project-facts", "1 program connected · 1 viewer")
        cli.socket.close()
        browser.wait_for("#project-state", "offline")
        browser.click("#projects li:first-child a")
        browser.wait_for("#project-title", "The other one")
        browser.wait_for("#project-facts", "silent")
        self.check_quiet(browser)

    def items(self, browser: Browser) -> list[str]:
        return browser.run("return [...document.querySelectorAll('#projects a')].map(a => a.href)")

    def name_of(self, link: str) -> str:
        return link.rpartition("/")[2].replace("%20", " ")

    def test_charts(self) -> None:
        """Numbers become charts that move, the rest a tree."""
        daemon = self.daemon()
        for step in range(3):
            self.sync(daemon, step)
        browser = self.show(daemon)
        browser.wait_for("#charts", "loss")
        line = "return document.querySelector('#charts .js-line')?.getAttribute('d')"
        drawn = browser.until(lambda: browser.run(line), "a chart")
        self.sync(daemon, 77)
        browser.wait_for("#charts .value", "0.77")
        browser.until(lambda: browser.run(line) != drawn, "a chart that moves")
        self.assertEqual(["loss", "gpu \u203a memory"], browser.texts("#charts figcaption"))
        leaves = dict(
            zip(browser.texts(".leaf > .muted"), browser.texts(".leaf > .mono"), strict=True)
        )
        self.assertEqual({"phase": "warm up", "tags": "a, b", "best": "none"}, leaves)
        self.check_quiet(browser)

    def sync(self, daemon: Daemon, step: int) -> None:
        status = {"loss": {"value": step / 100, "timestamp": 1.0, "interval": 1.0},
                  "gpu": {"memory": step}, "phase": "warm up", "tags": ["a", "b"],
                  "best": None}  # fmt: skip
        self.assertEqual(200, daemon.sync(NAME, status).status)

    def test_many_numbers(self) -> None:
        """Charts that cannot be seen are not drawn; a filter finds the one that is wanted."""
        daemon = self.daemon()
        daemon.sync(NAME, {f"number {index}": index for index in range(100)})
        browser = self.show(daemon)
        browser.until(lambda: browser.texts(".js-plotly-plot"), "charts")
        self.assertEqual(100, len(browser.texts("#charts .chart")))
        self.assertLess(len(browser.texts(".js-plotly-plot")), 40)
        browser.run("scrollTo(0, document.body.scrollHeight)")
        plot = "return document.querySelector('#charts').{}ElementChild.querySelector('.main-svg')"
        browser.until(lambda: browser.run(plot.format("last")), "the last chart")
        daemon.sync(NAME, {f"number {index}": index + 1 for index in range(100)})
        browser.wait_for("#charts .chart:last-child .value", "100")
        time.sleep(0.5)
        self.assertEqual(None, browser.run(plot.format("first")))
        browser.fill("#status-filter", "number 73")
        self.assertEqual(["number 73"], browser.texts("#charts figcaption"))
        browser.until(
            lambda: browser.run("return !!document.querySelector('.js-line, .points')"), "it"
        )
        self.check_quiet(browser)

    def test_system(self) -> None:
        """What the program runs on."""
        daemon = self.daemon()
        hardware = {"cpus": [{"id": 0, "percent": 12.4, "freq": [2400, 800, 4000]}],
                    "ram": {"total": 1 << 34, "used": 1 << 32, "available": 3 << 32, "free": 1},
                    "gpus": [{"name": "fast one"}]}  # fmt: skip
        platform = {"os_name": "Linux", "python_version": "3.11.7"}
        daemon.sync(NAME, {"platform": platform, "hardware": hardware})
        browser = self.show(daemon, "system")
        for text in ("Linux", "3.11.7", "12 % · 2.4 GHz", "4.0 GiB of 16 GiB", "fast one"):
            browser.wait_for("#system", text)
        self.check_quiet(browser)

    def test_fifty_projects(self) -> None:
        """Among many, one is found by typing a part of its name; nothing but keys is needed."""
        daemon = self.daemon()
        for number in range(50):
            daemon.sync(f"simulator {number}", {"number": number})
        browser = self.browse()
        browser.open(daemon.url)
        browser.until(lambda: len(browser.texts("#projects li")) == 50, "50 projects")
        names = browser.texts("#projects .name")
        self.assertEqual(["simulator 0", "simulator 1", "simulator 2"], names[:3])
        browser.press("/")
        self.assertEqual("project-filter", browser.focus)
        browser.press(*"lator 4")
        found = [f"simulator {number}" for number in (4, 14, 24, 34, *range(40, 50))]
        self.assertEqual(found, browser.texts("#projects .name"))
        browser.press("ARROW_DOWN", "ARROW_DOWN", "ENTER")
        browser.wait_for("#project-title", "simulator 14")
        browser.press("ARROW_UP", "ARROW_UP", "ESCAPE")
        self.assertEqual(50, len(browser.texts("#projects li")))
        self.check_quiet(browser)

    def test_forget(self) -> None:
        """A project whose program has gone can be removed."""
        daemon = self.daemon()
        daemon.cli(NAME).socket.close()
        browser = self.show(daemon)
        browser.click("#forget")
        browser.click("#forget-form .danger")
        browser.wait_for("#welcome", "Nothing has connected yet")
        self.assertEqual([], daemon.get("/api/v1/projects").json["projects"])


class LogTests(PageTestCase):
    """What programs log."""

    def test_stream(self) -> None:
        """What was logged before is there, and what is logged now follows it, each line once."""
        daemon = self.daemon()
        cli = daemon.cli(NAME)
        for number in range(5):
            cli.say("log", log(f"before {number}"))
        browser = self.show(daemon, "log")
        browser.wait_for("#log-lines", "before 4")
        cli.say("log", log("now", "error"))
        cli.say(
            "log",
            {"prefix": "WARN", "datetime": "2024-03-01 10:00:00", "whom": "w", "msg": "field"},
        )
        browser.wait_for("#log-lines", "field")
        texts = [*(f"before {number}" for number in range(5)), "now", "field"]
        self.assertEqual(texts, browser.texts(".line .text"))
        self.assertEqual(["error", "warning"], browser.texts(".line .level")[-2:])
        cli.say("log", log("12 lines were dropped", "warning", dropped=12))
        browser.wait_for(".line.dropped", "12 lines were dropped")
        self.check_quiet(browser)

    def test_filters(self) -> None:
        """Lines are shown by level and by words; so are those that come later."""
        daemon = self.daemon()
        cli = daemon.cli(NAME)
        browser = self.show(daemon, "log")
        for level in ("debug", "info", "warning", "error", "critical"):
            cli.say("log", log(f"one {level}", level))
        browser.wait_for("#log-count", "5 lines")
        browser.run(
            "const s = document.getElementById('log-level');"
            "s.value = 'warning'; s.dispatchEvent(new Event('change'))"
        )
        browser.wait_for("#log-count", "3 of 5 lines")
        browser.press("/", *"ONE err")
        cli.say("log", log("another one, an error"))
        cli.say("log", log("another one, an error", "error"))
        browser.wait_for("#log-count", "2 of 7 lines")
        self.assertEqual(["one error", "another one, an error"], browser.texts(".line .text"))
        browser.press("ESCAPE")
        browser.wait_for("#log-count", "4 of 7 lines")
        browser.fill("#log-search", "nothing like it")
        browser.wait_for("#log-empty", "No line is like this")
        self.check_quiet(browser)

    def test_rate(self) -> None:
        """A thousand lines each second: the page keeps up, stays quick, and does not grow."""
        daemon = self.daemon()
        cli = daemon.cli(NAME)
        browser = self.show(daemon, "log")
        browser.run(FRAMES)
        sender = Sender(cli)
        self.addCleanup(sender.stop)
        browser.until(lambda: len(browser.texts(".line")) > 400, "lines")
        browser.click("#log-follow")
        self.assertEqual("false", browser.find("#log-follow").get_attribute("aria-pressed"))
        browser.wait_for("#log-newer", "newer lines")
        top = browser.texts(".line .text")
        browser.click("#log-newer")
        self.assertNotEqual(top, browser.texts(".line .text"))
        time.sleep(max(0, sender.started + 5 - time.monotonic()))
        count = sender.stop()
        ended = time.monotonic()
        last = [f"line {count - 1}"]
        browser.until(lambda: browser.texts(".line:last-child .text") == last, "the end")
        self.assertLess(time.monotonic() - ended, 3 + SLACK)
        browser.wait_for("#log-count", f"{count:,} lines" if count < 10_000 else "lines")
        self.assertLessEqual(len(browser.texts(".line")), 2000)
        frames = sorted(browser.run("return window.frames_"))
        self.assertLess(frames[-1], 1500, f"{len(frames)} frames")
        self.assertGreater(len(frames), 40)
        self.check_quiet(browser)

    def test_scrolled_up(self) -> None:
        """Who has scrolled up stays there, and can go further up than what was shown at first."""
        daemon = self.daemon()
        cli = daemon.cli(NAME)
        browser = self.show(daemon, "log")
        for number in range(900):
            cli.say("log", log(f"line {number}"))
        browser.wait_for("#log-lines .line:last-child", "line 899")
        for number in range(900, 1200, 100):
            for more in range(number, number + 100):
                cli.say("log", log(f"line {more}"))
            browser.wait_for("#log-lines .line:last-child", f"line {number + 99}")
        self.assertEqual(500, len(browser.texts(".line")))
        move = "const l = document.getElementById('log-lines'); l.scrollTop = arguments[0]"
        browser.run(move, 200)
        browser.until(lambda: browser.texts(".line .text")[0] == "line 300", "lines before")
        at_top = (
            "const { left, top } = document.getElementById('log-lines').getBoundingClientRect();"
            "return document.elementFromPoint(left + 40, top + 20).parentElement.textContent"
        )
        self.assertRegex(browser.run(at_top), "line 7(0[5-9]|1[01])$")
        seen = "return document.getElementById('log-lines').scrollTop"
        place = browser.run(seen)
        cli.say("log", log("news"))
        browser.wait_for("#log-newer", "1 newer lines")
        self.assertEqual(place, browser.run(seen))
        browser.run(move, 10**6)
        browser.wait_for("#log-lines .line:last-child", "news")
        browser.until(lambda: not browser.find("#log-lines").get_attribute("hidden"), "it")
        self.assertEqual("true", browser.find("#log-follow").get_attribute("aria-pressed"))
        self.check_quiet(browser)


class ActionTests(PageTestCase):
    """What is done from the page."""

    def test_calls(self) -> None:
        """An action is called by its form; what comes of it is listed: done, failed, pending."""
        daemon = self.daemon()
        cli = daemon.cli(NAME)
        daemon.sync(NAME, {"__action": ACTIONS})
        browser = self.show(daemon, "actions")
        browser.fill(".action input[type=number]", "0.25")
        browser.click(".action input[type=checkbox]")
        browser.click(".action button")
        asked = cli.hear()
        args = {"rate": "0.25", "note": "none", "warm": "False"}
        self.assertEqual({"name": "set_rate", "args": args}, asked["payload"])
        browser.wait_for("#calls .pill", "waiting")
        cli.say("ack", {"name": "set_rate", "result": {"was": 0.5}}, asked["event-id"])
        browser.wait_for("#calls li", "done")
        browser.wait_for("#calls pre", '"was": 0.5')
        browser.click(".action:last-child button")
        # As clients in the field answer.
        cli.say("action", {"name": "stop", "error": "ValueError: no"}, cli.hear()["event-id"])
        browser.wait_for("#calls li", "failed")
        browser.wait_for("#calls pre", "ValueError: no")
        browser.click(".action:last-child button")
        cli.hear()
        browser.wait_for("#calls li", "waiting")
        cli.socket.close()
        browser.wait_for("#calls pre", "The program is not connected.")
        self.assertEqual(3, len(browser.texts("#calls li")))
        self.check_quiet(browser)

    def test_late(self) -> None:
        """A program that does not answer in time has not."""
        daemon = self.daemon("--action-timeout=1")
        cli = daemon.cli(NAME)
        daemon.sync(NAME, {"__action": ACTIONS})
        browser = self.show(daemon, "actions")
        browser.click(".action:last-child button")
        self.assertEqual("stop", cli.hear()["payload"]["name"])
        browser.wait_for("#calls li", "timed out")
        browser.wait_for("#calls pre", "no answer within 1 s")

    def test_forms(self) -> None:
        """What an action needs has to be filled in, and stays when other actions come and go."""
        daemon = self.daemon()
        daemon.sync(NAME, {"__action": ACTIONS})
        browser = self.show(daemon, "actions")
        browser.click(".action button")
        self.assertEqual([], browser.texts("#calls li"))
        browser.fill(".action input[type=number]", "0.25")
        daemon.sync(NAME, {"__action": {**ACTIONS, "more": {}}})
        browser.wait_for("#forms", "more")
        self.assertEqual("0.25", browser.find(".action input[type=number]").get_attribute("value"))

    def test_keyboard(self) -> None:
        """Nothing but keys is needed to go to the actions, and to call one."""
        daemon = self.daemon()
        cli = daemon.cli(NAME)
        daemon.sync(NAME, {"__action": ACTIONS})
        browser = self.show(daemon)
        browser.run("document.getElementById('tab-status').focus()")
        browser.press("ARROW_RIGHT", "ARROW_RIGHT")
        self.assertEqual("tab-actions", browser.focus)
        browser.press("TAB", "0.5", "TAB", "TAB", "SPACE", "TAB", "ENTER")
        args = {"rate": "0.5", "note": "none", "warm": "False"}
        self.assertEqual(args, cli.hear()["payload"]["args"])
        outline = "return getComputedStyle(document.activeElement).outlineStyle"
        self.assertEqual("solid", browser.run(outline))


class LifeTests(PageTestCase):
    """What happens around the page."""

    def test_restart(self) -> None:
        """The daemon goes away under the open page, and comes back: so does the page."""
        database = f"--database={self.directory / 'kept.sqlite'}"
        daemon = self.daemon(database)
        cli = daemon.cli(NAME)
        daemon.sync(NAME, {"loss": 0.1})
        cli.say("log", log("before"))
        browser = self.show(daemon, "log")
        browser.wait_for("#log-lines", "before")
        daemon.service.stop(signal.SIGTERM)
        browser.wait_for("#connection", "Connection lost")
        browser.wait_for("#toast", "retrying")
        self.assertEqual(["before"], browser.texts(".line .text"))
        daemon = self.daemon(database, f"--port={daemon.port}")
        cli = daemon.cli(NAME)
        cli.say("log", log("while the page was away"))
        browser.wait_for("#connection", "Connected")
        browser.wait_for("#log-lines", "while the page was away")
        cli.say("log", log("after"))
        browser.wait_for("#log-lines", "after")
        expected = ["before", "while the page was away", "after"]
        self.assertEqual(expected, browser.texts(".line .text"))
        self.assertEqual("", browser.text("#toast"))
        daemon.sync(NAME, {"loss": 0.2})
        browser.click("#tab-status")
        browser.wait_for("#charts .value", "0.2")

    def test_token(self) -> None:
        """A daemon that wants a token is asked for it; in the address, it is not for long."""
        daemon = self.daemon("--token=secret-1")
        url = f"{daemon.url}/?token=wrong#/project/{quote(NAME)}/log"
        cli = daemon.peer(NAME, "/?token=secret-1")
        cli.join("cli")
        browser = self.browse()
        browser.open(url)
        self.assertNotIn("wrong", browser.run("return location.href"))
        browser.wait_for("#token-dialog", "is not it")
        browser.fill("#token", "secret-1")
        browser.press("ENTER")
        browser.wait_for("#connection", "Connected")
        cli.say("log", log("hello"))
        browser.wait_for("#log-lines", "hello")
        browser.open(browser.run("return location.href"))
        browser.wait_for("#log-lines", "hello")

    def test_theme(self) -> None:
        """Dark and light as the system has it, or as was chosen, which is kept."""
        daemon = self.daemon()
        browser = self.browse()
        browser.prefer("dark")
        browser.open(daemon.url)
        colour = "return getComputedStyle(document.body).backgroundColor"
        dark = browser.run(colour)
        browser.click("#theme")
        light = browser.run(colour)
        self.assertNotEqual(dark, light)
        browser.open(f"{daemon.url}/?again")
        self.assertEqual(light, browser.run(colour))
        browser.click("#theme")
        self.assertEqual(dark, browser.run(colour))
        self.check_quiet(browser)

    def test_phone(self) -> None:
        """On a phone all of it fits, one thing at a time."""
        daemon = self.daemon()
        name = "a-very-long-name-without-any-blank-" * 3
        cli = daemon.cli(name)
        daemon.sync(name, {"__action": ACTIONS, "key" * 40: "value" * 90, "number" * 20: 1e14,
                           "platform": {"os_name": "x" * 300}})  # fmt: skip
        cli.say("log", log("y" * 500, whom="z" * 90))
        browser = self.show(daemon, name=name, size=PHONE)
        wide = "return document.documentElement.scrollWidth - innerWidth"
        for tab, text in [
            ("status", "value"),
            ("log", "yyy"),
            ("actions", "rate"),
            ("system", "xxx"),
        ]:
            browser.click(f"#tab-{tab}")
            browser.wait_for(f"#{tab}", text)
            self.assertEqual(0, browser.run(wide), tab)
        self.assertEqual("", browser.text("#projects"))
        browser.click(".back")
        browser.wait_for("#projects", "a-very-long")
        self.assertEqual(0, browser.run(wide))
        self.check_quiet(browser)

    def test_html(self) -> None:
        """Nothing that a project says is HTML, wherever it says it."""
        daemon = self.daemon()
        cli = daemon.cli(EVIL)
        action = {
            "args": {EVIL: EVIL, "y": f"str = '{EVIL}'"},
            "description": EVIL,
            "blocking": EVIL,
        }
        daemon.sync(EVIL, {
            EVIL: EVIL, f"{EVIL}n": 1, "list": [EVIL, {EVIL: EVIL}], "deep": {EVIL: {EVIL: 2}},
            "display_name": f"{EVIL}!", "platform": {"os_name": EVIL, EVIL: EVIL},
            "hardware": {"cpus": [{"id": EVIL, "percent": 3, "freq": EVIL}], "gpus": [{EVIL: EVIL}],
                         "ram": {"total": EVIL, EVIL: EVIL}},
            "__action": {EVIL: action},
        })  # fmt: skip
        cli.say("log", log(EVIL, EVIL, whom=EVIL))
        cli.say("log", {"prefix": EVIL, "datetime": EVIL, "whom": EVIL, "msg": EVIL})
        browser = self.show(daemon, name=EVIL)
        browser.wait_for("#project-title", f"{EVIL}!")
        browser.until(lambda: browser.texts(".js-plotly-plot"), "charts")
        for tab in ("status", "log", "actions", "system"):
            browser.click(f"#tab-{tab}")
            browser.wait_for(f"#{tab}", EVIL)
        browser.click("#tab-actions")
        browser.fill(".action input", EVIL)
        for answer in (
            {"result": EVIL},
            {"error": EVIL},
            {"reason": EVIL, "result": EVIL},
            {EVIL: [EVIL]},
        ):
            browser.click(".action button")
            cli.say("ack", answer, cli.hear()["event-id"])
            browser.until(lambda: "waiting" not in browser.text("#calls"), "an answer")
        self.assertEqual(None, browser.run("return window.bad"))
        self.assertEqual(1, browser.run("return document.images.length"))
        self.assertEqual(0, len(browser.texts("main b b, main img, main script, body > script")))
        places = browser.run("return [...document.links].map((link) => link.getAttribute('href'))")
        self.assertEqual({"#"}, {place[0] for place in places})
        self.check_quiet(browser)
