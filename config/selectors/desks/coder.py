from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q

from config.selectors.desks.days import since_midnight
from qc.models import CodeFrame, Coding, Verbatim
from studies.models import Population, User


@dataclass
class Amount:
    """Verbatims of one frame in one language."""

    total: int = 0
    coded: int = 0

    @property
    def open(self) -> int:
        return self.total - self.coded


@dataclass
class FrameWork:
    """The work at one code frame: amounts by language, in the order of the desk's languages."""

    frame: CodeFrame
    amounts: list[Amount] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(amount.total for amount in self.amounts)

    @property
    def coded(self) -> int:
        return sum(amount.coded for amount in self.amounts)

    @property
    def open(self) -> int:
        return self.total - self.coded


@dataclass
class CoderDesk:
    """Open answers of a study by item and language, and what the person coded today."""

    languages: list[str] = field(default_factory=list)
    frames: list[FrameWork] = field(default_factory=list)
    coded_today: int = 0

    @property
    def open(self) -> int:
        return sum(frame.open for frame in self.frames)

    @property
    def total(self) -> int:
        return sum(frame.total for frame in self.frames)

    @property
    def coded(self) -> int:
        return self.total - self.open

    @property
    def next_frame(self) -> FrameWork | None:
        """The frame with most verbatims open: where one goes on."""
        return max((frame for frame in self.frames if frame.open), key=lambda frame: frame.open, default=None)


def coder_desks(
    user: User, studies: Mapping[int, Sequence[str]], populations: Iterable[Population], now: datetime
) -> dict[int, CoderDesk]:
    """Coding desks by study id, in three queries. `studies` gives the languages to count in each (none: all)."""
    desks: dict[int, CoderDesk] = {study: CoderDesk() for study in studies}
    amounts: dict[tuple[int, str], Amount] = defaultdict(Amount)
    final = Exists(Coding.objects.filter(verbatim=OuterRef("pk"), final=True))
    wanted = Q(pk__in=[])
    for study, languages in studies.items():
        wanted |= Q(frame__study=study, language__in=languages) if languages else Q(frame__study=study)
    verbatims = Verbatim.objects.filter(wanted)
    counted = verbatims.annotate(coded=final).order_by().values("frame", "frame__study", "language", "coded")
    for row in counted.annotate(number=Count("*")):
        amount = amounts[row["frame"], row["language"]]
        amount.total += row["number"]
        amount.coded += row["number"] if row["coded"] else 0
        desk = desks[row["frame__study"]]
        if row["language"] not in desk.languages:
            desk.languages.append(row["language"])
    for frame in CodeFrame.objects.filter(study__in=desks).order_by("study", "name"):
        desk = desks[frame.study_id]
        desk.languages.sort()
        desk.frames.append(FrameWork(frame, [amounts[frame.pk, language] for language in desk.languages]))
    today = since_midnight("verbatim__interview__population", "coded_at", populations, now)
    own = Coding.objects.filter(today, coder=user).order_by().values("verbatim__frame__study")
    for row in own.annotate(number=Count("*")):
        if row["verbatim__frame__study"] in desks:
            desks[row["verbatim__frame__study"]].coded_today = row["number"]
    return desks
