"""What the API takes and gives for calls and interviews."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from fieldwork.dispositions import disposition_table
from fieldwork.models import CallAttempt, Interview, JournalEntry
from fieldwork.services.interviews import Entry
from fieldwork.services.outcomes import AppointmentRequest

#: The clock of an interview and its numbers fit PostgreSQL's integer.
LARGEST = 2**31 - 1
MOST_ENTRIES = 500


# --- given -----------------------------------------------------------------------------------------------


class LanguageSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class PastOutcomeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    at = serializers.DateTimeField()
    at_local = serializers.CharField()


class PastCallSerializer(PastOutcomeSerializer):
    number = serializers.IntegerField()
    by = serializers.CharField()
    note = serializers.CharField()


class NoteSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    at_local = serializers.CharField()
    by = serializers.CharField()
    text = serializers.CharField()


class AppointmentSerializer(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    starts_at_local = serializers.CharField()
    time_zone = serializers.CharField()
    hard = serializers.BooleanField()
    status = serializers.CharField()
    note = serializers.CharField()


class ChoiceSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    needs_appointment = serializers.BooleanField()
    takes_appointment = serializers.BooleanField()
    asks_language = serializers.BooleanField(help_text="Whether to say which language the respondent speaks.")


class ChoicesSerializer(serializers.Serializer[Any]):
    contact = ChoiceSerializer(many=True)
    no_contact = ChoiceSerializer(many=True)


class KnownInterviewSerializer(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    status = serializers.CharField()
    language = serializers.CharField()
    in_this_call = serializers.BooleanField()


class CallSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    study = serializers.CharField()
    population = serializers.CharField()
    case_number = serializers.IntegerField()
    phone = serializers.CharField(help_text="Empty for everybody who does not hold the case now.")
    phone_masked = serializers.CharField()
    attempt_number = serializers.IntegerField()
    served_from = serializers.CharField(help_text="appointment, callback, retry or fresh")
    served_from_label = serializers.CharField()
    last_outcome = PastOutcomeSerializer(allow_null=True)
    last_note = serializers.CharField()
    history = PastCallSerializer(many=True)
    notes = NoteSerializer(many=True)
    appointments = AppointmentSerializer(many=True)
    languages = LanguageSerializer(many=True)
    population_languages = LanguageSerializer(many=True)
    language = serializers.CharField()
    respondent_time_zones = serializers.ListField(child=serializers.CharField())
    city = serializers.CharField()
    local_time = serializers.CharField(help_text="On the respondent's clock, without offset.")
    server_time = serializers.DateTimeField()
    lease_until = serializers.DateTimeField(allow_null=True)
    interview = KnownInterviewSerializer(allow_null=True)
    dispositions = ChoicesSerializer()
    urls = serializers.DictField(child=serializers.CharField())


class ContextSerializer(serializers.Serializer[Any]):
    now = serializers.CharField()
    language = serializers.CharField()
    preset = serializers.DictField()


class ScriptSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    checksum = serializers.CharField()


class InterviewSerializer(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    epoch = serializers.IntegerField()
    status = serializers.CharField()
    last_seq = serializers.IntegerField()
    answers = serializers.DictField()
    preset = serializers.DictField()
    current = serializers.CharField()
    language = serializers.CharField()
    elapsed_ms = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    context = ContextSerializer()  # type: ignore[assignment]
    script = ScriptSerializer()
    checkpoints = serializers.DictField(child=serializers.CharField(allow_null=True))
    checkpoint_rule = serializers.CharField()
    urls = serializers.DictField(child=serializers.CharField())


class LeaseSerializer(serializers.Serializer[Any]):
    lease_until = serializers.DateTimeField()
    server_time = serializers.DateTimeField()


class SlotSerializer(serializers.Serializer[Any]):
    starts_at = serializers.CharField(help_text="On the respondent's clock, without offset.")
    taken = serializers.IntegerField()
    in_hours = serializers.BooleanField()


class NextSerializer(serializers.Serializer[Any]):
    next_url = serializers.CharField()


class CompletedSerializer(NextSerializer):
    status = serializers.CharField()


class RefusalSerializer(serializers.Serializer[Any]):
    seq = serializers.IntegerField()
    code = serializers.CharField()
    message = serializers.CharField()


class AcknowledgementSerializer(serializers.Serializer[Any]):
    last_seq = serializers.IntegerField()
    refusals = RefusalSerializer(many=True)


class DecisionSerializer(serializers.Serializer[Any]):
    decision = serializers.CharField(help_text="go_on, quota_full or wait")
    cell = serializers.CharField(allow_null=True)
    message = serializers.CharField()


class CallRowSerializer(serializers.ModelSerializer[CallAttempt]):
    """A call in the list of one's own calls."""

    population = serializers.CharField(source="case.population.code")
    case_number = serializers.IntegerField(source="case.number")

    class Meta:
        model = CallAttempt
        fields = ("id", "population", "case_number", "number", "started_at", "ended_at", "disposition", "expired")


