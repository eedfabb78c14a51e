"""Arbitrary scripts, sessions and JSON, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from netsim.script import model
from netsim.script.journal import DOWNSTREAM, UPSTREAM
from netsim.script.parse import CLOSERS

newlines = st.sampled_from([b"\n", b"\r\n", b"\n\n"])
texts = st.text(st.characters(max_codepoint=126, min_codepoint=1)).map(str.encode)
long_data = st.builds(lambda data, times: data * times, st.binary(min_size=40), st.just(105))
segments = newlines | texts.filter(bool) | st.binary(min_size=1) | long_data

directions = st.sampled_from([UPSTREAM, DOWNSTREAM])
sessions = st.lists(st.tuples(directions, segments), max_size=12)
"""What both sides say, segment by segment."""

places = st.lists(st.integers(0, 1 << 16), max_size=12)
"""Where a stream is cut; see L{tests.framing.cut}."""

names = st.text(st.characters(), max_size=10)
"""Any JSON string, halves of surrogate pairs included."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
finite_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)

refs = st.binary(min_size=20, max_size=20).map(lambda digest: model.BlobRef(digest.hex()))
seconds = st.none() | st.floats(min_value=0, allow_infinity=False)
facts = st.builds(model.Facts, seconds, seconds, st.booleans(), st.sampled_from([None, *CLOSERS]))


@st.composite
def exchanges(draw: st.DrawFn) -> model.Exchange:
    """An exchange; where newlines end its command, some of them may be late."""
    command = draw(st.binary() | texts | st.builds(bytes.__add__, texts, newlines))
    late = draw(st.integers(0, len(command) - len(command.rstrip(b"\r\n"))))
    return model.Exchange(command, draw(st.binary() | texts | refs), late, draw(facts))


datagram_exchanges = st.builds(
    model.DatagramExchange, st.binary(), st.lists(st.binary() | texts).map(tuple), facts
)
leaves = st.one_of(
    exchanges(),
    st.builds(model.Exchange, refs, refs, st.integers(0, 3), facts),
    datagram_exchanges,
    st.builds(model.Named, names),
    st.builds(model.External, names, st.none() | names.filter(bool)),
    st.builds(model.Action, names, st.lists(finite_json, max_size=3), st.none() | st.binary()),
    st.just(model.Nop()),
)
scripts = st.recursive(
    leaves,
    lambda inner: st.builds(model.Compound, st.lists(inner, max_size=4), st.booleans()),
    max_leaves=8,
)
documents = st.dictionaries(names, scripts, max_size=4)

KEYS = (
    *("type", "scripts", "name", "file", "namespace", "prefix", "action", "args"),
    *("command", "command_hex", "command_blob", "late", "transport"),
    *("response", "responses", "response_hex", "response_hexes", "response_blob"),
    *("time", "gap", "partial", "closed_by"),
)
TYPES = ("script", "compound", "compound_multi", "named", "external", "command", "nop", "other")
likely_values = st.one_of(
    json_values,
    st.sampled_from([*TYPES, "udp", "a", "00", "0" * 40, "sleep", "import", "main.json", "\ud800"]),
    st.integers(min_value=10**399, max_value=10**400),
)
malformed = st.recursive(
    st.dictionaries(st.sampled_from(KEYS), likely_values, max_size=5),
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(TYPES), "scripts": st.lists(inner | json_values, max_size=3)}
    ),
    max_leaves=6,
)
malformed_documents = st.dictionaries(names | st.just("a"), malformed | json_values, max_size=3)
"""Nearly script files: the right keys, with the wrong values, in the wrong places."""
