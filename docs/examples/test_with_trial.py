"""Run with trial: the script is stopped, and its sessions are judged, after the test."""

from pathlib import Path

from thermometer import Thermometer
from twisted.internet import reactor
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.trial.unittest import TestCase

from netsim.testing import ServeScripts

RECORDING = Path(__file__).with_name("thermometer.json")


class ThermometerTests(ServeScripts, TestCase):
    async def test_reads_the_temperature(self):
        server = await self.serve(RECORDING)
        endpoint = HostnameEndpoint(reactor, server.host, server.port)
        client = await connectProtocol(endpoint, Thermometer())
        self.assertEqual(await client.temperature, 21.5)
