"""The base classes that the simulators of a laboratory have in common, as they write them."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from queue import Empty, Full


class BaseSystem:
    """What every system has."""

    def system_greet(self):
        """Say nothing when a client connects."""
        return None

    def system_stop(self):
        """Release everything, and ask the server to stop."""
        return "$server_shutdown%%%%%"


class ListeningSystem(BaseSystem):
    """A system that takes commands."""

    def parse(self, byte):
        """Take one character."""
        raise NotImplementedError("parse")


class SendingSystem(BaseSystem):
    """A system that puts its status into the queue of every client, from a thread of its own."""

    sampling_time = 0.01

    def __init__(self):
        self.clients = []
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.sender = threading.Thread(target=self._send, daemon=True)
        self.sender.start()

    def subscribe(self, q):
        """Send to this client from now on."""
        with self.lock:
            self.clients.append(q)

    def unsubscribe(self, q):
        """Do not send to this client any more."""
        with self.lock:
            if q in self.clients:
                self.clients.remove(q)

    def system_stop(self):
        """End the thread."""
        self.stopped.set()
        return super().system_stop()

    def status(self, number):
        """Return the status message with this number."""
        raise NotImplementedError("status")

    def _send(self):
        due = time.monotonic()
        number = 0
        while not self.stopped.wait(due - time.monotonic()):
            message = self.status(number)
            with self.lock:
                clients = list(self.clients)
            for q in clients:
                self._replace(q, message)
            number += 1
            # What could not be sent in time is left out.
            missed = int((time.monotonic() - due) / self.sampling_time)
            due += (missed + 1) * self.sampling_time

    @staticmethod
    def _replace(q, message):
        """Put a message in the place of one that the client has not taken."""
        with suppress(Empty, Full):
            if q.full():
                q.get_nowait()
            q.put_nowait(message)
