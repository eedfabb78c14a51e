"""L{netsim.daemon.connections}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.connections import TRANSITIONS, Connection, State, Step
from netsim.daemon.projects import Project


class ConnectionTests(SynchronousTestCase):
    """The life of a connection."""

    def test_states(self) -> None:
        """Each state has its ways out, and every one can be reached but the first."""
        self.assertEqual(set(State), set(TRANSITIONS))
        reached = {state for steps in TRANSITIONS.values() for state in steps.values()}
        self.assertEqual(set(State) - {State.FRESH}, reached)
        self.assertEqual({}, TRANSITIONS[State.CLOSED])

    def test_move(self) -> None:
        """A step leads to a state, and to a project or out of it."""
        connection, project = Connection("p"), Project("a", 0.0)
        self.assertEqual((State.FRESH, None), (connection.state, connection.project))
        for step, state, where in (
            (Step.AS_WEB, State.WEB, project),
            (Step.AS_CLI, State.CLI, project),
            (Step.AS_CLI, State.CLI, project),
            (Step.REFUSED, State.CLOSED, None),
        ):
            connection.move(step, where)
            self.assertEqual((state, where), (connection.state, connection.project))

    def test_closed(self) -> None:
        """There is no way back."""
        connection = Connection("p")
        connection.move(Step.REFUSED)
        for step in Step:
            self.assertRaises(KeyError, connection.move, step)

    def test_told_apart(self) -> None:
        """Two are never the same, whatever they are like."""
        self.assertNotEqual(Connection("p"), Connection("p"))
