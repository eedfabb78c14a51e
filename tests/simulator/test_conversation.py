"""Tests for L{netsim.simulator.conversation}: WIRE.md, section 4."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import fail, succeed

from netsim.simulator.conversation import Conversation, Farewell
from netsim.simulator.framing import FixedSize, LengthField
from netsim.simulator.model import SHUTDOWN
from tests.framing import checkFraming, cut, segmentations
from tests.properties import examples
from tests.simulator.talking import ConversationTestCase, Messages, Parser, waited

GOODBYE = SHUTDOWN.encode()


def raiser(error: BaseException) -> Any:
    """What raises this, whatever it is given."""

    def answer(*arguments: Any) -> Any:
        raise error

    return answer


class Commanded(Parser):
    """One with methods for custom commands."""

    attribute = 5
    function = len
    Class = Parser

    def __init__(self) -> None:
        super().__init__()
        self.result: Any = None

    @property
    def broken(self) -> Any:
        raise OSError("broken property")

    @staticmethod
    def static() -> str:
        return "static"

    @classmethod
    def of_class(cls) -> str:
        return "class"

    def _hidden(self) -> str:
        raise AssertionError("called")

    def call(self, *arguments: str) -> Any:
        self.calls.append(arguments)
        return self.result

    def one(self, argument: str) -> str:
        return argument


class CommandedMessages(Messages):
    """The same, of messages."""

    def __init__(self, answer: Any = lambda message: b"<" + message + b">") -> None:
        super().__init__(answer)
        self.calls: list[Any] = []

    def call(self, *arguments: str) -> Any:
        self.calls.append(arguments)
        return f"[{','.join(arguments)}]"


class ParseTests(ConversationTestCase):
    """A system that is fed byte by byte."""

    def say(self, answer: Any, data: bytes = b"#x") -> list[bytes]:
        """What a system that gives this answer to C{x} answers."""

        def given(byte: str) -> Any:
            if byte != "x":
                return byte == "#"
            return answer() if callable(answer) else answer

        return self.said(self.converse(Parser(given)).feed(data))

    def test_each_byte_is_a_character(self) -> None:
        system = Parser()
        everything = bytes(range(256)).replace(b"$", b"")
        self.assertEqual([], self.said(self.converse(system).feed(everything)))
        self.assertEqual("".join(map(chr, everything)), system.heard)
        self.quiet()

    def test_a_text_is_sent_as_latin_1(self) -> None:
        self.assertEqual([b"\xe9$\n"], self.say("\xe9$\n"))
        self.quiet()

    def test_true_and_false_are_not_answered(self) -> None:
        for answer in (True, False):
            self.assertEqual([], self.say(answer))
        self.quiet()

    def test_anything_else_is_logged(self) -> None:
        for answer in (None, "", b"bytes", 1, 0, "\u20ac", ["x"]):
            self.assertEqual([b"next"], self.say(iter([answer, "next"]).__next__, b"#xx"))
            told = self.told()
            self.assertIn(f"unexpected response: {answer!r}", told)
            for part in ("device[3]", "somebody", "b'#x'"):
                self.assertIn(part, told)

    def test_a_value_error_is_logged_with_its_text(self) -> None:
        self.assertEqual([], self.say(raiser(ValueError("bad checksum"))))
        self.assertEqual("device[3]: somebody sent b'#x': bad checksum", self.told())

    def test_another_exception_is_logged_with_its_traceback(self) -> None:
        for error in (KeyError("why"), OSError("why"), StopIteration("why"), AssertionError("why")):
            self.assertEqual([], self.say(raiser(error)))
            told = self.failed(type(error))
            for part in ("unexpected exception", "why", "device[3]", "parse", "somebody", "b'#x'"):
                self.assertIn(part, told)

    def test_no_exception_repeats_an_answer_or_ends_anything(self) -> None:
        answers = iter(["one", ValueError("1"), OSError("2"), None, True, "two"])

        def answer(byte: str) -> Any:
            given = next(answers)
            if isinstance(given, Exception):
                raise given
            return given

        said = self.said(self.converse(Parser(answer)).feed(b"abcdef"))
        self.assertEqual([b"one", b"two"], said)
        self.flushLoggedErrors(OSError)
        self.assertEqual(3, len(self.events))

    def test_what_caused_it_is_told_however_it_was_cut(self) -> None:
        def answer(byte: str) -> Any:
            if byte == "!":
                raise ValueError("!")
            return {"#": True, ";": "done", ".": False}.get(byte, True)

        for stream, cause in (
            (b"..#ab!", "b'#ab!'"),
            (b"#abc;#d!", "b'#d!'"),
            (b"#ab!#cd!", "b'#cd!'"),
            (b"#" + b"x" * 200 + b"!", f"\u2026{b'x' * 63 + b'!'!r}"),
        ):
            for name, segments in segmentations(stream, b""):
                conversation = self.converse(Parser(answer))
                for segment in segments:
                    self.said(conversation.feed(segment))
                self.events = self.events[-1:]
                self.assertEqual(f"device[3]: somebody sent {cause}: !", self.told(), name)

    def test_what_is_kept_for_that_is_bounded(self) -> None:
        conversation = self.converse(Parser())
        for _ in range(100):
            self.said(conversation.feed(b"x" * 100))
        self.assertLess(len(conversation._begun), 100)

    def test_a_text_that_looks_like_a_farewell_is_none(self) -> None:
        [answer] = self.say(SHUTDOWN)
        self.assertEqual((GOODBYE, bytes), (answer, type(answer)))

    def test_answers_come_one_by_one(self) -> None:
        """The system is not fed further before an answer is taken."""
        system = Parser(lambda byte: byte)
        answers = self.converse(system).feed(b"ab")
        self.assertEqual((b"a", "a"), (next(answers), system.heard))
        self.assertEqual((b"b", "ab"), (next(answers), system.heard))

    @examples(100)
    @given(st.binary(), st.lists(st.integers(min_value=0), max_size=5))
    def test_every_byte_is_heard_once_in_order(self, data: bytes, places: list[int]) -> None:
        system = Parser()
        conversation = self.converse(system)
        for segment in cut(data, places):
            self.said(conversation.feed(segment))
        self.assertEqual(data, system.heard.encode("latin-1"))
        self.events.clear()


class CustomTests(ConversationTestCase):
    """Custom commands to a system that is fed byte by byte."""

    def setUp(self) -> None:
        super().setUp()
        self.system = Commanded()
        self.conversation = self.converse(self.system)

    def say(self, data: bytes) -> list[bytes]:
        return self.said(self.conversation.feed(data))

    def test_it_is_called_and_the_system_hears_it_too(self) -> None:
        self.system.result = "sent\xe9"
        self.assertEqual([b"sent\xe9"], self.say(b"ab$call:1,x y%%%%%c"))
        self.assertEqual([("1", "x y")], self.system.calls)
        self.assertEqual("ab$call:1,x y%%%%%c", self.system.heard)
        self.quiet()

    def test_it_may_be_cut_anywhere(self) -> None:
        def feed() -> Any:
            conversation = self.converse(Commanded())
            return lambda data: self.said(conversation.feed(data))

        checkFraming(self, feed, b"x$one:1%%%%%$static%%%%%", [b"1", b"static"], b"$one:2%%")

    def test_without_arguments(self) -> None:
        self.say(b"$call%%%%%$call:%%%%%")
        self.assertEqual([(), ()], self.system.calls)

    def test_methods_of_every_sort(self) -> None:
        self.assertEqual([b"static", b"class"], self.say(b"$static%%%%%$of_class%%%%%"))

    def test_only_texts_are_sent(self) -> None:
        for result, sent in ((b"bytes", [b"bytes"]), ("", []), (None, []), (True, []), (5, [])):
            self.system.result = result
            self.assertEqual(sent, self.say(b"$call%%%%%"))
        self.quiet()

    def test_a_text_that_is_not_latin_1_is_logged(self) -> None:
        self.system.result = "\u20ac"
        self.assertEqual([], self.say(b"$call%%%%%"))
        self.assertIn("unexpected response", self.told())

    def test_unknown_ones_are_logged_and_not_answered(self) -> None:
        for name in (
            *("nothing", "", "_hidden", "__init__", "__class__", "attribute", "function"),
            *("Class", "heard", "calls", "a b", "mro", "\xe9"),
        ):
            self.assertEqual([], self.say(f"${name}%%%%%".encode("latin-1")), name)
            self.assertEqual(f"device[3]: command {name} not supported", self.told())
        self.assertEqual([], self.system.calls)

    def test_a_property_that_raises_is_unknown_too(self) -> None:
        self.assertEqual([], self.say(b"$broken%%%%%"))
        self.assertEqual(1, len(self.flushLoggedErrors(OSError)))
        _, unknown = self.events
        self.assertEqual("broken", unknown["name"])

    def test_wrong_numbers_of_arguments_are_logged_and_not_answered(self) -> None:
        for command in ("$one%%%%%", "$one:1,2%%%%%", "$static:1%%%%%"):
            self.assertEqual([], self.say(command.encode()))
            told = self.failed(TypeError)
            for part in ("unexpected exception", "argument", "device[3]", "somebody", command):
                self.assertIn(part, told)
        self.assertEqual([b"1"], self.say(b"$one:1%%%%%"))

    def test_exceptions_are_logged_and_not_answered(self) -> None:
        for error in (ValueError("text"), OSError("text")):
            self.patch(self.system, "one", raiser(error))
            self.assertEqual([], self.say(b"$one:1%%%%%"))
            self.assertIn("unexpected exception text in one", self.failed(type(error)))

    def test_the_farewell(self) -> None:
        self.system.result = SHUTDOWN
        [farewell] = self.say(b"$call%%%%%")
        self.assertIsInstance(farewell, Farewell)
        self.assertEqual(GOODBYE, farewell)

    def test_an_answer_may_come_later(self) -> None:
        for result, sent in (("late", b"late"), (5, b""), (None, b""), (SHUTDOWN, GOODBYE)):
            self.system.result = succeed(result)
            [answer] = self.say(b"$call%%%%%")
            self.assertEqual(sent, answer)
            self.assertEqual(result == SHUTDOWN, isinstance(answer, Farewell))
        self.system.result = fail(ValueError("late"))
        self.assertEqual([b""], self.say(b"$call:7%%%%%"))
        self.assertIn("unexpected exception late in call", self.failed(ValueError))

    def test_they_can_be_switched_off(self) -> None:
        system = Commanded()
        conversation = self.converse(system, custom_commands=False)
        self.assertEqual([], self.said(conversation.feed(b"$call%%%%%")))
        self.assertEqual((" ".join("$call%%%%%"), []), (" ".join(system.heard), system.calls))
        self.quiet()

    def test_a_message_cannot_stop_it_where_they_are_off(self) -> None:
        echo = Messages(lambda message: message.decode("latin-1"))
        for options in ({"custom_commands": False}, {}):
            conversation = self.converse(echo, **options)
            for answer in self.said(conversation.feed(b"x" + GOODBYE[:-1] + b"\n")):
                self.assertNotIsInstance(answer, Farewell)
        [answer] = self.said(
            self.converse(echo, custom_commands=False).feed(GOODBYE + b"\n"),
        )
        self.assertEqual((GOODBYE, bytes), (answer, type(answer)))

    def test_on_a_sending_address_only_they_are_heard(self) -> None:
        conversation = Conversation(self.instance(self.system), "somebody", listens=False)
        self.system.result = "sent"
        self.assertEqual([b"sent"], self.said(conversation.feed(b"ab$call%%%%%c")))
        self.assertEqual([], self.said(conversation.feed(b"abc")))
        self.assertEqual("", self.system.heard)

    def test_the_next_waits_for_the_one_before(self) -> None:
        self.system.result = "sent"
        answers = self.conversation.feed(b"$call:1%%%%%x$call:2%%%%%")
        self.assertEqual(b"sent", next(answers))
        self.assertEqual(([("1",)], "$call:1%%%%%"), (self.system.calls, self.system.heard))

    def test_stopping(self) -> None:
        """A system that was stopped over the wire needs no other stop."""
        instance = self.instance(self.system)
        conversation = Conversation(instance, "somebody")
        [farewell] = self.said(conversation.feed(b"$system_stop%%%%%"))
        self.assertIsInstance(farewell, Farewell)
        self.assertTrue(instance.stopped)
        self.successResultOf(instance.stop())
        self.assertEqual(1, self.system.stops)

    def test_stopping_in_vain(self) -> None:
        """One that could not be stopped over the wire is stopped all the same."""
        instance = self.instance(self.system)
        self.said(Conversation(instance, "somebody").feed(b"$system_stop:1%%%%%"))
        self.failed(TypeError)
        self.assertFalse(instance.stopped)
        self.successResultOf(instance.stop())
        self.assertEqual(1, self.system.stops)


class MessageTests(ConversationTestCase):
    """A system that gets whole messages."""

    def say(self, answer: Any) -> list[bytes]:
        """What is answered to one message."""
        conversation = self.converse(Messages(lambda message: answer))
        return [found for found in self.said(conversation.feed(b"one\n")) if found]

    def test_segments(self) -> None:
        def feed() -> Any:
            conversation = self.converse(CommandedMessages())
            return lambda data: self.said(conversation.feed(data))

        wanted = [b"<one>", b"[1]", b"<two>", b"<three>"]
        checkFraming(self, feed, b"one\n$call:1%%%%%two\n\nthree\n", wanted, b"four")

    def test_a_command_is_cut_out_of_a_message(self) -> None:
        def feed() -> Any:
            conversation = self.converse(CommandedMessages())
            return lambda data: self.said(conversation.feed(data))

        checkFraming(self, feed, b"on$call:1%%%%%e\n", [b"[1]", b"<one>"], b"$cal")

    def test_a_command_is_cut_out_of_other_framings(self) -> None:
        for framing in (FixedSize(40, start=b"#"), LengthField(40, 38, 2, start=b"#")):
            system = CommandedMessages()
            self.patch(CommandedMessages, "framing", framing)
            message = b"#" + b"x" * 37 + b"\0\0"
            stream = message[:9] + b"$call%%%%%" + message[9:]
            for _, segments in segmentations(stream, b""):
                conversation = self.converse(system)
                system.heard.clear()
                for segment in segments:
                    self.said(conversation.feed(segment))
                self.assertEqual([message], system.heard)

    def test_what_is_sent(self) -> None:
        for answer, sent in ((b"\xff", b"\xff"), ("\xe9", b"\xe9"), (SHUTDOWN, GOODBYE)):
            for result in (answer, succeed(answer), waited(succeed(answer))):
                [said] = self.say(result)
                self.assertEqual((sent, bytes), (said, type(said)))

    def test_what_is_not(self) -> None:
        for answer in (None, b"", ""):
            for result in (answer, succeed(answer), waited(succeed(answer))):
                self.assertEqual([], self.say(result))
        self.quiet()

    def test_what_cannot_be(self) -> None:
        for answer in (True, 5, "\u20ac", bytearray(b"x")):
            for result in (answer, succeed(answer), waited(succeed(answer))):
                self.assertEqual([], self.say(result))
                self.assertIn(
                    f"device[3]: unexpected response: {answer!r} to somebody, who sent b'one'",
                    self.told(),
                )

    def failing(self, error: Exception) -> Iterator[Any]:
        yield raiser(error)
        yield lambda message: fail(error)
        yield lambda message: waited(fail(error))

    def test_a_value_error_is_logged_with_its_text(self) -> None:
        for answer in self.failing(ValueError("bad")):
            self.said(self.converse(Messages(answer)).feed(b"one\n"))
            self.assertEqual("device[3]: somebody sent b'one': bad", self.told())

    def test_another_exception_is_logged_with_its_traceback(self) -> None:
        for answer in self.failing(OSError("bad")):
            self.said(self.converse(Messages(answer)).feed(b"one\n"))
            told = self.failed(OSError)
            wanted = "device[3]: unexpected exception bad in handle, after somebody sent b'one'"
            self.assertEqual(wanted, told)

    def test_neither_ends_anything(self) -> None:
        answers = iter([ValueError("1"), OSError("2"), True, b"three"])

        def answer(message: bytes) -> Any:
            given = next(answers)
            if isinstance(given, Exception):
                raise given
            return given

        said = self.said(self.converse(Messages(answer)).feed(b"a\nb\nc\nd\n"))
        self.assertEqual([b"three"], said)
        self.flushLoggedErrors(OSError)

    def test_dropped_bytes_are_logged(self) -> None:
        self.patch(Messages, "framing", FixedSize(4, start=b"#"))
        conversation = self.converse(Messages())
        self.said(conversation.feed(b"ab#123c"))
        self.assertIn("3 bytes belong to no message", self.told())
        self.said(conversation.feed(b"#123"))
        self.quiet()

    def test_what_comes_after_the_end_is_not_heard(self) -> None:
        system = Messages()
        conversation = self.converse(system)

        def end(message: bytes) -> bytes:
            conversation.ended = True
            return b"last"

        system._answer = end
        self.assertEqual([b"last"], self.said(conversation.feed(b"one\ntwo\n")))
        self.assertEqual([b"one"], system.heard)

    def test_a_thread_cannot_wait(self) -> None:
        conversation = self.converse(Messages(lambda message: waited(succeed(b""))))
        for outcome in conversation.feed(b"one\n"):
            conversation.refuse(outcome)
        self.assertIn("has to answer at once", self.failed(TypeError))


class DatagramTests(ConversationTestCase):
    """Each datagram is a conversation."""

    def test_a_line_ends_with_it(self) -> None:
        system = Parser(lambda byte: "answer" if byte == "\n" else True)
        self.assertEqual([b"answer"], self.said(self.converse(system).datagram(b"ab")))
        self.assertEqual("ab\n", system.heard)
        self.assertEqual([b"answer"], self.said(self.converse(system).datagram(b"")))

    def test_a_message_ends_with_it(self) -> None:
        for framing, data, heard in (
            (Messages.framing, b"one\ntwo", [b"one", b"two"]),
            (FixedSize(2), b"abc", [b"ab"]),
            (None, b"one\ntwo", [b"one\ntwo"]),
            (None, b"", [b""]),
        ):
            self.patch(Messages, "framing", framing)
            system = Messages()
            self.said(self.converse(system).datagram(data))
            self.assertEqual(heard, system.heard)

    def test_commands(self) -> None:
        for framing in (Messages.framing, None):
            self.patch(CommandedMessages, "framing", framing)
            system = CommandedMessages()
            said = self.said(self.converse(system).datagram(b"$call:1%%%%%"))
            self.assertEqual(([b"[1]"], []), (said, system.heard))

    def test_where_it_sends(self) -> None:
        for system in (Parser(), Messages()):
            conversation = Conversation(self.instance(system), "somebody", listens=False)
            self.assertEqual([], self.said(conversation.datagram(b"x")))
            self.assertFalse(system.heard)


class GreetingTests(ConversationTestCase):
    """What a connection begins with."""

    def greet(self, result: Any) -> list[bytes]:
        system = Parser()
        system.system_greet = result if callable(result) else lambda: result  # type: ignore[method-assign]
        return self.said(self.converse(system).greeting())

    def test_it_is_sent(self) -> None:
        self.assertEqual([b"hello\xe9"], self.greet("hello\xe9"))
        self.assertEqual([b"hello"], self.greet(b"hello"))
        self.assertEqual([b"hello"], self.greet(succeed("hello")))

    def test_most_have_none(self) -> None:
        for result in (None, "", False):
            self.assertEqual([], self.greet(result))
        self.assertEqual([], self.said(self.converse(object()).greeting()))
        self.quiet()

    def test_an_exception_is_logged(self) -> None:
        self.assertEqual([], self.greet(raiser(OSError("bad"))))
        wanted = "device[3]: unexpected exception bad in system_greet, for somebody"
        self.assertEqual(wanted, self.failed(OSError))


class TrafficTests(ConversationTestCase):
    """What has come is counted."""

    def traffic(self, system: Any, *data: bytes) -> tuple[int, int]:
        conversation = self.converse(system)
        for each in data:
            self.said(conversation.feed(each))
        return conversation.traffic.messages, conversation.traffic.size

    def test_messages(self) -> None:
        """Those that are complete, however they are cut."""
        self.assertEqual((0, 0), self.traffic(Messages(bytes)))
        self.assertEqual((3, 12), self.traffic(Messages(bytes), b"one\ntwo\nsi", b"x\n"))
        self.assertEqual((1, 5), self.traffic(Messages(bytes), b"o", b"ne\nt"))

    def test_bytes(self) -> None:
        """Of a system that is fed byte by byte the answers are counted."""
        system = Parser(lambda byte: {"\n": "ok", "?": False}.get(byte, True))
        self.assertEqual((2, 9), self.traffic(system, b"one?\n", b"two\n"))

    def test_custom_commands(self) -> None:
        """They are messages, too; what they consist of is none."""
        self.assertEqual((2, 14), self.traffic(CommandedMessages(), b"a\n", b"$call:1%%%%%"))
