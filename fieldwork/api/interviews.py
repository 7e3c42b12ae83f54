"""Interviews: the journal that the interview screen sends, checkpoints, the end; and the list of a study."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from fieldwork.api.call_documents import interface_language
from fieldwork.api.calls import person
from fieldwork.api.serializers import (
    AcknowledgementSerializer,
    CheckpointSerializer,
    CompletedSerializer,
    DecisionSerializer,
    EpochSerializer,
    InterviewRowSerializer,
    JournalSerializer,
)
from fieldwork.models import Interview, QuotaCell
from fieldwork.selectors.interviews import own_interview, refusal_message, study_interviews
from fieldwork.services.interviews import accept_entries, complete_interview, reach_checkpoint, taken_over
from studies.access import study_access
from studies.models.study import Role
from studies.serializers import REFUSED


def interview_in_hand(request: Request, uid: UUID) -> Interview:
    """The interview, for whoever held its last sitting. Epochs are easily guessed: they keep windows apart, not people.

    Raises Http404 and PermissionDenied as `own_interview`, and Conflict `taken_over` for who had the case before.
    """
    user = person(request)
    interview = own_interview(user, uid)
    if interview.attempt.interviewer_id != user.pk:
        raise taken_over(interview)
    return interview


@extend_schema(request=JournalSerializer, responses={200: AcknowledgementSerializer, **REFUSED}, tags=["interviews"])
@api_view(["POST"])
def journal(request: Request, uid: UUID) -> Response:
    """Store journal entries, once and in order. Everything up to `last_seq` is kept; send the rest again.

    Refused entries are kept too, but are not among the answers. 409 `taken_over`: another window has the interview;
    409 `seq_conflict`: another entry stands under the number.
    """
    interview = interview_in_hand(request, uid)
    sent = JournalSerializer(data=request.data)
    sent.is_valid(raise_exception=True)
    stored = accept_entries(
        interview=interview, epoch=sent.validated_data["epoch"], entries=sent.to_entries(), now=timezone.now()
    )
    refusals = [{"seq": one.seq, "code": one.code, "message": refusal_message(one.code)} for one in stored.refusals]
    return Response({"last_seq": stored.last_seq, "refusals": refusals})


@extend_schema(request=CheckpointSerializer, responses={200: DecisionSerializer, **REFUSED}, tags=["interviews"])
@api_view(["POST"])
def checkpoint(request: Request, uid: UUID) -> Response:
    """Ask at a checkpoint whether the interview goes on. At the screener this takes a seat in the quota cell."""
    interview = interview_in_hand(request, uid)
    sent = CheckpointSerializer(data=request.data)
    sent.is_valid(raise_exception=True)
    decision = reach_checkpoint(interview=interview, now=timezone.now(), **sent.validated_data)
    message = "" if decision.decision == "go_on" else full_message(decision.reason)
    return Response({"decision": decision.decision, "cell": cell_label(decision.cell), "message": message})


@extend_schema(request=EpochSerializer, responses={200: CompletedSerializer, **REFUSED}, tags=["interviews"])
@api_view(["POST"])
def complete(request: Request, uid: UUID) -> Response:
    """End an interview that is at its end, and with it the call. 409 `not_at_end` names the question that is open."""
    interview = interview_in_hand(request, uid)
    sent = EpochSerializer(data=request.data)
    sent.is_valid(raise_exception=True)
    study = interview.population.study.code
    interview = complete_interview(interview=interview, now=timezone.now(), **sent.validated_data)
    return Response({"status": interview.status, "next_url": reverse("fieldwork:ready", args=[study])})


class StudyInterviews(ListAPIView[Interview]):
    """The interviews of a study, newest first, without answers. For supervisors and leads."""

    serializer_class = InterviewRowSerializer
    queryset = Interview.objects.none()

    def get_queryset(self) -> QuerySet[Interview]:
        access = study_access(person(self.request), self.kwargs["study"], Role.SUPERVISOR, Role.LEAD)
        return study_interviews(access.study)

    @extend_schema(tags=["interviews"], responses={200: InterviewRowSerializer(many=True), **REFUSED})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The interviews of a study, newest first, without answers. For supervisors and leads."""
        return super().get(request, *args, **kwargs)


def full_message(reason: str) -> str:
    """Why the interview ends at the screener, and what to do."""
    if reason == "no_cell":
        return _(
            "The answers fit no group of people that this study interviews. Thank the respondent and say good-bye."
        )
    return _("There are enough interviews with people like this respondent. Thank them and say good-bye.")


def cell_label(cell: QuotaCell | None) -> str | None:
    if cell is None:
        return None
    return cell.label.get(interface_language()) or cell.label.get("en") or cell.name
