"""Coding by program: frames, the groups of same answers that wait, codings. For coders."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from qc.models import Code, CodeFrame, Verbatim
from qc.selectors import coding as selectors
from qc.services.coding import code_verbatims
from studies.access import StudyAccess, study_access
from studies.models.study import Role


class CodeSerializer(serializers.ModelSerializer[Code]):
    net = serializers.IntegerField(source="net.number", allow_null=True, default=None)

    class Meta:
        model = Code
        fields = ("number", "label", "definition", "is_net", "net", "exclusive")


class FrameSerializer(serializers.ModelSerializer[CodeFrame]):
    codes = CodeSerializer(many=True)

    class Meta:
        model = CodeFrame
        fields = ("name", "title", "items", "codes")


class VerbatimSerializer(serializers.ModelSerializer[Verbatim]):
    """An open answer with the codes that the one who asks gave it; another coder's are not shown."""

    frame = serializers.CharField(source="frame.name")
    codes = serializers.SerializerMethodField()

    class Meta:
        model = Verbatim
        fields = ("id", "frame", "key", "text", "language", "codes")

    def get_codes(self, verbatim: Verbatim) -> list[int]:
        coder = self.context["request"].user
        mine = [coding for coding in verbatim.codings.all() if coding.coder_id == coder.pk]
        return sorted(code.number for coding in mine for code in coding.codes.all())


class CodingSerializer(serializers.Serializer[Any]):
    verbatims = serializers.ListField(child=serializers.IntegerField(min_value=1), min_length=1, max_length=1000)
    codes = serializers.ListField(child=serializers.IntegerField(min_value=0), allow_empty=True)


class CodedSerializer(serializers.Serializer[Any]):
    coded = serializers.IntegerField(help_text="Answers that carry the codes now.")
    taken = serializers.IntegerField(help_text="Answers that another coder had finished.")


@extend_schema(tags=["codings"], responses=FrameSerializer(many=True))
@api_view(["GET"])
def frames(request: Request, study: str) -> Response:
    """The study's code frames with their codes and nets."""
    found = _coder(request, study).study.code_frames.prefetch_related("codes__net").order_by("name")
    return Response(FrameSerializer(found, many=True).data)


class Verbatims(ListAPIView[Verbatim]):
    """Open answers of a study in the coder's languages, newest first; `open=true` leaves out those that are coded."""

    serializer_class = VerbatimSerializer
    queryset = Verbatim.objects.none()

    def get_queryset(self) -> QuerySet[Verbatim]:
        access = _coder(self.request, self.kwargs["study"])
        found = selectors.verbatims_of(
            access.study,
            languages=access.member(Role.CODER).languages,
            only_open=self.request.query_params.get("open") == "true",
        )
        return found.select_related("frame").prefetch_related("codings__codes")

    @extend_schema(
        tags=["codings"], parameters=[OpenApiParameter("open", bool, description="Only answers without a coding.")]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Open answers of a study in the coder's languages, newest first."""
        return super().get(request, *args, **kwargs)


@extend_schema(tags=["codings"], request=CodingSerializer, responses=CodedSerializer)
@api_view(["POST"])
def codings(request: Request, study: str, frame: str) -> Response:
    """Give answers of one frame these codes, in place of what this coder gave them before."""
    access = _coder(request, study)
    found = get_object_or_404(CodeFrame, study=access.study, name=frame)
    wanted = CodingSerializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    coded = code_verbatims(
        verbatims=Verbatim.objects.filter(frame=found, pk__in=wanted.validated_data["verbatims"]),
        coder=access.user,
        codes=wanted.validated_data["codes"],
        now=timezone.now(),
    )
    return Response(CodedSerializer(coded).data)


def _coder(request: Request, study: str) -> StudyAccess:
    return study_access(request.user, study, Role.CODER)
