"""How hypothesis is run here."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def examples(count: int) -> settings:
    """So many examples, however long one takes: the machines that run this differ."""
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])
