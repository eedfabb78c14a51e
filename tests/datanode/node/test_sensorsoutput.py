"""Tests for L{netsim.datanode.node.sensorsoutput}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.node.sensorsoutput import CELSIUS, TURNS, Reading, read, unique
from tests.properties import examples

OUTPUT = """\
coretemp-isa-0000
Adapter: ISA adapter
Package id 0:
  temp1_input: 45.000
  temp1_max: 100.000
  temp1_crit_alarm: 0.000
Core 0:
  temp2_input: -3.500

nct6775-isa-0290
Adapter: ISA adapter
Vcore:
  in0_input: 0.840
  in0_alarm: 1.000
CPU: fan:
  fan2_input: 1205.000
  fan2_min: 0.000
beep_enable:
  beep_enable: 0.000

BAT0-acpi-0
Adapter: ACPI interface
power1:
  power1_input: N/A
curr1:
  curr1_input: nan
energy1:
  energy1_input: 12.500
other:
  intrusion0_input: 1.000
"""


class ReadTests(SynchronousTestCase):
    """L{read}."""

    def test_output(self) -> None:
        """Each value that was measured is a reading of its chip and label."""
        expected = [
            Reading("coretemp-isa-0000_Package id 0", 45.0, CELSIUS),
            Reading("coretemp-isa-0000_Core 0", -3.5, CELSIUS),
            Reading("nct6775-isa-0290_Vcore", 0.84, "V"),
            Reading("nct6775-isa-0290_CPU: fan", 1205.0, TURNS),
            Reading("BAT0-acpi-0_energy1", 12.5, "J"),
            Reading("BAT0-acpi-0_other", 1.0, None),
        ]
        self.assertEqual(expected, read(OUTPUT))

    def test_withoutAdapters(self) -> None:
        """The lines of adapters may be absent, as C{sensors -A} has it."""
        lines = [line for line in OUTPUT.splitlines(True) if not line.startswith("Adapter")]
        self.assertEqual(read(OUTPUT), read("".join(lines)))

    def test_nothing(self) -> None:
        """Other texts have no readings."""
        for text in (
            "",
            "\n\n",
            "No sensors found!\n",
            "  temp1_input\n",
            "x:\n  temp1_input: x\n",
        ):
            self.assertEqual([], read(text))

    def test_unique(self) -> None:
        """Fields of the same name are numbered."""
        same = [Reading("a", 1.0), Reading("a", 2.0), Reading("a_2", 3.0), Reading("a", 4.0)]
        names = [reading.field for reading in unique(same)]
        self.assertEqual(["a", "a_2", "a_2_2", "a_3"], names)

    @examples(60)
    @given(st.lists(st.sampled_from([*OUTPUT.splitlines(), "", ":", "\t", "x_input: 3"])))
    def test_anything(self, lines: list[str]) -> None:
        """Whatever it prints, no two readings have the same name."""
        names = [reading.field for reading in read("\n".join(lines))]
        self.assertEqual(len(names), len(set(names)))
