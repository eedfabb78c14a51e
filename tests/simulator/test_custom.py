"""Tests for L{netsim.simulator.custom}."""

from __future__ import annotations

from time import process_time

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator.custom import CustomCommand, CustomReader
from tests.framing import checkFraming, cut, single
from tests.properties import examples

STREAMS = st.lists(
    st.sampled_from([b"$", b"%", b"%%%%%", b"a", b"b:", b",", b"$set:1,2%%%%%", b"\xff"])
).map(b"".join)
PLACES = st.lists(st.integers(0, 300), max_size=9)


def read(reader: CustomReader, *segments: bytes) -> list[CustomCommand]:
    """The commands in a stream."""
    pieces = [piece for segment in segments for piece in reader.split(segment)]
    return [command for _, command in pieces if command is not None]


class CustomCommandTests(SynchronousTestCase):
    def test_a_name_alone(self) -> None:
        self.assertEqual(CustomCommand("stop"), CustomCommand.parse("stop"))
        self.assertEqual(CustomCommand("stop"), CustomCommand.parse("stop:"))

    def test_arguments(self) -> None:
        self.assertEqual(CustomCommand("set", ("1", "", " b")), CustomCommand.parse("set:1,, b"))

    def test_only_the_first_colon_ends_the_name(self) -> None:
        expected = CustomCommand("set_value", ("VOLT:DC", "1.25"))
        self.assertEqual(expected, CustomCommand.parse("set_value:VOLT:DC,1.25"))


class CustomReaderTests(SynchronousTestCase):
    def check(self, stream: bytes, *expected: CustomCommand) -> None:
        """These are in the stream, however it is cut."""

        def make() -> object:
            reader = CustomReader()
            return lambda data: read(reader, data)

        checkFraming(self, make, stream, list(expected), b"$stop%%%%")  # type: ignore[arg-type]

    def test_commands_among_other_bytes(self) -> None:
        stream = b"%%%%%VOLT 1\n$stop%%%%%\x02%$a:b,c%%%%%%"
        self.check(stream, CustomCommand("stop", (), 10), CustomCommand("a", ("b", "c"), 11))

    def test_a_header_begins_anew(self) -> None:
        self.check(b"$lost $x:$y:1%%%%%", CustomCommand("y", ("1",), 9))

    def test_the_first_tail_ends_it(self) -> None:
        self.check(b"$a:50%%%%%%%", CustomCommand("a", ("50",), 10))

    def test_arguments_are_latin_1(self) -> None:
        self.check(b"$say:\xe9\n\0%%%%%", CustomCommand("say", ("\xe9\n\0",), 13))

    def test_nothing_between(self) -> None:
        self.check(b"$%%%%%", CustomCommand("", (), 6))

    def test_a_tail_alone_ends_nothing(self) -> None:
        self.check(b"%%%%%$a%%%%%%%%%%%%%%%b%%%%%", CustomCommand("a", (), 7))

    def test_a_segment_is_cut_after_each_command(self) -> None:
        pieces = CustomReader().split(b"one$a%%%%%two$b%%%%%three")
        expected = [
            (b"one$a%%%%%", CustomCommand("a", (), 7)),
            (b"two$b%%%%%", CustomCommand("b", (), 7)),
            (b"three", None),
        ]
        self.assertEqual(expected, pieces)

    def test_a_piece_holds_only_what_came_now(self) -> None:
        reader = CustomReader()
        self.assertEqual([(b"one$a%%", None)], reader.split(b"one$a%%"))
        expected = [(b"%%%", CustomCommand("a", (), 7)), (b"two", None)]
        self.assertEqual(expected, reader.split(b"%%%two"))
        self.assertEqual([(b"", None)], reader.split(b""))

    def test_of_just_the_limit(self) -> None:
        for tail in (b"", b"$b%%%%%"):
            stream = b"$234567%%%%%" + tail
            expected = ["234567", "b"] if tail else ["234567"]
            for segments in ([stream], single(stream)):
                found = read(CustomReader(limit=12), *segments)
                self.assertEqual(expected, [command.name for command in found])

    def test_a_longer_one_is_none(self) -> None:
        stream = b"$2345678%%%%%$b%%%%%"
        for segments in ([stream], single(stream)):
            found = read(CustomReader(limit=12), *segments)
            self.assertEqual(["b"], [command.name for command in found])

    def test_another_header_and_tail(self) -> None:
        """Headers of two bytes are found when they come in two segments."""
        stream = b"#$##a#%%b##cENDEND##dEND"
        for segments in ([stream], single(stream), [b"#", stream[1:]]):
            found = read(CustomReader(b"##", b"END"), *segments)
            self.assertEqual(["c", "d"], [command.name for command in found])

    def test_no_header_and_no_tail(self) -> None:
        self.assertRaises(ValueError, CustomReader, b"")
        self.assertRaises(ValueError, CustomReader, b"$", b"")

    @examples(400)
    @given(STREAMS, PLACES, st.sampled_from([b"$", b"$$", b"$a$"]), st.sampled_from([9, 12, 4096]))
    def test_cutting_changes_nothing(
        self, stream: bytes, places: list[int], header: bytes, limit: int
    ) -> None:
        readers = [CustomReader(header, limit=limit) for _ in range(3)]
        whole = read(readers[0], stream)
        self.assertEqual(whole, read(readers[1], *single(stream)))
        self.assertEqual(whole, read(readers[2], *cut(stream, places)))

    @examples(200)
    @given(STREAMS | st.binary(), PLACES)
    def test_no_byte_is_lost_and_memory_is_bounded(self, stream: bytes, places: list[int]) -> None:
        reader = CustomReader(limit=9)
        for segment in cut(stream, places):
            pieces = reader.split(segment)
            self.assertEqual(segment, b"".join(piece for piece, _ in pieces))
            self.assertTrue(all(command for _, command in pieces[:-1]))
            self.assertLessEqual(len(reader._begun), 9)

    def test_a_long_stream_is_read_quickly(self) -> None:
        for stream in (b"$" * (1 << 17), b"$" + b"%%%%a" * (1 << 14), b"%" * (1 << 17)):
            begin = process_time()
            read(CustomReader(), *single(stream))
            read(CustomReader(), stream)
            self.assertLess(process_time() - begin, 3.0)
