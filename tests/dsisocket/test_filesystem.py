"""L{netsim.dsisocket.filesystem}."""

from __future__ import annotations

import stat

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.filesystem import Entry, printable


class EntryTests(SynchronousTestCase):
    """What is at a path."""

    def test_kinds(self) -> None:
        """It is one thing; set-user-id is none of the permissions."""
        kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}
        for mode, kind in {**kinds, stat.S_IFSOCK: None, stat.S_IFIFO: None}.items():
            entry = Entry(mode | 0o4751)
            is_kind = (entry.is_file, entry.is_directory, entry.is_link)
            self.assertEqual(tuple(kind == each for each in kinds.values()), is_kind)
            self.assertEqual(0o751, entry.permissions)

    def test_printable(self) -> None:
        """Names that are no text can be printed."""
        self.assertEqual("/ü/\\udcff", printable("/ü/\udcff"))
