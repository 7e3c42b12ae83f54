from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Interview(models.Model):
    """The conversation of one case. Resumed interviews go on in the same row.

    Answers are stored three ways (architecture.md): the append-only `JournalEntry` rows, the document `answers`, and
    the typed columns here for what operations filter by.
    """

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        SUSPENDED = "suspended", _("broken off, can be resumed")
        COMPLETED = "completed", _("complete")
        PARTIAL = "partial", _("partial")
        SCREENED_OUT = "screened_out", _("not eligible")
        QUOTA_FULL = "quota_full", _("quota full")
        REFUSED = "refused", _("refused")
        #: Never gone on with, and too little of it is answered for a partial.
        BREAK_OFF = "break_off", _("broken off")

    #: Public name in URLs and files.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.OneToOneField("fieldwork.Case", on_delete=models.PROTECT, related_name="interview")
    population = models.ForeignKey("studies.Population", on_delete=models.CASCADE, related_name="interviews")
    version = models.ForeignKey(
        "questionnaires.QuestionnaireVersion", on_delete=models.PROTECT, related_name="interviews"
    )
    #: Interviewer of the last sitting.
    interviewer = models.ForeignKey("studies.User", on_delete=models.PROTECT, related_name="interviews")
    attempt = models.ForeignKey(
        "fieldwork.CallAttempt", on_delete=models.PROTECT, related_name="interviews", help_text=_("last sitting")
    )
    #: Language of the screen now, and the one in which the conversation began (a replay starts there).
    language = models.CharField(_("language"), max_length=8)
    first_language = models.CharField(max_length=8, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.RUNNING)
    cell = models.ForeignKey("fieldwork.QuotaCell", on_delete=models.SET_NULL, null=True, related_name="interviews")
    #: Answers of items of type `preset` and other values the case brings.
    preset = models.JSONField(default=dict)
    answers = models.JSONField(default=dict)
    #: Values of the calculations on the route, written with the answers by complete_interview, so that data files and
    #: tables need no replay.
    calculated = models.JSONField(default=dict)
    #: Keys of answers that are not on the final route; left out of data files by default.
    off_route = models.JSONField(default=list)
    #: The question on which the conversation stands, and the flow's status there: running, paused or stopped.
    current = models.CharField(max_length=200, blank=True)
    flow_status = models.CharField(max_length=8, default="running")
    #: What the server decided at each checkpoint of the questionnaire: `{"screener": "open"}` or `"quota_full"`.
    checkpoints = models.JSONField(default=dict)
    last_seq = models.PositiveIntegerField(default=0)
    #: Grows with each browser tab that takes the interview over; entries of an older epoch are refused.
    epoch = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    #: Clock of the interview at its last entry, milliseconds; goes on where it stood when the interview is resumed.
    elapsed_ms = models.PositiveIntegerField(default=0)
    #: Active conversation time, milliseconds: the clock without pauses.
    duration_ms = models.PositiveIntegerField(default=0)
    #: An audit's verdict: a rejected interview gives its seat back and stays out of data files.
    rejected_at = models.DateTimeField(null=True)
    rejection_reason = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=["running", "suspended"]) | Q(ended_at__isnull=False),
                name="ended_interview_has_time",
            ),
        )
        indexes = (
            models.Index(fields=("population", "status"), name="interviews_by_status"),
            models.Index(fields=("interviewer", "-started_at"), name="interviews_of_interviewer"),
            models.Index(fields=("population", "ended_at"), name="interviews_by_end"),
        )

    def __str__(self) -> str:
        return f"interview {self.uid}"


class JournalEntry(models.Model):
    """One act in the conversation, as the browser wrote it (interview-client.md). Rows are only ever added."""

    class Kind(models.TextChoices):
        ANSWER = "answer"
        BACK = "back"
        JUMP = "jump"
        LANGUAGE = "language"
        NOTE = "note"
        PAUSE = "pause"
        RESUME = "resume"
        STOP = "stop"

    interview = models.ForeignKey(Interview, on_delete=models.CASCADE, related_name="journal")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    item = models.CharField(max_length=200, blank=True)
    value = models.JSONField(null=True)
    language = models.CharField(max_length=8, blank=True)
    at = models.DateTimeField(help_text=_("clock of the browser"))
    elapsed_ms = models.PositiveIntegerField(help_text=_("milliseconds since the interview began"))
    #: Why the server did not apply the entry, `{"code", "problems"}`; null where it did. What was spoken is kept
    #: either way.
    refusal = models.JSONField(null=True)
    attempt = models.ForeignKey("fieldwork.CallAttempt", on_delete=models.CASCADE, related_name="journal")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("interview", "seq")
        constraints = (models.UniqueConstraint(fields=("interview", "seq"), name="journal_seq_once"),)

    def __str__(self) -> str:
        return f"{self.interview} #{self.seq} {self.kind} {self.item}"
