"""Many clients at once, and two proxies that record under the same name."""

from __future__ import annotations

from tests.integration.peers import Upstream, ask, connect, shout
from tests.integration.processes import eventually
from tests.integration.recordings import RecordingTestCase, said

CLIENTS = 200


class CrowdTests(RecordingTestCase):
    """Every client has a recording of its own."""

    def talk(self, *addresses: str) -> None:
        """Let clients talk all at the same time, taking turns, and then leave."""
        clients = [connect(addresses[n % len(addresses)]) for n in range(CLIENTS)]
        for turn in range(3):
            for number, client in enumerate(clients):
                client.sendall(line(number, turn))
            for number, client in enumerate(clients):
                self.assertEqual(
                    ask(client, b"", len(line(number, turn))), line(number, turn).upper()
                )
        for client in clients:
            client.close()
        eventually(lambda: len(self.numbers(".json")) == CLIENTS and not self.numbers(".journal"))

    def check_recordings(self) -> None:
        """There is one for each client, numbered without gaps, with what that client said."""
        self.assertEqual(self.numbers(".json"), list(range(1, CLIENTS + 1)))
        sessions = {tuple(said(self.path(number))) for number in self.numbers(".json")}
        self.assertEqual(
            sessions,
            {
                tuple((line(number, turn), line(number, turn).upper()) for turn in range(3))
                for number in range(CLIENTS)
            },
        )

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


def line(number: int, turn: int) -> bytes:
    """What a client says in a turn."""
    return b"client %d says %d\n" % (number, turn)