class InterviewRowSerializer(serializers.ModelSerializer[Interview]):
    """An interview in the list of a study: no answers, no names."""

    population = serializers.CharField(source="population.code")
    case_number = serializers.IntegerField(source="case.number")
    version = serializers.IntegerField(source="version.number")
    rejected = serializers.SerializerMethodField()

    class Meta:
        model = Interview
        fields = (
            *("uid", "population", "case_number", "version", "language", "status"),
            *("started_at", "ended_at", "duration_ms", "rejected"),
        )

    def get_rejected(self, interview: Interview) -> bool:
        return interview.rejected_at is not None


# --- taken -----------------------------------------------------------------------------------------------


class BeginSerializer(serializers.Serializer[Any]):
    language = serializers.CharField(max_length=8)


class EntrySerializer(serializers.Serializer[Any]):
    seq = serializers.IntegerField(min_value=1, max_value=LARGEST)
    kind = serializers.ChoiceField(choices=JournalEntry.Kind.values)
    item = serializers.CharField(max_length=200, allow_blank=True, allow_null=True, required=False)
    value = serializers.JSONField(allow_null=True, required=False)
    language = serializers.CharField(max_length=8, allow_blank=True, allow_null=True, required=False)
    at = serializers.DateTimeField(help_text="Clock of the browser, with offset.")
    elapsed_ms = serializers.IntegerField(min_value=0, max_value=LARGEST)


class JournalSerializer(serializers.Serializer[Any]):
    epoch = serializers.IntegerField(min_value=0, max_value=LARGEST)
    entries = EntrySerializer(many=True, max_length=MOST_ENTRIES)  # type: ignore[call-arg]

    def to_entries(self) -> list[Entry]:
        return [
            Entry(
                seq=row["seq"],
                kind=row["kind"],
                item=row.get("item") or "",
                value=row.get("value"),
                language=row.get("language") or "",
                at=row["at"],
                elapsed_ms=row["elapsed_ms"],
            )
            for row in self.validated_data["entries"]
        ]


class CheckpointSerializer(serializers.Serializer[Any]):
    epoch = serializers.IntegerField(min_value=0, max_value=LARGEST)
    name = serializers.CharField(max_length=64)


class EpochSerializer(serializers.Serializer[Any]):
    epoch = serializers.IntegerField(min_value=0, max_value=LARGEST)


class LocalTimeField(serializers.CharField):
    """A time on somebody's clock, `2021-08-24T15:00`: without offset, since only the zone says which moment it is."""

    default_error_messages = {"local": _("Give the local time as in 2021-08-24T15:00, without an offset.")}

    def to_internal_value(self, data: Any) -> Any:
        try:
            moment = datetime.fromisoformat(super().to_internal_value(data))
        except ValueError:
            self.fail("local")
        if moment.tzinfo is not None:
            self.fail("local")
        return moment


class NewAppointmentSerializer(serializers.Serializer[Any]):
    starts_at = LocalTimeField(help_text="On the respondent's clock, without offset.")
    time_zone = serializers.CharField(max_length=64)
    minutes = serializers.IntegerField(default=60)
    hard = serializers.BooleanField(default=True)
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")


class OutcomeSerializer(serializers.Serializer[Any]):
    disposition = serializers.ChoiceField(choices=sorted(disposition_table()))
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")
    language = serializers.CharField(
        max_length=8,
        allow_blank=True,
        default="",
        help_text="Language that the respondent wants, if it was the problem.",
    )
    appointment = NewAppointmentSerializer(allow_null=True, default=None)

    def to_appointment(self) -> AppointmentRequest | None:
        wanted = self.validated_data["appointment"]
        return None if wanted is None else AppointmentRequest(**wanted)
