"""L{netsim.daemon.projects}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.model import ProjectState
from netsim.daemon.projects import Project

NOW = 1_700_000_000.0


class ProjectTests(SynchronousTestCase):
    """What is known by one name."""

    def setUp(self) -> None:
        self.project = Project("a", NOW)

    def test_receiver(self) -> None:
        """The newest program gets the actions; it may come twice."""
        seen: list[object] = [self.project.receiver]
        for act, peer in (
            (self.project.add_cli, "p"),
            (self.project.add_cli, "q"),
            (self.project.add_cli, "p"),
            (self.project.remove, "p"),
            (self.project.remove, "p"),
            (self.project.remove, "q"),
        ):
            act(peer)
            seen.append(self.project.receiver)
        self.assertEqual([None, "p", "q", "p", "q", "q", None], seen)
        self.assertFalse(self.project.has_cli)

    def test_audience(self) -> None:
        """The frontends are in the order in which they came, each once."""
        self.assertEqual((), self.project.audience)
        for peer in ("f", "g", "f", "h"):
            self.project.add_web(peer)
        self.assertEqual(("f", "g", "h"), self.project.audience)
        self.assertIs(self.project.audience, self.project.audience)
        self.project.remove("g")
        self.assertEqual(("f", "h"), self.project.audience)

    def test_online(self) -> None:
        """A sync counts for a while, even one that seems to be yet to come."""
        self.assertFalse(self.project.is_online(NOW, 15))
        self.project.sync({}, NOW)
        online = [self.project.is_online(NOW + later, 15) for later in (-16, -15, 0, 15, 16)]
        self.assertEqual([False, True, True, True, False], online)
        self.project.add_cli("p")
        self.assertTrue(self.project.is_online(NOW + 16, 15))

    def test_state(self) -> None:
        """It tells all of it."""
        self.project.sync({"x": 1}, NOW + 2)
        self.project.last_seen = NOW + 3
        for peer in ("f", "g", "h"):
            self.project.add_web(peer)
        for peer in ("p", "q"):
            self.project.add_cli(peer)
        self.assertEqual(
            ProjectState("a", True, 2, 3, 4, NOW + 3, NOW + 2, {"x": 1}),
            self.project.state(NOW, 15, 4),
        )

    def test_clear(self) -> None:
        """What it was is gone, its frontends are not."""
        self.project.sync({"x": 1}, NOW)
        self.project.add_web("f")
        self.project.clear()
        self.assertEqual(
            ProjectState("a", False, 0, 1, 0, NOW, None, {}), self.project.state(NOW, 15, 0)
        )
