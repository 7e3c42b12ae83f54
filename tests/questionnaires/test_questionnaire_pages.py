"""The lead's pages of questionnaires: who may see and do what, and what is on them."""

import gzip
import hashlib
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from questionnaires.models import QuestionnaireVersion
from studies.models.study import Role
from tests.factories import make_member, make_population, make_study, make_user
from tests.questionnaires.test_versions_service import BETTER, BROKEN, GOOD, imported, make_questionnaire, published
from tests.questionnaires.workbooks import REFERENCE, q, workbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study("UCA", populations=())


@pytest.fixture
def questionnaire(study):
    return make_questionnaire(study=study)


@pytest.fixture
def lead(client, study):
    return log_in(client, study, Role.LEAD)


def log_in(client, study, role):
    user = make_user()
    make_member(study, role, user=user)
    client.force_login(user)
    return user


def version_url(version, name="version"):
    code = version.questionnaire.code
    return reverse(f"questionnaires:{name}", args=["UCA", code, version.number])


def upload(client, content=GOOD, name="form.xlsx"):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("questionnaires:upload", args=["UCA", "main"]), {"file": file})


def page(client, url, status=200):
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


MAY_READ = {Role.LEAD, Role.SUPERVISOR}


@pytest.mark.parametrize("role", [*Role, None])
def test_the_lead_edits_the_supervisor_reads_nobody_else_enters(client, study, questionnaire, role):
    draft = imported(questionnaire)
    if role:
        log_in(client, study, role)
    else:
        client.force_login(make_user())
    refused = 403 if role else 404
    for url in (reverse("questionnaires:list", args=["UCA"]), version_url(draft)):
        assert client.get(url).status_code == (200 if role in MAY_READ else refused)
    for url in (reverse("questionnaires:create", args=["UCA"]), reverse("questionnaires:upload", args=["UCA", "main"])):
        assert client.get(url).status_code == (200 if role == Role.LEAD else refused)
    for name in ("publish", "withdraw"):
        answer = client.post(version_url(draft, name), {"draft": "0"})
        assert answer.status_code == (302 if role == Role.LEAD else refused)


def test_the_supervisor_sees_no_buttons(client, study, questionnaire):
    draft = imported(questionnaire)
    log_in(client, study, Role.SUPERVISOR)
    text = page(client, version_url(draft)) + page(client, reverse("questionnaires:list", args=["UCA"]))
    assert "Nothing stands in the way" in text
    assert "/publish/" not in text
    assert "/upload/" not in text


def test_from_nothing_to_a_published_version(client, lead, study):
    assert "no questionnaire yet" in page(client, reverse("questionnaires:list", args=["UCA"]))
    made = client.post(reverse("questionnaires:create", args=["UCA"]), {"code": "main", "title": "Main survey"})
    assert made.url == reverse("questionnaires:upload", args=["UCA", "main"])
    answer = upload(client, name="анкета.xlsx")
    draft = QuestionnaireVersion.objects.get()
    assert answer.url == version_url(draft)
    text = page(client, answer.url)
    assert "анкета.xlsx" in text
    assert f'name="draft" value="{draft.pk}"' in text
    client.post(version_url(draft, "publish"), {"draft": draft.pk})
    text = page(client, answer.url)
    draft.refresh_from_db()
    assert draft.checksum in text
    assert lead.name in text
    assert "Publish…" not in text
    assert draft.checksum[:12] in page(client, reverse("questionnaires:list", args=["UCA"]))


def test_a_bad_file_is_said_beside_the_field(client, lead, questionnaire):
    answer = upload(client, b"", "empty.xlsx")
    assert answer.status_code == 422
    answer = upload(client, b"a,b,c\n", "survey.csv")
    assert answer.status_code == 422
    assert "This is not an Excel workbook" in answer.content.decode()
    assert not questionnaire.versions.exists()


def test_a_code_that_is_taken_is_said_beside_the_field(client, lead, questionnaire):
    answer = client.post(reverse("questionnaires:create", args=["UCA"]), {"code": "main", "title": "Again"})
    assert answer.status_code == 422
    assert "The study already has a questionnaire with this code" in answer.content.decode()


def test_problems_stand_with_sheet_row_column_and_sentence(client, lead, questionnaire):
    draft = imported(questionnaire, BROKEN)
    text = page(client, version_url(draft))
    assert "2 errors" in text
    assert "/publish/" not in text
    assert "geopoint" in text
    assert '<a href="?view=outline#row-3">3</a>' in text
    assert '<code class="expression">${b} =' in text
    warnings = page(client, version_url(draft) + "?view=problems&show=warning")
    assert "consent" in warnings
    assert "geopoint" not in warnings
    assert "No problem fits" in page(client, version_url(draft) + "?view=problems&sheet=settings")
    assert "geopoint" in page(client, version_url(draft) + "?view=problems&show=nonsense")


