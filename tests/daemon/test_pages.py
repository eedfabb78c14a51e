"""Tests for L{netsim.daemon.pages}."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from treq.testing import RequestTraversalAgent
from twisted.internet.defer import execute
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import readBody
from twisted.web.resource import Resource

from netsim.daemon import pages
from netsim.daemon.pages import PAGE, add_page
from netsim.web.assets import STATIC

SCRIPTS = sorted([*PAGE.glob("*js"), *STATIC.glob("*js")])
STYLES = sorted([*PAGE.glob("*.css"), *STATIC.glob("*.css")])
INDEX = (PAGE / "index.html").read_text()

# Whatever makes HTML, code or a style out of a text, and whatever keeps texts for others.
DANGEROUS = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser"
    r"|setHTML|\beval\b|new Function|Function\(|setTimeout\(\s*[\"'`]|javascript:|srcdoc"
    r"|setAttribute\(\s*[\"'](on|style|src|href)|\.cssText|document\.cookie|postMessage"
)


class Elements(HTMLParser):
    """The elements of a page, and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


class PageTests(SynchronousTestCase):
    """L{add_page}."""

    def setUp(self) -> None:
        self.root = Resource()
        add_page(self.root, execute)
        self.agent = RequestTraversalAgent(self.root)

    def get(self, path: str) -> tuple[int, str]:
        asked = self.agent.request(b"GET", f"http://host{path}".encode())
        self.agent.flush()
        response = self.successResultOf(asked)
        read = readBody(response)
        self.agent.flush()
        return response.code, self.successResultOf(read).decode()

    def test_page(self) -> None:
        """The page is at the root."""
        self.assertEqual((200, INDEX), self.get("/"))

    def test_loaded(self) -> None:
        """Everything that the page and its scripts load is there, under the daemon's own name."""
        names = {attributes[key] for _, attributes in Elements(INDEX).found
                 for key in ("src", "href") if key in attributes}  # fmt: skip
        files = {f"/{name}" for name in names if name and not name.startswith("#")}
        for script in SCRIPTS:
            text = script.read_text()
            files |= {f"/assets/{name}" for name in re.findall(r'from "\./(.*?)"', text)}
            files |= {f"/{name}" for name in re.findall(r'"(assets/.*?)"', text)}
        self.assertIn("/assets/main.mjs", files)
        self.assertIn("/assets/plotly.min.js", files)
        self.assertEqual(
            {}, {path: self.get(path)[0] for path in files if self.get(path)[0] != 200}
        )

    def test_nobodyElse(self) -> None:
        """No other host is asked for anything."""
        for path in [PAGE / "index.html", *SCRIPTS, *STYLES]:
            # The names of XML's own parts are no places.
            self.assertEqual([], re.findall(r"https?://\S+", path.read_text()), path)

    def test_withoutCharts(self) -> None:
        """Where plotly is not installed, all but the charts is there."""
        self.patch(pages, "plotly_script", lambda: None)
        self.setUp()
        self.assertEqual(404, self.get("/assets/plotly.min.js")[0])
        self.assertEqual(200, self.get("/assets/main.mjs")[0])

    def test_noName(self) -> None:
        """No two files have one name: they are all served from one place."""
        names = [path.name for directory in (PAGE, STATIC) for path in directory.iterdir()]
        self.assertEqual(sorted(set(names)), sorted(names))


class SourceTests(SynchronousTestCase):
    """Rules that the files of the page keep."""

    def test_noHtml(self) -> None:
        """Nothing in the scripts could make HTML or code of a project's data."""
        found = {
            f"{path.name}: {match}"
            for path in SCRIPTS
            for match in re.findall(f"({DANGEROUS})", path.read_text())
        }
        self.assertEqual(set(), found)

    def test_pattern(self) -> None:
        """The rule would see what it is for."""
        for text in ("x.innerHTML = y", 'a.setAttribute("onclick", y)', "eval(x)"):
            self.assertRegex(text, DANGEROUS)

    def test_noInline(self) -> None:
        """The page has no code, style or handler in it: the policy would not run it."""
        for tag, attributes in Elements(INDEX).found:
            self.assertNotEqual("style", tag)
            self.assertFalse(tag == "script" and "src" not in attributes)
            names = " ".join(attributes)
            self.assertNotRegex(names, r"\b(on\w+|style)\b")

    def test_labels(self) -> None:
        """Every field has a name that can be read out, and every id is there once."""
        elements = Elements(INDEX).found
        for tag, attributes in elements:
            if tag == "input":
                self.assertIn("aria-label", attributes)
        ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
        self.assertEqual(sorted(set(ids)), sorted(ids))

    def test_ids(self) -> None:
        """The scripts look for nothing that the page does not have."""
        wanted = {
            match
            for path in SCRIPTS
            for match in re.findall(r'(?:\$|getElementById)\("([^"]+)"\)', path.read_text())
        }
        self.assertLess({"charts", "token-dialog"}, wanted)
        ids = {attributes.get("id") for _, attributes in Elements(INDEX).found}
        self.assertEqual(set(), wanted - ids)

    def test_size(self) -> None:
        """One idea for each script."""
        sizes = {path.name: len(path.read_text().splitlines()) for path in SCRIPTS}
        self.assertEqual({}, {name: size for name, size in sizes.items() if size > 200})
