"""C{netsim hub install-router}: with a Python that only plays, and what has been installed."""

from __future__ import annotations

import os
import signal
import sys

from twisted.trial.unittest import SkipTest

from netsim.datanode.hub.install import pins
from netsim.datanode.hub.program import stamp
from tests.integration.processes import (
    ROOT,
    RUNNERS,
    IntegrationTestCase,
    Process,
    alive,
    eventually,
    require,
)

TOTAL = pins().count("==")
PYTHON = """\
#!/bin/sh
# As much of Python, venv and pip as installing needs.
echo "$2" >>"$LOG"
case "$2" in
venv)
    mkdir "$3/bin" && cp "$0" "$3/bin/python" ;;
pip)
    if [ -n "$SLOW" ]; then echo $$ >"$SLOW"; exec sleep 100; fi
    if [ -n "$BROKEN" ]; then echo "error: command 'gcc' failed" >&2; exit 1; fi
    for last; do :; done
    sed -n 's/\\(.*\\)==/Collecting \\1==/p' "$last"
    printf '#!/bin/sh\\ntest "$1" = version\\n' >"${0%python}crossbar"
    chmod +x "${0%python}crossbar" ;;
esac
"""


class InstallTests(IntegrationTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.python = self.directory / "python3"
        self.python.write_text(PYTHON)
        self.python.chmod(0o755)
        self.log = self.directory / "log"
        self.crossbar = self.directory / "crossbar" / "bin" / "crossbar"

    def install(self, **environment: str) -> Process:
        options = ["--directory=crossbar", f"--python={self.python}"]
        given = {"LOG": str(self.log), **environment}
        words = [sys.executable, *RUNNERS["netsim"], "hub", "install-router", *options]
        return self.start(*words, environment=given)

    def test_install(self) -> None:
        """Each step is told; nothing is done twice."""
        installing = self.install()
        self.check_status(installing, 0)
        lines = installing.stdout.splitlines()
        self.assertEqual(lines[0], f"making a Python environment in {self.crossbar.parents[1]}")
        self.assertEqual(len(lines), 1 + TOTAL + 2)
        self.assertEqual(lines[TOTAL], f"fetching {TOTAL} of {TOTAL}: zope.interface")
        self.assertEqual(lines[-1], f"{self.crossbar} is installed")
        self.assertTrue(os.access(self.crossbar, os.X_OK))
        again = self.install()
        self.check_status(again, 0)
        self.assertEqual(again.stdout, f"{self.crossbar} is installed\n")
        self.assertEqual(self.log.read_text().split(), ["venv", "pip"])

    def test_failure(self) -> None:
        """The last words of pip are shown; the next try begins anew."""
        broken = self.install(BROKEN="1")
        self.check_status(broken, 1)
        self.assertIn("failed with status 1:\n    error: command 'gcc' failed", broken.stderr)
        self.assertNotIn("Traceback", broken.stderr)
        self.check_status(self.install(), 0)

    def test_interrupted(self) -> None:
        """Ctrl-C leaves nothing that runs, or that looks complete."""
        pid = self.directory / "pid"
        slow = self.install(SLOW=str(pid))
        eventually(lambda: pid.exists() and pid.read_text(), "pip to run")
        self.assertEqual(slow.stop(signal.SIGINT), 128 + signal.SIGINT)
        self.assertFalse(alive(int(pid.read_text())))
        self.assertNotIn("Traceback", slow.stderr)
        self.check_status(self.install(), 0)

    def test_made(self) -> None:
        """What `make test` has made is whole, and is not made again."""
        directory = ROOT / "build" / "crossbar"
        if not stamp(directory).exists():
            require(str(directory / "bin" / "crossbar"), "none: make router")
            raise SkipTest(f"{directory} was not made by install-router")
        words = [sys.executable, *RUNNERS["netsim"], "hub", "install-router"]
        again = self.start(*words, f"--directory={directory}")
        self.check_status(again, 0)
        self.assertEqual(again.stdout, f"{directory / 'bin' / 'crossbar'} is installed\n")
