"""Tests for L{netsim.systems.scpi_meter.errors}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.scpi_meter.errors import ERRORS, ScpiError


class ScpiErrorTests(SynchronousTestCase):
    def test_text(self) -> None:
        self.assertEqual("-113,'Undefined header'", str(ScpiError(-113)))

    def test_command_errors(self) -> None:
        """Those of -100 to -199, after which a line is not understood."""
        found = {code for code in ERRORS if code and ScpiError(code).is_command_error}
        self.assertEqual({code for code in ERRORS if -200 < code <= -100}, found)
        self.assertIn(-102, found)
        self.assertNotIn(-222, found)
