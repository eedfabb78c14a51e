"""Many clients at once, and two proxies that record under the same name."""

from __future__ import annotations

from tests.integration.peers import Upstream, connect, read, shout
from tests.integration.processes import eventually
from tests.integration.recordings import RecordingTestCase, said

CLIENTS = 200
TURNS = 3


class CrowdTests(RecordingTestCase):
    """Every client has a recording of its own."""

    def talk(self, *addresses: str) -> None:
        """Let clients talk all at the same time, taking turns, and then leave."""
        clients = [connect(addresses[number % len(addresses)]) for number in range(CLIENTS)]
        for client in clients:
            self.addCleanup(client.close)
        for turn in range(TURNS):
            for number, client in enumerate(clients):
                client.sendall(exchange(number, turn)[0])
            for number, client in enumerate(clients):
                _, answer = exchange(number, turn)
                self.assertEqual(read(client, len(answer)), answer)
        for client in clients:
            client.close()
        eventually(lambda: len(self.numbers(".json")) == CLIENTS and not self.numbers(".journal"))

    def check_recordings(self) -> None:
        """There is one for each client, numbered without gaps, with what that client said."""
        numbers = self.numbers(".json")
        self.assertEqual(numbers, list(range(1, CLIENTS + 1)))
        wanted = [[exchange(client, turn) for turn in range(TURNS)] for client in range(CLIENTS)]
        self.assertEqual(sorted(said(self.path(number)) for number in numbers), sorted(wanted))

    def test_one_proxy(self) -> None:
        """Two hundred clients of one proxy."""
        proxy = self.proxy(Upstream(self, shout).address)
        self.talk(proxy.address)
        self.check_recordings()
        self.check_stopped(proxy)

    def test_two_proxies(self) -> None:
        """Two proxies with the same basename share the numbers, and overwrite nothing."""
        upstream = Upstream(self, shout)
        proxies = [self.proxy(upstream.address), self.proxy(upstream.address)]
        self.talk(*[proxy.address for proxy in proxies])
        self.check_recordings()


def exchange(number: int, turn: int) -> tuple[bytes, bytes]:
    """What a client says in a turn, and what it hears."""
    line = b"client %d says %d\n" % (number, turn)
    return line, line.upper()
