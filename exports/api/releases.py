"""Releases of a study's data: list, ask for one, follow it, download its files. For project leads."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.generics import ListCreateAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from exports.models import Release, ReleaseFile
from exports.services.releases import cancel_release, open_release_file, request_release
from exports.tasks import start_writing
from studies.access import StudyAccess, study_access
from studies.models.study import Role


class ReleaseFileSerializer(serializers.ModelSerializer[ReleaseFile]):
    class Meta:
        model = ReleaseFile
        fields = ("kind", "name", "size", "sha256")


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    files = ReleaseFileSerializer(many=True, read_only=True)
    manifest = serializers.DictField()

    class Meta:
        model = Release
        fields = (
            *("number", "status", "progress", "stage", "error", "language", "populations", "include_partials"),
            *("with_verbatims", "content_hash", "manifest", "created_at", "finished_at", "files"),
        )


class NewReleaseSerializer(serializers.Serializer[Any]):
    language = serializers.CharField(max_length=8)
    populations = serializers.ListField(child=serializers.CharField(max_length=16))
    include_partials = serializers.BooleanField(default=False)
    with_verbatims = serializers.BooleanField(default=False)


class Releases(ListCreateAPIView[Release]):
    """A study's releases, newest first."""

    serializer_class = ReleaseSerializer
    queryset = Release.objects.none()

    def get_queryset(self) -> QuerySet[Release]:
        return _lead(self.request, self.kwargs["study"]).study.releases.prefetch_related("files")

    @extend_schema(tags=["exports"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A study's releases, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(tags=["exports"], request=NewReleaseSerializer, responses={201: ReleaseSerializer})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for a release. It is written in the background: follow `status` and `progress`."""
        access = _lead(request, self.kwargs["study"])
        wanted = NewReleaseSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        release = request_release(study=access.study, actor=access.user, now=timezone.now(), **wanted.validated_data)
        start_writing(release.pk)
        return Response(ReleaseSerializer(release).data, status.HTTP_201_CREATED)


@extend_schema(tags=["exports"], responses=ReleaseSerializer)
@api_view(["GET"])
def release_detail(request: Request, study: str, number: int) -> Response:
    """One release: its progress, then its files and how they were made."""
    return Response(ReleaseSerializer(_release(_lead(request, study), number)).data)


@extend_schema(tags=["exports"], request=None, responses=ReleaseSerializer)
@api_view(["POST"])
def release_cancel(request: Request, study: str, number: int) -> Response:
    """Stop a release that is not finished; 409 `finished` where it is."""
    access = _lead(request, study)
    cancel_release(release=_release(access, number), actor=access.user, now=timezone.now())
    return Response(ReleaseSerializer(_release(access, number)).data)


@extend_schema(
    operation_id="studies_releases_file",
    tags=["exports"],
    responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
)
@api_view(["GET"])
def release_file(request: Request, study: str, number: int, kind: str) -> FileResponse:
    """A file of a finished release; who took it is logged."""
    access = _lead(request, study)
    file = get_object_or_404(_release(access, number).files.filter(release__status=Release.Status.READY), kind=kind)
    content = open_release_file(file=file, actor=access.user, now=timezone.now())
    return FileResponse(content, as_attachment=True, filename=file.name)


def _lead(request: Request, study: str) -> StudyAccess:
    return study_access(request.user, study, Role.LEAD)


def _release(access: StudyAccess, number: int) -> Release:
    return get_object_or_404(access.study.releases.prefetch_related("files"), number=number)
