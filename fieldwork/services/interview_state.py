"""An interview's row as the flow's state and back. In the caller's transaction; the row is locked by the caller."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fieldwork.models import Interview
from questionnaires import flow
from questionnaires.script import Script
from questionnaires.selectors.versions import load_script

#: Share of the questions that applied, in percent, from which a broken-off interview counts as a partial (AAPOR's rule
#: of thumb: below half it is a break-off).
PARTIAL_PERCENT = 50


def context_of(interview: Interview) -> flow.Context:
    """What the questionnaire's today() and now() say: when the interview began, on the population's clock."""
    began = interview.started_at.astimezone(interview.population.zone)
    return flow.Context(began.replace(tzinfo=None).isoformat(timespec="seconds"), began_in(interview), interview.preset)


def began_in(interview: Interview) -> str:
    return interview.first_language or interview.language


def open_state(interview: Interview) -> flow.State:
    """The state in which the last entry left the interview."""
    stored = {
        "answers": {**interview.preset, **interview.answers},
        "current": interview.current or None,
        "language": interview.language,
        "status": interview.flow_status,
    }
    return flow.restore(load_script(interview.version), stored, context_of(interview))


def keep_state(interview: Interview, state: flow.State) -> None:
    """Write the state into the row's fields (not yet to the database)."""
    interview.answers = without_preset(state.answers, interview)
    interview.current = state.current.key if state.current else ""
    interview.language = state.language
    interview.flow_status = state.status


STATE_FIELDS = ("answers", "current", "language", "flow_status")


def without_preset(answers: Mapping[str, Any], interview: Interview) -> dict[str, Any]:
    return {key: value for key, value in answers.items() if key not in interview.preset}


def checkpoints_of(script: Script) -> list[str]:
    """Names of the questionnaire's checkpoints, in its order."""
    return list(dict.fromkeys(item.checkpoint for item in script.items() if item.checkpoint))


def end_code(state: flow.State) -> str:
    """The disposition with which a note on the route ended the interview early, else an empty string."""
    return state.route[-1].item.ends if state.complete and state.route else ""


def screener_values(interview: Interview, state: flow.State) -> dict[str, Any]:
    """Answers and calculations on the route, and what the case brought: what conditions of quota cells speak of."""
    document = flow.document(state)
    aside = set(document["off_route"])
    answers = {key: value for key, value in document["answers"].items() if key not in aside}
    return {**interview.preset, **answers, **document["calculated"]}


def enough_answered(interview: Interview | None) -> bool:
    """Whether a broken-off interview would count as a partial."""
    if interview is None or (not interview.checkpoints and not interview.answers):
        return False
    return flow.progress(open_state(interview)).percent >= PARTIAL_PERCENT


def close_document(interview: Interview, state: flow.State, ended_at: datetime) -> None:
    """Write what data files read: answers in the order of the route, calculated values, keys off the route, end."""
    document = flow.document(state)
    interview.answers = without_preset(document["answers"], interview)
    interview.calculated = document["calculated"]
    interview.off_route = [key for key in document["off_route"] if key not in interview.preset]
    interview.current = ""
    interview.flow_status = state.status
    interview.ended_at = ended_at


CLOSING_FIELDS = ("answers", "calculated", "off_route", "current", "flow_status", "ended_at")
