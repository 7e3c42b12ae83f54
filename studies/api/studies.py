"""The studies in which one has a role."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from studies.access import study_access
from studies.models import Population, Study, StudyMember


class PopulationSerializer(serializers.ModelSerializer[Population]):
    class Meta:
        model = Population
        fields = (
            *("code", "name", "country", "languages", "time_zones", "calling_start", "calling_end"),
            *("field_start", "field_end", "target", "max_attempts", "checkpoint_rule"),
        )


class StudySerializer(serializers.ModelSerializer[Study]):
    populations = PopulationSerializer(many=True)
    roles = serializers.SerializerMethodField(help_text="What the one who asks does in this study.")

    class Meta:
        model = Study
        fields = ("code", "name", "organisation", "description", "status", "reporting_language", "populations", "roles")

    def get_roles(self, study: Study) -> list[str]:
        user = self.context["request"].user
        return sorted(member.role for member in study.members.all() if member.user_id == user.pk)


class Studies(ListAPIView[Study]):
    """The studies in which one has a role, newest first."""

    serializer_class = StudySerializer
    queryset = Study.objects.none()

    def get_queryset(self) -> QuerySet[Study]:
        mine = StudyMember.objects.filter(user=self.request.user.pk)
        found = Study.objects.filter(Exists(mine.filter(study=OuterRef("pk"))))
        return found.prefetch_related("populations", "members")

    @extend_schema(tags=["studies"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The studies in which one has a role, newest first."""
        return super().get(request, *args, **kwargs)


@extend_schema(tags=["studies"], responses=StudySerializer)
@api_view(["GET"])
def study_detail(request: Request, study: str) -> Response:
    """A study with its target populations."""
    access = study_access(request.user, study)
    found = Study.objects.prefetch_related("populations", "members").get(pk=access.study.pk)
    return Response(StudySerializer(found, context={"request": request}).data)
