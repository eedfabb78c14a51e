"""Tests for L{netsim.script.content}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.script import content
from netsim.script.content import (
    FormError,
    command_keys,
    datagram_keys,
    fits_command,
    fits_response,
    has_response,
    is_text,
    read_command,
    read_datagrams,
    read_response,
    response_keys,
)
from netsim.script.model import BlobRef
from tests.properties import examples
from tests.script.strategies import texts

SHA = "da39a3ee5e6b4b0d3255bfef95601890afd80709"


class TextTests(SynchronousTestCase):
    """What the existing player can compare as ASCII is text; everything else is binary."""

    def test_edges(self) -> None:
        """Byte 127 is text, byte 128 is not, and neither is NUL."""
        self.assertTrue(is_text(b"\x01\r\n\x7f"))
        self.assertFalse(is_text(b"a\x80"))
        self.assertFalse(is_text(b"a\0b"))

    def test_responseStays(self) -> None:
        """Text of 4096 bytes and binary of 81 stay in the document; one more goes to a blob."""
        for data, limit in [(b"a", 4096), (b"\0", 81), (b"\x80", 81)]:
            self.assertTrue(fits_response(data * limit))
            self.assertFalse(fits_response(data * (limit + 1)))

    def test_commandStays(self) -> None:
        """Commands differ in the limit for text only: 1 MiB."""
        for data, limit in [(b"a", 1 << 20), (b"\0", 81), (b"\x80", 81)]:
            self.assertTrue(fits_command(data * limit))
            self.assertFalse(fits_command(data * (limit + 1)))


class WriteTests(SynchronousTestCase):
    """Bytes are written in the form that existing recorders choose."""

    def test_command(self) -> None:
        """A command is text where it can be, hex digits where not, or the name of a blob."""
        self.assertEqual({"command": "a\n\x7f"}, command_keys(b"a\n\x7f"))
        self.assertEqual({"command_hex": "6100"}, command_keys(b"a\0"))
        self.assertEqual({"command_blob": SHA}, command_keys(BlobRef(SHA)))

    def test_shortText(self) -> None:
        """Text of up to 162 characters is in one piece, the empty one too."""
        self.assertEqual({"response": ""}, response_keys(b""))
        self.assertEqual({"response": "a" * 162}, response_keys(b"a" * 162))

    def test_longText(self) -> None:
        """Longer text is in pieces of 162."""
        self.assertEqual({"responses": ["a" * 162, "a"]}, response_keys(b"a" * 163))
        self.assertEqual(26, len(response_keys(b"a" * 4096)["responses"]))

    def test_binary(self) -> None:
        """NUL, bytes above 127 and text of more than 4096 bytes are hex digits."""
        for data in (b"\0", b"a\x80", b"a" * 4097):
            self.assertEqual({"response_hex": data.hex()}, response_keys(data))

    def test_blob(self) -> None:
        """What is kept elsewhere is named."""
        self.assertEqual({"response_blob": SHA}, response_keys(BlobRef(SHA)))

    def test_datagrams(self) -> None:
        """Each datagram is an entry; one that is binary makes hex digits of all."""
        self.assertEqual({"responses": []}, datagram_keys(()))
        self.assertEqual(
            {"responses": ["a", "", "b" * 200]}, datagram_keys((b"a", b"", b"b" * 200))
        )
        self.assertEqual({"response_hexes": ["61", "80"]}, datagram_keys((b"a", b"\x80")))


class ReadTests(SynchronousTestCase):
    """Bytes are read from every form."""

    def test_command(self) -> None:
        """Text stands for its UTF-8 bytes; hex digits may be in either case."""
        self.assertEqual(b"\xc3\xa9\0", read_command({"command": "é\0"}))
        self.assertEqual(b"\xab\xcd", read_command({"command_hex": "abCD"}))
        self.assertEqual(BlobRef(SHA), read_command({"command_blob": SHA}))

    def test_response(self) -> None:
        """Pieces are put together."""
        self.assertEqual(b"a", read_response({"response": "a"}))
        self.assertEqual(b"abc", read_response({"responses": ["a", "", "bc"]}))
        self.assertEqual(b"", read_response({"responses": []}))
        self.assertEqual(b"\x80", read_response({"response_hex": "80"}))

    def test_blobNames(self) -> None:
        """A blob is named by its SHA-1 or, in old files, by a CRC; the directory may be there."""
        for name in (SHA, f"blobs/{SHA}"):
            self.assertEqual(BlobRef(SHA), read_response({"response_blob": name}))
        self.assertEqual(BlobRef("data_c123"), read_response({"response_blob": "data_c123"}))

    def test_datagrams(self) -> None:
        """Both forms give one datagram for each entry."""
        self.assertEqual((b"a", b""), read_datagrams({"responses": ["a", ""]}))
        self.assertEqual((b"a", b"\xff"), read_datagrams({"response_hexes": ["61", "ff"]}))

    def test_hasResponse(self) -> None:
        """Any form of response is one; a command is none."""
        for name in ("response", "responses", "response_hex", "response_blob"):
            self.assertTrue(has_response({name: None}))
        self.assertFalse(has_response({"command": "", "response_hexes": []}))

    @examples(100)
    @given(st.binary() | texts)
    def test_roundTrip(self, data: bytes) -> None:
        """What is written is read."""
        self.assertEqual(data, read_command(command_keys(data)))
        self.assertEqual(data, read_response(response_keys(data)))

    @examples(50)
    @given(st.lists(st.binary() | texts).map(tuple))
    def test_datagramRoundTrip(self, datagrams: tuple[bytes, ...]) -> None:
        """Datagrams that are written are read, each on its own."""
        self.assertEqual(datagrams, read_datagrams(datagram_keys(datagrams)))


class WrongFormTests(SynchronousTestCase):
    """What is in no known form is refused with a reason."""

    def refusal(self, read: object, keys: dict[str, object]) -> str:
        return str(self.assertRaises(FormError, read, keys))

    def test_none(self) -> None:
        """The forms are listed where none is there."""
        self.assertEqual(
            "exactly one of command, command_hex, command_blob must be present; found none",
            self.refusal(read_command, {"response": ""}),
        )
        self.assertEqual(
            "exactly one of responses, response_hexes must be present; found none",
            self.refusal(read_datagrams, {"response": ""}),
        )

    def test_several(self) -> None:
        """Those that are there are named."""
        self.assertEqual(
            "exactly one of response, responses, response_hex, response_blob must be present;"
            " found response and response_blob",
            self.refusal(read_response, {"response_blob": SHA, "response": ""}),
        )

    def test_text(self) -> None:
        """Text is a string whose characters UTF-8 can hold."""
        self.assertEqual("command must be a text", self.refusal(read_command, {"command": 5}))
        self.assertEqual(
            "responses[1] must be a text", self.refusal(read_response, {"responses": ["", None]})
        )
        self.assertEqual(
            "response holds half a surrogate pair at character 2",
            self.refusal(read_response, {"response": "ab\ud800"}),
        )

    def test_array(self) -> None:
        """Pieces are in an array."""
        for read in (read_response, read_datagrams):
            self.assertEqual("responses must be an array", self.refusal(read, {"responses": "abc"}))

    def test_hex(self) -> None:
        """Hex digits come in pairs."""
        for digits in ("0", "0g", "é"):
            self.assertEqual(
                "command_hex is not an even number of hex digits",
                self.refusal(read_command, {"command_hex": digits}),
            )
        self.assertEqual(
            "response_hexes[0] must be a text of hex digits",
            self.refusal(read_datagrams, {"response_hexes": [1]}),
        )

    def test_blob(self) -> None:
        """The name of a blob leads nowhere else."""
        for name in (SHA.upper(), SHA[1:], f"../{SHA}", f"/{SHA}", "../x_c1", f"{SHA}\n", "", 7):
            self.assertEqual(
                "response_blob must be the SHA-1 of a blob, 40 hex digits",
                self.refusal(read_response, {"response_blob": name}),
            )


class LimitTests(SynchronousTestCase):
    """The limits are those of the existing recorder."""

    def test_limits(self) -> None:
        """WIRE facts, section 1: 4096 bytes, 162 characters, 81 bytes."""
        self.assertEqual((4096, 162, 81), (content.TEXT_LIMIT, content.PIECE, content.HEX_LIMIT))
