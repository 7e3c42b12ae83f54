"""Drawing audits in the database: plan, sequences, rates, replacements, the end."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from qc.audit_draw import check_certificate, drawn_positions
from qc.models import Audit, AuditDraw, AuditPlan
from qc.selectors.certificate import certificate_of, verify_draws
from qc.services.audits import change_audit_plan, create_audit_plan, draw_audits, judge_audit, reveal_seed
from qc.tasks.audits import draw_all_audits, return_forgotten_audits
from studies.errors import Conflict, InvalidInput
from studies.models import ActivityLog
from studies.models.study import Role
from tests.factories import NOW, make_member, make_population, make_study
from tests.qc.makers import make_completed, make_recording

pytestmark = pytest.mark.django_db
SEED = hashlib.sha256(b"tests").digest()
LATER = NOW + timedelta(hours=1)
FULL = dict.fromkeys(("consent", "verbatim", "probing", "neutrality", "pace", "language", "closing"), 2)


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def population(study):
    return study.populations.get()


@pytest.fixture
def lead(study):
    return make_member(study, Role.LEAD).user


@pytest.fixture
def plan(study, lead):
    return create_audit_plan(study=study, actor=lead, now=NOW, seed=SEED)


@pytest.fixture
def interviewer(study):
    return make_member(study).user


def positions(plan, interviewer, block, drawn=1):
    return drawn_positions(
        SEED,
        study=plan.study_id,
        interviewer=interviewer.pk,
        block=block,
        block_size=plan.block_size,
        drawn=drawn,
    )


def complete(population, interviewer, number, **fields):
    return [make_completed(population, interviewer, **fields) for _ in range(number)]


def draw(plan, now=NOW):
    return draw_audits(study=plan.study, now=now)


def selected(interviewer):
    rows = AuditDraw.objects.filter(interviewer=interviewer, selected=True)
    return {(row.block, row.position) for row in rows}


# --- the plan --------------------------------------------------------------------------------------------


def test_a_new_plan_commits_to_a_seed_that_the_log_does_not_tell(study, lead):
    plan = create_audit_plan(study=study, actor=lead, now=NOW)
    assert len(plan.seed) == 32
    assert plan.commitment == hashlib.sha256(plan.seed).hexdigest()
    log = ActivityLog.objects.get(action="audit_plan.created")
    assert log.data["commitment"] == plan.commitment
    assert plan.seed.hex() not in str(log.data)


def test_a_study_has_one_plan(plan, study, lead):
    with pytest.raises(Conflict):
        create_audit_plan(study=study, actor=lead, now=NOW)


@pytest.mark.parametrize(
    ("rates", "field"),
    [
        ({"block_size": 1}, "block_size"),
        ({"block_size": 51}, "block_size"),
        ({"drawn_per_block": 0}, "drawn_per_block"),
        ({"drawn_per_block": 6, "raised_per_block": 6}, "drawn_per_block"),
        ({"drawn_per_block": 3}, "raised_per_block"),
        ({"raised_per_block": 6}, "raised_per_block"),
    ],
)
def test_rates_that_do_not_fit_are_refused_by_field(study, lead, rates, field):
    with pytest.raises(InvalidInput) as caught:
        create_audit_plan(study=study, actor=lead, now=NOW, **rates)
    assert field in caught.value.fields
    assert not AuditPlan.objects.exists()


# --- sequences -------------------------------------------------------------------------------------------


def test_of_each_interviewer_exactly_one_in_each_five_is_drawn(plan, population, study):
    people = [make_member(study).user for _ in range(3)]
    for person in people:
        complete(population, person, 23)
    assert draw(plan) == 69
    for person in people:
        assert selected(person) >= {(block, *positions(plan, person, block)) for block in range(1, 5)}
        rows = AuditDraw.objects.filter(interviewer=person).order_by("block", "position")
        assert [(row.block, row.position) for row in rows] == [(n // 5 + 1, n % 5 + 1) for n in range(23)]
    assert Audit.objects.filter(kind="random", status="open").count() == AuditDraw.objects.filter(selected=True).count()
    assert verify_draws(plan) == []


def test_the_order_is_that_of_completion(plan, population, interviewer):
    third, first, second = (make_completed(population, interviewer, minutes=minutes) for minutes in (30, 10, 20))
    draw(plan)
    assert [third.audit_draw.position, first.audit_draw.position, second.audit_draw.position] == [3, 1, 2]
    late = make_completed(population, interviewer, minutes=5)  # arrived late: it takes the next place
    draw(plan)
    assert late.audit_draw.position == 4


def test_drawing_again_changes_nothing(plan, population, interviewer):
    complete(population, interviewer, 7)
    draw(plan)
    before = list(AuditDraw.objects.values())
    assert draw(plan, LATER) == 0
    assert list(AuditDraw.objects.values()) == before
    complete(population, interviewer, 4)
    assert draw(plan, LATER) == 4
    assert AuditDraw.objects.get(block=2, position=3).drawn_at == LATER


def test_drawn_one_by_one_or_all_at_once_the_same_ones_are_drawn(plan, population, study):
    one_by_one, at_once = (make_member(study).user for _ in range(2))
    for _ in range(12):
        complete(population, one_by_one, 1)
        draw(plan)
    complete(population, at_once, 12)
    draw(plan)
    for person in (one_by_one, at_once):
        expected = {(b, p) for b in (1, 2, 3) for p in positions(plan, person, b) if (b - 1) * 5 + p <= 12}
        assert selected(person) == expected


def test_only_completes_of_this_study_are_drawn(plan, population, interviewer):
    make_completed(population, interviewer, status="partial")
    make_completed(make_study().populations.get(), interviewer)
    assert draw(plan) == 0
    assert draw_audits(study=make_study(), now=NOW) == 0  # a study without a plan


def test_both_populations_count_into_one_sequence_of_their_interviewer(plan, population, study, interviewer):
    other = make_population(study, "UZ")
    for place in (population, other, population):
        make_completed(place, interviewer)
    draw(plan)
    assert AuditDraw.objects.filter(interviewer=interviewer, block=1).count() == 3


def test_first_interviews_in_full_come_on_top_of_the_random_share(study, lead, population, interviewer):
    plan = create_audit_plan(study=study, actor=lead, now=NOW, seed=SEED, first_in_full=3)
    complete(population, interviewer, 5)
    draw(plan)
    (drawn,) = positions(plan, interviewer, 1)
    assert Audit.objects.filter(kind="random").count() == 1
    targeted = {audit.interview.audit_draw.position for audit in Audit.objects.filter(kind="targeted")}
    assert targeted == {1, 2, 3} - {drawn}
    assert {audit.reason for audit in Audit.objects.filter(kind="targeted")} == {"first_interviews"}


# --- rates -----------------------------------------------------------------------------------------------


def reject_one(plan, population, interviewer, auditor):
    audit = Audit.objects.filter(interview__interviewer=interviewer).first()
    Audit.objects.filter(pk=audit.pk).update(status="claimed", auditor=auditor, claimed_at=NOW)
    judge_audit(audit=audit, actor=auditor, verdict="reject", sheet=FULL, comment="not a real call", now=NOW)


def test_after_a_rejection_more_are_drawn_from_the_next_block_on(plan, population, study, lead, interviewer):
    other = make_member(study).user
    complete(population, interviewer, 7)
    complete(population, other, 7)
    draw(plan)
    reject_one(plan, population, interviewer, lead)
    complete(population, interviewer, 13)
    complete(population, other, 13)
    draw(plan)
    rates = {(row.interviewer_id, row.block): row.drawn_per_block for row in AuditDraw.objects.all()}
    assert [rates[interviewer.pk, block] for block in (1, 2, 3, 4)] == [1, 1, 2, 2]
    assert [rates[other.pk, block] for block in (1, 2, 3, 4)] == [1, 1, 1, 1]
    expected = {(1, *positions(plan, interviewer, 1)), (2, *positions(plan, interviewer, 2))} | {
        (block, position) for block in (3, 4) for position in positions(plan, interviewer, block, 2)
    }
    assert selected(interviewer) == expected
    assert verify_draws(plan) == []


def test_a_changed_rate_begins_with_the_next_block_and_is_logged(plan, population, lead, interviewer):
    complete(population, interviewer, 3)
    draw(plan)
    new = {"drawn_per_block": 2, "raised_per_block": 3, "first_in_full": 0, "sound_grace_hours": 48}
    change_audit_plan(plan=plan, actor=lead, now=NOW, **new)
    complete(population, interviewer, 7)
    draw(plan)
    assert set(AuditDraw.objects.values_list("block", "drawn_per_block")) == {(1, 1), (2, 2)}
    data = ActivityLog.objects.get(action="audit_plan.changed").data
    assert (data["old"]["drawn_per_block"], data["new"]["drawn_per_block"]) == (1, 2)
    with pytest.raises(InvalidInput):
        change_audit_plan(plan=plan, actor=lead, now=NOW, **{**new, "raised_per_block": 1})


# --- without sound ---------------------------------------------------------------------------------------


def in_block(interviewer, block=1):
    return {row.position: row for row in AuditDraw.objects.filter(interviewer=interviewer, block=block)}


def test_a_drawn_interview_without_sound_is_replaced_by_the_next_of_its_block(plan, population, interviewer):
    complete(population, interviewer, 5)
    draw(plan)
    (position,) = positions(plan, interviewer, 1)
    draw(plan, NOW + timedelta(hours=23))
    assert Audit.objects.get().status == "open"  # a recording may still come
    draw(plan, NOW + timedelta(hours=25))
    rows = in_block(interviewer)
    substitute = rows[position % 5 + 1]
    assert substitute.replaces == rows[position]
    assert not substitute.selected
    assert {audit.interview_id: audit.status for audit in Audit.objects.all()} == {
        rows[position].interview_id: "no_sound",
        substitute.interview_id: "open",
    }
    assert verify_draws(plan) == []


def test_a_recording_that_waits_to_be_measured_is_waited_for(plan, population, interviewer):
    interviews = complete(population, interviewer, 5)
    draw(plan)
    for interview in interviews:
        make_recording(interview, status="uploaded", duration_ms=None)
    draw(plan, NOW + timedelta(days=3))
    assert Audit.objects.get().status == "open"


def test_when_all_files_are_unusable_nobody_waits(plan, population, interviewer):
    interviews = complete(population, interviewer, 5)
    draw(plan)
    (position,) = positions(plan, interviewer, 1)
    drawn = in_block(interviewer)[position].interview
    make_recording(drawn, status="failed", duration_ms=None)
    for interview in interviews:
        if interview != drawn:
            make_recording(interview)
    draw(plan, NOW + timedelta(minutes=1))
    assert Audit.objects.get(interview=drawn).status == "no_sound"
    make_recording(drawn)  # too late: another one stands in
    draw(plan, NOW + timedelta(days=2))
    assert Audit.objects.filter(status="open").count() == 1
    assert Audit.objects.get(interview=drawn).status == "no_sound"


def test_a_failed_file_beside_a_good_one_does_not_matter(plan, population, interviewer):
    interviews = complete(population, interviewer, 5)
    draw(plan)
    for interview in interviews:
        make_recording(interview, status="failed", duration_ms=None)
        make_recording(interview)
    draw(plan, NOW + timedelta(days=3))
    assert Audit.objects.get().status == "open"


def test_a_substitute_that_is_still_to_come_is_waited_for(plan, population, study):
    # An interviewer whose first block is drawn before its last position.
    person = next(
        person for person in (make_member(study).user for _ in range(50)) if max(positions(plan, person, 1)) < 5
    )
    (position,) = positions(plan, person, 1)
    complete(population, person, position)
    draw(plan)
    draw(plan, NOW + timedelta(hours=25))
    assert Audit.objects.get().status == "no_sound"
    assert not AuditDraw.objects.filter(replaces__isnull=False).exists()
    complete(population, person, 1)
    draw(plan, NOW + timedelta(hours=26))
    assert AuditDraw.objects.get(replaces__isnull=False).position == position + 1
    assert verify_draws(plan) == []


def test_without_any_sound_the_whole_block_is_gone_through_and_then_it_ends(plan, population, interviewer):
    complete(population, interviewer, 5)
    now = NOW
    for _ in range(8):
        draw(plan, now)
        now += timedelta(hours=25)
    assert Audit.objects.filter(status="no_sound").count() == 5
    assert verify_draws(plan) == []


# --- the end ---------------------------------------------------------------------------------------------


def test_the_seed_is_revealed_only_after_the_field(plan, population, study, lead, interviewer):
    complete(population, interviewer, 8)
    with pytest.raises(Conflict) as caught:
        reveal_seed(plan=plan, actor=lead, now=NOW)
    assert caught.value.code == "in_field"
    study.status = "closed"
    study.save()
    plan = reveal_seed(plan=plan, actor=lead, now=NOW)
    document = certificate_of(plan)
    assert document["seed"] == SEED.hex()
    assert len(document["draws"]) == 8  # what was complete was drawn before the seed was shown
    assert check_certificate(document) == []
    assert ActivityLog.objects.get(action="audit_plan.revealed").data["commitment"] == plan.commitment
    complete(population, interviewer, 1)
    assert draw(plan) == 0
    for act in (
        lambda: reveal_seed(plan=plan, actor=lead, now=NOW),
        lambda: change_audit_plan(
            plan=plan,
            actor=lead,
            now=NOW,
            drawn_per_block=1,
            raised_per_block=2,
            first_in_full=0,
            sound_grace_hours=1,
        ),
    ):
        with pytest.raises(Conflict):
            act()


def test_before_it_is_revealed_no_certificate_has_the_seed(plan):
    assert certificate_of(plan)["seed"] is None


def test_verification_finds_what_was_changed_in_the_database(plan, population, interviewer):
    complete(population, interviewer, 10)
    draw(plan)
    assert verify_draws(plan) == []
    moved = AuditDraw.objects.filter(selected=True).first()
    AuditDraw.objects.filter(pk=moved.pk).update(selected=False)
    assert verify_draws(plan) == [
        f"Interviewer {interviewer.pk}, block {moved.block}, position {moved.position}: is not drawn, but should be."
    ]
    AuditDraw.objects.filter(block=1, position=1).delete()
    assert any("positions are missing" in problem for problem in verify_draws(plan))
    assert any("1 completed interview" in problem for problem in verify_draws(plan))


# --- the command -----------------------------------------------------------------------------------------


def verify(*arguments, **options):
    out = io.StringIO()
    call_command("verify_audits", *arguments, stdout=out, **options)
    return out.getvalue()


def test_the_command_recomputes_studies_and_certificates(plan, population, study, lead, interviewer, tmp_path):
    complete(population, interviewer, 10)
    draw(plan)
    assert f"{study.code}: 10 interviews of 1 interviewers, 2 drawn: all draws agree" in verify()
    assert "all draws agree" in verify(study.code)
    study.status = "closed"
    study.save()
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(certificate_of(reveal_seed(plan=plan, actor=lead, now=NOW))))
    assert "all draws agree" in verify(file=path)
    AuditDraw.objects.filter(position=1).update(selected=True)
    AuditDraw.objects.filter(position=2).update(selected=True)
    with pytest.raises(CommandError, match=f"does not agree with the seed in: {study.code}"):
        verify()
    path.write_text(path.read_text().replace('"drawn": true', '"drawn": false'))
    with pytest.raises(CommandError, match="does not hold"):
        verify(file=path)
    path.write_text("{")
    with pytest.raises(CommandError, match="can't be read"):
        verify(file=path)
    with pytest.raises(CommandError, match="No such study"):
        verify("NOWHERE")


# --- the tasks -------------------------------------------------------------------------------------------


def test_the_clock_draws_for_every_study_that_has_a_plan(plan, population, interviewer):
    other = make_study()
    create_audit_plan(study=other, actor=None, now=NOW)
    complete(population, interviewer, 2)
    complete(other.populations.get(), make_member(other).user, 3)
    complete(make_study().populations.get(), interviewer, 1)  # no plan
    draw_all_audits()
    assert AuditDraw.objects.count() == 5
    return_forgotten_audits()
