"""Tests of L{netsim.daemon.swagger}."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon import swagger
from netsim.web.access import Access
from netsim.web.answers import Refusal
from netsim.web.door import FrontDoor, Refused
from netsim.web.headers import PAGE_POLICY
from tests.web.calls import Answer, ask

API = Refused(Refusal(404, "not here"))


def at_once(function: Any, *args: Any) -> Deferred[Any]:
    """Do it now."""
    return maybeDeferred(function, *args)


class DocsTests(SynchronousTestCase):
    """The documentation."""

    def setUp(self) -> None:
        directory = Path(self.mktemp())
        directory.mkdir()
        (directory / "swagger-ui.css").write_text("style")
        (directory / "swagger-ui-bundle.js").write_text("script")
        (directory / "oauth2-redirect.html").write_text("more")
        self.root = self.door(directory)

    def door(self, directory: Path | None) -> FrontDoor:
        """A daemon with these files."""
        door = FrontDoor(API, Access(), "netsim-test")
        swagger.add_docs(door, at_once, directory)
        return door

    def get(self, path: str) -> Answer:
        """Ask for something."""
        return ask(self.root, "GET", path)

    def test_page(self) -> None:
        """It is a page that may do no more than others, and it loads what is there."""
        page = self.get("/docs/")
        self.assertEqual(page.headers["Content-Type"], "text/html; charset=utf-8")
        self.assertEqual(page.headers["Content-Security-Policy"], PAGE_POLICY)
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
        self.assertIn("swagger-ui.css", loaded)
        for name in loaded:
            if not name.startswith("data:"):
                self.assertEqual(self.get(f"/docs/{name}").status, 200, name)

    def test_noInline(self) -> None:
        """Nothing in it would need another policy."""
        page = self.get("/docs/").body.decode()
        self.assertEqual(re.findall(r"<script(?! src)|<style| style=| on\w+=", page), [])

    def test_files(self) -> None:
        """Those of the package are served as they are, but for those that are not needed."""
        self.assertEqual(self.get("/docs/swagger-ui.css").body, b"style")
        script = self.get("/docs/swagger-ui-bundle.js")
        self.assertEqual(
            (script.body, script.headers["Content-Type"]),
            (b"script", "text/javascript; charset=utf-8"),
        )
        for name in ("oauth2-redirect.html", "nothing"):
            self.assertEqual(self.get(f"/docs/{name}").status, 404, name)

    def test_withoutSlash(self) -> None:
        """The page is a directory, and says so."""
        for path, location in (("/docs", "docs/"), ("/docs?token=x", "docs/?token=x")):
            answer = self.get(path)
            self.assertEqual((answer.status, answer.headers["Location"]), (302, location))

    def test_missing(self) -> None:
        """Where the package is not installed, the page says what to do."""
        self.root = self.door(None)
        for path in ("/docs", "/docs/", "/docs/swagger-ui.css"):
            answer = self.get(path)
            self.assertEqual(answer.status, 404)
            self.assertIn("pip install 'netsim[daemon]'", answer.value["error"])
            self.assertIn("/api/openapi.json", answer.value["error"])


class DirectoryTests(SynchronousTestCase):
    """Where the files are."""

    def package(self, *names: str) -> Path:
        """An installed package that has these files."""
        place = Path(self.mktemp()).absolute()
        static = place / "swagger_ui" / "static"
        static.mkdir(parents=True)
        (place / "swagger_ui" / "__init__.py").write_text("raise ImportError('not to be imported')")
        for name in names:
            (static / name).touch()
        self.patch(sys, "path", [str(place)])
        sys.modules.pop("swagger_ui", None)
        return static

    def test_installed(self) -> None:
        """They are found without running the package."""
        static = self.package(*swagger.FILES)
        self.assertEqual(swagger.swagger_directory(), static)
        self.assertNotIn("swagger_ui", sys.modules)

    def test_incomplete(self) -> None:
        """Another package of that name is none."""
        self.package(swagger.FILES[0])
        self.assertIsNone(swagger.swagger_directory())

    def test_missing(self) -> None:
        """Nothing is installed."""
        self.patch(sys, "path", [])
        sys.modules.pop("swagger_ui", None)
        self.assertIsNone(swagger.swagger_directory())
