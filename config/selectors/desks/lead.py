"""The lead's desk: the study as a checklist that is always true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.fields.json import KeyTransform

from exports.models import Release
from fieldwork.models import Replicate
from qc.models import AuditPlan
from questionnaires.models import QuestionnaireVersion
from studies.models import StudyMember
from studies.models.study import Role

Version = QuestionnaireVersion


@dataclass
class LeadDesk:
    """What the checklist says of one study besides the field of its populations and its coding."""

    published: QuestionnaireVersion | None = None
    published_languages: list[str] = field(default_factory=list)
    draft: QuestionnaireVersion | None = None
    draft_problems: int = 0
    people: dict[str, int] = field(default_factory=dict)
    replicates: int = 0
    replicates_released: int = 0
    numbers: int = 0
    numbers_released: int = 0
    audit_plan: AuditPlan | None = None
    release: Release | None = None

    @property
    def interviewers(self) -> int:
        return self.people.get(Role.INTERVIEWER, 0)

    @property
    def supervisors(self) -> int:
        return self.people.get(Role.SUPERVISOR, 0)

    @property
    def coders(self) -> int:
        return self.people.get(Role.CODER, 0)


def lead_desks(studies: Iterable[int]) -> dict[int, LeadDesk]:
    """The leads' desks by study id. Five queries."""
    desks: dict[int, LeadDesk] = {study: LeadDesk() for study in studies}
    _versions(desks)
    members = StudyMember.objects.filter(study__in=desks).order_by().values("study", "role")
    people: dict[int, dict[str, int]] = defaultdict(dict)
    for row in members.annotate(number=Count("*")):
        people[row["study"]][row["role"]] = row["number"]
    _replicates(desks)
    for plan in AuditPlan.objects.filter(study__in=desks):
        desks[plan.study_id].audit_plan = plan
    newest = Release.objects.filter(study=OuterRef("study")).order_by("-number").values("pk")[:1]
    for release in Release.objects.filter(study__in=desks, pk=Subquery(newest)):
        desks[release.study_id].release = release
    for study, desk in desks.items():
        desk.people = people[study]
    return desks


def _versions(desks: dict[int, LeadDesk]) -> None:
    # The form and the whole script are large: only what the line says is read.
    versions = (
        Version.objects.filter(questionnaire__study__in=desks)
        .exclude(status=Version.Status.WITHDRAWN)
        .select_related("questionnaire")
        .annotate(languages=KeyTransform("languages", "script"))
        .defer("form", "script")
        .order_by("number")
    )
    for version in versions:
        desk = desks[version.questionnaire.study_id]
        if version.status == Version.Status.PUBLISHED:
            desk.published, desk.published_languages = version, version.languages or []
        else:
            desk.draft, desk.draft_problems = version, len(version.problems)


def _replicates(desks: dict[int, LeadDesk]) -> None:
    released = Q(released_at__isnull=False)
    rows = Replicate.objects.filter(sample__population__study__in=desks).order_by()
    for row in rows.values("sample__population__study").annotate(
        replicates=Count("*"),
        released=Count("pk", filter=released),
        numbers=Sum("size"),
        numbers_released=Sum("size", filter=released, default=0),
    ):
        desk = desks[row["sample__population__study"]]
        desk.replicates, desk.replicates_released = row["replicates"], row["released"]
        desk.numbers, desk.numbers_released = row["numbers"], row["numbers_released"]
