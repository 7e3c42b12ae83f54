"""Questionnaires and their versions: a draft is replaced by the next import, a published version never changes.

Both writers lock the questionnaire's row first and the version's row second, so that an import and a publication of
the same draft come one after the other, and the later one sees what the earlier one did.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, BinaryIO, cast

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from questionnaires.compile import Compiled, compile_form
from questionnaires.form import Form
from questionnaires.messages import sentence, workbook_message
from questionnaires.models import Questionnaire, QuestionnaireVersion
from questionnaires.problems import Problem, shortened
from questionnaires.script import checksum_of
from questionnaires.xlsform import MAX_BYTES, WorkbookError, read_workbook
from studies.errors import Conflict, InvalidInput
from studies.models import Study, User
from studies.services.activity import log_activity
from studies.services.validation import check_fields


@transaction.atomic
def create_questionnaire(*, study: Study, code: str, title: str, actor: User, now: datetime) -> Questionnaire:
    """Create a questionnaire without a version. Raises InvalidInput (code already there, or with other signs)."""
    questionnaire = Questionnaire(study=study, code=code.strip(), title=title.strip())
    if Questionnaire.objects.filter(study=study, code=questionnaire.code).exists():
        message = _("The study already has a questionnaire with this code.")
        raise InvalidInput("code_taken", message, {"code": [message]})
    check_fields(questionnaire)
    questionnaire.save()
    log_activity(
        study=study,
        actor=actor,
        action="questionnaire.created",
        target=questionnaire,
        data={"code": questionnaire.code},
        now=now,
    )
    return questionnaire


def import_workbook(
    *, questionnaire: Questionnaire, file: BinaryIO, name: str, actor: User, now: datetime
) -> QuestionnaireVersion:
    """Import an XLSForm workbook as the draft, in place of the draft that is there.

    What can't be taken over is listed in the draft's `problems` and the rest is imported. `name` is that of the file.

    Raises:
        InvalidInput: the file can't be read as a questionnaire at all; nothing is written.
    """
    content = file.read(MAX_BYTES + 1)
    try:
        form = read_workbook(content)
    except WorkbookError as error:
        message = workbook_message(error.code, error.params)
        raise InvalidInput(error.code, message, {"file": [message]}) from error
    problems = [problem.to_json() for problem in shortened(compile_form(form).problems)]
    with transaction.atomic():
        _lock(questionnaire)
        version = _replace_draft(questionnaire)
        version.form = form
        version.problems = problems
        version.source_name = name[-255:]
        version.source_sha256 = hashlib.sha256(content).hexdigest()
        version.created_by, version.created_at = actor, now
        version.save()
        log_activity(
            study=questionnaire.study,
            actor=actor,
            action="questionnaire.imported",
            target=version,
            data={
                "code": questionnaire.code,
                "version": version.number,
                "file": version.source_name,
                "sha256": version.source_sha256,
                "errors": sum(problem["severity"] == "error" for problem in problems),
                "warnings": sum(problem["severity"] == "warning" for problem in problems),
            },
            now=now,
        )
    return version


def _lock(questionnaire: Questionnaire) -> None:
    Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)


def _replace_draft(questionnaire: Questionnaire) -> QuestionnaireVersion:
    """A new draft row. The old one is deleted, so that a page that shows it can't publish what it has not shown."""
    draft = questionnaire.versions.filter(status=QuestionnaireVersion.Status.DRAFT).defer("form", "problems").first()
    if draft is not None:
        number = draft.number
        draft.delete()
    else:
        number = (questionnaire.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    return QuestionnaireVersion(questionnaire=questionnaire, number=number)


@transaction.atomic
def publish_version(*, version: QuestionnaireVersion, actor: User, now: datetime) -> QuestionnaireVersion:
    """Compile the draft and make it a published version, which nothing changes afterwards.

    Raises:
        InvalidInput: something is missing or broken; `fields["problems"]` lists all of it.
        Conflict: the draft was published or replaced by another import in the meantime.
    """
    _lock(version.questionnaire)
    locked = QuestionnaireVersion.objects.select_for_update().filter(pk=version.pk).first()
    if locked is None:
        raise Conflict("draft_replaced", _("The draft was replaced by another import. Look at the new one first."))
    if locked.status != QuestionnaireVersion.Status.DRAFT:
        raise Conflict("already_published", _("This version is already published."))
    compiled = compile_form(cast(Form, locked.form))
    if compiled.script is None:
        raise _not_ready(locked, compiled)
    locked.status = QuestionnaireVersion.Status.PUBLISHED
    locked.script = compiled.script
    locked.checksum = checksum_of(compiled.script)
    locked.problems = [problem.to_json() for problem in shortened(compiled.problems)]
    locked.published_by, locked.published_at = actor, now
    locked.save()
    log_activity(
        study=version.questionnaire.study,
        actor=actor,
        action="questionnaire.published",
        target=locked,
        data={"code": version.questionnaire.code, "version": locked.number, "checksum": locked.checksum},
        now=now,
    )
    return locked


def _not_ready(version: QuestionnaireVersion, compiled: Compiled) -> InvalidInput:
    blocking = [problem for problem in compiled.problems if problem.blocks]
    languages = {language["code"]: language["name"] for language in version.form["languages"]}
    count = len(blocking)
    message = ngettext(
        "The questionnaire can't be published yet: %(count)s thing is missing or broken.",
        "The questionnaire can't be published yet: %(count)s things are missing or broken.",
        count,
    ) % {"count": count}
    return InvalidInput("not_ready", message, {"problems": [_listed(problem, languages) for problem in blocking]})


def _listed(problem: Problem, languages: dict[str, str]) -> dict[str, Any]:
    return {
        "code": problem.code,
        "sheet": problem.sheet,
        "row": problem.row,
        "column": problem.column,
        "letter": problem.letter,
        "message": sentence(problem, languages),
    }


@transaction.atomic
def withdraw_version(*, version: QuestionnaireVersion, reason: str, actor: User, now: datetime) -> QuestionnaireVersion:
    """Take a published version out of use: new interviews begin with the one published before it.

    Interviews that were begun with it go on with it; its script stays as it is.

    Raises:
        InvalidInput: no reason is given.
        Conflict: the version is not published.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say why."), {"reason": [_("Say why.")]})
    _lock(version.questionnaire)
    locked = QuestionnaireVersion.objects.select_for_update().defer("form", "script").get(pk=version.pk)
    if locked.status != QuestionnaireVersion.Status.PUBLISHED:
        raise Conflict("not_published", _("Only a published version can be withdrawn."))
    locked.status = QuestionnaireVersion.Status.WITHDRAWN
    locked.save(update_fields=["status"])
    log_activity(
        study=version.questionnaire.study,
        actor=actor,
        action="questionnaire.withdrawn",
        target=locked,
        data={"code": version.questionnaire.code, "version": locked.number, "reason": reason.strip()[:500]},
        now=now,
    )
    return locked
