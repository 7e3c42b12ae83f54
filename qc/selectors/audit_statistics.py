"""What the audits say: share heard, verdicts, points and mismatches, by interviewer, question and language."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q

from qc.models import Audit, AuditDraw, AuditPlan
from studies.models import Study, User


@dataclass(frozen=True)
class Rate:
    """A share with its base."""

    part: int
    whole: int


@dataclass
class Tally:
    """Mismatches among answers that were entered blind and could be made out."""

    mismatches: int = 0
    compared: int = 0
    inaudible: int = 0

    def add(self, agrees: bool | None) -> None:
        if agrees is None:
            self.inaudible += 1
            return
        self.compared += 1
        self.mismatches += not agrees


@dataclass
class InterviewerRow:
    """One interviewer: interviews in the draw, drawn, judged; verdicts; points; mismatches.

    `drawn` are those that the seed drew, `heard` those of the random audits (substitutes included) that were judged.
    """

    person: User
    completes: int = 0
    drawn: int = 0
    heard: int = 0
    no_sound: int = 0
    waiting: int = 0
    targeted: int = 0
    rate: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    scores: list[int] = field(default_factory=list)
    heard_ms: int = 0
    sound_ms: int = 0
    answers: Tally = field(default_factory=Tally)

    @property
    def mean_score(self) -> int | None:
        """Mean score of the judged audits, rounded."""
        return round(sum(self.scores) / len(self.scores)) if self.scores else None


@dataclass(frozen=True)
class Statistics:
    interviewers: list[InterviewerRow]
    questions: list[tuple[str, Tally]]
    languages: list[tuple[str, Tally]]
    total: InterviewerRow


def audit_statistics(study: Study, reader: User) -> Statistics:
    """Statistics of a study's audits in four queries. What concerns the reader as an interviewer is left out."""
    rows: dict[int, InterviewerRow] = {}
    people = User.objects.filter(interviews__population__study=study).exclude(pk=reader.pk).distinct()
    for person in people.order_by("last_name", "first_name", "username"):
        rows[person.pk] = InterviewerRow(person)
    _add_draws(study, rows)
    _add_audits(study, rows)
    questions: dict[str, Tally] = defaultdict(Tally)
    languages: dict[str, Tally] = defaultdict(Tally)
    for judged in _judged(study):
        row = rows.get(judged["interview__interviewer"])
        if row is None:
            continue
        _add_judged(row, judged)
        for key in judged["blind"]:
            if key in judged["compared"]:
                agrees = judged["compared"][key]
                row.answers.add(agrees)
                questions[key.partition("@")[0]].add(agrees)
                languages[judged["interview__language"]].add(agrees)
    found = [row for row in rows.values() if row.completes or row.verdicts or row.targeted]
    return Statistics(
        interviewers=found,
        questions=sorted(questions.items(), key=lambda each: (-_share(each[1]), each[0])),
        languages=sorted(languages.items()),
        total=_sum(reader, found),
    )


def _share(tally: Tally) -> float:
    return tally.mismatches / tally.compared if tally.compared else 0.0


def _add_draws(study: Study, rows: dict[int, InterviewerRow]) -> None:
    counts = AuditDraw.objects.filter(plan__study=study).values("interviewer").order_by()
    for count in counts.annotate(all=Count("pk"), selected=Count("pk", filter=Q(selected=True))):
        if row := rows.get(count["interviewer"]):
            row.completes, row.drawn = count["all"], count["selected"]


def _add_audits(study: Study, rows: dict[int, InterviewerRow]) -> None:
    counts = (
        Audit.objects.filter(interview__population__study=study)
        .values("interview__interviewer", "kind", "status")
        .order_by()
        .annotate(number=Count("pk"))
    )
    for count in counts:
        row = rows.get(count["interview__interviewer"])
        if row is None:
            continue
        if count["kind"] == Audit.Kind.TARGETED:
            row.targeted += count["number"]
        elif count["status"] == Audit.Status.DONE:
            row.heard = count["number"]
        elif count["status"] == Audit.Status.NO_SOUND:
            row.no_sound = count["number"]
        else:
            row.waiting += count["number"]


def _judged(study: Study) -> Iterable[dict[str, Any]]:
    names = ("interview__interviewer", "interview__language", "verdict", "score", "heard_ms", "sound_ms")
    audits = Audit.objects.filter(interview__population__study=study, status=Audit.Status.DONE)
    return [dict(row) for row in audits.values(*names, "blind", "compared")]


def _add_judged(row: InterviewerRow, judged: dict[str, Any]) -> None:
    row.verdicts[judged["verdict"]] += 1
    row.heard_ms += judged["heard_ms"]
    row.sound_ms += judged["sound_ms"]
    if judged["score"] is not None:
        row.scores.append(judged["score"])


def _sum(reader: User, rows: Iterable[InterviewerRow]) -> InterviewerRow:
    total = InterviewerRow(reader)
    for row in rows:
        for name in ("completes", "drawn", "heard", "no_sound", "waiting", "targeted", "heard_ms", "sound_ms"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
        total.verdicts.update(row.verdicts)
        total.scores += row.scores
        for name in ("mismatches", "compared", "inaudible"):
            setattr(total.answers, name, getattr(total.answers, name) + getattr(row.answers, name))
    return total


def plan_of(study: Study) -> AuditPlan | None:
    """The study's audit plan, where it has one."""
    return AuditPlan.objects.filter(study=study).first()
