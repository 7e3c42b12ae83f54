"""A call and an interview as the interview screen reads them: plain JSON in the interviewer's language."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from fieldwork.dispositions import Disposition, disposition_table, recordable_dispositions
from fieldwork.models import Appointment, CallAttempt, Case, Interview
from fieldwork.selectors.calls import CallScreen, Note
from fieldwork.services.interview_state import context_of
from fieldwork.services.interviews import open_checkpoints
from studies.models.study import INTERVIEW_LANGUAGES


def call_document(screen: CallScreen, now: datetime) -> dict[str, Any]:
    """The call: case, history, appointments, outcomes to choose from, addresses. The number only for its holder."""
    attempt, case, population = screen.attempt, screen.case, screen.case.population
    zone = ZoneInfo(screen.time_zones[0])
    phone = screen.phone
    return {
        "id": attempt.pk,
        "study": population.study.code,
        "population": population.code,
        "case_number": case.number,
        "phone": phone.e164 if phone is not None and screen.holds else "",
        "phone_masked": phone.masked if phone is not None else "",
        "attempt_number": attempt.number,
        "served_from": Case.Queue(attempt.served_from).name.lower(),
        "served_from_label": served_from_label(screen, zone),
        "last_outcome": last_outcome(screen, zone),
        "last_note": screen.notes[-1].text if screen.notes else "",
        "history": [history_row(one, zone) for one in screen.earlier],
        "notes": [note_row(note, zone) for note in screen.notes],
        "appointments": [appointment_row(one) for one in screen.appointments],
        "languages": [named_language(code) for code in screen.languages],
        "population_languages": [named_language(code) for code in population.languages],
        "language": preferred_language(screen),
        "respondent_time_zones": screen.time_zones,
        "city": city_of(screen.time_zones[0]),
        "local_time": local_clock(now.astimezone(zone)),
        "server_time": now,
        "lease_until": case.lease_until if screen.holds else None,
        "interview": known_interview(screen),
        "dispositions": {
            "contact": [choice(one) for one in recordable_dispositions(contact=True)],
            "no_contact": [choice(one) for one in recordable_dispositions(contact=False)],
        },
        "urls": call_urls(attempt),
    }


def call_urls(attempt: CallAttempt) -> dict[str, str]:
    names = {
        "interview": "fieldwork_api:call-interview",
        "outcome": "fieldwork_api:call-outcome",
        "lease": "fieldwork_api:call-lease",
        "slots": "fieldwork_api:call-slots",
    }
    urls = {key: reverse(name, args=[attempt.pk]) for key, name in names.items()}
    study = attempt.case.population.study.code
    return {
        **urls,
        "ready": reverse("fieldwork:ready", args=[study]),
        "next": reverse("fieldwork_api:next-call", args=[study]),
        "login": reverse("login"),
    }


def interview_document(interview: Interview) -> dict[str, Any]:
    """The interview as far as the server has it: what the browser needs to go on."""
    context = context_of(interview)
    study = interview.population.study.code
    checksum = interview.version.checksum
    return {
        "uid": interview.uid,
        "epoch": interview.epoch,
        "status": interview.status,
        "last_seq": interview.last_seq,
        "answers": interview.answers,
        "preset": interview.preset,
        "current": interview.current,
        "language": interview.language,
        "elapsed_ms": interview.elapsed_ms,
        "started_at": interview.started_at,
        "context": {"now": context.now, "language": context.language, "preset": interview.preset},
        "script": {"url": reverse("questionnaires:script", args=[study, checksum]), "checksum": checksum},
        "checkpoints": open_checkpoints(interview),
        "checkpoint_rule": interview.population.checkpoint_rule,
        "urls": {
            name: reverse(f"fieldwork_api:interview-{name}", args=[interview.uid])
            for name in ("journal", "checkpoint", "complete")
        },
    }


# --- pieces ----------------------------------------------------------------------------------------------


def served_from_label(screen: CallScreen, zone: tzinfo) -> str:
    """Why this case was served: `callback`, or an appointment with its time."""
    queue = Case.Queue(screen.attempt.served_from)
    due = next((one for one in screen.appointments if one.status == Appointment.Status.DUE), None)
    if queue == Case.Queue.APPOINTMENT and due is not None:
        return f"{queue.label} {local_text(due.starts_at, ZoneInfo(due.time_zone))}"
    return str(queue.label)


def last_outcome(screen: CallScreen, zone: tzinfo) -> dict[str, Any] | None:
    for attempt in reversed(screen.earlier):
        if attempt.disposition:
            at = attempt.ended_at or attempt.started_at
            return {
                "code": attempt.disposition,
                "label": outcome_label(attempt),
                "at": at,
                "at_local": local_text(at, zone),
            }
    return None


def history_row(attempt: CallAttempt, zone: tzinfo) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "code": attempt.disposition,
        "label": outcome_label(attempt),
        "at": attempt.started_at,
        "at_local": local_text(attempt.started_at, zone),
        "by": attempt.interviewer.name,
        "note": attempt.note,
    }


def note_row(note: Note, zone: tzinfo) -> dict[str, Any]:
    return {"at": note.at, "at_local": local_text(note.at, zone), "by": note.by, "text": note.text}


def appointment_row(appointment: Appointment) -> dict[str, Any]:
    zone = ZoneInfo(appointment.time_zone)
    return {
        "starts_at": appointment.starts_at,
        "ends_at": appointment.ends_at,
        "starts_at_local": local_text(appointment.starts_at, zone),
        "time_zone": appointment.time_zone,
        "hard": appointment.hard,
        "status": appointment.status,
        "note": appointment.note,
    }


def choice(disposition: Disposition) -> dict[str, Any]:
    return {
        "code": disposition.code,
        "label": disposition.label(interface_language()),
        "needs_appointment": disposition.handling == "appointment",
        "takes_appointment": disposition.takes_appointment,
        "asks_language": disposition.handling == "language",
    }


def known_interview(screen: CallScreen) -> dict[str, Any] | None:
    """The case's interview, where one was begun; `in_this_call` says whether this call has already opened it."""
    interview = screen.interview
    if interview is None:
        return None
    return {
        "uid": interview.uid,
        "status": interview.status,
        "language": interview.language,
        "in_this_call": interview.attempt_id == screen.attempt.pk,
    }


def named_language(code: str) -> dict[str, str]:
    return {"code": code, "name": INTERVIEW_LANGUAGES.get(code, code)}


def preferred_language(screen: CallScreen) -> str:
    """The language in which to begin: that of the broken-off interview, else the case's, else the first."""
    wanted = screen.interview.language if screen.interview is not None else screen.case.language
    return wanted if wanted in screen.languages else next(iter(screen.languages), wanted)


def outcome_label(attempt: CallAttempt) -> str:
    if not attempt.disposition:
        return _("no outcome recorded") if attempt.ended_at else _("running")
    known = disposition_table().get(attempt.disposition)
    return known.label(interface_language()) if known else attempt.disposition


def interface_language() -> str:
    return (get_language() or "en").split("-")[0]


def city_of(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ")


def local_clock(local: datetime) -> str:
    """What the clock of a moment's own zone shows, without offset: `2021-08-24T15:00`."""
    return local.strftime("%Y-%m-%dT%H:%M")


def local_text(moment: datetime, zone: tzinfo) -> str:
    return date_format(timezone.localtime(moment, zone), pgettext("date pattern: day, month, time", "j M H:i"))
