"""What pytest finds where netsim is installed: the fixture C{netsim_serve}."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from netsim.errors import NetsimError

_SERVERS: pytest.StashKey[list[ExitStack]] = pytest.StashKey()


@pytest.fixture
def netsim_serve(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """
    Serve script files on free ports; the test fails where a client differs.

    Call it with a path, and with the options of L{netsim.testing.serve}; it gives a
    L{netsim.testing.ServedScript} to connect to.
    """
    # Imported here: pytest loads this module in every project that has netsim installed.
    from netsim.testing import serving

    servers = request.node.stash[_SERVERS] = []

    def serve(script: Any, **options: Any) -> Any:
        server = ExitStack()
        try:
            served = server.enter_context(serving(script, **options))
        except NetsimError as error:
            problem = str(error)
        else:
            servers.append(server)
            return served
        pytest.fail(problem, pytrace=False)

    yield serve
    # Where another fixture has failed, there was no test to judge.
    _stop(request.node)


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
    """Stop what is served, if anything is; what was wrong."""
    servers = item.stash.get(_SERVERS, [])
    problems = []
    while servers:
        try:
            servers.pop(0).close()
        except AssertionError as error:
            problems.append(str(error))
    return "\n".join(problems)
