"""The reference study is loaded whole, or not at all."""

from __future__ import annotations

from datetime import date, time, timedelta
from io import BytesIO

import pytest
from django.core.management import CommandError, call_command

from config.example import ExampleExists, interviewers, load_example
from fieldwork.models import Case, QuotaCell, Replicate
from fieldwork.services.calls import take_next_case
from fieldwork.services.sample import load_numbering_plan
from qc.models import AuditPlan, CodeFrame
from questionnaires.selectors.versions import current_version, load_script
from studies.access import study_access
from studies.models import Study, User
from studies.models.study import Role
from tests.examples.reference import CELLS, FOLDER
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_everything_is_there_for_the_first_call(subtests):
    said: list[str] = []
    study = load_example(now=NOW, say=said.append)
    with subtests.test("study and populations"):
        assert (study.code, study.status, study.reporting_language) == ("UCA", Study.Status.FIELD, "en")
        field = [(one.code, one.field_start, one.field_end, one.target) for one in study.populations.order_by("code")]
        assert field == [(code, date(2021, 8, 14), date(2021, 9, 3), 800) for code in ("KZ", "UZ")]
        assert said
    with subtests.test("a published questionnaire in four languages"):
        version = current_version(study)
        assert version is not None
        assert set(load_script(version).languages) == {"en", "ru", "kk", "uz"}
    with subtests.test("a reproducible sample, of which one replicate is released"):
        for population in study.populations.all():
            sample = population.samples.get()
            assert (sample.status, sample.size) == ("ready", 24_000)
            assert Replicate.objects.filter(sample=sample, released_at__isnull=False).count() == 1
            assert Case.objects.filter(population=population, status=Case.Status.OPEN).count() == 400
    with subtests.test("quota cells of the reference study"):
        for population in study.populations.all():
            cells = QuotaCell.objects.filter(quota__population=population).order_by("position")
            wanted = CELLS[population.code]
            assert sum(cell.target for cell in cells) == 800
            assert sorted(cell.target for cell in cells) == sorted(n for row in wanted.values() for n in row.values())
    with subtests.test("code frames and an audit plan that is committed to"):
        assert CodeFrame.objects.filter(study=study).count() == 8
        assert len(AuditPlan.objects.get(study=study).commitment) == 64
    with subtests.test("one log-in per role can do its work"):
        for username in ("lead", "supervisor", "coder", "interviewer", "admin"):
            assert User.objects.get(username=username).check_password("steppe-demo"), username
        access = study_access(User.objects.get(username="interviewer"), "UCA", Role.INTERVIEWER)
        assert take_next_case(access=access, now=NOW).number == 1
    with subtests.test("interviewers of the call centre are nobody's log-in"):
        names = [seat.username for seat in interviewers()]
        assert len(set(names)) == len(names) == 16
        assert not any(User.objects.get(username=name).has_usable_password() for name in names)


def test_a_case_can_be_called_at_any_hour_of_the_day_unless_the_calling_hours_are_wanted():
    load_example(now=NOW)
    night = NOW.replace(hour=21)
    access = study_access(User.objects.get(username="interviewer"), "UCA", Role.INTERVIEWER)
    assert take_next_case(access=access, now=night)


def test_calling_hours_and_length_of_the_field_can_be_chosen():
    study = load_example(now=NOW, days=3, target=100, at_any_hour=False)
    population = study.populations.get(code="KZ")
    population.refresh_from_db()
    assert (population.calling_start, population.calling_end) == (time(9), time(21))
    assert population.field_start == (NOW - timedelta(days=3)).date()
    assert sum(QuotaCell.objects.filter(quota__population=population).values_list("target", flat=True)) == 100


def test_a_second_time_it_says_that_it_is_there_and_changes_nothing():
    load_example(now=NOW)
    people = User.objects.count()
    with pytest.raises(ExampleExists, match=r"There is a study UCA already; nothing was changed.*RESET=1"):
        load_example(now=NOW)
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("load_example")
    assert (Study.objects.count(), User.objects.count()) == (1, people)


def test_a_numbering_plan_that_was_loaded_before_is_used_again():
    content = (FOLDER / "numbering_kz.csv").read_bytes()
    plan = load_numbering_plan(file=BytesIO(content), country="KZ", name="ours", source="lists", actor=None, now=NOW)
    study = load_example(now=NOW)
    assert study.populations.get(code="KZ").samples.get().plan == plan
