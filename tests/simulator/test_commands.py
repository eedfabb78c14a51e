"""Tests for L{netsim.simulator.commands}."""

from __future__ import annotations

import re
from functools import wraps
from time import process_time
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator.commands import Match, command, commands_of, find
from tests.properties import examples

if TYPE_CHECKING:
    from somewhere import Unknown  # type: ignore[import-not-found]

Volts = float


class Device:
    """One of everything."""

    @command("VOLT {volts}")
    def set_voltage(self, volts: Volts) -> None:
        """
        Set the voltage.

        In volts.
        """

    @command("CH{channel}  STATE {on}")
    def switch(self, channel: int, on: bool) -> None: ...

    @command("NAME {name}")
    @command("name={name};")
    def rename(self, name) -> None: ...  # type: ignore[no-untyped-def]

    @command("PAIR {first} {second}")
    @command("PAIR={first},{second}")
    def pair(self, first: str, second: str = "") -> None: ...

    @command("WHO?")
    def who(self, peer: Unknown) -> None: ...

    @command("*idn?", ignore_case=True)
    def identify(self) -> None: ...

    @command(re.compile(rb"\x02(?P<data>.{2})\x03", re.DOTALL))
    def binary(self, data: bytes) -> None: ...

    @command(re.compile(r"get (?P<what>\w+)( (?P<unit>\w+))?"), ignore_case=True)
    def get(self, what: str, unit: str | None) -> None: ...

    @command("ANY {one}")
    def anything(self, **values: str) -> None: ...


KNOWN = commands_of(Device)


