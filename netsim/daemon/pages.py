"""The daemon's web page: its files, and where they are."""

from __future__ import annotations

from pathlib import Path

from twisted.web.resource import Resource

from netsim.web.assets import Asset, AssetResource, page_assets
from netsim.worker import Submit

__all__ = ["add_page"]

PAGE = Path(__file__).with_name("page")


def add_page(root: Resource, submit: Submit) -> None:
    """
    Serve the page at C{/}, and what it loads under C{/assets/}.

    All of it is the same for everybody: what is secret comes by other requests.

    @param submit: where large files are read.
    @raise OSError: a file of the page cannot be read.
    """
    root.putChild(b"", AssetResource(Asset.read(PAGE / "index.html")))
    root.putChild(b"assets", page_assets(PAGE, submit))
