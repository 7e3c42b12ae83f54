"""What goes between the processes of a simulation. Pure: a new process reads it before Django is set up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Order:
    """What a branch is to do. `target` counts accepted interviews, those that are there already included."""

    study: str
    population: str
    seed: str
    target: int
    until: datetime
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How far a branch is. `moment` is the simulated time."""

    population: str
    calls: int
    completes: int
    moment: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the call centre: from `begins` to `ends`, the end of simulated time at the latest."""

    begins: datetime
    ends: datetime

    @property
    def hours(self) -> float:
        return max(0.0, (self.ends - self.begins).total_seconds() / 3600)
