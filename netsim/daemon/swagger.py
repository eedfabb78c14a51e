"""
The documentation of the REST interface, C{/docs/}: Swagger UI, from an installed package.

The package C{swagger_ui} (C{swagger-ui-py}) brings its files; it is not imported.  The page
around them is this project's, so that it needs no network, and no inline script or style.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from twisted.web.resource import IResource, Resource
from twisted.web.server import Request
from twisted.web.util import redirectTo

from netsim.web.answers import Refusal
from netsim.web.assets import Asset, AssetResource, LateAssetResource
from netsim.web.door import Refused
from netsim.worker import Submit

__all__ = ["add_docs", "swagger_directory"]

PAGE = Path(__file__).with_name("docs")
FILES = ("swagger-ui-bundle.js", "swagger-ui.css")
"""What is used of Swagger UI."""

_MISSING = (
    "Swagger UI is not installed: pip install 'netsim[daemon]' brings it."
    " The description itself is at /api/openapi.json."
)


def swagger_directory() -> Path | None:
    """Find the files of Swagger UI in the installed package."""
    try:
        spec = importlib.util.find_spec("swagger_ui")
    except ValueError:
        return None
    for place in (spec and spec.submodule_search_locations) or ():
        directory = Path(place) / "static"
        if all((directory / name).is_file() for name in FILES):
            return directory
    return None


def add_docs(root: Resource, submit: Submit, directory: Path | None) -> None:
    """
    Serve the documentation at C{/docs/}, or what to install for it.

    @param submit: where large files are read.
    @param directory: of Swagger UI's files, if they are installed.
    @raise OSError: a file of the page cannot be read.
    """
    missing = Refused(Refusal(404, _MISSING))
    root.putChild(b"docs", missing if directory is None else _Docs(directory, submit))


class _Docs(Resource):
    """The directory: the page, and what it loads."""

    def __init__(self, directory: Path, submit: Submit) -> None:
        super().__init__()
        self.putChild(b"", AssetResource(Asset.read(PAGE / "index.html")))
        initializer = PAGE / "swagger-initializer.js"
        self.putChild(initializer.name.encode(), AssetResource(Asset.read(initializer)))
        for name in FILES:
            self.putChild(name.encode(), LateAssetResource(directory / name, submit))

    def getChild(self, path: bytes, request: Request) -> IResource:
        """There is nothing else."""
        return Refused(Refusal(404, "there is nothing at this path"))

    def render_GET(self, request: Request) -> bytes:
        """Its name without a slash: what the page loads would not be found from there."""
        _, mark, query = request.uri.partition(b"?")
        return redirectTo(b"docs/" + mark + query, request)
