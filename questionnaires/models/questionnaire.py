from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from studies.models.study import CODE_VALIDATOR


class Questionnaire(models.Model):
    study = models.ForeignKey("studies.Study", on_delete=models.CASCADE, related_name="questionnaires")
    code = models.CharField(_("code"), max_length=32, validators=[CODE_VALIDATOR])
    title = models.CharField(_("title"), max_length=200)

    class Meta:
        ordering = ("study", "code")
        constraints = (models.UniqueConstraint(fields=("study", "code"), name="questionnaire_code_once_per_study"),)

    def __str__(self) -> str:
        return f"{self.study.code}/{self.code}"


class QuestionnaireVersion(models.Model):
    """A draft, or a published version that never changes again.

    `form` is the form as imported or edited: sheets of rows (see questionnaires/xlsform). `script` is the compiled
    document that interviews run on (docs/script.md); `checksum` is the SHA-256 of its canonical JSON.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.DRAFT)
    form = models.JSONField()
    #: What the import could not take or wants settled: a list of {severity, code, sheet, row, column, message
    #: parameters}.
    problems = models.JSONField(default=list)
    script = models.JSONField(null=True)
    checksum = models.CharField(max_length=64, blank=True)
    source_name = models.CharField(max_length=255, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey("studies.User", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    published_by = models.ForeignKey("studies.User", on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("questionnaire", "-number")
        constraints = (
            models.UniqueConstraint(fields=("questionnaire", "number"), name="version_number_once"),
            models.UniqueConstraint(
                fields=("questionnaire",), condition=Q(status="draft"), name="one_draft_per_questionnaire"
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | (Q(script__isnull=False) & Q(published_at__isnull=False)),
                name="published_version_has_script",
            ),
        )

    def __str__(self) -> str:
        return f"{self.questionnaire} v{self.number}"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED
