"""Simulators as discos-framework.txt describes them, with the framework that they import."""

from __future__ import annotations

from pathlib import Path

COMMON = '''
"""What all systems have in common, in the framework that they were written for."""


class BaseSystem:
    def system_greet(self):
        return None

    def system_stop(self):
        return "$server_shutdown%%%%%"


class ListeningSystem(BaseSystem):
    def parse(self, byte):
        raise NotImplementedError("parse")


class SendingSystem(BaseSystem):
    sampling_time = 0.01

    def subscribe(self, q):
        raise NotImplementedError("subscribe")

    def unsubscribe(self, q):
        raise NotImplementedError("unsubscribe")
'''
ROTATOR = '''
"""A rotator. It takes commands such as #read and #sleep 3, and sends its position."""
import os
import time
from queue import Empty, Full
from socketserver import ThreadingTCPServer, ThreadingUDPServer
from threading import Event, Lock, Thread, Timer, current_thread

from simulators.common import ListeningSystem, SendingSystem

servers = [
    (("0.0.0.0", 0), ("0.0.0.0", 0), ThreadingTCPServer, {"name": "both"}),
    (("0.0.0.0", 0), ("0.0.0.0", 0), ThreadingUDPServer, {"name": "datagrams"}),
    (("0.0.0.0", 0), (), ThreadingTCPServer, {"name": "listening"}),
    ((), ("0.0.0.0", 0), ThreadingTCPServer, {"name": "sending"}),
]


class System(ListeningSystem, SendingSystem):
    header, tail = "#", "\\n"
    sampling_time = 0.02

    def __init__(self, name):
        self._check()
        self.name = name
        self.begun = {}
        self.count = 0
        self.shared = ""
        self.is_shared = False
        self.lock = Lock()
        self.clients = []
        self.stopped = Event()
        self.warm = Event()
        Timer(0.05, self.warm.set).start()
        self.thread = Thread(target=self._send, daemon=True)
        self.thread.start()

    def system_greet(self):
        self._check()
        return "hello " + self.name + "\\n"

    def parse(self, byte):
        # One that all share, or one of each thread: both are met.
        self._check()
        key = None if self.is_shared else current_thread()
        begun = self.begun.get(key, "")
        if not begun and byte != self.header:
            return False
        begun += byte
        self.begun[key] = begun
        if byte != self.tail:
            return True
        self.begun[key] = ""
        command, _, argument = begun[1:-1].partition(" ")
        return getattr(self, "_do_" + command)(argument)

    def _do_read(self, argument):
        time.sleep(0.001)
        with self.lock:
            self.count += 1
        return f"{argument} {self.name}\\n"

    def _do_sleep(self, argument):
        time.sleep(float(argument))
        return "slept\\n"

    def _do_large(self, argument):
        return "x" * int(argument)

    def _do_count(self, argument):
        self.warm.wait(5)
        return f"{self.count} {len(self.clients)} {self.warm.is_set()}\\n"

    def _do_broken(self, argument):
        raise ValueError("broken " + argument)

    def share(self):
        self._check()
        self.is_shared = True
        return "shared\\n"

    def subscribe(self, q):
        self._check()
        with self.lock:
            self.clients.append(q)

    def unsubscribe(self, q):
        self._check()
        with self.lock:
            self.clients.remove(q)

    def system_stop(self):
        self._check()
        self.stopped.set()
        self.thread.join()
        with open("stopped", "a") as file:
            file.write(self.name + "\\n")
        return "$server_shutdown%%%%%"

    def _send(self):
        number = 0
        while not self.stopped.wait(self.sampling_time):
            number += 1
            with self.lock:
                clients = list(self.clients)
            for q in clients:
                try:
                    q.get_nowait() if q.full() else None
                    q.put_nowait(b"%s %d\\n" % (self.name.encode(), number))
                except (Empty, Full):
                    pass

    def _check(self):
        if "reactor" in current_thread().name.lower() or current_thread().native_id == os.getpid():
            with open("wrong", "a") as file:
                file.write("called by " + current_thread().name)
'''
STUBBORN = '''
"""A stubborn one: it sleeps in parse, and puts into full queues."""
import time
from socketserver import ThreadingTCPServer
from threading import Thread

servers = [(("", 0), ("", 0), ThreadingTCPServer, {})]


class System:
    thread = None

    def parse(self, byte):
        time.sleep(30)
        return True

    def subscribe(self, q):
        self.thread = Thread(target=self.fill, args=(q,), daemon=True)
        self.thread.start()

    def fill(self, q):
        while True:
            q.put(b"x" * 100000)

    def unsubscribe(self, q):
        pass

    def system_stop(self):
        open("stopped", "w").close()
        if self.thread:
            self.thread.join()
        return "$server_shutdown%%%%%"
'''


def write_laboratory(directory: Path) -> None:
    """Write all of it."""
    framework = directory / "simulators"
    framework.mkdir()
    (framework / "__init__.py").touch()
    (framework / "common.py").write_text(COMMON)
    (directory / "rotator.py").write_text(ROTATOR)
    (directory / "stubborn.py").write_text(STUBBORN)
