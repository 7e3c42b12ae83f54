"""Times what is measured and its floor in turn, so that a machine that slows down slows both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """What was measured beside its floor, in seconds (medians), with the 95th percentile of the measured times."""

    name: str
    floor_name: str
    seconds: float
    p95: float
    floor: float
    runs: int

    @property
    def ratio(self) -> float:
        return self.seconds / self.floor


def compare(
    name: str, floor_name: str, measured: Callable[[], object], floor: Callable[[], object], *, runs: int
) -> Comparison:
    """Run both once to warm up, then `runs` times in turn."""
    measured()
    floor()
    times: list[float] = []
    floors: list[float] = []
    for _ in range(runs):
        times.append(seconds(measured))
        floors.append(seconds(floor))
    return Comparison(name, floor_name, statistics.median(times), percentile(times), statistics.median(floors), runs)


def seconds(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def percentile(times: list[float], share: float = 0.95) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def show_head() -> None:
    print(f"{'measured':<52}{'median':>10}{'p95':>10}{'floor':>10}{'ratio':>8}  floor is")


def show(found: Comparison) -> None:
    times = "".join(f"{readable(value):>10}" for value in (found.seconds, found.p95, found.floor))
    print(f"{found.name:<52}{times}{found.ratio:>8.2f}  {found.floor_name} ({found.runs} runs)", flush=True)


def readable(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.2f} ms"
