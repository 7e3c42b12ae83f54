"""Audits: taking one, listening, entering blind what was heard, and the verdict with its consequences.

Locks: an audit is handed over by its row lock with SKIP LOCKED, so that two auditors who ask at the same moment get
two different ones. Everything an auditor writes locks the row first and looks whether it is still theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from fieldwork.models import Interview, Recording
from fieldwork.selectors.recordings import recordings_of
from fieldwork.services.interviews import reject_interview
from qc.blind import blind_keys
from qc.listening import INAUDIBLE, POINTS, SECTIONS, answers_agree, heard_ms, is_inaudible, merge_stretches, score_of
from qc.models import Audit, AuditPlan, Correction, FollowUp
from qc.selectors.audit_queue import audible_audits, claimed_audits
from qc.selectors.interviews import state_of
from qc.services.audit_draws import change_audit_plan, create_audit_plan, draw_audits, reveal_seed
from questionnaires.flow import State, canonical_answer
from studies.access import StudyAccess
from studies.errors import Conflict, InvalidInput
from studies.models import Study, User
from studies.services.activity import log_activity

__all__ = [
    "change_audit_plan",
    "claim_audit",
    "create_audit_plan",
    "draw_audits",
    "judge_audit",
    "order_audit",
    "reenter_answer",
    "return_audit",
    "return_forgotten",
    "reveal_seed",
    "save_listening",
]

#: Who has not judged an audit after this time is not listening any more.
CLAIM_LASTS = timedelta(hours=24)
#: Fastest speed of the player, and time for clocks and delivery: more than this can't have been heard.
FASTEST = 2
SLACK_MS = 15_000
MOST_STRETCHES = 2000
LONGEST_COMMENT = 4000
AUDITABLE = (Interview.Status.COMPLETED, Interview.Status.PARTIAL)


# --- ordering and handing out ----------------------------------------------------------------------------


@transaction.atomic
def order_audit(*, interview: Interview, reason: str, actor: User, now: datetime) -> Audit:
    """Have one particular interview audited. It never counts into the random share.

    Raises:
        InvalidInput: no reason is given, or the interview is neither complete nor partial.
        Conflict: an ordered audit of it waits already.
    """
    reason = reason.strip()
    if not reason:
        raise InvalidInput("reason_missing", _("Say why this interview is to be heard."), {"reason": _("missing")})
    locked = Interview.objects.select_for_update(of=("self",)).select_related("population__study").get(pk=interview.pk)
    if locked.status not in AUDITABLE:
        raise InvalidInput("not_auditable", _("Only complete and partial interviews are audited."))
    waiting = [Audit.Status.OPEN, Audit.Status.CLAIMED]
    if locked.audits.filter(kind=Audit.Kind.TARGETED, status__in=waiting).exists():
        raise Conflict("audit_waits", _("An ordered audit of this interview waits already."))
    audit = Audit.objects.create(interview=locked, kind=Audit.Kind.TARGETED, reason=reason, created_at=now)
    _log(audit, actor, "audit.ordered", {"reason": reason}, now)
    return audit


@transaction.atomic
def claim_audit(*, access: StudyAccess, now: datetime, audit: Audit | None = None) -> Audit:
    """Take an audit: the given one, or else the one that has waited longest (the one in hand, where there is one).

    Nobody gets an interview in which they took part, and nothing without sound.

    Raises:
        Conflict: `no_audit` (nothing waits that this person can hear) or `audit_taken` (the given one).
    """
    # A double click asks once: the second finds the audit of the first in hand.
    User.objects.select_for_update(no_key=True).only("pk").get(pk=access.user.pk)
    mine = claimed_audits(access.study, access.user)
    in_hand = (mine.filter(pk=audit.pk) if audit else mine).first()
    if in_hand is not None:
        return in_hand
    waiting = audible_audits(access.study, access.user)
    if audit is not None:
        waiting = waiting.filter(pk=audit.pk)
    chosen = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if chosen is None:
        raise _nothing_to_claim(audit)
    interview = Interview.objects.select_related("population", "version").get(pk=chosen.interview_id)
    plan = AuditPlan.objects.filter(study=access.study).first()
    chosen.status = Audit.Status.CLAIMED
    chosen.auditor = access.user
    chosen.claimed_at = now
    chosen.sound_ms = sum(recording.duration_ms or 0 for recording in recordings_of(interview))
    if plan is not None:
        chosen.blind = blind_keys(state_of(interview), seed=bytes(plan.seed), interview=interview.pk)
    chosen.save(update_fields=["status", "auditor", "claimed_at", "sound_ms", "blind"])
    return chosen


def _nothing_to_claim(audit: Audit | None) -> Conflict:
    if audit is not None:
        return Conflict(
            "audit_taken", _("Somebody else has taken this audit, or it has no sound yet. Take the next one.")
        )
    return Conflict("no_audit", _("No audit waits that you can hear now."))


@transaction.atomic
def return_audit(*, audit: Audit, actor: User, now: datetime) -> Audit:
    """Put an audit back into the queue; what was heard and entered is dropped, since another person begins anew.

    Raises Conflict where it is not being heard.
    """
    locked = _lock(audit)
    if locked.status != Audit.Status.CLAIMED:
        raise Conflict("not_claimed", _("This audit is not being heard by anybody."))
    _log(locked, actor, "audit.returned", {"auditor": locked.auditor_id, "heard_ms": locked.heard_ms}, now)
    _put_back(locked)
    return locked


def return_forgotten(*, now: datetime) -> int:
    """Put audits back that were taken long ago and never judged. Returns how many."""
    count = 0
    for audit in Audit.objects.filter(status=Audit.Status.CLAIMED, claimed_at__lt=now - CLAIM_LASTS):
        with transaction.atomic():
            locked = _lock(audit)
            if locked.status == Audit.Status.CLAIMED and locked.claimed_at == audit.claimed_at:
                _log(locked, None, "audit.returned", {"auditor": locked.auditor_id, "heard_ms": locked.heard_ms}, now)
                _put_back(locked)
                count += 1
    return count


def _put_back(audit: Audit) -> None:
    audit.status = Audit.Status.OPEN
    audit.auditor = None
    audit.claimed_at = None
    audit.heard, audit.heard_ms = {}, 0
    audit.reentered, audit.compared = {}, {}
    audit.save(update_fields=["status", "auditor", "claimed_at", "heard", "heard_ms", "reentered", "compared"])


# --- listening -------------------------------------------------------------------------------------------


@transaction.atomic
def save_listening(
    *, audit: Audit, recording: Recording, stretches: Sequence[Sequence[int]], actor: User, now: datetime
) -> Audit:
    """Add stretches of a recording that were really played.

    Args:
        stretches: pairs of milliseconds on the recording, from and to; what is known already may be there again.

    Raises:
        InvalidInput: no stretches of this recording, or more than can have been heard since the audit was taken.
        Conflict: the audit is not in this person's hands.
    """
    locked = _lock_own(audit, actor)
    _check_stretches(locked, recording, stretches)
    uid = str(recording.uid)
    merged = merge_stretches([*locked.heard.get(uid, []), *stretches], end_ms=recording.duration_ms or 0)
    locked.heard = {**locked.heard, uid: [list(stretch) for stretch in merged]}
    locked.heard_ms = sum(heard_ms(each) for each in locked.heard.values())
    passed_ms = int((now - (locked.claimed_at or now)).total_seconds() * 1000)
    if locked.heard_ms > FASTEST * passed_ms + SLACK_MS:
        raise InvalidInput("too_much_heard", _("More was reported as heard than the time since the beginning allows."))
    locked.save(update_fields=["heard", "heard_ms"])
    return locked


def _check_stretches(audit: Audit, recording: Recording, stretches: Sequence[Sequence[int]]) -> None:
    known = {each.pk for each in recordings_of(audit.interview)}
    pairs = len(stretches) <= MOST_STRETCHES and all(
        len(stretch) == 2 and all(type(edge) is int and abs(edge) < 2**40 for edge in stretch) for stretch in stretches
    )
    if recording.pk not in known or not pairs:
        raise InvalidInput("not_stretches", _("These are not stretches of a recording of this interview."))


@transaction.atomic
def reenter_answer(*, audit: Audit, actor: User, key: str, value: Any, now: datetime) -> bool | None:
    """Write down an answer as the auditor heard it. The first entry counts; then the interviewer's answer is shown.

    Args:
        value: the answer as in docs/script.md, or `qc.listening.INAUDIBLE`.

    Returns:
        whether it agrees with what the interviewer entered; None where it could not be made out.

    Raises:
        InvalidInput: the key is not on the route, or the value is no answer to this question.
        Conflict: it was entered before, or the audit is not in this person's hands.
    """
    locked = _lock_own(audit, actor)
    _reenter(locked, state_of(locked.interview), key, value)
    locked.save(update_fields=["reentered", "compared"])
    return locked.compared[key]  # type: ignore[no-any-return]


def _reenter(audit: Audit, state: State, key: str, value: Any) -> None:
    step = state.step(key)
    if step is None or step.item.type == "note":
        raise InvalidInput("not_on_route", _("This question was not asked in the interview."), {key: _("not asked")})
    if key in audit.reentered:
        raise Conflict("already_entered", _("You have entered this answer already; the first entry counts."))
    heard = dict(INAUDIBLE) if is_inaudible(value) else _heard_answer(state, key, value)
    audit.reentered = {**audit.reentered, key: heard}
    audit.compared = {**audit.compared, key: answers_agree(state.answers.get(key), heard)}


def _heard_answer(state: State, key: str, value: Any) -> Any:
    answer, problems = canonical_answer(state.script, state.script.item(key), value)
    if problems:
        raise InvalidInput("no_answer", _("This is not an answer to the question."), {key: _("not an answer")})
    return answer


# --- the verdict -----------------------------------------------------------------------------------------


@transaction.atomic
def judge_audit(
    *,
    audit: Audit,
    actor: User,
    verdict: str,
    sheet: Mapping[str, int | None],
    comment: str,
    now: datetime,
    reentered: Mapping[str, Any] | None = None,
    confirmed: Collection[str] = (),
) -> Audit:
    """End an audit with its verdict, and do what follows from it, all or nothing.

    accept: nothing follows. correct: the confirmed mismatches become corrections. recontact: a follow-up is opened.
    reject: the interview leaves the data and gives its seat back, a follow-up with the interviewer is opened, and
    from their next block on more of their interviews are drawn (services/audit_draws.py finds the verdict).

    Args:
        sheet: points by section (`qc.listening.SECTIONS`): 0, 1, 2, or None where it could not be judged.
        reentered: answers as heard that were not entered one by one before.
        confirmed: keys of mismatches in which the interviewer was wrong, not the ear of the auditor.

    Raises:
        InvalidInput: something is missing; `fields` says what.
        Conflict: it was judged already, or is not in this person's hands.
    """
    locked = _lock_own(audit, actor)
    comment = comment.strip()[:LONGEST_COMMENT]
    if reentered:
        state = state_of(locked.interview)
        for key, value in reentered.items():
            _reenter(locked, state, key, value)
    _check_verdict(locked, verdict, sheet, comment, confirmed)
    locked.verdict = verdict
    locked.sheet = {section: sheet[section] for section in SECTIONS}
    locked.score = score_of(sheet)
    locked.comment = comment
    locked.status = Audit.Status.DONE
    locked.judged_at = now
    locked.save()
    _log(locked, actor, "audit.judged", {"verdict": verdict, "score": locked.score, "heard_ms": locked.heard_ms}, now)
    _follow(locked, confirmed, actor, now)
    return locked


def _check_verdict(
    audit: Audit, verdict: str, sheet: Mapping[str, int | None], comment: str, confirmed: Collection[str]
) -> None:
    problems: dict[str, str] = {}
    if verdict not in Audit.Verdict.values:
        problems["verdict"] = _("Choose a verdict.")
    for section in SECTIONS:
        if section not in sheet or (sheet[section] is not None and sheet[section] not in POINTS):
            problems[section] = _("Give points, or say that it could not be judged.")
    if verdict != Audit.Verdict.ACCEPT and not comment:
        problems["comment"] = _("Write down why: this verdict has consequences.")
    if verdict in {Audit.Verdict.ACCEPT, Audit.Verdict.CORRECT}:
        missing = [key for key in audit.blind if key not in audit.reentered]
        if missing:
            problems["reentered"] = _("Enter what you heard: %(count)d answers are still missing.") % {
                "count": len(missing)
            }
    wrong = {key for key, agrees in audit.compared.items() if agrees is False}
    if verdict == Audit.Verdict.CORRECT and (not confirmed or not set(confirmed) <= wrong):
        problems["confirmed"] = _("Confirm at least one answer that has to be corrected.")
    if problems:
        raise InvalidInput("verdict_incomplete", _("The verdict is not complete yet."), problems)


def _follow(audit: Audit, confirmed: Collection[str], actor: User, now: datetime) -> None:
    """The consequences of the verdict."""
    if audit.verdict == Audit.Verdict.CORRECT:
        answers = state_of(audit.interview).answers
        for key in sorted(set(confirmed)):
            Correction.objects.create(
                interview=audit.interview,
                key=key,
                old=answers.get(key),
                new=audit.reentered[key],
                reason=audit.comment,
                audit=audit,
                made_by=actor,
                made_at=now,
            )
    elif audit.verdict == Audit.Verdict.RECONTACT:
        _open_follow_up(audit, FollowUp.Kind.RECONTACT, actor, now)
    elif audit.verdict == Audit.Verdict.REJECT:
        reject_interview(interview=audit.interview, reason=audit.comment, actor=actor, now=now)
        _open_follow_up(audit, FollowUp.Kind.INTERVIEWER, actor, now)


def _open_follow_up(audit: Audit, kind: FollowUp.Kind, actor: User, now: datetime) -> None:
    follow_up = FollowUp.objects.create(
        study=_study_of(audit), kind=kind, interview=audit.interview, audit=audit, text=audit.comment, opened_at=now
    )
    data = {"kind": str(kind), "audit": audit.pk}
    log_activity(study=_study_of(audit), actor=actor, action="follow_up.opened", target=follow_up, data=data, now=now)


# --- locks and log ---------------------------------------------------------------------------------------


def _lock(audit: Audit) -> Audit:
    return (
        Audit.objects.select_for_update(of=("self",))
        .select_related("interview__population__study", "interview__version")
        # Listening is reported every few seconds; the script comes from the cache.
        .defer(*(f"interview__version__{document}" for document in ("form", "script", "problems")))
        .get(pk=audit.pk)
    )


def _lock_own(audit: Audit, actor: User) -> Audit:
    """The audit's row, locked. Raises Conflict where it was judged or is not in this person's hands."""
    locked = _lock(audit)
    if locked.status == Audit.Status.DONE:
        raise Conflict("already_judged", _("This audit is judged already; nothing can be added."))
    if locked.status != Audit.Status.CLAIMED or locked.auditor_id != actor.pk:
        raise Conflict("not_yours", _("This audit is not in your hands any more. Take the next one."))
    return locked


def _study_of(audit: Audit) -> Study:
    return audit.interview.population.study


def _log(audit: Audit, actor: User | None, action: str, data: dict[str, Any], now: datetime) -> None:
    log_activity(study=_study_of(audit), actor=actor, action=action, target=audit, data=data, now=now)
