"""The clock of simulated fieldwork: whoever has something to do next, does it. Pure.

A person is a generator that yields the moments at which they want to act. So two interviewers who talk at the same time
act in turns, as they would, and services see moments that never go backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

#: Yields the next moment at which the person acts; the act follows when the generator is resumed.
Acts: TypeAlias = Iterator[datetime]


class Clock:
    """Runs people until none of them has anything left to do."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, Acts]] = []
        self._serial = count()

    def add(self, acts: Acts) -> None:
        """Let somebody begin."""
        self._put(acts)

    def run(self, tell: Callable[[datetime], None]) -> None:
        """Let everybody act in the order of time until all are done. `tell` hears of every act's moment before it."""
        while self._waiting:
            moment, _, acts = heappop(self._waiting)
            tell(moment)
            self._put(acts)

    def _put(self, acts: Acts) -> None:
        moment = next(acts, None)
        if moment is not None:
            heappush(self._waiting, (moment, next(self._serial), acts))
