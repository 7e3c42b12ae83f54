from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .cases import Case


class CallAttempt(models.Model):
    """One sitting of one interviewer with one case, from taking it to its outcome."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="call_attempts")
    number = models.PositiveSmallIntegerField(_("attempt"))
    interviewer = models.ForeignKey("studies.User", on_delete=models.PROTECT, related_name="call_attempts")
    served_from = models.PositiveSmallIntegerField(_("served as"), choices=Case.Queue.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    #: AAPOR code of the outcome; empty while the attempt runs, and where the lease expired without an outcome.
    disposition = models.CharField(_("outcome"), max_length=8, blank=True)
    expired = models.BooleanField(default=False)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ("case", "number")
        constraints = (
            models.UniqueConstraint(fields=("case", "number"), name="attempt_number_once"),
            models.UniqueConstraint(
                fields=("interviewer",), condition=Q(ended_at__isnull=True), name="one_running_attempt_per_interviewer"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | ~Q(disposition="") | Q(expired=True),
                name="ended_attempt_has_outcome",
            ),
        )
        indexes = (models.Index(fields=("interviewer", "-started_at"), name="attempts_of_interviewer"),)

    def __str__(self) -> str:
        return f"{self.case} attempt {self.number}"


class Appointment(models.Model):
    """A time agreed with the respondent. `hard`: the respondent named it; else a guess of the interviewer."""

    class Status(models.TextChoices):
        DUE = "due", _("due")
        SERVED = "served", _("served")
        CANCELLED = "cancelled", _("cancelled")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="appointments")
    attempt = models.ForeignKey(CallAttempt, on_delete=models.CASCADE, related_name="appointments")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    time_zone = models.CharField(max_length=64)
    hard = models.BooleanField(_("agreed with the respondent"), default=True)
    note = models.TextField(_("note"), blank=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.DUE)

    class Meta:
        ordering = ("starts_at",)
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="appointment_window_in_order"),
            models.UniqueConstraint(fields=("case",), condition=Q(status="due"), name="one_due_appointment_per_case"),
        )

    def __str__(self) -> str:
        return f"{self.case} {self.starts_at:%F %R}"
