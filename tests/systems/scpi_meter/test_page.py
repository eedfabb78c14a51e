"""The page of the meter in docs/systems: a client can be written from it alone."""

from __future__ import annotations

import re

from netsim.simulator.entries import parse_servers
from netsim.simulator.model import Place
from netsim.systems import scpi_meter
from netsim.systems.scpi_meter.errors import ERRORS
from netsim.systems.scpi_meter.functions import FUNCTIONS
from netsim.systems.scpi_meter.headers import forms
from netsim.systems.scpi_meter.instrument import _HEADERS
from netsim.systems.scpi_meter.system import System
from netsim.testing import SimulatedDevice
from tests.systems.dialogue import PAGES, example, octets
from tests.systems.scpi_meter.rig import MeterTestCase

PAGE = (PAGES / "scpi_meter.rst").read_text()


class PageTests(MeterTestCase):
    """A client can be written from the page alone."""

    def test_example(self) -> None:
        self.device = SimulatedDevice(System())
        client, heard, compared = self.device.connect(), b"", 0
        for who, text in example("scpi_meter", "Example"):
            if who == "client":
                self.assertEqual(b"", heard, f"before {text}")
                heard = client.say(octets(text))
            elif who == "wait":
                self.assertEqual(b"", heard, f"before {text}")
                self.device.clock.advance(float(text))
                heard = client.heard()
            else:
                self.assertEqual(octets(text), heard)
                heard, compared = b"", compared + 1
        self.assertEqual((b"", 10), (heard, compared))

    def test_every_error_is_told(self) -> None:
        told = dict(re.findall(r"^(-\d+) +(\S.*?)  ", PAGE, re.MULTILINE))
        wanted = {str(code): text for code, text in ERRORS.items() if code}
        self.assertEqual(wanted, told)

    def test_every_fault_is_told(self) -> None:
        _, _, table = PAGE.partition("\nFaults\n")
        told = re.findall(r"^`(\w+)`", table, re.MULTILINE)
        self.assertEqual({*System.faults, "none"}, set(told))

    def test_every_function_is_told(self) -> None:
        told = re.findall(r"^`([A-Z:]+)` +`(.+?)` +([A-Z]+) ", PAGE, re.MULTILINE)
        wanted = [(each.name, each.pattern, each.unit) for each in FUNCTIONS.values()]
        self.assertEqual(wanted, told)

    def test_every_command_is_told(self) -> None:
        """All that the page has as a header is one, and there are no others."""
        text = " ".join(PAGE.split())
        unused = set(_HEADERS._meanings)
        queries = {form for form in unused if form.endswith("?")}
        for pattern in re.findall(r"`([*:\[A-Z][^` ]*)", text):
            for each in FUNCTIONS.values() if "{function}" in pattern else [None]:
                path = pattern.replace("{function}", each.pattern) if each else pattern
                found = set(forms(path.rstrip(",")))
                unused -= found | {f"{form}?" for form in found} & queries
        left = {form for form in unused if not form.startswith("STAT")}
        self.assertEqual(set(), left)

    def test_where_it_listens(self) -> None:
        [entry] = parse_servers(scpi_meter)
        self.assertEqual((Place("127.0.0.1", 15025),), entry.places)
        self.assertFalse(entry.datagram)
        self.assertIn("15025", PAGE)
