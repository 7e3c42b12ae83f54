"""Simulated fieldwork as a whole: what it leaves behind has to be right, and the same every time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Q

from config.example import load_example
from config.simulation.published import compare, read_figures
from config.simulation.run import Wish, simulate
from exports.models import Release, ReleaseFile
from exports.services.releases import release_folder
from fieldwork.dispositions import COMPLETE, final_disposition
from fieldwork.models import Appointment, CallAttempt, Case, Interview, JournalEntry, QuotaCell, Recording, Seat
from fieldwork.selectors.outcomes import outcome_reports
from fieldwork.services.interview_state import context_of
from qc.models import Audit, AuditDraw, Coding, Verbatim
from questionnaires import flow
from questionnaires.selectors.versions import load_script
from studies.models import ActivityLog, Study
from studies.models.study import Role
from tests.config.simulation import Notes, calls_made, interviews_held
from tests.examples.reference import FOLDER
from tests.factories import NOW, make_member, make_population, make_study

pytestmark = pytest.mark.django_db(transaction=True)

#: Interviews per population in the test of everything: enough to find a figure that is wrong by 20 points.
FULL = 110
SMALL = 6


def test_a_simulated_field_is_sound_and_gives_the_published_figures(subtests):
    """One field, simulated once: each part of it is a subtest."""
    study = load_example(now=NOW, target=FULL, at_any_hour=False)
    notes = Notes()
    # Measuring every recording takes longer than all the rest; the rest of the audits waits, as in the demonstration.
    wish = Wish(study=study, target=FULL, until=NOW, processes=1, finish=True, audits_per_evening=1)
    release = simulate(wish, notes)
    checks = [check_release, check_figures, check_quotas, check_calls, check_cases, check_interviews, check_languages]
    checks += [check_break_offs, check_journals, check_times, check_audits, check_coding, check_log]
    for check in checks:
        with subtests.test(check.__name__.removeprefix("check_")):
            check(study, release)
    with subtests.test("progress"):
        assert len(notes.days) == 11
        assert {report.population for report in notes.reports} == {"KZ", "UZ"}
        assert notes.texts == ["Coding open answers", "Writing the first release"]


def check_release(study: Study, release: Release) -> None:
    assert release.status == Release.Status.READY, release.error
    kept = Interview.objects.filter(status="completed", rejected_at__isnull=True).count()
    assert release.manifest["interviews"] == kept
    assert FULL * 2 - 10 <= kept <= FULL * 2
    assert release.manifest["open_answers_not_coded"] == 0


def check_figures(study: Study, release: Release) -> None:
    figures = read_figures(FOLDER / "expected.json")
    file = release_folder() / Path(release.files.get(kind=ReleaseFile.Kind.SAV).path)
    findings = compare(file, figures, release.populations)
    assert len(findings) == len(figures) > 60
    assert all(one.base > 5 for one in findings)
    assert [(one.figure.population, one.figure.title, one.percent) for one in findings if not one.agrees] == []
    assert {one.figure.where for one in findings} >= {"${age_group} = '2'", "${gender} = '2'"}
    for wrong in (("KZ", "relations", 94.0, 60.0), ("UZ", "least_friendly_why", 30.0, 85.0)):
        assert_is_noticed(*wrong, file=file, populations=release.populations)


def assert_is_noticed(population: str, key: str, right: float, wrong: float, *, file: Path, populations: list) -> None:
    """A figure that had been published otherwise would not agree with this file."""
    figures = read_figures(FOLDER / "expected.json")
    (figure,) = [one for one in figures if (one.population, one.key, one.percent) == (population, key, right)]
    changed = type(figure)(**{name: getattr(figure, name) for name in figure.__slots__} | {"percent": wrong})
    assert [one.agrees for one in compare(file, [figure, changed], populations)] == [True, False]


def check_quotas(study: Study, release: Release) -> None:
    complete = Count("seats", filter=Q(seats__status=Seat.Status.COMPLETE))
    cells = QuotaCell.objects.annotate(complete=complete)
    assert all(cell.complete <= cell.target for cell in cells)
    assert (
        sum(cell.complete for cell in cells)
        == Interview.objects.filter(status="completed", rejected_at__isnull=True).count()
    )
    assert not Seat.objects.filter(status=Seat.Status.HELD).exists()
    # Towards the end cells are full, and people hear that they are not needed.
    assert Interview.objects.filter(status=Interview.Status.QUOTA_FULL).count() > 5
    assert not ActivityLog.objects.filter(action="quota.exceeded").exists()


def check_calls(study: Study, release: Release) -> None:
    calls = CallAttempt.objects.all()
    assert not calls.filter(Q(disposition="") | Q(ended_at__isnull=True) | Q(expired=True)).exists()
    assert not calls.filter(ended_at__lt=F("started_at")).exists()
    assert not calls.filter(ended_at__gt=NOW).exists()
    # Nobody holds two calls at once.
    last: dict[int, CallAttempt] = {}
    for call in calls.order_by("started_at"):
        before = last.get(call.interviewer_id)
        assert before is None or before.ended_at <= call.started_at
        last[call.interviewer_id] = call
    outcomes = Counter(calls.values_list("disposition", flat=True))
    assert {"1.1", "2.11", "2.112", "2.35", "3.12", "3.13", "4.31", "4.32", "4.70", "4.80"} <= set(outcomes)
    assert calls.filter(served_from=Case.Queue.APPOINTMENT).exists()
    assert calls.filter(served_from=Case.Queue.CALLBACK).exists()
    assert calls.filter(served_from=Case.Queue.RETRY).exists()
    assert calls.exclude(note="").exists()
    assert Appointment.objects.filter(status=Appointment.Status.SERVED).exists()
    for population in study.populations.all():
        hours = {call.started_at.astimezone(population.zone).hour for call in calls.filter(case__population=population)}
        assert min(hours) >= 9
        assert max(hours) < 21


def check_cases(study: Study, release: Release) -> None:
    assert not Case.objects.filter(status=Case.Status.HELD).exists()
    rejected = set(Interview.objects.filter(rejected_at__isnull=False).values_list("case", flat=True))
    worked = Case.objects.filter(attempts__gt=0).prefetch_related("call_attempts")
    for case in worked:
        calls = [call.disposition for call in sorted(case.call_attempts.all(), key=lambda call: call.number)]
        assert len(calls) == case.attempts
        assert case.disposition, case
        if COMPLETE in calls:
            final = final_disposition([], rejected=True) if case.pk in rejected else COMPLETE
            assert (calls[-1], case.status, case.final_disposition) == (COMPLETE, Case.Status.CLOSED, final)
        if case.status == Case.Status.OPEN:
            assert case.final_disposition == ""
            assert case.disposition == final_disposition(calls, ever_eligible=case.ever_eligible)
        else:
            assert case.final_disposition == case.disposition
    for report in outcome_reports(study):
        rates = {rate.name: rate.value for group in report.rates for rate in group}
        assert len(rates) == 16
        assert all(value is not None and 0 < value <= 1 for value in rates.values()), rates


def check_interviews(study: Study, release: Release) -> None:
    completed = Interview.objects.filter(status="completed", rejected_at__isnull=True).select_related("case")
    assert all(interview.case.final_disposition == COMPLETE for interview in completed)
    assert not Interview.objects.filter(status="running").exists()
    assert {"completed", "suspended", "quota_full", "screened_out"} <= set(
        Interview.objects.values_list("status", flat=True)
    )
    for population in study.populations.all():
        accepted = completed.filter(population=population).count()
        assert FULL - 6 <= accepted <= FULL


def check_languages(study: Study, release: Release) -> None:
    used = Counter(Interview.objects.filter(status="completed").values_list("population__code", "language"))
    assert set(used) == {("KZ", "kk"), ("KZ", "ru"), ("UZ", "uz"), ("UZ", "ru")}
    assert used["UZ", "uz"] > used["UZ", "ru"]
    assert Interview.objects.filter(status="completed").exclude(language=F("first_language")).exists()
    assert Verbatim.objects.filter(language="uz").exists()


def check_break_offs(study: Study, release: Release) -> None:
    sittings = Interview.objects.annotate(sittings=Count("journal__attempt", distinct=True))
    resumed = sittings.filter(status="completed", sittings__gt=1)
    assert resumed.filter(case__call_attempts__disposition="2.12").exists()
    assert Seat.objects.filter(status=Seat.Status.RELEASED, release_reason="break_off").exists()


def check_journals(study: Study, release: Release) -> None:
    assert not JournalEntry.objects.filter(refusal__isnull=False).exists()
    kinds = Counter(JournalEntry.objects.values_list("kind", flat=True))
    assert {"answer", "back", "language", "pause", "resume", "note"} == set(kinds)
    for interview in Interview.objects.filter(status="completed").select_related("population", "version")[:25]:
        entries = interview.journal.order_by("seq").values("kind", "item", "value", "language")
        acts = [{**entry, "item": entry["item"] or None} for entry in entries]
        state, refusals = flow.replay(load_script(interview.version), acts, context_of(interview))
        assert refusals == []
        assert flow.document(state)["answers"] == interview.answers


def check_times(study: Study, release: Release) -> None:
    minutes = [ms / 60_000 for ms in Interview.objects.filter(status="completed").values_list("duration_ms", flat=True)]
    assert median(minutes) == pytest.approx(25, abs=2)
    assert min(minutes) > 10
    days = {call.started_at.date() for call in CallAttempt.objects.all()}
    assert len(days) == 11


def check_audits(study: Study, release: Release) -> None:
    blocks: dict[tuple[int, int], list[AuditDraw]] = {}
    for draw in AuditDraw.objects.all():
        blocks.setdefault((draw.interviewer_id, draw.block), []).append(draw)
    assert AuditDraw.objects.count() == Interview.objects.filter(status="completed").count()
    full = [block for block in blocks.values() if len(block) == 5]
    assert len(full) > 20
    assert {sum(draw.selected for draw in block) for block in full} <= {1, full[0][0].plan.raised_per_block}
    assert all(sum(draw.selected for draw in block) == block[0].drawn_per_block for block in full)
    done = Audit.objects.filter(status=Audit.Status.DONE)
    assert done.count() > 10
    assert not done.filter(heard_ms=0).exists()
    assert Audit.objects.filter(status=Audit.Status.OPEN).exists(), "nothing waits for the people who try it"
    for audit in Audit.objects.filter(status=Audit.Status.OPEN, kind=Audit.Kind.RANDOM).select_related("interview"):
        assert Recording.objects.filter(attempt__case=audit.interview.case_id).exists()
    for audit in done.select_related("interview"):
        heard = Recording.objects.get(uid=next(iter(audit.heard)))
        spoken = audit.interview.journal.filter(attempt=heard.attempt).order_by("-elapsed_ms").first()
        assert heard.duration_ms >= heard.interview_offset_ms
        assert spoken is not None


def check_coding(study: Study, release: Release) -> None:
    assert Verbatim.objects.filter(codings__isnull=True).count() == 0
    assert Coding.objects.filter(final=True).count() == Verbatim.objects.count() > FULL * 10
    why = Verbatim.objects.filter(text__in=["горы", "Горы"], key="association@KG").first()
    assert why is None or [code.number for code in why.codings.get().codes.all()] == [1]


def check_log(study: Study, release: Release) -> None:
    released = ActivityLog.objects.filter(action="replicates.released")
    assert released.filter(actor__username="supervisor").exists()


# --- again, and again ------------------------------------------------------------------------------------


def simulate_anew(*, processes: int) -> tuple[list, list]:
    """An empty database, the example, and a small field in it."""
    call_command("flush", interactive=False, verbosity=0)
    study = load_example(now=NOW, days=2)
    simulate(Wish(study=study, target=SMALL, until=NOW, processes=processes), Notes())
    return calls_made(), interviews_held()


def test_the_same_seed_gives_the_same_fieldwork_in_one_process_and_in_two():
    calls, interviews = simulate_anew(processes=1)
    assert len([one for one in interviews if one[2] == "completed"]) == 2 * SMALL
    assert simulate_anew(processes=2) == (calls, interviews)


def test_an_interrupted_run_leaves_a_sound_field_and_is_gone_on_with():
    study = load_example(now=NOW, days=2)
    wish = Wish(study=study, target=SMALL, until=NOW, processes=1)
    with pytest.raises(KeyboardInterrupt):
        simulate(wish, Notes(stop_at=3))
    begun = CallAttempt.objects.count()
    assert begun > 0
    assert Interview.objects.filter(status="completed", seats__status="complete").count() == (
        Interview.objects.filter(status="completed").count()
    )
    release = simulate(wish, Notes())
    assert release.manifest["interviews"] == 2 * SMALL
    assert CallAttempt.objects.count() > begun
    assert not Case.objects.filter(status=Case.Status.HELD).exists()
    assert not CallAttempt.objects.filter(ended_at__isnull=True).exists()
    # A third time there is nothing left to do but to write the data once more.
    assert simulate(wish, Notes()).number == release.number + 1


# --- the commands ----------------------------------------------------------------------------------------


def test_commands_say_what_is_missing():
    with pytest.raises(CommandError, match=r"no study UCA.*load_example"):
        call_command("simulate_fieldwork")
    with pytest.raises(CommandError, match=r"no such release.*simulate_fieldwork"):
        call_command("compare_with_published")


@pytest.mark.parametrize("processes", [1, 2])
def test_only_populations_of_the_reference_study_have_respondents(processes):
    study = make_study("OTHER", populations=())
    for code in ("KG", "TJ"):
        make_population(study, code)
    make_member(study, Role.SUPERVISOR)
    with pytest.raises(CommandError, match=r"no simulated respondents for OTHER-(KG|TJ): only for KZ, UZ"):
        call_command("simulate_fieldwork", study="OTHER", processes=processes)


def test_a_field_without_interviews_is_an_empty_file():
    study = load_example(now=NOW, days=0)
    release = simulate(Wish(study=study, target=0, until=NOW, processes=1), Notes())
    assert release.status == Release.Status.READY, release.error
    assert release.manifest["interviews"] == 0


def test_commands_simulate_a_field_until_now_and_compare_it(capsys):
    call_command("load_example", days=1)
    call_command("simulate_fieldwork", interviews=2, processes=1, days=1)
    said = capsys.readouterr().out
    assert "study UCA is ready" in said
    assert "100 %  KZ 2/2, UZ 2/2" in said
    assert "release 1 is in" in said
    assert Interview.objects.filter(status="completed").count() == 4
    last = CallAttempt.objects.latest("ended_at").ended_at
    assert last - CallAttempt.objects.earliest("started_at").started_at < timedelta(days=1)
    call_command("compare_with_published")
    said = capsys.readouterr().out
    assert "| KZ | `relations` 1 |  | 94 |" in said
    assert "figures of release 1 (4 interviews); 0 further away" in said
