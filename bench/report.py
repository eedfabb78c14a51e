"""Shows results: tables of medians and ratios, the goals, the machine; or all of it as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from statistics import median

import twisted
from bench.measures import Figure, Measure
from bench.results import Results
from bench.scale import MIB, Scale
from bench.wings import Goal


def machine() -> dict[str, str | int | None]:
    """Return what the figures depend on."""
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "twisted": twisted.__version__,
    }


def heading(scale: Scale) -> str:
    """Return what stands above all tables: the machine, and how to read them."""
    return "\n".join(
        [
            ", ".join(f"{name}: {value}" for name, value in machine().items()),
            f"Bulk transfers of {scale.bulk // MIB} MiB; memory over {scale.recorded // MIB} MiB.",
            "Medians over the rounds (least - greatest); under x NAME: divided by what NAME",
            "had in the same round.",
        ]
    )


def text(results: Results) -> str:
    """Return all tables of a wing, its goals, and what went wrong, as text."""
    lines = [f"== {results.wing.name}, rounds: {len(results.rounds)} =="]
    for measure in results.wing.measures:
        lines += ["", f"{measure.name} ({measure.how})"]
        for key, figure in measure.figures.items():
            lines += _table(results, measure, key, figure)
    lines += ["", *(_goal_line(results, goal) for goal in results.wing.goals)]
    lines += [f"note: {note}" for note in results.notes]
    return "\n".join(lines)


def data(results: Results) -> dict[str, object]:
    """Return a wing's figures round by round, its goals and notes, as JSON can hold them."""
    return {
        "wing": results.wing.name,
        "rounds": [
            [
                {"measure": measure, "figure": figure, "contender": contender, "value": value}
                for (measure, figure, contender), value in figures.items()
            ]
            for figures in results.rounds
        ],
        "goals": [
            {"goal": _goal_text(goal), "met": _is_met(results, goal)} for goal in results.wing.goals
        ],
        "notes": results.notes,
    }


def _table(results: Results, measure: Measure, key: str, figure: Figure) -> Iterator[str]:
    """Yield one figure of all contenders, and its ratios to the baselines."""
    direction = "more" if figure.more_is_better else "less"
    columns = [None, *results.wing.baselines]
    rows = [
        [
            f"  {figure.title} [{figure.unit}], {direction} is better",
            "",
            *(f"x {baseline.name}" for baseline in results.wing.baselines),
        ]
    ]
    for contender in results.wing.contenders:
        cells = [_spread(results.values(measure, key, contender, column)) for column in columns]
        rows.append([f"    {contender.name}", *cells])
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    for row in rows:
        yield "".join(map(str.ljust, row, widths)).rstrip()


def _spread(values: Sequence[float]) -> str:
    """Return the median, and what it lies between where the values differ."""
    if not values:
        return "-"
    middle = _number(median(values))
    if min(values) == max(values):
        return middle
    return f"{middle} ({_number(min(values))} - {_number(max(values))})"


def _number(value: float) -> str:
    """Return a number with three digits, or all before the point."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def _goal_line(results: Results, goal: Goal) -> str:
    """Return a goal, whether it is met, and the figure that says so."""
    verdict = {True: "met", False: "MISSED", None: "not measured"}[_is_met(results, goal)]
    return f"goal {verdict}: {_goal_text(goal)}: {_spread(_goal_values(results, goal))}"


def _goal_text(goal: Goal) -> str:
    """Return what a goal asks for."""
    figure = goal.measure.figures[goal.figure]
    relation = ">=" if figure.more_is_better else "<="
    wanted = (
        f"{goal.limit:g} x {goal.baseline.name}"
        if goal.baseline
        else f"{goal.limit:,} {figure.unit}"
    )
    return f"{goal.contender.name}, {goal.measure.name}, {figure.title} {relation} {wanted}"


def _is_met(results: Results, goal: Goal) -> bool | None:
    """Tell whether the median reaches a goal; none where nothing was measured."""
    values = _goal_values(results, goal)
    if not values:
        return None
    if goal.measure.figures[goal.figure].more_is_better:
        return median(values) >= goal.limit
    return median(values) <= goal.limit


def _goal_values(results: Results, goal: Goal) -> list[float]:
    """Return what a goal is about, of every round that has it."""
    return results.values(goal.measure, goal.figure, goal.contender, goal.baseline)
