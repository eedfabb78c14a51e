"""Tests of L{netsim.logs}."""

from __future__ import annotations

import io
import sys

from twisted.logger import ILogObserver, Logger, LogPublisher
from twisted.python.log import LogPublisher as LegacyPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.logs import StderrObserver, stderr


class StderrTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.written = io.StringIO()
        self.patch(sys, "__stderr__", self.written)

    def test_an_observer(self) -> None:
        self.assertTrue(verifyObject(ILogObserver, StderrObserver()))

    def test_a_line_is_written_as_text(self) -> None:
        Logger(observer=LogPublisher(StderrObserver())).warn("{count} of them", count=3)
        self.assertRegex(self.written.getvalue(), r"#warn\] 3 of them\n$")

    def test_what_twisted_says_of_its_ports_is_left_out(self) -> None:
        self.say("device[3] starting on 11003")
        self.say("ControlFactory starting on '/run/control.sock'")
        self.say("(TCP Port 11003 Closed)")
        self.say("(UDP Port 5353 Closed)")
        self.assertEqual(self.written.getvalue(), "")

    def test_whatever_else_twisted_says_stays(self) -> None:
        self.say("starting up, slowly")
        self.say("before (TCP Port 11003 Closed) and after")
        self.assertEqual(self.written.getvalue().count("\n"), 2)

    def test_a_process_without_stderr_has_somewhere_to_write(self) -> None:
        self.patch(sys, "__stderr__", None)
        nowhere = stderr()
        self.addCleanup(nowhere.close)
        self.assertEqual(nowhere.write("lost"), 4)

    def say(self, text: str) -> None:
        publisher = LegacyPublisher(publishPublisher=LogPublisher(StderrObserver()))
        publisher.msg(text)
