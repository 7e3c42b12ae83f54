"""Interviews: begun, written entry by entry, checked at checkpoints, completed, rejected.

The browser keeps the conversation, the server keeps the truth (docs/interviewer.md). What arrives is replayed through
the same flow that the browser runs; journal, answers and clock are written in one transaction under the interview's
lock.
Whoever needs the case too locks it first (services/calls.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fieldwork.dispositions import COMPLETE, QUOTA_FULL, disposition_table, final_disposition
from fieldwork.models import CallAttempt, Case, Interview, JournalEntry, QuotaCell
from fieldwork.services.calls import extend_lease, lease_is_short
from fieldwork.services.interview_state import (
    CLOSING_FIELDS,
    STATE_FIELDS,
    checkpoints_of,
    close_document,
    keep_state,
    open_state,
    reopen_checkpoints,
    screener_values,
)
from fieldwork.services.outcomes import Outcome, lock_case, lock_interview_of, settle_attempt
from fieldwork.services.quotas import give_back_seats, keep_seats, take_seat
from questionnaires import flow
from questionnaires.selectors.versions import current_version, load_script
from studies.errors import Conflict, InvalidInput
from studies.models import Population, User
from studies.services.activity import log_activity

LOCKED_COLUMNS = (
    *(field.name for field in Interview._meta.concrete_fields),
    *("population__time_zones", "version__checksum"),
)
RUNNING, SUSPENDED = Interview.Status.RUNNING, Interview.Status.SUSPENDED


@dataclass(frozen=True, slots=True)
class Entry:
    """One act as the browser wrote it. `item` and `language` are empty where the kind has none."""

    seq: int
    kind: str
    item: str
    value: Any
    language: str
    at: datetime
    elapsed_ms: int

    def same_as(self, stored: JournalEntry) -> bool:
        return (self.kind, self.item, self.language, self.at, self.elapsed_ms, self.value) == (
            stored.kind,
            stored.item,
            stored.language,
            stored.at,
            stored.elapsed_ms,
            stored.value,
        )


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """An entry that is kept in the journal but changed nothing. `code` and `problems` as in flow.Refusal."""

    seq: int
    code: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Everything up to `last_seq` is stored."""

    last_seq: int
    refusals: tuple[RefusedEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckpointDecision:
    """`go_on` or `quota_full`; the cell that the interview counts in, or the one that is full."""

    decision: str
    cell: QuotaCell | None
    reason: str = ""


# --- beginning -------------------------------------------------------------------------------------------


@transaction.atomic
def begin_interview(*, attempt: CallAttempt, language: str, now: datetime) -> Interview:
    """Begin the interview of a call, or go on with the one that the case has: at the same question, in its language.

    Each time a new epoch begins: a browser tab that still writes in an older one is refused.

    Raises:
        InvalidInput: `unknown_language`.
        Conflict: `call_ended`, `no_questionnaire` (nothing is published), `interview_ended`.
    """
    case = lock_case(attempt.case_id)
    attempt = CallAttempt.objects.select_related("interviewer").get(pk=attempt.pk)
    if attempt.ended_at is not None:
        raise Conflict("call_ended", _("This call has ended. Take the next case."))
    interview = lock_interview_of(case)
    if interview is None:
        return start_interview(case, attempt, language, now)
    ending = interview.status == Interview.Status.QUOTA_FULL and interview.attempt_id == attempt.pk
    if interview.status not in {RUNNING, SUSPENDED} and not ending:
        raise Conflict("interview_ended", _("The interview of this case is at its end; it can't be gone on with."))
    if interview.status == SUSPENDED:
        interview.current, interview.checkpoints = place_to_go_on(interview), {}
    if not ending:
        interview.status, interview.flow_status = RUNNING, "running"
    interview.epoch += 1
    interview.attempt, interview.interviewer = attempt, attempt.interviewer
    changed = ["status", "current", "checkpoints", "flow_status", "epoch", "attempt", "interviewer"]
    interview.save(update_fields=changed)
    return interview


def place_to_go_on(interview: Interview) -> str:
    """Key of the question with which a new call goes on: where the last one stood.

    Where a note had ended the conversation (no time, no consent yet), the question before it is asked again.
    """
    state = open_state(interview)
    if not state.ended:
        return state.current.key if state.current else ""
    asked = [step.key for step in state.route if step.item.type != "note"]
    return asked[-1] if asked else state.route[0].key


def start_interview(case: Case, attempt: CallAttempt, language: str, now: datetime) -> Interview:
    version = current_version(case.population.study)
    if version is None:
        raise Conflict("no_questionnaire", _("No questionnaire is published in this study yet."))
    if language not in load_script(version).languages:
        message = _("The questionnaire is not available in this language.")
        raise InvalidInput("unknown_language", message, {"language": [message]})
    interview = Interview(
        case=case,
        population=case.population,
        version=version,
        interviewer=attempt.interviewer,
        attempt=attempt,
        language=language,
        first_language=language,
        preset={"population": case.population.code},
        started_at=now,
    )
    keep_state(interview, open_state(interview))
    interview.save()
    return interview


# --- the journal -----------------------------------------------------------------------------------------


@transaction.atomic
def accept_entries(*, interview: Interview, epoch: int, entries: Sequence[Entry], now: datetime) -> Acknowledgement:
    """Store a batch of journal entries, once, in order, and replay it.

    Entries that are there already are acknowledged and ignored. Behind a gap in the numbers nothing is taken. An entry
    that the routing refuses is kept with its refusal and changes nothing. The number of queries does not depend on the
    size of the batch.

    Args:
        interview: with `case` and `attempt` loaded.

    Raises:
        Conflict: `taken_over` (another tab or interviewer has the interview), `seq_conflict` (another entry stands
            under a number), `interview_ended`.
    """
    if lease_is_short(interview.case, now):
        extend_lease(attempt=interview.attempt, now=now)
    interview = lock_interview(interview.pk)
    check_epoch(interview, epoch)
    wanted = [cleaned(entry) for entry in sorted(entries, key=lambda entry: entry.seq)]
    known = [entry for entry in wanted if entry.seq <= interview.last_seq]
    refusals = check_known(interview, known) if known else []
    new = following([entry for entry in wanted if entry.seq > interview.last_seq], interview.last_seq)
    if new:
        refusals += take_entries(interview, new, now)
    return Acknowledgement(interview.last_seq, tuple(refusals))


def lock_interview(pk: int) -> Interview:
    """An interview, locked, with as much of population and version as its flow needs."""
    interviews = Interview.objects.select_for_update(no_key=True, of=("self",))
    return interviews.select_related("population", "version").only(*LOCKED_COLUMNS).get(pk=pk)


def check_epoch(interview: Interview, epoch: int) -> None:
    if epoch != interview.epoch:
        raise taken_over(interview)


def taken_over(interview: Interview) -> Conflict:
    """What an older window is told, and whoever had the case before."""
    return Conflict(
        "taken_over",
        _("This interview was opened in another window, which has taken it over. Nothing was lost; go on there."),
        {"epoch": interview.epoch},
    )


def cleaned(entry: Entry) -> Entry:
    """The entry in the form in which it is stored: text in NFC without NUL, no floats."""
    return Entry(
        entry.seq,
        entry.kind,
        flow.clean_text(entry.item),
        clean_value(entry.value),
        entry.language,
        entry.at,
        entry.elapsed_ms,
    )


def clean_value(value: Any) -> Any:
    """A JSON value without what the database must not keep. A float becomes its text, which the flow judges."""
    if isinstance(value, str):
        return flow.clean_text(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return [clean_value(part) for part in value]
    if isinstance(value, dict):
        return {flow.clean_text(key): clean_value(part) for key, part in value.items()}
    return value


def check_known(interview: Interview, entries: Sequence[Entry]) -> list[RefusedEntry]:
    """Entries that came before: they must be the same. Gives the refusals of then, in case the answer was lost."""
    stored = JournalEntry.objects.filter(interview=interview, seq__in=[entry.seq for entry in entries])
    by_seq = {row.seq: row for row in stored}
    for entry in entries:
        if not entry.same_as(by_seq[entry.seq]):
            raise Conflict(
                "seq_conflict",
                _("Entry %(seq)s of this interview is stored with other contents. Load the page again.")
                % {"seq": entry.seq},
                {"seq": entry.seq},
            )
    return [refused(row.seq, row.refusal) for row in by_seq.values() if row.refusal]


def refused(seq: int, refusal: Mapping[str, Any]) -> RefusedEntry:
    return RefusedEntry(seq, refusal["code"], tuple(refusal.get("problems", ())))


def following(entries: Sequence[Entry], last_seq: int) -> list[Entry]:
    """The entries that follow on `last_seq` without a gap. Raises Conflict where one number is given twice."""
    found: list[Entry] = []
    for entry in entries:
        if found and entry.seq == found[-1].seq:
            if entry == found[-1]:
                continue
            raise Conflict("seq_conflict", _("Two different entries have the same number."), {"seq": entry.seq})
        if entry.seq != last_seq + 1:
            break
        found.append(entry)
        last_seq = entry.seq
    return found


def take_entries(interview: Interview, entries: Sequence[Entry], now: datetime) -> list[RefusedEntry]:
    """Replay and store new entries of a locked interview."""
    ended = interview.status not in {RUNNING, SUSPENDED}
    if ended and interview.attempt.ended_at is not None:
        raise Conflict("interview_ended", _("This interview is at its end: nothing can be added."))
    state = open_state(interview)
    rows = []
    for entry in entries:
        paused = state.status == "paused"
        answer = state.answers.get(entry.item)
        refusal = {"code": "ended"} if ended else apply_entry(state, entry)
        if state.answers.get(entry.item) != answer:
            reopen_checkpoints(interview, state.script, entry.item)
        rows.append(journal_row(interview, entry, refusal, now))
        count_time(interview, entry, paused)
    JournalEntry.objects.bulk_create(rows)
    interview.last_seq = entries[-1].seq
    if not ended:
        keep_state(interview, state)
    interview.save(update_fields=[*STATE_FIELDS, "checkpoints", "last_seq", "elapsed_ms", "duration_ms"])
    return [refused(row.seq, row.refusal) for row in rows if row.refusal]


def apply_entry(state: flow.State, entry: Entry) -> dict[str, Any] | None:
    """Apply one entry; gives the refusal as it is stored."""
    refusal = flow.apply(
        state,
        {"kind": entry.kind, "item": entry.item or None, "value": entry.value, "language": entry.language},
    ).refusal
    return {"code": refusal.code, "problems": list(refusal.problems)} if refusal else None


def journal_row(interview: Interview, entry: Entry, refusal: dict[str, Any] | None, now: datetime) -> JournalEntry:
    return JournalEntry(
        interview=interview,
        seq=entry.seq,
        kind=entry.kind,
        item=entry.item,
        value=entry.value,
        language=entry.language,
        at=entry.at,
        elapsed_ms=entry.elapsed_ms,
        refusal=refusal,
        attempt_id=interview.attempt_id,
        received_at=now,
    )


def count_time(interview: Interview, entry: Entry, paused: bool) -> None:
    """The clock of the interview, and the time of conversation without pauses."""
    passed = max(0, entry.elapsed_ms - interview.elapsed_ms)
    interview.elapsed_ms += passed
    if not paused:
        interview.duration_ms += passed


# --- checkpoints and the end -----------------------------------------------------------------------------


@transaction.atomic
def reach_checkpoint(*, interview: Interview, epoch: int, name: str, now: datetime) -> CheckpointDecision:
    """Decide at a checkpoint whether the interview goes on: the screener takes a seat in the quota cell.

    Where the cell is full the interview ends here, with its screener answers kept; the call ends with the outcome 4.80
    when the interviewer leaves it. Asked again, the answer is the same.

    Raises:
        Conflict: `taken_over`, `checkpoint_not_reached` (the journal has not arrived or the route doesn't lead there),
            `interview_ended`.
    """
    case = lock_case(interview.case_id)
    interview = lock_interview(interview.pk)
    interview.case, interview.population = case, case.population
    check_epoch(interview, epoch)
    if interview.status == Interview.Status.QUOTA_FULL:
        return CheckpointDecision("quota_full", interview.cell)
    if interview.status != RUNNING:
        raise Conflict("interview_ended", _("This interview does not run any more."))
    state = open_state(interview)
    if not flow.checkpoint_reached(state, name):
        raise Conflict("checkpoint_not_reached", _("The questions before this checkpoint are not all answered."))
    seat = take_seat(interview=interview, values=screener_values(state), now=now)
    interview.checkpoints = {**interview.checkpoints, name: "open" if seat.open else "quota_full"}
    if seat.open:
        case.ever_eligible = True
        case.save(update_fields=["ever_eligible"])
        interview.save(update_fields=["checkpoints"])
        return CheckpointDecision("go_on", seat.cell)
    interview.status = Interview.Status.QUOTA_FULL
    close_document(interview, state, now)
    interview.save(update_fields=["status", "checkpoints", *CLOSING_FIELDS])
    return CheckpointDecision("quota_full", seat.cell, seat.reason)


@transaction.atomic
def complete_interview(*, interview: Interview, epoch: int, now: datetime) -> Interview:
    """End an interview that is at its end, and with it the call.

    The server walks the route itself. At its end the interview is complete: outcome 1.1, the case is closed, the seat
    is kept (one that could not be taken at the checkpoint is taken now). Where a note ended it early, the outcome is
    the note's code; where the quota was full, 4.80. Asked again, nothing changes.

    Nobody comes past a full cell by not asking: where the study's rule is to wait for the server, a checkpoint that was
    passed over is decided now.

    Raises:
        Conflict: `taken_over`, `not_at_end` with the question that is open in `fields`, `interview_ended`.
    """
    case = lock_case(interview.case_id)
    interview = lock_interview(interview.pk)
    interview.case, interview.population = case, case.population
    check_epoch(interview, epoch)
    attempt = interview.attempt = CallAttempt.objects.select_related("interviewer").get(pk=interview.attempt_id)
    if attempt.ended_at is not None and not attempt.expired:
        return interview
    if attempt.expired:
        refuse_if_passed_on(case, attempt)
    if interview.status == Interview.Status.QUOTA_FULL:
        end_call(interview, attempt, QUOTA_FULL, now)
        return interview
    state = open_state(interview)
    if not state.complete:
        key = state.frontier.key if state.frontier else ""
        message = _("The interview is not at its end: the question “%(key)s” is not answered.") % {"key": key}
        raise Conflict("not_at_end", message, {"current": key})
    code = state.ended or COMPLETE
    if code == COMPLETE and not may_count(interview, state, now):
        code, interview.status = QUOTA_FULL, Interview.Status.QUOTA_FULL
    close_document(interview, state, now)
    if code == COMPLETE:
        interview.status = Interview.Status.COMPLETED
        keep_seats(interview=interview, now=now, values=screener_values(state))
    interview.save(update_fields=["status", *CLOSING_FIELDS])
    end_call(interview, attempt, code, now)
    return interview


def may_count(interview: Interview, state: flow.State, now: datetime) -> bool:
    """Whether all checkpoints were passed, or need not be; else the seat is taken here, if the cell has one."""
    waits = interview.population.checkpoint_rule == Population.CheckpointRule.WAIT
    if not waits or None not in open_checkpoints(interview).values():
        return True
    return take_seat(interview=interview, values=screener_values(state), now=now).open


def refuse_if_passed_on(case: Case, attempt: CallAttempt) -> None:
    """A lapsed call can still be completed while nobody else has had the case."""
    if case.status != Case.Status.OPEN or case.attempts != attempt.number:
        raise Conflict("lease_lost", _("The time for this case ran out, and somebody else has worked on it since."))


def end_call(interview: Interview, attempt: CallAttempt, code: str, now: datetime) -> None:
    disposition = disposition_table()[code]
    outcome = Outcome(disposition, disposition)
    settle_attempt(case=interview.case, attempt=attempt, interview=interview, outcome=outcome, now=now)


@transaction.atomic
def reject_interview(*, interview: Interview, reason: str, actor: User | None, now: datetime) -> Interview:
    """Take an interview out of the data after an audit: its seat goes back, data files leave it out, and outcome rates
    count its case as an eligible non-interview (2.36). Logged. A second rejection changes nothing.

    Raises:
        Conflict: `not_complete` (only complete and partial interviews are in the data).
    """
    case = lock_case(interview.case_id)
    interview = lock_interview(interview.pk)
    interview.case, interview.population = case, case.population
    if interview.status not in {Interview.Status.COMPLETED, Interview.Status.PARTIAL}:
        raise Conflict("not_complete", _("Only a complete or partial interview can be rejected."))
    if interview.rejected_at is not None:
        return interview
    interview.rejected_at, interview.rejection_reason = now, reason
    interview.save(update_fields=["rejected_at", "rejection_reason"])
    case.disposition = case.final_disposition = final_disposition([], rejected=True)
    case.save(update_fields=["disposition", "final_disposition"])
    give_back_seats(interview=interview, reason="rejected", now=now)
    log_activity(
        study=interview.population.study,
        actor=actor,
        action="interview.rejected",
        target=interview,
        data={"reason": reason},
        now=now,
    )
    return interview


def open_checkpoints(interview: Interview) -> dict[str, str | None]:
    """`open` for each checkpoint of the questionnaire that was passed; None where the browser has (again) to ask."""
    passed = {name: decision for name, decision in interview.checkpoints.items() if decision == "open"}
    return {name: passed.get(name) for name in checkpoints_of(load_script(interview.version))}
