"""Questionnaires and versions: import, publication, withdrawal; what is published stays."""

import io
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from questionnaires.models import Questionnaire, QuestionnaireVersion
from questionnaires.script import checksum_of
from questionnaires.selectors.versions import (
    current_version,
    load_script,
    practice_document,
    questionnaires_with_versions,
)
from questionnaires.services.versions import (
    create_questionnaire,
    import_workbook,
    publish_version,
    withdraw_version,
)
from studies.errors import Conflict, DomainError, InvalidInput
from studies.models import ActivityLog
from tests.factories import NOW, make_study, make_user
from tests.questionnaires.workbooks import REFERENCE, q, workbook

pytestmark = pytest.mark.django_db

GOOD = workbook([q("text", "a", "First")])
BETTER = workbook([q("text", "a", "Second")])
BROKEN = workbook([q("text", "a"), q("geopoint", "b"), q("text", "c", relevant="${b} =")])


def make_questionnaire(**fields):
    fields.setdefault("study", None)
    study = fields.pop("study") or make_study()
    return create_questionnaire(
        study=study, **{"code": "main", "title": "Main", "actor": make_user(), "now": NOW, **fields}
    )


def imported(questionnaire, content=GOOD, name="form.xlsx"):
    return import_workbook(questionnaire=questionnaire, file=io.BytesIO(content), name=name, actor=make_user(), now=NOW)


def published(questionnaire, content=GOOD):
    return publish_version(version=imported(questionnaire, content), actor=make_user(), now=NOW)


def test_a_questionnaire_is_created_once_by_its_code():
    study = make_study()
    made = make_questionnaire(study=study)
    assert ActivityLog.objects.get(study=study).action == "questionnaire.created"
    with pytest.raises(InvalidInput):
        make_questionnaire(study=study)
    with pytest.raises(InvalidInput) as refused:
        make_questionnaire(study=study, code="wrong code")
    assert "code" in refused.value.fields
    assert Questionnaire.objects.get() == made


def test_an_import_makes_a_draft_and_the_next_one_replaces_it():
    questionnaire = make_questionnaire()
    first = imported(questionnaire)
    assert (first.status, first.number, first.source_name, first.problems[0]["code"]) == (
        "draft", 1, "form.xlsx", "no_consent",
    )  # fmt: skip
    assert first.form["children"][0]["label"] == {"en": "First"}
    second = imported(questionnaire, BETTER)
    assert second.number == 1
    assert [version.pk for version in questionnaire.versions.all()] == [second.pk]
    log = ActivityLog.objects.filter(action="questionnaire.imported").first()
    assert log.data["version"] == 1
    assert log.data["sha256"] == second.source_sha256


def test_a_bad_file_writes_nothing():
    questionnaire = make_questionnaire()
    draft = imported(questionnaire)
    before = ActivityLog.objects.count()
    with pytest.raises(InvalidInput) as refused:
        imported(questionnaire, b"not a workbook")
    assert refused.value.code == "not_a_workbook"
    assert "xlsx" in str(refused.value)
    assert list(questionnaire.versions.values_list("pk", flat=True)) == [draft.pk]
    assert ActivityLog.objects.count() == before


def test_publishing_compiles_the_draft():
    questionnaire = make_questionnaire()
    actor = make_user()
    version = publish_version(version=imported(questionnaire), actor=actor, now=NOW)
    version.refresh_from_db()
    assert (version.status, version.published_by, version.published_at) == ("published", actor, NOW)
    assert version.checksum == checksum_of(version.script)
    assert load_script(version).item("a").label == {"en": "First"}
    assert current_version(questionnaire.study) == version
    log = ActivityLog.objects.get(action="questionnaire.published")
    assert log.data == {"code": "main", "version": 1, "checksum": version.checksum}


def test_any_version_can_be_practised_unless_it_is_broken():
    questionnaire = make_questionnaire()
    draft = imported(questionnaire)
    compiled = practice_document(draft)
    assert publish_version(version=draft, actor=make_user(), now=NOW).script == compiled
    assert practice_document(imported(questionnaire, BROKEN)) is None


