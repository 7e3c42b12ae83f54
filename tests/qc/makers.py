"""Completed interviews with answers, a journal and a recording, for tests of audits."""

from __future__ import annotations

import base64
from datetime import timedelta
from itertools import count
from typing import Any

from fieldwork.models import Interview, JournalEntry, Recording
from fieldwork.waveform import SLICES
from questionnaires.models import QuestionnaireVersion
from questionnaires.script import checksum_of
from studies.models import Population, Study, User
from tests.factories import NOW, make_attempt, make_case, make_interview, make_version
from tests.questionnaires.scripts import make_script

_serial = count(1)

ANSWERS: dict[str, Any] = {
    "consent": "1",
    "age": 34,
    "gender": "2",
    "informed": "2",
    "friendly": "1",
    "unite": "1",
    "languages": ["kk", "ru"],
    "why": "Соседи",
}


def make_audit_version(study: Study) -> QuestionnaireVersion:
    """A short questionnaire in Russian and Kazakh with every type of question that an auditor meets."""
    yes_no = [
        {"code": "1", "label": {"ru": "Да", "kk": "Иә"}},
        {"code": "2", "label": {"ru": "Нет", "kk": "Жоқ"}},
    ]
    scale = [{"code": str(n), "label": {"ru": f"Вариант {n}", "kk": f"{n}-нұсқа"}} for n in range(1, 5)]
    tongues = [{"code": code, "label": {"ru": code.upper(), "kk": code.upper()}} for code in ("kk", "ru", "uz")]
    missing = {"dk": "8", "refused": "9"}
    document = make_script(
        [
            {"name": "intro", "type": "note", "label": {"ru": "Здравствуйте!", "kk": "Сәлеметсіз бе!"}},
            {
                "name": "consent",
                "type": "select_one",
                "choices": "yes_no",
                "role": "consent",
                "label": {"ru": "Вы согласны участвовать?", "kk": "Қатысуға келісесіз бе?"},
            },
            {
                "name": "age",
                "type": "integer",
                "role": "screener",
                "missing": missing,
                "label": {"ru": "Сколько вам полных лет?", "kk": "Жасыңыз нешеде?"},
            },
            {
                "name": "age_group",
                "type": "calculate",
                "calculation": "if(${age} >= 30, '2', '1')",
                "role": "stratum",
            },
            {
                "name": "gender",
                "type": "select_one",
                "choices": "gender",
                "role": "stratum",
                "label": {"ru": "Пол", "kk": "Жынысы"},
            },
            *(
                {
                    "name": name,
                    "type": "select_one",
                    "choices": "scale",
                    "missing": missing,
                    "label": {"ru": f"Вопрос {name}?", "kk": f"{name} сұрағы?"},
                }
                for name in ("informed", "friendly", "unite")
            ),
            {
                "name": "languages",
                "type": "select_multiple",
                "choices": "tongues",
                "label": {"ru": "На каких языках говорите?", "kk": "Қай тілдерде сөйлейсіз?"},
            },
            {"name": "why", "type": "text", "label": {"ru": "Почему?", "kk": "Неліктен?"}},
        ],
        {
            "yes_no": yes_no,
            "gender": [
                {"code": "1", "label": {"ru": "Мужчина", "kk": "Ер"}},
                {"code": "2", "label": {"ru": "Женщина", "kk": "Әйел"}},
            ],
            "scale": scale,
            "tongues": tongues,
        },
        ("ru", "kk"),
    )
    return make_version(study, document, checksum=checksum_of(document))


def make_completed(
    population: Population, interviewer: User, *, minutes: int | None = None, journal: bool = False, **fields: Any
) -> Interview:
    """A completed interview in Russian; `minutes` after NOW is when it ended (each later than the one before)."""
    ended = NOW + timedelta(minutes=next(_serial) if minutes is None else minutes)
    if not population.study.questionnaires.exists():
        make_audit_version(population.study)
    case = make_case(population, status="closed", final_disposition="1.1", due_at=None, closed_at=ended)
    attempt = make_attempt(case, interviewer, disposition="1.1", started_at=NOW, ended_at=ended)
    interview = make_interview(
        case=case,
        attempt=attempt,
        **{
            "status": Interview.Status.COMPLETED,
            "language": "ru",
            "first_language": "ru",
            "answers": {"intro": True, **ANSWERS},
            "ended_at": ended,
            "duration_ms": 100_000,
            **fields,
        },
    )
    if journal:
        add_journal(interview)
    return interview


def add_journal(interview: Interview, step_ms: int = 10_000) -> None:
    """Each answer of the interview was entered `step_ms` after the one before."""
    JournalEntry.objects.bulk_create(
        JournalEntry(
            interview=interview,
            seq=seq,
            kind="answer",
            item=key,
            value=value,
            language=interview.language,
            at=interview.started_at + timedelta(milliseconds=seq * step_ms),
            elapsed_ms=seq * step_ms,
            attempt=interview.attempt,
            received_at=interview.started_at,
        )
        for seq, (key, value) in enumerate(interview.answers.items(), start=1)
    )


def make_recording(interview: Interview, **fields: Any) -> Recording:
    """A measured recording of the interview's last sitting, 100 seconds; a row without its file."""
    number = next(_serial)
    return Recording.objects.create(
        **{
            "population": interview.population,
            "attempt": interview.attempt,
            "original_name": f"{number}.mp3",
            "path": f"{number}.mp3",
            "size": 1000,
            "sha256": f"{number:064}",
            "media_type": "audio/mpeg",
            "status": Recording.Status.READY,
            "duration_ms": 100_000,
            "peaks": base64.b64encode(bytes(range(250)) * (SLICES // 250)).decode(),
            "uploaded_at": NOW,
            **fields,
        }
    )
