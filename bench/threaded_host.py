"""
What netsim's simulators are compared with: a host with threads and processes.

It runs simulators as discos-framework.txt describes it: a process for each instance, in
it a C{socketserver.ThreadingTCPServer} for each address, and in that a thread for each
client.  L{ListenHandler} relays every byte to C{parse} and looks for custom commands in
the same bytes; L{SendHandler} waits for what the system puts into a C{queue.Queue(1)},
for one sampling time at most, and looks for custom commands in between.

C{python -m bench.threaded_host NAME --port-offset N} hosts a module of C{bench/systems}
on 127.0.0.1.  Only TCP is here, as nothing else is measured.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import multiprocessing
import queue
import signal
import socket
import sys
import threading
from pathlib import Path
from socketserver import BaseRequestHandler
from typing import Any

HOST = "127.0.0.1"
SYSTEMS = Path(__file__).parent / "systems"
SHUTDOWN = "$server_shutdown%%%%%"


class BaseHandler(BaseRequestHandler):
    """A client, in a thread of its own."""

    custom_header = "$"
    custom_tail = "%%%%%"

    def setup(self) -> None:
        """Prepare for the first byte."""
        self.system = self.server.system
        self.custom = ""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def collect(self, byte: str) -> None:
        """Take one character that may belong to a custom command, and do one that is complete."""
        if byte == self.custom_header:
            self.custom = byte
        elif self.custom:
            self.custom += byte
            if self.custom.endswith(self.custom_tail):
                command, self.custom = self.custom, ""
                self._execute_custom_command(command[1 : -len(self.custom_tail)])

    def _execute_custom_command(self, command: str) -> None:
        name, _, arguments = command.partition(":")
        method = None if name.startswith("_") else getattr(self.system, name, None)
        if not callable(method):
            logging.debug("command %s not supported", name)
            return
        try:
            response = method(*(arguments.split(",") if arguments else ()))
        except Exception as error:  # noqa: BLE001
            logging.debug("unexpected exception %s", error)
            return
        if isinstance(response, str):
            self.request.sendall(response.encode("latin-1"))
            if response == SHUTDOWN:
                threading.Thread(target=self.server.shutdown, daemon=True).start()


class ListenHandler(BaseHandler):
    """A client that sends commands."""

    def handle(self) -> None:
        """Greet, then relay every byte to the system until the client leaves."""
        greeting = self.system.system_greet()
        if greeting:
            self.request.sendall(greeting.encode("latin-1"))
        while data := self.request.recv(1024):
            for byte in data.decode("latin-1"):
                self.relay(byte)
                self.collect(byte)

    def relay(self, byte: str) -> None:
        """Give the system a character, and the client what the system answers."""
        try:
            response = self.system.parse(byte)
        except ValueError as error:
            logging.debug("%s", error)
            return
        except Exception as error:  # noqa: BLE001
            logging.debug("unexpected exception %s", error)
            return
        if response is True or response is False:
            return
        if response and isinstance(response, str):
            self.request.sendall(response.encode("latin-1"))
        else:
            logging.debug("unexpected response: %s", response)


class SendHandler(BaseHandler):
    """A client that is sent the status."""

    def handle(self) -> None:
        """Send what the system gives until the client leaves."""
        messages: queue.Queue[bytes] = queue.Queue(1)
        self.system.subscribe(messages)
        try:
            while self.listen():
                try:
                    message = messages.get(timeout=self.system.sampling_time)
                except queue.Empty:
                    continue
                self.request.sendall(message)
        except ConnectionError:
            logging.debug("a client has left")
        finally:
            self.system.unsubscribe(messages)

    def listen(self) -> bool:
        """Take what the client has sent, without waiting; false where it has left."""
        try:
            data = self.request.recv(1024, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        for byte in data.decode("latin-1"):
            self.collect(byte)
        return bool(data)


def serve(address: tuple[str, int], handler: type, server_type: type, system: Any) -> None:
    """Serve one address until somebody stops it."""
    server = server_type(address, handler, bind_and_activate=False)
    server.allow_reuse_address = True
    server.daemon_threads = True
    server.request_queue_size = 128
    server.system = system
    with server:
        server.server_bind()
        server.server_activate()
        server.serve_forever()


def run_instance(system_class: type, entry: tuple, offset: int) -> None:
    """Be the process of one instance, until all its addresses have stopped."""
    listen, send, server_type, kwargs = entry
    system = system_class(**kwargs)
    threads = [
        threading.Thread(
            target=serve, args=((HOST, address[1] + offset), handler, server_type, system)
        )
        for address, handler in ((listen, ListenHandler), (send, SendHandler))
        if address
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    """Host a simulator until all its instances have stopped, or this process is ended."""
    parser = argparse.ArgumentParser(prog="python -m bench.threaded_host")
    parser.add_argument("name", help="a module of bench/systems")
    parser.add_argument("--port-offset", type=int, default=0)
    arguments = parser.parse_args()
    sys.path.insert(0, str(SYSTEMS))
    module = importlib.import_module(arguments.name)
    processes = [
        multiprocessing.Process(
            target=run_instance, args=(module.System, entry, arguments.port_offset), daemon=True
        )
        for entry in module.servers
    ]
    for process in processes:
        process.start()
    # Daemonic processes are ended when this one exits.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    try:
        for process in processes:
            process.join()
    except KeyboardInterrupt:
        sys.exit(1)


if __name__ == "__main__":
    main()
