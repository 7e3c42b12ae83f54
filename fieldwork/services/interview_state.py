"""An interview's row as the flow's state and back. In the caller's transaction; the row is locked by the caller."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fieldwork.models import Interview
from questionnaires import flow
from questionnaires.script import Script
from questionnaires.selectors.versions import load_script

#: Share of the questions that applied, in percent, from which a broken-off interview counts as a partial (AAPOR's rule
#: of thumb: below half it is a break-off).
PARTIAL_PERCENT = 50

STATE_FIELDS = ("answers", "current", "language", "flow_status")
CLOSING_FIELDS = ("answers", "calculated", "off_route", "current", "flow_status", "ended_at")


def context_of(interview: Interview) -> flow.Context:
    """What the interview began with: the moment on the population's clock, the language, what the case brought."""
    began = interview.started_at.astimezone(interview.population.zone)
    return flow.Context(
        now=began.replace(tzinfo=None).isoformat(timespec="seconds"),
        language=interview.first_language or interview.language,
        preset=interview.preset,
    )


def open_state(interview: Interview) -> flow.State:
    """The state in which the last entry left the interview."""
    stored = {
        "answers": interview.answers,
        "current": interview.current or None,
        "language": interview.language,
        "status": interview.flow_status,
    }
    return flow.restore(load_script(interview.version), stored, context_of(interview))


def keep_state(interview: Interview, state: flow.State) -> None:
    """Write the state into the row's fields (not yet to the database)."""
    interview.answers = dict(state.answers)
    interview.current = state.current.key if state.current else ""
    interview.language = state.language
    interview.flow_status = state.status


def close_document(interview: Interview, state: flow.State, ended_at: datetime) -> None:
    """Write what data files read: answers in the order of the route, calculated values, keys off the route, end."""
    document = flow.document(state)
    interview.answers = document["answers"]
    interview.calculated = document["calculated"]
    interview.off_route = document["off_route"]
    interview.current = ""
    interview.flow_status = state.status
    interview.ended_at = ended_at


def checkpoints_of(script: Script) -> list[str]:
    """Names of the questionnaire's checkpoints, in its order."""
    return list(dict.fromkeys(item.checkpoint for item in script.items() if item.checkpoint))


def reopen_checkpoints(interview: Interview, script: Script, key: str) -> None:
    """Forget what was decided at the checkpoints behind a question whose answer was changed: the cell may be another.

    The browser does the same, so that it asks again when it comes by; after a reload it learns it from here.
    """
    if not interview.checkpoints:
        return
    places = {item.name: place for place, item in enumerate(script.items())}
    behind = {item.checkpoint for item in script.items() if places[item.name] >= places[key.partition("@")[0]]}
    interview.checkpoints = {name: open for name, open in interview.checkpoints.items() if name not in behind}


def screener_values(state: flow.State) -> dict[str, Any]:
    """Answers and calculations on the route (what the case brought is among them): what quota conditions speak of."""
    document = flow.document(state)
    aside = set(document["off_route"])
    answers = {key: value for key, value in document["answers"].items() if key not in aside}
    return {**answers, **document["calculated"]}


def enough_answered(interview: Interview | None) -> bool:
    """Whether a broken-off interview would count as a partial. One that a note of the questionnaire ended does not."""
    if interview is None or not interview.answers:
        return False
    state = open_state(interview)
    return not state.ended and flow.progress(state).percent >= PARTIAL_PERCENT
