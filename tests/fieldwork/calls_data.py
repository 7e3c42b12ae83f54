"""A short questionnaire and what is needed to hold an interview with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from fieldwork.models import CallAttempt, Interview
from fieldwork.services.calls import take_next_case
from fieldwork.services.interviews import Acknowledgement, Entry, accept_entries, begin_interview
from questionnaires.models import QuestionnaireVersion
from questionnaires.script import checksum_of
from studies.access import StudyAccess, study_access
from studies.models import Study, StudyMember
from tests.factories import NOW, make_version
from tests.questionnaires.scripts import make_script

MISSING = {"dk": "8", "refused": "9"}

#: Gate at 18, screener with gender and age group, then four questions, one of them only for men.
SCRIPT = make_script(
    [
        {"name": "population", "type": "preset", "exported": False},
        {"name": "gender", "type": "select_one", "choices": "genders", "required": True, "role": "stratum"},
        {"name": "age", "type": "integer", "required": True, "role": "screener"},
        {"name": "too_young", "type": "note", "relevant": "${age} < 18", "ends": "4.70"},
        {
            "name": "age_group",
            "type": "calculate",
            "calculation": "if(${age} < 30, '1', '2')",
            "role": "stratum",
            "checkpoint": "screener",
        },
        {"name": "informed", "type": "select_one", "choices": "scale", "required": True, "missing": MISSING},
        {"name": "army", "type": "select_one", "choices": "scale", "relevant": "${gender} = '1'"},
        {"name": "first", "type": "text", "required": True, "missing": MISSING},
        {"name": "visited", "type": "select_multiple", "choices": "countries", "required": True, "missing": MISSING},
        {"name": "last", "type": "text", "required": True, "missing": MISSING},
    ],
    choices={"genders": ["1", "2"], "scale": ["1", "2", "3", "4"], "countries": ["KG", "TJ", "TM"]},
    languages=("ru", "kk"),
)

#: Answers of a woman of 25, to the end.
ANSWERS = [("gender", "2"), ("age", 25), ("informed", "1"), ("first", "Тау"), ("visited", ["KG", "TM"]), ("last", "—")]
SCREENER = ANSWERS[:2]


def publish(study: Study) -> QuestionnaireVersion:
    return make_version(study, SCRIPT, checksum=checksum_of(SCRIPT))


def access_of(member: StudyMember) -> StudyAccess:
    return study_access(member.user, member.study.code)


def take(member: StudyMember, now: datetime = NOW) -> CallAttempt:
    return take_next_case(access=access_of(member), now=now)


def begin(member: StudyMember, now: datetime = NOW, language: str = "ru") -> Interview:
    return begin_interview(attempt=take(member, now), language=language, now=now)


def entry(seq: int, kind: str = "answer", item: str = "", value: Any = None, **more: Any) -> Entry:
    """The entry with this number, ten seconds after the one before."""
    fields = {"language": "ru", "at": NOW + timedelta(seconds=10 * seq), "elapsed_ms": 10_000 * seq}
    return Entry(seq=seq, kind=kind, item=item, value=value, **{**fields, **more})


def entries(answers: Iterable[tuple[str, Any]], start: int = 1) -> list[Entry]:
    return [entry(seq, "answer", item, value) for seq, (item, value) in enumerate(answers, start)]


def loaded(interview: Interview) -> Interview:
    return Interview.objects.select_related("case", "attempt").get(pk=interview.pk)


def send(interview: Interview, *batch: Entry, epoch: int | None = None, now: datetime = NOW) -> Acknowledgement:
    found = loaded(interview)
    return accept_entries(
        interview=found, epoch=interview.epoch if epoch is None else epoch, entries=list(batch), now=now
    )


def say(interview: Interview, answers: Iterable[tuple[str, Any]], now: datetime = NOW) -> Acknowledgement:
    """Send answers behind what is there."""
    return send(interview, *entries(answers, loaded(interview).last_seq + 1), now=now)
