"""Recordings: taking files in from recorders and other programs, the list, one recording and its sound."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from fieldwork.api.calls import person
from fieldwork.models import CallAttempt, Recording
from fieldwork.selectors.recordings import problem_of, recordings_listed
from fieldwork.services import recordings as services
from fieldwork.views.sound import sound_response
from studies.access import StudyAccess, study_access
from studies.errors import InvalidInput
from studies.models.study import Role
from studies.serializers import REFUSED


class RecordingSerializer(serializers.ModelSerializer[Recording]):
    """A recording: what is known of the file, and which call it belongs to."""

    population = serializers.CharField(source="population.code")
    case_number = serializers.IntegerField(source="attempt.case.number", allow_null=True, default=None)
    attempt_number = serializers.IntegerField(source="attempt.number", allow_null=True, default=None)
    problem = serializers.SerializerMethodField(help_text="Why it can't be used, in words; empty where it can.")

    class Meta:
        model = Recording
        fields = (
            *("uid", "population", "case_number", "attempt_number", "original_name", "media_type", "size", "sha256"),
            *("status", "problem", "duration_ms", "interview_offset_ms", "uploaded_at"),
        )
        read_only_fields = fields

    def get_problem(self, recording: Recording) -> str:
        return problem_of(recording)


class UploadSerializer(serializers.Serializer[Any]):
    """A sound file and the call it belongs to: by its numbers, or else by its name."""

    file = serializers.FileField(help_text="WAV, MP3, Ogg, Opus, M4A, AMR, 3GP or FLAC.", allow_empty_file=True)
    population = serializers.CharField(
        required=False, help_text="Code of the target population; not needed where the file's name says it."
    )
    case_number = serializers.IntegerField(required=False, min_value=1, max_value=999_999_999)
    attempt_number = serializers.IntegerField(required=False, min_value=1, max_value=9999)
    interview_offset_ms = serializers.IntegerField(
        default=0, help_text="Where on the recording the interview begins, milliseconds."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("case_number" in attrs) != ("attempt_number" in attrs):
            raise serializers.ValidationError(_("Case and attempt are given together."))
        return attrs


class ChangeSerializer(serializers.Serializer[Any]):
    """What can be corrected: where the interview begins, and which call it is."""

    interview_offset_ms = serializers.IntegerField(required=False)
    case_number = serializers.IntegerField(required=False, min_value=1, max_value=999_999_999)
    attempt_number = serializers.IntegerField(required=False, min_value=1, max_value=9999)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("case_number" in attrs) != ("attempt_number" in attrs):
            raise serializers.ValidationError(_("Case and attempt are given together."))
        return attrs


def listener(request: Request, study: str) -> StudyAccess:
    return study_access(person(request), study, Role.SUPERVISOR, Role.LEAD)


def find_recording(request: Request, uid: UUID) -> tuple[StudyAccess, Recording]:
    """A recording that the person may hear. Raises Http404 and PermissionDenied."""
    recording = (
        Recording.objects.exclude(status=Recording.Status.PURGED)
        .select_related("population__study", "attempt__case")
        .filter(uid=uid)
        .first()
    )
    if recording is None:
        raise Http404
    return listener(request, recording.population.study.code), recording


class StudyRecordings(ListAPIView[Recording]):
    """The recordings of a study; new ones are posted here as multipart/form-data."""

    serializer_class = RecordingSerializer
    queryset = Recording.objects.none()
    parser_classes = (MultiPartParser,)

    def get_queryset(self) -> QuerySet[Recording]:
        access = listener(self.request, self.kwargs["study"])
        return recordings_listed(access.study, show=self.request.query_params.get("show", ""))

    @extend_schema(
        tags=["recordings"],
        parameters=[OpenApiParameter("show", OpenApiTypes.STR, enum=["unmatched", "failed", "waiting"])],
        responses={200: RecordingSerializer(many=True), **REFUSED},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The recordings of a study, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(tags=["recordings"], request=UploadSerializer, responses={201: RecordingSerializer, **REFUSED})
    def post(self, request: Request, study: str) -> Response:
        """Store a recording. The same file for the same call is stored once: sent again, it gives the first one."""
        access = listener(request, study)
        wanted = UploadSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        recording = store(access, wanted.validated_data)
        return Response(RecordingSerializer(recording).data, status.HTTP_201_CREATED)


def store(access: StudyAccess, data: dict[str, Any]) -> Recording:
    """Store an upload. Raises InvalidInput where neither the request nor the name says which population it is."""
    name = data["file"].name or ""
    if "population" in data:
        population = access.population(data["population"])
    else:
        named = services.population_named(populations=access.study.populations.all(), name=name)
        if named is None:
            message = _("Say which population it is: the file's name doesn't begin with one.")
            raise InvalidInput("population_missing", message, {"population": message})
        population = named
    attempt: CallAttempt | None = None
    if "case_number" in data:
        attempt = services.find_attempt(
            population=population, case_number=data["case_number"], attempt_number=data["attempt_number"]
        )
    return services.store_recording(
        population=population,
        file=data["file"],
        name=name,
        attempt=attempt,
        uploaded_by=access.user,
        now=timezone.now(),
        interview_offset_ms=data["interview_offset_ms"],
    )


@extend_schema(
    methods=["PATCH"], request=ChangeSerializer, responses={200: RecordingSerializer, **REFUSED}, tags=["recordings"]
)
@extend_schema(methods=["GET"], responses={200: RecordingSerializer, **REFUSED}, tags=["recordings"])
@api_view(["GET", "PATCH"])
def recording_detail(request: Request, uid: UUID) -> Response:
    """One recording; where its interview begins and which call it is can be corrected."""
    access, recording = find_recording(request, uid)
    if request.method == "PATCH":
        wanted = ChangeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        recording = change(access, recording, wanted.validated_data)
    return Response(RecordingSerializer(recording).data)


def change(access: StudyAccess, recording: Recording, data: dict[str, Any]) -> Recording:
    now = timezone.now()
    if "case_number" in data:
        attempt = services.find_attempt(
            population=recording.population, case_number=data["case_number"], attempt_number=data["attempt_number"]
        )
        recording = services.match_recording(recording=recording, attempt=attempt, actor=access.user, now=now)
    if "interview_offset_ms" in data:
        recording = services.set_interview_offset(
            recording=recording, offset_ms=data["interview_offset_ms"], actor=access.user, now=now
        )
    return recording


@extend_schema(
    responses={
        (200, "audio/*"): OpenApiResponse(OpenApiTypes.BINARY, "The whole file."),
        (206, "audio/*"): OpenApiResponse(OpenApiTypes.BINARY, "The part that the Range header asks for."),
        416: OpenApiResponse(description="The part is not in the file."),
        **REFUSED,
    },
    parameters=[
        OpenApiParameter(
            "original", OpenApiTypes.BOOL, description="The file as sent, also where browsers don't play it."
        )
    ],
    tags=["recordings"],
)
@api_view(["GET"])
def recording_sound(request: Request, uid: UUID) -> HttpResponseBase:
    """The sound itself, with Range. That it is heard is logged."""
    access, recording = find_recording(request, uid)
    services.note_hearing(recording=recording, actor=access.user, now=timezone.now())
    return sound_response(request._request, recording, original="original" in request.query_params)
