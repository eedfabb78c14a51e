"""Tests for L{netsim.script.events}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.script.difference import Difference
from netsim.script.events import (
    TAKES_TIME,
    Event,
    Finished,
    NextConnection,
    Pause,
    RunAction,
    SendBlob,
)


class EventTests(SynchronousTestCase):
    """Every event is done at once, or is waited for."""

    def test_takesTime(self) -> None:
        """What is sent from memory, and what ends the session, is not waited for."""
        self.assertEqual({SendBlob, Pause, RunAction, NextConnection}, TAKES_TIME)
        self.assertEqual({bytes, Finished, Difference}, set(Event.__args__) - TAKES_TIME)
