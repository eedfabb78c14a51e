"""What a wing's rounds gave."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

from bench.contenders import Contender
from bench.measures import Measure
from bench.wings import Wing

Key = tuple[str, str, str]
"""The names of a measure, a figure and a contender."""


@define
class Results:
    """
    The figures of all rounds.

    @ivar rounds: the figures of each round; one that could not be taken is not there.
    @ivar notes: who was left out, or failed, and why.
    """

    wing: Wing
    rounds: list[dict[Key, float]] = field(factory=list)
    notes: list[str] = field(factory=list)

    def add(self, measure: Measure, contender: Contender, figures: Mapping[str, float]) -> None:
        """Keep what a measure gave in the latest round, as far as it is shown."""
        for key in measure.figures:
            self.rounds[-1][measure.name, key, contender.name] = figures[key]

    def values(
        self,
        measure: Measure,
        figure: str,
        contender: Contender,
        baseline: Contender | None = None,
    ) -> list[float]:
        """
        Return one figure of every round that has it.

        @param baseline: whose figure of the same round it is divided by, if anyone's.
        """
        over = (measure.name, figure, contender.name)
        if baseline is None:
            return [figures[over] for figures in self.rounds if over in figures]
        under = (measure.name, figure, baseline.name)
        return [
            figures[over] / figures[under]
            for figures in self.rounds
            if over in figures and figures.get(under)
        ]
