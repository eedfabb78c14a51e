"""
The tables of a scanner.

C{feeds}, C{fields} and C{description} are those of the document (sisock.txt, section 2.1.2), so
that scanners and nodes of others can use them, too.  Two more hold what those have no room for:
C{netsim_files}, in which state a file was when it was read, and C{netsim_fields}, what else is
known of a field.  All times are in UTC.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.compiler import compiles

__all__ = ["DESCRIPTION", "FEEDS", "FIELDS", "LONGEST", "METADATA", "SEEN", "SERIES"]

LONGEST = 255
"""Characters of a text."""


class _Text(String):
    """A text in which every character counts: case, accents, and blanks at its end."""

    inherit_cache = True

    def __init__(self, length: int = LONGEST) -> None:
        super().__init__(length)


@compiles(_Text, "mysql", "mariadb")
def _exact(type_: _Text, compiler: Any, **_: Any) -> str:
    collation = "utf8mb4_nopad_bin" if compiler.dialect.is_mariadb else "utf8mb4_bin"
    return f"VARCHAR({type_.length}) CHARACTER SET utf8mb4 COLLATE {collation}"


_Time = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

METADATA = MetaData()

FEEDS = Table(
    "feeds",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("filename", _Text()),
    Column("path", _Text()),
    Column("prov_id", Integer),
    Column("description", _Text()),
    Column("scanned", Boolean, nullable=False, server_default=text("0")),
    UniqueConstraint("filename", "prov_id"),
)
"""What each file has of a provider; the file is what C{os.path.join(path, filename)} gives."""

FIELDS = Table(
    "fields",
    METADATA,
    Column("feed_id", Integer, nullable=False),
    Column("field", _Text(), nullable=False),
    Column("start", _Time),
    Column("end", _Time),
    UniqueConstraint("feed_id", "field"),
    Index("netsim_field_end", "field", "end"),
)
"""When a field of a feed has its first and its last sample."""

DESCRIPTION = Table("description", METADATA, Column("description", _Text(), primary_key=True))
"""C{<feed description>.<field>} of all files."""

SEEN = Table(
    "netsim_files",
    METADATA,
    Column("path", _Text(), primary_key=True),
    Column("filename", _Text(), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
)
"""The files that were read; C{modified} is in nanoseconds."""

SERIES = Table(
    "netsim_fields",
    METADATA,
    Column("description", _Text(), primary_key=True),
    Column("timeline", _Text(), nullable=False),
    Column("type", _Text(16), nullable=False),
    Column("period", Double),
)
"""C{description} is that of the table of this name; C{period} is the mean of the last file."""
