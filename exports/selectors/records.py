"""Reads a study's accepted interviews as `Record`s, and the definition of its dataset.

A fixed number of queries, however many interviews there are. Completed interviews never change; corrections and
codings that arrive while the rows
are read belong to the next release.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from exports.dataset import Dataset, FrameCode, Record, define_dataset
from fieldwork.models import Interview
from fieldwork.selectors.interviews import accepted_interviews
from qc.models import CodeFrame, Coding, Correction, Verbatim
from questionnaires.models import QuestionnaireVersion
from questionnaires.selectors.versions import load_script
from studies.models import Study


@dataclass(frozen=True, slots=True)
class StudyData:
    """What a release is made of."""

    dataset: Dataset
    records: list[Record]
    languages: tuple[str, ...]
    versions: list[QuestionnaireVersion]
    uncoded: int


def read_study_data(
    study: Study, *, populations: Sequence[str], include_partials: bool, with_verbatims: bool
) -> StudyData:
    """All accepted interviews of the populations, oldest first. Raises ValueError where there is no published
    version.
    """
    chosen = [p for p in study.populations.order_by("code") if p.code in populations]
    interviews = list(
        accepted_interviews(study, chosen, include_partials)
        .select_related("case", "population", "version", "cell")
        .defer("version__form", "version__script", "version__problems")
        .order_by("population__code", "case__number")
    )
    versions = _versions(study, {interview.version_id for interview in interviews})
    dataset = define_dataset(
        [load_script(version) for version in versions],
        _frames(study),
        [(p.code, dict.fromkeys(("en", "ru", "kk", "uz"), p.name)) for p in chosen],
        with_verbatims=with_verbatims,
    )
    codes = _codes(interviews)
    corrections = _corrections(interviews)
    records = [_record(interview, corrections[interview.pk], codes[interview.pk]) for interview in interviews]
    uncoded = Verbatim.objects.filter(interview__in=interviews).exclude(codings__final=True).count()
    return StudyData(dataset, records, _languages(versions), versions, uncoded)


def _versions(study: Study, used: set[int]) -> list[QuestionnaireVersion]:
    published = QuestionnaireVersion.objects.filter(questionnaire__study=study, published_at__isnull=False)
    versions = list(published.order_by("published_at", "pk"))
    return [version for version in versions if version.pk in used] or versions[-1:]


def _languages(versions: list[QuestionnaireVersion]) -> tuple[str, ...]:
    return load_script(versions[-1]).languages if versions else ()


def _frames(study: Study) -> dict[str, list[FrameCode]]:
    frames: dict[str, list[FrameCode]] = {}
    for frame in CodeFrame.objects.filter(study=study).prefetch_related("codes__members"):
        codes = [_frame_code(code) for code in frame.codes.all() if not code.withdrawn]
        for item in frame.items:
            frames[item] = codes
    return frames


def _frame_code(code: Any) -> FrameCode:
    members = tuple(member.number for member in code.members.all()) if code.is_net else ()
    return FrameCode(code.number, code.label, members)


def _codes(interviews: list[Interview]) -> defaultdict[int, dict[str, list[int]]]:
    found: defaultdict[int, dict[str, list[int]]] = defaultdict(dict)
    codings = Coding.objects.filter(final=True, verbatim__interview__in=interviews)
    for coding in codings.select_related("verbatim").prefetch_related("codes"):
        verbatim = coding.verbatim
        found[verbatim.interview_id][verbatim.key] = [code.number for code in coding.codes.all()]
    return found


def _corrections(interviews: list[Interview]) -> defaultdict[int, dict[str, Any]]:
    found: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for row in Correction.objects.filter(interview__in=interviews).order_by("made_at", "pk"):
        found[row.interview_id][row.key] = row.new
    return found


def _record(interview: Interview, corrected: dict[str, Any], codes: dict[str, list[int]]) -> Record:
    off_route = set(interview.off_route)
    answers = {key: value for key, value in interview.answers.items() if key not in off_route}
    case = interview.case
    zone = ZoneInfo(case.time_zone) if case.time_zone else interview.population.zone
    return Record(
        case=case.number,
        population=interview.population.code,
        language=interview.language,
        interviewer=interview.interviewer_id,
        version=interview.version.number,
        started_at=interview.started_at.astimezone(zone).replace(tzinfo=None),
        duration_ms=interview.duration_ms,
        attempts=case.attempts,
        complete=interview.status == Interview.Status.COMPLETED,
        cell=interview.cell.name if interview.cell else "",
        design_weight=1 / case.inclusion_probability if case.inclusion_probability else None,
        answers={**interview.preset, **interview.calculated, **answers, **corrected},
        codes=codes,
    )
