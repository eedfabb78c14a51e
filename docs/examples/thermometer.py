"""The clients under test: they ask a thermometer for its name, then for the temperature."""

import socket

from twisted.internet.defer import Deferred
from twisted.protocols.basic import LineOnlyReceiver


def read_temperature(host, port):
    """Ask, and wait for the answer."""
    with socket.create_connection((host, port), timeout=5) as connection:
        lines = connection.makefile("rw", newline="\n")

        def ask(question):
            lines.write(f"{question}\n")
            lines.flush()
            return lines.readline().strip()

        ask("*IDN?")
        return float(ask("TEMP?"))


class Thermometer(LineOnlyReceiver):
    """The same with Twisted."""

    delimiter = b"\n"

    def __init__(self):
        self.temperature = Deferred()
        self._name = None

    def connectionMade(self):
        self.sendLine(b"*IDN?")

    def lineReceived(self, line):
        if self._name is None:
            self._name = line
            self.sendLine(b"TEMP?")
        else:
            self.transport.loseConnection()
            self.temperature.callback(float(line))
