"""Audits: taking one, what is to be heard, reporting what was heard, answers as heard, the verdict."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from fieldwork.models import Recording
from qc.listening import SECTIONS
from qc.models import Audit
from qc.selectors.audit_queue import audits_of
from qc.selectors.listening import listening_of
from qc.services import audits as services
from qc.views.access import auditor_access, find_audit
from studies.access import StudyAccess
from studies.models import User
from studies.serializers import REFUSED


class AuditSerializer(serializers.ModelSerializer[Audit]):
    """An audit: what it is of, and what came of it."""

    interview = serializers.UUIDField(source="interview.uid")
    population = serializers.CharField(source="interview.population.code")
    case_number = serializers.IntegerField(source="interview.case.number")
    language = serializers.CharField(source="interview.language")

    class Meta:
        model = Audit
        fields = (
            *("id", "kind", "reason", "status", "interview", "population", "case_number", "language", "created_at"),
            *("claimed_at", "judged_at", "heard_ms", "sound_ms", "sheet", "score", "verdict", "comment"),
        )
        read_only_fields = fields


class TrackSerializer(serializers.Serializer[Any]):
    recording = serializers.UUIDField(source="recording.uid")
    duration_ms = serializers.IntegerField()
    sound = serializers.SerializerMethodField(help_text="Address of the sound.")

    def get_sound(self, track: Any) -> str:
        return reverse("fieldwork_api:recording-sound", args=[track.recording.uid])


class QuestionSerializer(serializers.Serializer[Any]):
    """A question of the interview. While it is `hidden`, the auditor has to enter what they heard first."""

    key = serializers.CharField()
    kind = serializers.CharField()
    text = serializers.CharField()
    language = serializers.CharField()
    from_ms = serializers.IntegerField(allow_null=True)
    hidden = serializers.BooleanField()
    blind = serializers.BooleanField()
    answer = serializers.CharField(help_text="As entered by the interviewer; empty while hidden.")
    heard = serializers.CharField(allow_null=True)
    agrees = serializers.BooleanField(allow_null=True)


class AuditDetailSerializer(serializers.Serializer[Any]):
    audit = AuditSerializer()
    tracks = TrackSerializer(many=True)
    questions = QuestionSerializer(many=True)


class ListeningSerializer(serializers.Serializer[Any]):
    """Stretches of a recording that were played, in milliseconds: [[from, to], ...]."""

    recording = serializers.UUIDField()
    stretches = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        max_length=services.MOST_STRETCHES,
    )


class HeardSerializer(serializers.Serializer[Any]):
    heard_ms = serializers.IntegerField()
    sound_ms = serializers.IntegerField()


class AnswerSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=200)
    value = serializers.JSONField(help_text='As in docs/script.md, or {"inaudible": true}.')


class AgreesSerializer(serializers.Serializer[Any]):
    agrees = serializers.BooleanField(allow_null=True)


class VerdictSerializer(serializers.Serializer[Any]):
    """The verdict. `sheet` has 0, 1, 2 or null (could not be judged) for each section."""

    verdict = serializers.ChoiceField(choices=Audit.Verdict.choices)
    sheet = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=2, allow_null=True),
        help_text=f"Sections: {', '.join(SECTIONS)}.",
    )
    comment = serializers.CharField(allow_blank=True, default="", max_length=services.LONGEST_COMMENT)
    reentered = serializers.DictField(child=serializers.JSONField(), default=dict)
    confirmed = serializers.ListField(child=serializers.CharField(), default=list)


def person(request: Request) -> User:
    """Who asks. Permissions let nobody else than a logged-in person through."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def open_audit(request: Request, pk: int) -> tuple[StudyAccess, Audit]:
    """An audit that the person may see. Raises Http404 and PermissionDenied."""
    found = Audit.objects.select_related("interview__population__study").filter(pk=pk).first()
    if found is None:
        raise Http404
    access = auditor_access(person(request), found.interview.population.study.code)
    return access, find_audit(access, pk)


class StudyAudits(ListAPIView[Audit]):
    """The audits of a study, without those of interviews that the person held."""

    serializer_class = AuditSerializer
    queryset = Audit.objects.none()

    def get_queryset(self) -> QuerySet[Audit]:
        access = auditor_access(person(self.request), self.kwargs["study"])
        found = audits_of(access.study, access.user).select_related("interview__population", "interview__case")
        wanted = self.request.query_params.get("status", "")
        return found.filter(status=wanted) if wanted else found

    @extend_schema(
        tags=["audits"],
        parameters=[OpenApiParameter("status", OpenApiTypes.STR, enum=list(Audit.Status.values))],
        responses={200: AuditSerializer(many=True), **REFUSED},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The audits of a study, newest first."""
        return super().get(request, *args, **kwargs)


@extend_schema(request=None, responses={201: AuditSerializer, **REFUSED}, tags=["audits"])
@api_view(["POST"])
def next_audit(request: Request, study: str) -> Response:
    """Take the audit that has waited longest, or get the one in hand again. 409 `no_audit` where none can be heard."""
    access = auditor_access(person(request), study)
    audit = services.claim_audit(access=access, now=timezone.now())
    return Response(AuditSerializer(find_audit(access, audit.pk)).data, status.HTTP_201_CREATED)


@extend_schema(responses={200: AuditDetailSerializer, **REFUSED}, tags=["audits"])
@api_view(["GET"])
def audit_detail(request: Request, pk: int) -> Response:
    """An audit with its sound and its questions: for whom has taken it, and for all auditors once it is judged."""
    access, audit = open_audit(request, pk)
    if audit.status != Audit.Status.DONE and audit.auditor_id != access.user.pk:
        return Response(AuditDetailSerializer({"audit": audit, "tracks": [], "questions": []}).data)
    listening = listening_of(audit)
    document = {"audit": audit, "tracks": listening.tracks, "questions": listening.questions}
    return Response(AuditDetailSerializer(document).data)


@extend_schema(request=ListeningSerializer, responses={200: HeardSerializer, **REFUSED}, tags=["audits"])
@api_view(["POST"])
def audit_listening(request: Request, pk: int) -> Response:
    """Report what was really played. Stretches that are known already may come again."""
    access, audit = open_audit(request, pk)
    wanted = ListeningSerializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    recording = get_object_or_404(Recording, uid=wanted.validated_data["recording"], population__study=access.study)
    audit = services.save_listening(
        audit=audit,
        recording=recording,
        stretches=wanted.validated_data["stretches"],
        actor=access.user,
        now=timezone.now(),
    )
    return Response(HeardSerializer(audit).data)


@extend_schema(request=AnswerSerializer, responses={200: AgreesSerializer, **REFUSED}, tags=["audits"])
@api_view(["POST"])
def audit_answer(request: Request, pk: int) -> Response:
    """Enter an answer as it was heard. The first entry counts."""
    access, audit = open_audit(request, pk)
    wanted = AnswerSerializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    agrees = services.reenter_answer(audit=audit, actor=access.user, now=timezone.now(), **wanted.validated_data)
    return Response({"agrees": agrees})


@extend_schema(request=VerdictSerializer, responses={200: AuditSerializer, **REFUSED}, tags=["audits"])
@api_view(["POST"])
def audit_verdict(request: Request, pk: int) -> Response:
    """End the audit with its verdict and all that follows from it."""
    access, audit = open_audit(request, pk)
    wanted = VerdictSerializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    services.judge_audit(audit=audit, actor=access.user, now=timezone.now(), **wanted.validated_data)
    return Response(AuditSerializer(find_audit(access, pk)).data)
