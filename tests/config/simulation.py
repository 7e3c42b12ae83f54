"""What tests of the simulation share: a listener, and what of a field has to be the same when it is simulated again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from config.simulation.orders import Report
from fieldwork.models import CallAttempt, Interview


@dataclass
class Notes:
    """A listener that writes down what it hears; `stop_at` interrupts the run at that report."""

    days: list[date] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    stop_at: int | None = None

    def day(self, number: int, count: int, day: date) -> None:
        self.days.append(day)

    def report(self, report: Report) -> None:
        self.reports.append(report)
        if self.stop_at is not None and len(self.reports) >= self.stop_at:
            raise KeyboardInterrupt

    def say(self, text: str) -> None:
        self.texts.append(text)


def calls_made() -> list[tuple[Any, ...]]:
    """Every call: which case, by whom, when, with what outcome and note."""
    names = ("case__population__code", "case__number", "number", "interviewer__username", "started_at", "ended_at")
    return list(CallAttempt.objects.order_by(*names[:3]).values_list(*names, "disposition", "note"))


def interviews_held() -> list[tuple[Any, ...]]:
    """Every interview: whose case, in which language, how long, how it ended, and all answers."""
    names = ("population__code", "case__number", "status", "language", "duration_ms", "cell__name", "answers")
    return list(Interview.objects.order_by(*names[:2]).values_list(*names))
