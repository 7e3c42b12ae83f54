from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Correction(models.Model):
    """A change beside the raw answer: variable, old, new, reason, who, when. The raw answer stays."""

    interview = models.ForeignKey("fieldwork.Interview", on_delete=models.CASCADE, related_name="corrections")
    key = models.CharField(max_length=200)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    reason = models.TextField(_("reason"))
    audit = models.ForeignKey("qc.Audit", on_delete=models.PROTECT, null=True, related_name="corrections")
    made_by = models.ForeignKey("studies.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("interview", "key", "made_at")

    def __str__(self) -> str:
        return f"{self.interview} {self.key}"


class FollowUp(models.Model):
    """Something a supervisor has to settle, opened by an audit's verdict."""

    class Kind(models.TextChoices):
        RECONTACT = "recontact", _("contact the respondent again")
        INTERVIEWER = "interviewer", _("talk to the interviewer")

    study = models.ForeignKey("studies.Study", on_delete=models.CASCADE, related_name="follow_ups")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    interview = models.ForeignKey("fieldwork.Interview", on_delete=models.CASCADE, related_name="follow_ups")
    audit = models.ForeignKey("qc.Audit", on_delete=models.CASCADE, null=True, related_name="follow_ups")
    text = models.TextField()
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("studies.User", on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.TextField(_("what was done"), blank=True)

    class Meta:
        ordering = ("opened_at",)
        constraints = (models.UniqueConstraint(fields=("audit", "kind"), name="follow_up_once_per_audit"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.interview}"
