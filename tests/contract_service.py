"""A tiny service that keeps the process contract; L{tests.test_process} runs it."""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Iterable

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory
from twisted.python import usage

from netsim import options, process
from netsim.addresses import Address


class Options(options.ServiceOptions):
    example = "twistd -n contract --listen 127.0.0.1:0"
    environment = {"status": "CONTRACT_STATUS"}
    optFlags = [
        ["stop", None, "stop as soon as it listens"],
        ["hang", None, "keep a thread of the reactor's pool asleep"],
        ["block", None, "block the reactor"],
        ["mistake", None, "fail as only a mistake in the code does"],
    ]
    optParameters = [
        ["listen", "l", Address.parse("127.0.0.1:0"), "where to listen", options.address],
        ["status", "s", None, "the exit status to set", options.count],
    ]


class Contract(process.ServerService):
    def __init__(self, options: Options) -> None:
        super().__init__("contract")
        self.options = options

    async def listen(self) -> Iterable[IAddress]:
        from twisted.internet import reactor

        atexit.register(print, "exit handler ran", file=sys.__stderr__)
        if self.options["mistake"]:
            raise ZeroDivisionError("a mistake")
        port = await self.options["listen"].server(reactor).listen(Factory())
        if self.options["status"] is not None:
            process.set_exit_status(self.options["status"])
        if self.options["hang"]:
            reactor.callInThread(time.sleep, 30)
        if self.options["block"]:
            reactor.callLater(0, time.sleep, 30)
        if self.options["stop"]:
            reactor.callLater(0, reactor.stop)
        return [port.getHost()]


makeService = Contract


if __name__ == "__main__":
    command = Options()
    try:
        command.parseOptions(sys.argv[1:])
    except usage.UsageError as error:
        sys.exit(f"contract: {error}")
    process.run(makeService(command))
