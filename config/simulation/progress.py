"""How far the simulation is: one line that changes on a terminal, a line a day elsewhere."""

from __future__ import annotations

from datetime import date
from time import monotonic
from typing import TextIO

from config.simulation.orders import Report

BAR = 24


class Progress:
    """Listens to a run and shows it."""

    def __init__(self, out: TextIO, target: int, begun_with: dict[str, int]) -> None:
        """`begun_with`: accepted interviews by population that were there before."""
        self.out = out
        self.target = target
        self.terminal = out.isatty()
        self.completes = dict(begun_with)
        self.calls = dict.fromkeys(begun_with, 0)
        self.day_text = ""
        self.began = monotonic()
        self.width = 0

    def day(self, number: int, count: int, day: date) -> None:
        if self.day_text and not self.terminal:
            self.out.write(f"  {self.line()}\n")
        self.day_text = f"day {number + 1} of {count}, {day:%d %b}"
        self.show()

    def report(self, report: Report) -> None:
        self.completes[report.population] = report.completes
        self.calls[report.population] = report.calls
        self.show()

    def say(self, text: str) -> None:
        self.finish()
        self.out.write(f"  {text}\n")
        self.out.flush()

    def finish(self) -> None:
        """End the line that changes."""
        if self.day_text:
            self.show()
            self.out.write("\n" if self.terminal else f"  {self.line()}\n")
        self.day_text = ""
        self.out.flush()

    def line(self) -> str:
        calls = sum(self.calls.values())
        each = ", ".join(f"{code} {count}/{self.target}" for code, count in sorted(self.completes.items()))
        return f"{self.percent():3d} %  {each}  {calls:,} calls, {calls / self.seconds:.0f}/s  {self.day_text}"

    def percent(self) -> int:
        wanted = self.target * len(self.completes)
        return min(100, 100 * sum(self.completes.values()) // wanted) if wanted else 100

    @property
    def seconds(self) -> float:
        return max(monotonic() - self.began, 0.001)

    def show(self) -> None:
        if not self.terminal:
            return
        filled = BAR * self.percent() // 100
        text = f"  {'█' * filled}{'░' * (BAR - filled)} {self.line()}"
        self.out.write("\r" + text.ljust(self.width))
        self.width = len(text)
        self.out.flush()
