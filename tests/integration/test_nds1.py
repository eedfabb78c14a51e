"""The module C{nds1}: a script that computes its answers, played to clients on sockets."""

from __future__ import annotations

import socket
import struct

from tests.integration.peers import ask, connect, read, read_all
from tests.integration.recordings import RecordingTestCase, exchange

CHANNEL = ["X1:FAST", 16, 2, 1, 0, "counts", 1.0, 2.5, 0.0]
RATE, SLOPE = CHANNEL[1], CHANNEL[7]


class Nds1Tests(RecordingTestCase):
    """A server of channels that registers one, describes it, and streams it."""

    def setUp(self) -> None:
        super().setUp()
        path = self.write_script(
            action("import", "nds1"),
            action("nds1.register_chan", *CHANNEL),
            exchange("version;\n", "0000000c"),
            exchange("status channels 3;\n", "0000"),
            action("nds1.gen_sc3_12_1", CHANNEL[0]),
            action("nds1.handle_start_net_writer_full", 2),
            exchange("quit;\n", ""),
        )
        self.service = self.replay(path)

    def test_two_clients(self) -> None:
        """Two clients take turns, and each is served as if it were alone."""
        with connect(self.service.address) as one, connect(self.service.address) as other:
            for client in one, other:
                self.check_description(client)
            self.check_stream(one, 1, gps=1000, seconds=2)
            self.check_stream(other, 1, gps=5, seconds=1)
            self.check_stream(other, 2, gps=6, seconds=3)
            self.check_stream(one, 2, gps=1002, seconds=1)
            for client in one, other:
                client.sendall(b"quit;\n")
                self.assertEqual(read_all(client), b"")
        self.check_stopped(self.service)
        self.assertEqual(self.service.stderr.count("played to the end"), 2)

    def test_other_line(self) -> None:
        """A line that the action does not expect ends the session as a failure."""
        with connect(self.service.address) as client:
            self.check_description(client)
            client.sendall(b"start nothing;\n")
            self.assertEqual(read_all(client), b"")
        self.check_stopped(self.service, 1)
        self.check_told(self.service, "failed in exchange", "wanted the line start net-writer")

    def check_description(self, client: socket.socket) -> None:
        """The channel's values are told as text."""
        self.assertEqual(ask(client, b"version;\n", 8), b"0000000c")
        values = "".join(f"{value}\n" for value in CHANNEL).encode()
        self.assertEqual(ask(client, b"status channels 3;\n", 4 + len(values)), b"0000" + values)

    def check_stream(self, client: socket.socket, writer: int, gps: int, seconds: int) -> None:
        """The answer to a request, block by block."""
        client.sendall(f'start net-writer {gps} {seconds} {{"{CHANNEL[0]}"}};\n'.encode())
        self.assertEqual(read(client, 16), b"0000%08x\x00\x00\x00\x01" % writer)
        none = 0xFFFFFFFF
        self.assertEqual(numbers(client, 5), (16 + 12, none, none, 3, none))
        self.assertEqual(read(client, 12), struct.pack("<ffI", 0.0, SLOPE, 0))
        for second in range(seconds):
            size = 16 + 4 * RATE
            self.assertEqual(numbers(client, 5), (size, 1, gps + second, 0, second))
            self.assertEqual(numbers(client, RATE), (second,) * RATE)
        self.assertEqual(numbers(client, 5), (16, 0, 0, 0, 0))


def action(name: str, *args: object) -> dict[str, object]:
    """A script object that runs an action."""
    return {"type": "command", "action": name, "args": args}


def numbers(client: socket.socket, count: int) -> tuple[int, ...]:
    """Read so many big-endian numbers of 32 bits."""
    return struct.unpack(f">{count}I", read(client, 4 * count))
