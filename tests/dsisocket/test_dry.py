"""L{netsim.dsisocket.dry}."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.dsisocket.dry import DryMachine, Notes
from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.model import Limits
from tests.dsisocket.machines import host


class DryMachineTests(SynchronousTestCase):
    """Nothing is done."""

    def test_planned(self) -> None:
        """All that would be done is remembered in order, and succeeds."""
        machine = DryMachine(host())
        verifyObject(IMachine, machine)
        self.assertTrue(self.successResultOf(machine.run("exit 3", Limits())).succeeded)
        self.assertIsNone(self.successResultOf(machine.upload(Path("/a"), "~/b")))
        self.assertIsNone(self.successResultOf(machine.retrieve("c", Path("/d"))))
        self.assertEqual(
            ["run: exit 3", "upload /a -> ~/b", "retrieve c -> /d"], machine.planned[:]
        )
        self.assertIsNone(self.successResultOf(machine.stop()))


class NotesTests(SynchronousTestCase):
    """The last lines keep their places."""

    def test_forgotten(self) -> None:
        """Old ones are forgotten, and counted."""
        notes = Notes(3)
        for number in range(10):
            notes.append(str(number))
        self.assertEqual(10, len(notes))
        self.assertEqual(["7", "8", "9"], notes[:])
        self.assertEqual(["8", "9"], notes[8:])
        self.assertEqual([], notes[10:])
        self.assertEqual(("9", "7"), (notes[-1], notes[7]))
        with self.assertRaises(IndexError):
            notes[6]
        with self.assertRaises(IndexError):
            notes[10]
