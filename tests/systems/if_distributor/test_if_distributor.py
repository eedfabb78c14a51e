"""Tests for L{netsim.systems.if_distributor}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator import catalogue
from netsim.systems import if_distributor
from netsim.systems.if_distributor import System, ifd_binary, ifd_text
from netsim.systems.if_distributor.ifd_binary import Code, frame
from netsim.systems.if_distributor.model import BANDS, INPUTS, Reason
from netsim.testing import SimulatedDevice
from tests.systems import dialogue

TYPES = {"ifd_text": ifd_text.System, "ifd_binary": ifd_binary.System}


class TypeTests(SynchronousTestCase):
    def test_each_has_a_port(self) -> None:
        wanted = [
            (("127.0.0.1", 12000), (), "tcp", {"system_type": "ifd_text"}),
            (("127.0.0.1", 12001), (), "tcp", {"system_type": "ifd_binary"}),
        ]
        self.assertEqual(if_distributor.servers, wanted)
        systems = [System(**arguments) for *_, arguments in if_distributor.servers]
        self.assertEqual([type(system) for system in systems], list(TYPES.values()))

    def test_there_are_no_others(self) -> None:
        self.assertEqual(if_distributor.systems, TYPES)
        error = self.assertRaises(ValueError, System, system_type="ifd_optical")
        self.assertIn("ifd_binary, ifd_text", str(error))

    def test_without_a_type_it_is_the_text_one(self) -> None:
        self.assertIsInstance(System(), ifd_text.System)

    def test_other_arguments_reach_the_system(self) -> None:
        answers = set()
        for seed in (1, 2):
            device = SimulatedDevice(System(system_type="ifd_binary", seed=seed))
            device.clock.advance(1)
            answers.add(device.connect().say(frame(7, Code.READ_ALL)))
        self.assertEqual(len(answers), 2)

    def test_the_catalogue_has_it(self) -> None:
        self.assertIs(catalogue.load("if_distributor"), if_distributor)


class PageTests(SynchronousTestCase):
    def test_its_examples_are_what_happens(self) -> None:
        for name, system in TYPES.items():
            section = f"Example of {name}"
            compared = dialogue.check(self, "if_distributor", section, SimulatedDevice(system()))
            self.assertGreater(compared, 12)

    def test_it_has_every_command_error_and_fault(self) -> None:
        text = (dialogue.PAGES / "if_distributor.rst").read_text()
        for code in Code:
            self.assertIn(f"\n`{code:02x}`     {code.name.lower().replace('_', ' ')}  ", text)
        for reason in Reason:
            self.assertIn(f"\n`{reason:02x}`    {reason.name.lower()}  ", text)
        for known in ifd_text.System._commands:
            name, *fields = known.text.split()
            written = [{"{channel}": "CHANNEL"}.get(field, field[1:-1].upper()) for field in fields]
            self.assertIn(f"\n`{' '.join([name, *written])}`  ", text)
        for one in (*INPUTS, *BANDS):
            self.assertIn(f" `{one.name}`", text)
        for name, system in TYPES.items():
            for kind in system.faults:
                shared = all(kind in other.faults for other in TYPES.values())
                row = f"\n`{kind}`".ljust(21) + ("both" if shared else name)
                self.assertIn(row, text)