class FindTests(SynchronousTestCase):
    def check(self, message: bytes, method: str, peer: bool = False, **arguments: Any) -> None:
        self.assertEqual(Match(method, arguments, peer), find(KNOWN, message))

    def check_none(self, *messages: bytes) -> None:
        for message in messages:
            self.assertIsNone(find(KNOWN, message), message)

    def test_float(self) -> None:
        for text in (b"1", b"-1.5", b"+.5", b"2.", b"1e3", b"1.5E-03"):
            self.check(b"VOLT " + text, "set_voltage", volts=float(text))
        self.check_none(b"VOLT", b"VOLT ", b"VOLT .", b"VOLT 1x", b"VOLT nan", b"VOLT inf")
        self.check_none(b"VOLT 1e", b"VOLT 1_0", b"VOLT 1 2", b" VOLT 1", b"VOLT 1\n")

    def test_a_number_that_is_too_large_does_not_fit(self) -> None:
        self.check_none(b"VOLT 1e999", b"CH" + b"1" * 5000 + b" STATE 1")

    def test_int_and_bool(self) -> None:
        for text, on in ((b"ON", True), (b"off", False), (b"1", True), (b"0", False)):
            self.check(b"CH-12 STATE " + text, "switch", channel=-12, on=on)
        self.check_none(
            b"CH1.0 STATE 1", b"CH STATE 1", b"CH1 STATE 2", b"CH1 STATE", b"ch1 STATE 1"
        )

    def test_a_blank_stands_for_one_or_more(self) -> None:
        self.check(b"CH1 \t STATE    1", "switch", channel=1, on=True)
        self.check_none(b"CH1STATE 1")

    def test_text(self) -> None:
        """Of any bytes, as Latin-1."""
        self.check(b"NAME  a\n b\xff ", "rename", name="a\n b\xff ")
        self.check_none(b"NAME   ")

    def test_text_ends_where_the_next_character_of_the_pattern_comes(self) -> None:
        self.check(b"name=a b;", "rename", name="a b")
        self.check_none(b"name=a;b;", b"name=;")
        self.check(b"PAIR one two three", "pair", first="one", second="two three")
        self.check(b"PAIR=one,two,three", "pair", first="one", second="two,three")

    def test_peer(self) -> None:
        """It is given where it is asked for, however it is annotated."""
        self.check(b"WHO?", "who", peer=True)

    def test_case(self) -> None:
        self.check(b"*IdN?", "identify")
        self.check_none(b"who?")

    def test_bytes(self) -> None:
        """What a pattern of bytes finds stays bytes."""
        self.check(b"\x02\n\xff\x03", "binary", data=b"\n\xff")
        self.check_none(b"\x02\n\x03", b"\x02\n\xff\x03 ")

    def test_regular_expression(self) -> None:
        self.check(b"GET it", "get", what="it", unit=None)
        self.check(b"get IT mV", "get", what="IT", unit="mV")

    def test_keywords(self) -> None:
        self.check(b"ANY thing", "anything", one="thing")

    def test_the_first_that_fits(self) -> None:
        """In the order of the class; of several patterns of one method, the upper one."""

        class Ambiguous:
            @command("A {word}")
            @command("A {word}!")
            def first(self, word: str) -> None: ...

            @command("A {number}")
            @command("B {number}")
            def second(self, number: int) -> None: ...

        known = commands_of(Ambiguous)
        self.assertEqual(["A {word}", "A {word}!", "A {number}", "B {number}"],
                         [each.text for each in known])  # fmt: skip
        self.assertEqual(Match("first", {"word": "1!"}, False), find(known, b"A 1!"))
        self.assertEqual(Match("second", {"number": 1}, False), find(known, b"B 1"))

    def test_what_describes_a_command(self) -> None:
        self.assertEqual("Set the voltage.", KNOWN[0].about)
        self.assertEqual("VOLT {volts}", KNOWN[0].text)
        [binary] = [each for each in KNOWN if each.method == "binary"]
        self.assertEqual("", binary.about)
        self.assertIn("data", binary.text)

    @examples(300)
    @given(st.binary() | st.from_regex(r"(VOLT|CH|NAME|PAIR|name)[ =][0-9A-Z ,;]*").map(str.encode))
    def test_any_message_is_a_command_or_none(self, message: bytes) -> None:
        found = find(KNOWN, message)
        self.assertTrue(found is None or hasattr(Device, found.method))

    def test_a_long_message_costs_little(self) -> None:
        """No pattern can be tried in so many ways that a device stands still."""
        size = 1 << 16

        class Long:
            @command("A {one} {two} {three} END")
            def words(self, one: str, two: str, three: str) -> None: ...

            @command("A {one},{two};")
            def numbers(self, one: float, two: float) -> None: ...

            @command("A {number}{unit};")
            def united(self, number: int, unit: str) -> None: ...

        for part in (b" ", b"x ", b"1", b"1.", b"1e1"):
            begin = process_time()
            self.assertIsNone(find(commands_of(Long), b"A " + part * (size // len(part)) + b"x"))
            self.assertLess(process_time() - begin, 3.0, part)


class InheritanceTests(SynchronousTestCase):
    def texts(self, system: type) -> dict[str, list[str]]:
        """The patterns, by the methods that they call."""
        found: dict[str, list[str]] = {}
        for each in commands_of(system):
            found.setdefault(each.method, []).append(each.text)
        return found

    def test_own_commands_come_first(self) -> None:
        class More(Device):
            @command("MORE")
            def more(self) -> None: ...

        self.assertEqual(["more", *self.texts(Device)], list(self.texts(More)))

    def test_an_override_answers_the_same_patterns(self) -> None:
        class Other(Device):
            def set_voltage(self, volts: Volts) -> None:
                """Otherwise."""

        found = commands_of(Other)[0]
        self.assertEqual(("VOLT {volts}", "Otherwise."), (found.text, found.about))

    def test_patterns_of_its_own_replace_them(self) -> None:
        class Other(Device):
            @command("V {volts}")
            def set_voltage(self, volts: Volts) -> None: ...

        class Third(Other):
            def set_voltage(self, volts: Volts) -> None: ...

        for system in (Other, Third):
            self.assertEqual(["V {volts}"], self.texts(system)["set_voltage"])
        self.assertEqual(["VOLT {volts}"], self.texts(Device)["set_voltage"])

    def test_none_takes_a_command_away(self) -> None:
        class Less(Device):
            set_voltage: ClassVar = None  # type: ignore[assignment]

        self.assertNotIn("set_voltage", self.texts(Less))

    def test_mixin(self) -> None:
        class Mixin:
            @command("MIX")
            def mix(self) -> None: ...

        class Mixed(Mixin, Device):
            pass

        self.assertLessEqual({"mix", "identify"}, set(self.texts(Mixed)))

    def test_a_method_is_called_by_the_name_that_it_has_in_the_class(self) -> None:
        def twice(function: Any) -> Any:
            def wrapper(self: Any, *args: Any, **kwargs: Any) -> None:
                function(self, *args, **kwargs)

            return wrapper

        class Wrapped:
            @command("A {number}")
            @twice
            def first(self, number: int) -> None: ...

            @wraps(Device.set_voltage)
            def second(self, volts: Volts) -> None: ...

        expected = {"first": ["A {number}"], "second": ["VOLT {volts}"]}
        self.assertEqual(expected, self.texts(Wrapped))

    def test_static_and_class_methods(self) -> None:
        class Mixed:
            @command("S {number}")
            @staticmethod
            def static(number: int) -> None: ...

            @command("C {number}")
            @classmethod
            def cls(cls, number: int) -> None: ...

        self.assertEqual({"static": ["S {number}"], "cls": ["C {number}"]}, self.texts(Mixed))


class RefusalTests(SynchronousTestCase):
    """A command that could never be called is refused when the class is made."""

    def check(self, text: str, system: type) -> None:
        self.assertIn(text, str(self.assertRaises(ValueError, commands_of, system)))

    def test_an_argument_that_the_method_does_not_take(self) -> None:
        class Wrong:
            @command("A {number} {other}")
            def handler(self, number: int) -> None: ...

        self.check("handler() does not take other of 'A {number} {other}'", Wrong)

    def test_a_group_that_the_method_does_not_take(self) -> None:
        class Wrong:
            @command(re.compile(b"(?P<other>.)"))
            def handler(self) -> None: ...

        self.check("handler() does not take other", Wrong)

    def test_an_argument_that_is_missing(self) -> None:
        class Wrong:
            @command("A {number}")
            @command("A")
            def handler(self, number: int, other: int = 1) -> None: ...

        self.check("handler() needs number, which 'A' does not have", Wrong)

    def test_self_peer_and_what_has_no_name(self) -> None:
        class WithSelf:
            @command("A {self}")
            def handler(self) -> None: ...

        class WithPeer:
            @command("A {peer}")
            def handler(self, peer: str) -> None: ...

        class Nameless:
            @command("A {number}")
            def handler(self, number: int, /) -> None: ...

        self.check("handler() does not take self", WithSelf)
        self.check("handler() does not take peer", WithPeer)
        self.check("handler() does not take number", Nameless)

    def test_a_type_that_cannot_be_read(self) -> None:
        class Wrong:
            @command("A {number}")
            def handler(self, number: complex) -> None: ...

        self.check("handler(): number is <class 'complex'>; an argument can be int, float", Wrong)

    def test_a_type_that_is_not_known(self) -> None:
        class Wrong:
            @command("A {number}")
            def handler(self, number: Unknown) -> None: ...

        self.check("handler(): name 'Unknown' is not defined", Wrong)

    def test_twice_the_same_and_a_number(self) -> None:
        class Twice:
            @command("A {one} {one}")
            def handler(self, one: int) -> None: ...

        class Number:
            @command("A {0}")
            def handler(self, *args: str) -> None: ...

        self.check("handler(): 'one' cannot be an argument", Twice)
        self.check("handler(): '0' cannot be an argument", Number)

    def test_a_text_without_an_end(self) -> None:
        class Endless:
            @command("A {one}{two}")
            def handler(self, one: str, two: int) -> None: ...

        self.check("handler(): nothing in 'A {one}{two}' tells where one ends", Endless)
