from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Release(models.Model):
    """One delivery of a study's data: immutable once it is ready, named by number, described by its manifest."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting")
        WRITING = "writing", _("being written")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    study = models.ForeignKey("studies.Study", on_delete=models.CASCADE, related_name="releases")
    number = models.PositiveIntegerField(_("release"))
    language = models.CharField(_("language of the labels"), max_length=8)
    #: Codes of the populations in it.
    populations = models.JSONField(default=list)
    include_partials = models.BooleanField(_("with partial interviews"), default=False)
    #: Open answers as typed. People say names: somebody has to read them before they leave the house.
    with_verbatims = models.BooleanField(_("with open answers as typed"), default=False)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text=_("percent"))
    stage = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    claimed_at = models.DateTimeField(null=True)
    #: SHA-256 over the data and the dictionary, the same for the same content.
    content_hash = models.CharField(max_length=64, blank=True)
    #: Versions of questionnaires and frames, counts, exclusions, checks that were made.
    manifest = models.JSONField(default=dict)
    created_by = models.ForeignKey("studies.User", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("study", "-number")
        constraints = (
            models.UniqueConstraint(fields=("study", "number"), name="release_number_once"),
            models.CheckConstraint(condition=~Q(status="ready") | ~Q(content_hash=""), name="ready_release_has_hash"),
        )

    def __str__(self) -> str:
        return f"{self.study} release {self.number}"


class ReleaseFile(models.Model):
    class Kind(models.TextChoices):
        SAV = "sav", _("SPSS (.sav)")
        XLSX = "xlsx", _("Excel (.xlsx)")
        CODEBOOK = "codebook", _("Codebook (.xlsx)")

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    path = models.CharField(max_length=255, help_text=_("relative to EXPORTS_ROOT"))
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("release", "kind")
        constraints = (models.UniqueConstraint(fields=("release", "kind"), name="release_file_once"),)

    def __str__(self) -> str:
        return self.name
