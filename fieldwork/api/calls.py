"""Calls: taking the next case, what is known about it, its lease, its outcome. For the interviewer who holds it."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from fieldwork.api.call_documents import call_document, interview_document, local_clock
from fieldwork.api.serializers import (
    BeginSerializer,
    CallRowSerializer,
    CallSerializer,
    InterviewSerializer,
    LeaseSerializer,
    NextSerializer,
    OutcomeSerializer,
    SlotSerializer,
)
from fieldwork.models import CallAttempt
from fieldwork.selectors.calls import call_screen, own_call, own_calls, slots_of
from fieldwork.services.calls import record_outcome, renew_lease, take_next_case
from fieldwork.services.interviews import begin_interview
from studies.access import study_access
from studies.errors import InvalidInput
from studies.models import User
from studies.models.study import Role
from studies.serializers import REFUSED


def person(request: Request) -> User:
    """Who asks. Permissions let nobody else than a logged-in person through."""
    return cast(User, request.user)


@extend_schema(request=None, responses={201: CallSerializer, **REFUSED}, tags=["calls"])
@api_view(["POST"])
def next_call(request: Request, study: str) -> Response:
    """Take the next case, or get the one in hand again. 409 `no_case` says why there is none and when there will be."""
    access = study_access(person(request), study, Role.INTERVIEWER)
    now = timezone.now()
    attempt = take_next_case(access=access, now=now)
    document = call_document(call_screen(own_call(access.user, attempt.pk)), now)
    return Response(CallSerializer(document).data, status.HTTP_201_CREATED)


class OwnCalls(ListAPIView[CallAttempt]):
    """One's own calls in a study, newest first."""

    serializer_class = CallRowSerializer
    queryset = CallAttempt.objects.none()

    def get_queryset(self) -> QuerySet[CallAttempt]:
        return own_calls(study_access(person(self.request), self.kwargs["study"], Role.INTERVIEWER))

    @extend_schema(tags=["calls"], responses={200: CallRowSerializer(many=True), **REFUSED})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One's own calls in a study, newest first."""
        return super().get(request, *args, **kwargs)


@extend_schema(responses={200: CallSerializer, **REFUSED}, tags=["calls"])
@api_view(["GET"])
def call_detail(request: Request, pk: int) -> Response:
    """A call of one's own: case, history, outcomes to choose from, addresses."""
    attempt = own_call(person(request), pk)
    return Response(CallSerializer(call_document(call_screen(attempt), timezone.now())).data)


@extend_schema(request=BeginSerializer, responses={200: InterviewSerializer, **REFUSED}, tags=["calls"])
@api_view(["POST"])
def call_interview(request: Request, pk: int) -> Response:
    """Begin the interview of a call, or go on with it. Each time a new epoch begins; older windows may not write."""
    attempt = own_call(person(request), pk)
    wanted = BeginSerializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    interview = begin_interview(attempt=attempt, language=wanted.validated_data["language"], now=timezone.now())
    return Response(InterviewSerializer(interview_document(interview)).data)


@extend_schema(request=OutcomeSerializer, responses={200: NextSerializer, **REFUSED}, tags=["calls"])
@api_view(["POST"])
def call_outcome(request: Request, pk: int) -> Response:
    """Record how a call ended, with a note and an appointment. The same sent twice is recorded once."""
    attempt = own_call(person(request), pk)
    wanted = OutcomeSerializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    record_outcome(
        attempt=attempt,
        disposition=wanted.validated_data["disposition"],
        note=wanted.validated_data["note"],
        language=wanted.validated_data["language"],
        appointment=wanted.to_appointment(),
        now=timezone.now(),
    )
    return Response({"next_url": ready_url(attempt)})


@extend_schema(request=None, responses={200: LeaseSerializer, **REFUSED}, tags=["calls"])
@api_view(["POST"])
def call_lease(request: Request, pk: int) -> Response:
    """Go on holding the case (a sign of life from the interview screen)."""
    now = timezone.now()
    lease_until = renew_lease(attempt=own_call(person(request), pk), now=now)
    return Response(LeaseSerializer({"lease_until": lease_until, "server_time": now}).data)


@extend_schema(
    parameters=[
        OpenApiParameter("day", OpenApiTypes.DATE, required=True, description="Day on the respondent's calendar."),
        OpenApiParameter("time_zone", OpenApiTypes.STR, description="One of the call's zones; the first by default."),
    ],
    responses={200: SlotSerializer(many=True), **REFUSED},
    tags=["calls"],
)
@api_view(["GET"])
def call_slots(request: Request, pk: int) -> Response:
    """The quarter hours of a day: how many appointments begin in each, and whether calls are allowed then."""
    attempt = own_call(person(request), pk)
    population = attempt.case.population
    zone = request.query_params.get("time_zone") or attempt.case.time_zone or population.time_zones[0]
    if zone not in {*population.time_zones, attempt.case.time_zone}:
        raise InvalidInput(
            "unknown_zone", _("This time zone is not one of the target population's."), {"time_zone": []}
        )
    slots = slots_of(attempt.case, day_of(request), zone)
    rows = [{"starts_at": local_clock(one.starts_at), "taken": one.taken, "in_hours": one.in_hours} for one in slots]
    return Response(SlotSerializer(rows, many=True).data)


def day_of(request: Request) -> date:
    try:
        day = date.fromisoformat(request.query_params.get("day", ""))
    except ValueError:
        day = date.min
    # Days at the ends of the calendar have no neighbour in another zone.
    if not date.min < day < date.max:
        message = _("Give the day as year-month-day.")
        raise InvalidInput("bad_day", message, {"day": [message]})
    return day


def ready_url(attempt: CallAttempt) -> str:
    return reverse("fieldwork:ready", args=[attempt.case.population.study.code])
