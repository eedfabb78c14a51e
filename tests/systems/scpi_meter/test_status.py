"""Tests for L{netsim.systems.scpi_meter.status}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.scpi_meter.status import QUEUE, Register, Status


class RegisterTests(SynchronousTestCase):
    def test_only_what_is_new_is_an_event(self) -> None:
        register = Register()
        register.set(5)
        self.assertEqual(5, register.read())
        register.set(6)
        self.assertEqual((6, 2), (register.condition, register.read()))
        self.assertEqual(0, register.read())


class StatusTests(SynchronousTestCase):
    def test_errors_come_in_their_order(self) -> None:
        status = Status()
        status.add(-113)
        status.add(-222, "so")
        status.add(7)
        self.assertEqual(3, status.count)
        expected = [(-113, "Undefined header"), (-222, "so"), (7, "Device-specific error")]
        self.assertEqual(expected, [status.next() for _ in range(3)])
        self.assertEqual((0, "No error"), status.next())

    def test_overflow(self) -> None:
        """It takes the place of the last that fits."""
        status = Status()
        for _ in range(QUEUE + 2):
            status.add(-113)
        codes = [status.next()[0] for _ in range(status.count)]
        self.assertEqual([-113] * (QUEUE - 1) + [-350], codes)
        self.assertEqual(32 | 8, status.events.read())

    def test_the_class_of_an_error_is_an_event(self) -> None:
        for code, bit in ((-100, 32), (-199, 32), (-222, 16), (-310, 8), (-410, 4), (5, 8)):
            status = Status()
            status.add(code)
            self.assertEqual(bit, status.events.read(), code)

    def test_status_byte(self) -> None:
        status = Status()
        self.assertEqual(0, status.byte())
        self.assertEqual(16, status.byte(True))
        for register, bit in (
            (status.questionable, 8),
            (status.events, 32),
            (status.operation, 128),
        ):
            register.event = 3
            self.assertEqual(0, status.byte())
            register.enable = 2
            self.assertEqual(bit, status.byte())
            status.service_enable = bit
            self.assertEqual(bit | 64, status.byte())
            register.event = 1
            self.assertEqual(0, status.byte())
        status.add(-222)
        self.assertEqual(4, status.byte())

    def test_clear(self) -> None:
        """What is enabled stays."""
        status = Status()
        status.add(-113)
        status.events.enable = 32
        status.questionable.set(1)
        status.clear()
        self.assertEqual((0, 0, 32), (status.count, status.byte(), status.events.enable))
        self.assertEqual(0, status.questionable.read())
