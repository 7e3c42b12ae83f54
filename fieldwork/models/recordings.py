from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Recording(models.Model):
    """A sound file of one call attempt. The file lies under MEDIA_ROOT/recordings and can be purged alone."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("waiting to be measured")
        MEASURING = "measuring", _("being measured")
        READY = "ready", _("ready")
        FAILED = "failed", _("not a usable sound file")
        PURGED = "purged", _("purged")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    population = models.ForeignKey("studies.Population", on_delete=models.CASCADE, related_name="recordings")
    #: Null until the file is matched to a call attempt.
    attempt = models.ForeignKey("fieldwork.CallAttempt", on_delete=models.PROTECT, null=True, related_name="recordings")
    original_name = models.CharField(max_length=255)
    path = models.CharField(max_length=255, help_text=_("relative to the folder of recordings"))
    #: A copy in a format that browsers play, where they don't play the file itself (AMR, GSM); else empty.
    play_path = models.CharField(max_length=255, blank=True)
    size = models.PositiveBigIntegerField(help_text=_("bytes"))
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.UPLOADED)
    #: Why it is not usable: a code of waveform.NotSound; the sentence for people is in selectors/recordings.py.
    error = models.TextField(blank=True)
    claimed_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    #: Loudest sample of each slice, 0..255, base64; the number of slices is fixed (waveform.py).
    peaks = models.TextField(blank=True)
    #: Where on the recording this sitting of the interview begins, milliseconds; less than 0 where recording began
    #: late.
    interview_offset_ms = models.IntegerField(default=0)
    uploaded_by = models.ForeignKey("studies.User", on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering = ("-uploaded_at",)
        constraints = (
            models.UniqueConstraint(fields=("population", "sha256"), name="recording_file_once"),
            models.CheckConstraint(
                condition=~Q(status="ready") | Q(duration_ms__isnull=False), name="ready_recording_has_duration"
            ),
        )
        indexes = (models.Index(fields=("attempt",), name="recordings_of_attempt"),)

    def __str__(self) -> str:
        return f"recording {self.uid}"
