"""An interview as an auditor needs it: its route and answers, and which entries were made when."""

from __future__ import annotations

from fieldwork.models import Interview, JournalEntry
from fieldwork.services.interview_state import context_of
from qc.listening import Act
from questionnaires import flow
from questionnaires.selectors.versions import load_script


def state_of(interview: Interview) -> flow.State:
    """The interview's answers on their route. Needs `population` and `version`."""
    answers = {**interview.preset, **interview.answers}
    return flow.walk(load_script(interview.version), answers, context_of(interview))


def acts_of(interview: Interview) -> list[Act]:
    """The journal, as far as time is concerned."""
    rows = JournalEntry.objects.filter(interview=interview).order_by("seq")
    return [Act(*row) for row in rows.values_list("attempt_id", "kind", "item", "elapsed_ms", "language")]
