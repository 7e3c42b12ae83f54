"""Chance that can be repeated: a number for every question one may ask of a seed, whatever was asked before. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")
STANDARD = NormalDist()
_BYTES = 7
_WHOLE = float(2 ** (8 * _BYTES))


class Dice:
    """Uniform and other random numbers by name.

    The number behind a name depends on the name and the seed alone. So what somebody answers does not change when the
    order of the calls does, when a run is gone on with, or when two processes share the work.
    """

    __slots__ = ("seed",)

    def __init__(self, *seed: object) -> None:
        self.seed = "/".join(map(str, seed))

    def of(self, *more: object) -> Dice:
        """The dice of a part of this one's subject."""
        return Dice(self.seed, *more)

    def uniform(self, name: str) -> float:
        """A number in [0, 1)."""
        digest = blake2b(f"{self.seed}/{name}".encode(), digest_size=_BYTES).digest()
        return int.from_bytes(digest, "big") / _WHOLE

    def between(self, name: str, low: float, high: float) -> float:
        return low + (high - low) * self.uniform(name)

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.uniform(name) * (high - low + 1))

    def happens(self, name: str, per_mille: float) -> bool:
        return self.uniform(name) * 1000 < per_mille

    def normal(self, name: str) -> float:
        """A standard normal number."""
        return STANDARD.inv_cdf(min(max(self.uniform(name), 1e-12), 1 - 1e-12))

    def pick(self, name: str, choices: Sequence[T]) -> T:
        return choices[int(self.uniform(name) * len(choices))]


@dataclass(frozen=True, slots=True)
class Shares:
    """A distribution: names and the running sums of their weights, in the order written."""

    names: tuple[str, ...]
    upto: tuple[float, ...]

    @classmethod
    def read(cls, weights: Mapping[str, float]) -> Shares:
        return cls(tuple(weights), tuple(accumulate(weights.values())))

    def at(self, uniform: float) -> str:
        """The name at a place in [0, 1)."""
        return self.names[min(bisect_right(self.upto, uniform * self.upto[-1]), len(self.names) - 1)]
