"""Simulators for tests, written as their users write them."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

from twisted.trial.unittest import SynchronousTestCase

DEVICE = '''
"""A device. It echoes."""
from socketserver import ThreadingTCPServer

servers = [(("0.0.0.0", 11000 + line), (), ThreadingTCPServer, {}) for line in range(2)]

class System:
    """One line of it."""
    def parse(self, byte):
        return byte
    def system_stop(self):
        return "$server_shutdown%%%%%"
'''
"""The source of a small simulator."""


class ModulesTestCase(SynchronousTestCase):
    """
    A test with modules of its own, which the interpreter forgets after it.

    @ivar directory: where they are.
    """

    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).resolve()
        self.directory.mkdir()
        self.patch(sys, "path", list(sys.path))
        self.patch(sys, "dont_write_bytecode", True)
        self.addCleanup(self._forget, set(sys.modules))

    def write(self, name: str, source: str = DEVICE) -> Path:
        """Write a file, and the directories that it needs."""
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(source))
        return file

    def _forget(self, before: set[str]) -> None:
        own = str(self.directory)
        for name in sys.modules.keys() - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(own) or name.startswith("netsim_path_"):
                del sys.modules[name]
