"""What pytest finds where netsim is installed: the fixture C{netsim_serve}."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from netsim.errors import NetsimError

_SERVERS: pytest.StashKey[ExitStack] = pytest.StashKey()


@pytest.fixture
def netsim_serve(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """
    Serve script files on free ports; the test fails where a client differs.

    Call it with a path, and with the options of L{netsim.testing.serve}; it gives a
    L{netsim.testing.ServedScript} to connect to.
    """
    # Imported here: pytest loads this module in every project that has netsim installed.
    from netsim.testing import serving

    def serve(script: Any, **options: Any) -> Any:
        try:
            return stack.enter_context(serving(script, **options))
        except NetsimError as error:
            problem = str(error)
        pytest.fail(problem, pytrace=False)

    with ExitStack() as stack:
        request.node.stash[_SERVERS] = stack
        yield serve


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Judge the clients as a part of the test, not of its cleaning up."""
    try:
        result = yield
    except BaseException:
        if problem := _stop(item):
            item.add_report_section("call", "netsim", problem)
        raise
    if problem := _stop(item):
        pytest.fail(problem, pytrace=False)
    return result


def _stop(item: pytest.Item) -> str:
    try:
        if _SERVERS in item.stash:
            item.stash[_SERVERS].close()
    except AssertionError as error:
        return str(error)
    return ""
