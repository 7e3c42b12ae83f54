from __future__ import annotations

from django.db import models


class ActivityLog(models.Model):
    """Who did what to what, when. Rows are only ever added.

    `action` is a dotted name (`quota.target_changed`), `target` says which object (`quotacell:12`) and `data`
    holds old and new values. Personal data (numbers, names of respondents) never enter it.
    """

    study = models.ForeignKey("studies.Study", on_delete=models.CASCADE, null=True, related_name="activity")
    actor = models.ForeignKey("studies.User", on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=64)
    target = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("study", "-at"), name="activity_of_study"),)

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.action} {self.target}"
