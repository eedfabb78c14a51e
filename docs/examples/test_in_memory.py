"""Client and replay in one process: no port, no real time, no thread."""

from pathlib import Path

from thermometer import Thermometer
from twisted.internet.task import Clock
from twisted.test.iosim import FakeTransport, connect
from twisted.trial.unittest import SynchronousTestCase

from netsim.replay.loading import Source
from netsim.replay.protocol import ReplayFactory

RECORDING = Path(__file__).with_name("thermometer.json")


class Clocked(Clock):
    """A clock that also runs what threads hand over; without actions there are none."""

    def callFromThread(self, call, *args):
        call(*args)


class ThermometerTests(SynchronousTestCase):
    def play(self, client):
        clock = Clocked()
        factory = ReplayFactory(clock, Source(RECORDING).score())
        server = factory.buildProtocol(None)
        pump = connect(server, FakeTransport(server, True), client, FakeTransport(client, False))
        pump.flush()
        # The server goes on listening for a second after the script's end.
        clock.advance(1)
        pump.flush()
        return factory.tally

    def test_reads_the_temperature(self):
        client = Thermometer()
        tally = self.play(client)
        self.assertEqual(self.successResultOf(client.temperature), 21.5)
        self.assertEqual((tally.passed, tally.failed), (1, 0))

    def test_a_wrong_question_is_found_out(self):
        client = Thermometer()
        client.connectionMade = lambda: client.sendLine(b"*RST")
        tally = self.play(client)
        self.assertEqual((tally.passed, tally.failed), (0, 1))