def test_publishing_refuses_with_the_whole_list():
    questionnaire = make_questionnaire()
    draft = imported(questionnaire, BROKEN)
    with pytest.raises(InvalidInput) as refused:
        publish_version(version=draft, actor=make_user(), now=NOW)
    problems = refused.value.fields["problems"]
    assert [(problem["code"], problem["sheet"], problem["row"]) for problem in problems] == [
        ("type_not_supported", "survey", 3), ("expression", "survey", 4),
    ]  # fmt: skip
    assert all(len(problem["message"]) > 20 for problem in problems)
    assert "2 things" in str(refused.value)
    draft.refresh_from_db()
    assert (draft.status, draft.script, draft.checksum) == ("draft", None, "")
    assert current_version(questionnaire.study) is None


def test_a_published_version_is_not_published_again_and_not_touched_by_imports():
    questionnaire = make_questionnaire()
    version = published(questionnaire)
    before = QuestionnaireVersion.objects.filter(pk=version.pk).values().get()
    with pytest.raises(Conflict):
        publish_version(version=version, actor=make_user(), now=NOW)
    draft = imported(questionnaire, BETTER)
    assert draft.number == 2
    assert QuestionnaireVersion.objects.filter(pk=version.pk).values().get() == before
    newer = publish_version(version=draft, actor=make_user(), now=NOW)
    assert newer.checksum != version.checksum
    assert current_version(questionnaire.study) == newer


def test_a_draft_that_was_replaced_is_not_published():
    questionnaire = make_questionnaire()
    seen = imported(questionnaire)
    imported(questionnaire, BETTER)
    with pytest.raises(Conflict) as refused:
        publish_version(version=seen, actor=make_user(), now=NOW)
    assert refused.value.code == "draft_replaced"
    assert not questionnaire.versions.exclude(status="draft").exists()


def test_withdrawing_goes_back_to_the_version_before():
    questionnaire = make_questionnaire()
    first, second = published(questionnaire), published(questionnaire, BETTER)
    with pytest.raises(InvalidInput):
        withdraw_version(version=second, reason=" ", actor=make_user(), now=NOW)
    withdraw_version(version=second, reason="wrong wording", actor=make_user(), now=NOW)
    assert current_version(questionnaire.study) == first
    second.refresh_from_db()
    assert second.script is not None
    assert ActivityLog.objects.get(action="questionnaire.withdrawn").data["reason"] == "wrong wording"
    with pytest.raises(Conflict):
        withdraw_version(version=second, reason="again", actor=make_user(), now=NOW)


def test_the_reference_workbook_is_published():
    questionnaire = make_questionnaire(study=make_study(populations=("KZ", "UZ")))
    version = published(questionnaire, REFERENCE.read_bytes())
    assert version.problems == []
    assert load_script(version).default_language == "ru"


def test_versions_are_listed_in_two_queries(django_assert_num_queries):
    study = make_study()
    for code in ("a", "b", "c"):
        questionnaire = make_questionnaire(study=study, code=code)
        published(questionnaire)
        imported(questionnaire)
    with django_assert_num_queries(2):
        listed = questionnaires_with_versions(study)
        rows = [(found.code, [version.number for version in versions]) for found, versions in listed]
        assert all(version.created_by for _, versions in listed for version in versions)
    assert rows == [("a", [2, 1]), ("b", [2, 1]), ("c", [2, 1])]


def together(*acts):
    """Run acts at the same moment, each with a connection of its own; gives their results or errors."""
    start = Barrier(len(acts))

    def run(act):
        start.wait()
        try:
            return act()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_two_who_publish_at_once_publish_once():
    questionnaire = make_questionnaire()
    draft, actor = imported(questionnaire), make_user()

    def publish():
        return publish_version(version=QuestionnaireVersion.objects.get(pk=draft.pk), actor=actor, now=NOW)

    for _ in range(5):
        results = together(publish, publish)
        assert sorted(type(result).__name__ for result in results) == ["Conflict", "QuestionnaireVersion"]
        assert questionnaire.versions.filter(status="published").count() == questionnaire.versions.count()
        draft = imported(questionnaire)


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_an_import_and_a_publication_at_once_leave_one_of_two_good_states():
    questionnaire, actor = make_questionnaire(), make_user()
    draft = imported(questionnaire)

    def replace():
        return import_workbook(questionnaire=questionnaire, file=io.BytesIO(BETTER), name="b", actor=actor, now=NOW)

    for _ in range(5):
        act, other = together(partial(publish_version, version=draft, actor=actor, now=NOW), replace)
        assert isinstance(other, QuestionnaireVersion)
        if isinstance(act, Conflict):
            assert other.number == draft.number
        else:
            assert act.form == draft.form
            assert other.number == draft.number + 1
        assert questionnaire.versions.filter(status="draft").count() == 1
        draft = other
