"""What C{g3-reader} can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim import options
from netsim.datanode.options import NodeOptions
from netsim.datanode.sqloptions import DATABASE, database_url

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["G3Options"]

CACHE = 512 << 20
"""Bytes of what is kept in memory of files."""


class G3Options(NodeOptions):
    """Of C{g3-reader}."""

    node_name = "g3_reader"
    node_description = "Housekeeping in .g3 files."
    longdesc = (
        "Serves the fields of .g3 files that netsim-scanner has written down in a database:"
        " both need the same one, and the files under the same paths."
    )
    example = "--database housekeeping.sqlite"
    optParameters = [
        DATABASE,
        ["cache", None, CACHE, "Bytes of what is kept in memory of files, such as 512MiB;"
         " what was not asked for the longest goes first. Larger files are not read.",
         options.size],
    ]  # fmt: skip

    url: URL
    """Of the database."""

    def postOptions(self) -> None:
        """Complain about what is not installed."""
        super().postOptions()
        options.check_extra("g3", "so3g")
        self.url = database_url(self)