def test_the_outline_shows_two_languages_and_the_rules(client, lead, questionnaire):
    draft = imported(questionnaire, REFERENCE.read_bytes())
    text = page(client, version_url(draft) + "?view=outline&first=kk&second=uz")
    item = next(child for child in draft.form["children"][-1]["children"] if child["kind"] == "group")
    assert item["label"]["kk"] in text
    assert item["label"]["uz"] in text
    assert item["label"]["ru"] not in text
    assert "missing(${age}) != &#x27;&#x27;" in text
    assert "ends the interview: 4.70" in text
    assert "checkpoint" in text
    one = page(client, version_url(draft) + "?view=outline&first=en&second=")
    assert item["label"]["en"] in one
    assert item["label"]["kk"] not in one


def test_the_outline_of_a_broken_draft_is_shown_too(client, lead, questionnaire):
    rows = [q("select_one nowhere", "", ""), q("begin_repeat", "r"), q("text", "a", relevant="((")]
    text = page(client, version_url(imported(questionnaire, workbook(rows))) + "?view=outline")
    assert 'id="row-2"' in text
    assert '<a class="badge bad" href="?view=problems&amp;show=error">1 error</a>' in text
    assert "no text" in text


def test_text_of_a_workbook_is_never_markup(client, lead, questionnaire):
    evil = "<script>alert(1)</script>"
    draft = imported(
        questionnaire, workbook([q("text", "a", evil, relevant=f"'{evil}'"), q(evil, "b")]), name=f"{evil}.xlsx"
    )
    for view in ("outline", "problems"):
        assert evil not in page(client, version_url(draft) + f"?view={view}")


def test_populations_whose_language_is_missing_are_named(client, lead, questionnaire, study):
    make_population(study, "KZ")
    text = page(client, version_url(imported(questionnaire)) + "?view=problems")
    assert "Interviews of the population KZ may be held in Қазақша" in text


def test_a_draft_that_was_replaced_since_the_page_was_opened_is_not_published(client, lead, questionnaire):
    seen = imported(questionnaire)
    newer = imported(questionnaire, BETTER)
    answer = client.post(version_url(newer, "publish"), {"draft": seen.pk}, follow=True)
    assert "replaced by another import" in answer.content.decode()
    newer.refresh_from_db()
    assert newer.is_draft


def test_publishing_a_broken_draft_by_hand_is_refused(client, lead, questionnaire):
    draft = imported(questionnaire, BROKEN)
    answer = client.post(version_url(draft, "publish"), {"draft": draft.pk}, follow=True)
    assert "2 things are missing or broken" in answer.content.decode()


def test_withdrawing_asks_for_a_reason(client, lead, questionnaire):
    version = published(questionnaire)
    assert "Withdraw this version" in page(client, version_url(version))
    client.post(version_url(version, "withdraw"), {"reason": ""})
    version.refresh_from_db()
    assert version.is_published
    client.post(version_url(version, "withdraw"), {"reason": "wrong wording"})
    version.refresh_from_db()
    assert version.status == "withdrawn"


def test_the_script_is_served_under_its_checksum_for_ever(client, study, questionnaire):
    version = published(questionnaire)
    log_in(client, study, Role.INTERVIEWER)
    url = reverse("questionnaires:script", args=["UCA", version.checksum])
    plain = client.get(url)
    assert hashlib.sha256(plain.content).hexdigest() == version.checksum
    assert json.loads(plain.content) == version.script
    assert "immutable" in plain["Cache-Control"]
    assert plain["ETag"] == f'"{version.checksum}"'
    packed = client.get(url, headers={"accept-encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert "Accept-Encoding" in packed["Vary"]
    assert client.get(reverse("questionnaires:script", args=["UCA", "0" * 64])).status_code == 404


def test_scripts_of_other_studies_are_not_served(client, questionnaire):
    version = published(questionnaire)
    other = make_study("OTHER")
    log_in(client, other, Role.LEAD)
    assert client.get(reverse("questionnaires:script", args=["UCA", version.checksum])).status_code == 404
    assert client.get(reverse("questionnaires:script", args=["OTHER", version.checksum])).status_code == 404


def test_queries_do_not_grow_with_the_questionnaire(client, lead, questionnaire, django_assert_max_num_queries):
    for content in (GOOD, REFERENCE.read_bytes()):
        version = published(questionnaire, content)
        with django_assert_max_num_queries(20):
            client.get(version_url(version))
        with django_assert_max_num_queries(20):
            client.get(reverse("questionnaires:list", args=["UCA"]))
