"""What is checked of the files of every page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import readBody
from twisted.web.iweb import IResponse
from twisted.web.resource import Resource

from netsim.web.assets import STATIC
from netsim.web.headers import PAGE_POLICY

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


class PageFiles:
    """
    The files of a page.

    @ivar page: their directory.
    @ivar index: the text of the page itself.
    """

    def __init__(self, page: Path, index: str) -> None:
        self.page = page
        self.index = (page / index).read_text()
        self.scripts = sorted([*page.glob("*js"), *STATIC.glob("*js")])
        self.styles = sorted([*page.glob("*.css"), *STATIC.glob("*.css")])
        self.texts = [page / index, *self.scripts, *self.styles]
        self.elements = Elements(self.index).found

    @property
    def loaded(self) -> set[str]:
        """The paths of what the page and its scripts load, if the page is at the root."""
        names = {attributes[key] for _, attributes in self.elements
                 for key in ("src", "href") if key in attributes}  # fmt: skip
        files = {f"/{name}" for name in names if name and not name.startswith("#")}
        for script in self.scripts:
            text = script.read_text()
            files |= {f"/assets/{name}" for name in re.findall(r'from "\./(.*?)"', text)}
            files |= {f"/{name}" for name in re.findall(r'"(assets/.*?)"', text)}
        return files

    @property
    def wanted_ids(self) -> set[str]:
        """The elements that scripts of the page look for."""
        patterns = r'(?:\$|getElementById)\("([^"]+)"\)'
        return {match for path in self.scripts for match in re.findall(patterns, path.read_text())}


class Served:
    """A resource, and what it answers without a network."""

    def __init__(self, root: Resource) -> None:
        self._agent = RequestTraversalAgent(root)

    def ask(self, test: SynchronousTestCase, path: str) -> tuple[IResponse, str]:
        """Get something; the answer, and its body."""
        asked: Deferred[IResponse] = self._agent.request(b"GET", f"http://host{path}".encode())
        self._agent.flush()
        response = test.successResultOf(asked)
        read = readBody(response)
        self._agent.flush()
        return response, test.successResultOf(read).decode()

    def get(self, test: SynchronousTestCase, path: str) -> tuple[int, str]:
        """Get something; status and body."""
        response, body = self.ask(test, path)
        return response.code, body


class PageCase(SynchronousTestCase):
    """
    What holds for every page; import the module, not this class, or trial runs it by itself.

    @cvar files: of the page.
    @cvar path: where it is.
    @cvar main: the script that it begins with.
    @cvar known_ids: some that its scripts look for.
    @cvar labelled: fields inside of a label.
    """

    files: PageFiles
    path: str
    main = "main.mjs"
    known_ids: frozenset[str]
    labelled: frozenset[str | None] = frozenset()

    def add(self, root: Resource) -> None:
        """Put the page into a resource."""
        raise NotImplementedError

    def setUp(self) -> None:
        root = Resource()
        self.add(root)
        self.served = Served(root)

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of an answer."""
        return self.served.get(self, path)

    def test_page(self) -> None:
        """The page is at its path, with what keeps it safe."""
        response, body = self.served.ask(self, self.path)
        self.assertEqual((200, self.files.index), (response.code, body))
        policies = response.headers.getRawHeaders("Content-Security-Policy")
        self.assertEqual([PAGE_POLICY], policies)

    def test_loaded(self) -> None:
        """Everything that the page and its scripts load is there, from the same server."""
        files = self.files.loaded
        self.assertIn(f"/assets/{self.main}", files)
        self.assertIn("/assets/plotly.min.js", files)
        self.assertEqual(
            {}, {path: self.get(path)[0] for path in files if self.get(path)[0] != 200}
        )

    def test_nobodyElse(self) -> None:
        """No other host is asked for anything."""
        for path in self.files.texts:
            # The names of XML's own parts are no places.
            self.assertEqual([], re.findall(r"https?://\S+", path.read_text()), path)

    def test_noName(self) -> None:
        """No two files have one name: they are all served from one place."""
        places = (self.files.page, STATIC)
        names = [path.name for directory in places for path in directory.iterdir()]
        self.assertEqual(sorted(set(names)), sorted(names))

    def test_noHtml(self) -> None:
        """Nothing in the scripts could make HTML or code of data."""
        found = {
            f"{path.name}: {match}"
            for path in self.files.scripts
            for match in re.findall(f"({DANGEROUS})", path.read_text())
        }
        self.assertEqual(set(), found)

    def test_pattern(self) -> None:
        """The rule would see what it is for."""
        for text in ("x.innerHTML = y", 'a.setAttribute("onclick", y)', "eval(x)"):
            self.assertRegex(text, DANGEROUS)

    def test_noInline(self) -> None:
        """The page has no code, style or handler in it: the policy would not run it."""
        for tag, attributes in self.files.elements:
            self.assertNotEqual("style", tag)
            self.assertFalse(tag == "script" and "src" not in attributes)
            names = " ".join(attributes)
            self.assertNotRegex(names, r"\b(on\w+|style)\b")

    def test_labels(self) -> None:
        """Every field has a name that can be read out, and every id is there once."""
        for tag, attributes in self.files.elements:
            if tag in ("input", "select") and attributes.get("id") not in self.labelled:
                self.assertIn("aria-label", attributes)
        ids = [attributes["id"] for _, attributes in self.files.elements if "id" in attributes]
        self.assertEqual(sorted(set(ids)), sorted(ids))

    def test_ids(self) -> None:
        """The scripts look for nothing that the page does not have."""
        wanted = self.files.wanted_ids
        self.assertLess(self.known_ids, wanted)
        ids = {attributes.get("id") for _, attributes in self.files.elements}
        self.assertEqual(set(), wanted - ids)

    def test_size(self) -> None:
        """One idea for each script."""
        sizes = {path.name: len(path.read_text().splitlines()) for path in self.files.scripts}
        self.assertEqual({}, {name: size for name, size in sizes.items() if size > 200})
