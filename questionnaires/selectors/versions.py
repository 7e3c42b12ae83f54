"""Reading questionnaires and their versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.db.models import QuerySet

from questionnaires.compile import compile_form
from questionnaires.form import Form
from questionnaires.models import Questionnaire, QuestionnaireVersion
from questionnaires.script import Script, cached_script
from studies.models import Study


def current_version(study: Study) -> QuestionnaireVersion | None:
    """The version that new interviews use: the one published last (large documents are not loaded); None: none yet."""
    return (
        QuestionnaireVersion.objects.filter(questionnaire__study=study, status=QuestionnaireVersion.Status.PUBLISHED)
        .defer("form", "script", "problems")
        .order_by("-published_at", "-pk")
        .first()
    )


def load_script(version: QuestionnaireVersion) -> Script:
    """The Script of a published version, from this process's cache where it is there (the checksum never changes)."""
    return cached_script(version.checksum, lambda: script_document(version))


def script_document(version: QuestionnaireVersion) -> Mapping[str, Any]:
    """The Script of a published version as JSON (docs/script.md). Raises ValueError for a draft."""
    if version.script is None:
        raise ValueError(f"{version} is a draft and has no script")
    document: Mapping[str, Any] = version.script
    return document


def practice_document(version: QuestionnaireVersion) -> Mapping[str, Any] | None:
    """The Script of any version, for practice: a draft is compiled for it; None where something stands in the way."""
    if version.script is not None:
        return script_document(version)
    return compile_form(cast(Form, version.form)).script


def script_by_checksum(study: Study, checksum: str) -> Mapping[str, Any] | None:
    """The Script document that a study has published under this checksum, or None."""
    found: Mapping[str, Any] | None = (
        QuestionnaireVersion.objects.filter(questionnaire__study=study, checksum=checksum, script__isnull=False)
        .exclude(checksum="")
        .values_list("script", flat=True)
        .first()
    )
    return found


def versions_of(study: Study) -> QuerySet[QuestionnaireVersion]:
    """All versions of a study without their large documents, by questionnaire, newest first."""
    return (
        QuestionnaireVersion.objects.filter(questionnaire__study=study)
        .select_related("questionnaire", "created_by", "published_by")
        .defer("form", "script", "problems")
        .order_by("questionnaire__code", "-number")
    )


def questionnaires_with_versions(study: Study) -> list[tuple[Questionnaire, list[QuestionnaireVersion]]]:
    """The questionnaires of a study, by code, each with its versions (newest first), in two queries."""
    versions: dict[int, list[QuestionnaireVersion]] = {}
    for version in versions_of(study):
        versions.setdefault(version.questionnaire_id, []).append(version)
    questionnaires: Iterable[Questionnaire] = Questionnaire.objects.filter(study=study).order_by("code")
    return [(questionnaire, versions.get(questionnaire.pk, [])) for questionnaire in questionnaires]
