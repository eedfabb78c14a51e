"""L{netsim.datanode}: what a user's own node imports."""

from __future__ import annotations

import os
import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

import netsim.datanode
from netsim.datanode import base


class NamesTests(SynchronousTestCase):
    """All that the document names."""

    def test_names(self) -> None:
        """They are there."""
        self.patch(os, "environ", {"WAMP_SECRET": "a secret", "CROSSBAR_HOST": "some.host"})
        for name in netsim.datanode.__all__:
            self.assertIsNotNone(getattr(netsim.datanode, name), name)
        self.assertIs(base.DataNodeServer, netsim.datanode.DataNodeServer)
        self.assertIs(base.sisock_to_unix_time, netsim.datanode.sisock_to_unix_time)
        self.assertEqual("a.b", netsim.datanode.uri("a.b").removeprefix("org.simonsobservatory."))

    def test_environment(self) -> None:
        """Some depend on the environment, at the time they are asked for."""
        self.patch(os, "environ", {"WAMP_SECRET": "a secret", "CROSSBAR_HOST": "some.host"})
        self.assertEqual("wss://some.host:8080/ws", netsim.datanode.WAMP_URI)
        os.environ["WAMP_USER"] = "somebody"
        self.assertEqual("somebody", netsim.datanode.WAMP_USER)
        self.assertEqual("a secret", netsim.datanode.WAMP_SECRET)

    def test_base(self) -> None:
        """They are also in C{base}, as in the document, whose users import the package."""
        self.patch(os, "environ", {"WAMP_SECRET": "a secret", "CROSSBAR_HOST": "some.host"})
        for name in netsim.datanode.__all__:
            self.assertEqual(getattr(base, name), getattr(netsim.datanode, name), name)
        text = "import netsim.datanode as sisock; print(sisock.base.DataNodeServer.__name__)"
        output = subprocess.run(
            [sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=60
        )
        self.assertEqual("DataNodeServer", output.stdout.strip())

    def test_others(self) -> None:
        """Other names are not."""
        for module in netsim.datanode, base:
            self.assertRaises(AttributeError, getattr, module, "DataNode")

    def test_light(self) -> None:
        """Importing it loads nothing of the extra."""
        text = (
            "import sys, netsim.datanode;"
            " print({'autobahn', 'numpy', 'twisted'} & set(sys.modules))"
        )
        output = subprocess.run(
            [sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=60
        )
        self.assertEqual("set()", output.stdout.strip())
