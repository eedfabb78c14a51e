"""The bridge's live page: its files, and where they are."""

from __future__ import annotations

from pathlib import Path

from twisted.web.resource import Resource
from twisted.web.server import Request
from twisted.web.util import Redirect

from netsim.web.assets import Asset, AssetResource, page_assets
from netsim.worker import Submit

__all__ = ["add_page"]

PAGE = Path(__file__).with_name("page")


class LivePage(AssetResource):
    """The page, at a path without a slash at its end: what it loads is found from there."""

    isLeaf = False

    def getChild(self, path: bytes, request: Request) -> Resource:
        """With a slash, the way to it."""
        return Redirect(b"../live") if path == b"" else super().getChild(path, request)


def add_page(root: Resource, submit: Submit) -> None:
    """
    Serve the page at C{/live}, and what it loads under C{/assets/}.

    All of it is the same for everybody: what is secret comes by other requests.

    @param submit: where large files are read.
    @raise OSError: a file of the page cannot be read.
    """
    root.putChild(b"live", LivePage(Asset.read(PAGE / "live.html")))
    root.putChild(b"assets", page_assets(PAGE, submit))
