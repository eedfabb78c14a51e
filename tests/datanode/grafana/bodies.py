"""Bodies of queries, for tests of what reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana.model import Query
from netsim.datanode.grafana.query import read_query
from netsim.web.answers import Refusal

RANGE = {"from": "2017-07-13T00:00:00.000Z", "to": "2017-07-13T01:00:00.000Z"}
START = 1499904000.0

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["n::f", "1s", "value", "rate", "table", "{}", "=", "node", "1e999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)  # fmt: skip
TARGETS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("target", "type", "payload", "hide", "refId"), VALUES),
)
FILTERS = st.fixed_dictionaries({}, optional=dict.fromkeys(("key", "operator", "value"), VALUES))
BODIES = VALUES | st.fixed_dictionaries(
    {},
    optional={
        "range": VALUES | st.fixed_dictionaries({"from": VALUES, "to": VALUES}) | st.just(RANGE),
        "interval": VALUES,
        "intervalMs": VALUES,
        "maxDataPoints": VALUES,
        "targets": VALUES | st.lists(TARGETS | VALUES, max_size=4),
        "adhocFilters": VALUES | st.lists(FILTERS | VALUES, max_size=3),
        "annotation": VALUES | st.fixed_dictionaries({"query": VALUES}),
        "key": VALUES,
        "name": VALUES,
    },
)


def written(value: Any) -> bytes:
    """Write a body."""
    return json.dumps(value).encode()


class ReadTestCase(SynchronousTestCase):
    """Reads bodies of queries."""

    def read(self, *targets: Any, **more: Any) -> Query:
        """Read one that is right."""
        listed = [{"target": each} if isinstance(each, str) else each for each in targets]
        return read_query(written({"range": RANGE, "targets": listed, **more}))

    def refused(self, read: Callable[..., Any], body: Any) -> Refusal:
        """Read one that is wrong."""
        data = body if isinstance(body, bytes) else written(body)
        refusal = self.assertRaises(Refusal, read, data)
        self.assertEqual(refusal.status, 400)
        return refusal

    def problems(self, *targets: Any, **more: Any) -> tuple[str, ...]:
        """What is wrong with a query."""
        listed = [{"target": each} if isinstance(each, str) else each for each in targets]
        body = {"range": RANGE, "targets": listed, **more}
        return self.refused(read_query, body).problems
