"""A laboratory power supply that takes its time."""

from netsim.simulator import Delimiter, Faulty, command

servers = [(("127.0.0.1", 5025), (), "tcp", {})]


class System(Faulty):
    """A power supply of 0 to 30 V, whose output moves by 5 V per second."""

    framing = Delimiter(b"\n", strip=b"\r ")
    slope = 5.0
    most = 30.0

    def system_start(self):
        self.set_point = self.start = 0.0
        self.begun = self.clock.seconds()

    @command("VOLT {volts}")
    def set_voltage(self, volts: float) -> str:
        """Move the output to so many volts."""
        if not 0 <= volts <= self.most:
            return f"ERR out of range 0 to {self.most:g}\n"
        self.start, self.set_point = self.output(), volts
        self.begun = self.clock.seconds()
        return "OK\n"

    @command("MEAS?")
    def measure(self) -> str:
        """The output now, in volts."""
        return f"{self.output():.3f}\n"

    def unknown(self, message, peer):
        return "ERR unknown command\n"

    def output(self):
        """Volts: on the way from where it was to where it has to be."""
        way = self.set_point - self.start
        gone = self.slope * (self.clock.seconds() - self.begun)
        return self.start + max(-gone, min(gone, way))
