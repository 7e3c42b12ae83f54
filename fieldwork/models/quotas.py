from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Quota(models.Model):
    """A set of cells whose conditions exclude each other. Source and date of the targets belong to it."""

    class Rule(models.TextChoices):
        STRICT = "strict", _("strict: complete and running interviews together never exceed the target")
        FINISH = "finish", _("finish what has begun: running interviews may exceed the target by the tolerance")

    population = models.ForeignKey("studies.Population", on_delete=models.CASCADE, related_name="quotas")
    name = models.CharField(_("name"), max_length=200)
    rule = models.CharField(_("rule"), max_length=8, choices=Rule.choices, default=Rule.STRICT)
    tolerance = models.PositiveIntegerField(_("tolerance per cell"), default=0)
    source = models.CharField(_("source of the targets"), max_length=300, blank=True)
    source_date = models.DateField(_("date of the source"), null=True)

    class Meta:
        ordering = ("population", "name")
        constraints = (models.UniqueConstraint(fields=("population", "name"), name="quota_name_once"),)

    def __str__(self) -> str:
        return f"{self.population} {self.name}"


class QuotaCell(models.Model):
    """One cell. Counts are never stored: they are counted under the cell's row lock (services/quotas.py)."""

    quota = models.ForeignKey(Quota, on_delete=models.CASCADE, related_name="cells")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("cell"), max_length=100)
    label = models.JSONField(default=dict)
    #: Where the cell stands on the board: {"row": "18-29", "column": "M"}.
    place = models.JSONField(default=dict)
    #: Expression over the screener's variables, as text (docs/language.md).
    condition = models.TextField(_("condition"))
    target = models.PositiveIntegerField(_("target"))
    closed = models.BooleanField(_("closed by hand"), default=False)

    class Meta:
        ordering = ("quota", "position")
        constraints = (models.UniqueConstraint(fields=("quota", "name"), name="cell_name_once"),)

    def __str__(self) -> str:
        return f"{self.quota} {self.name}"


class Seat(models.Model):
    """A place in a cell: held by a running interview, kept by a complete one, or given back. Rows stay."""

    class Status(models.TextChoices):
        HELD = "held", _("held")
        COMPLETE = "complete", _("complete")
        RELEASED = "released", _("given back")

    cell = models.ForeignKey(QuotaCell, on_delete=models.CASCADE, related_name="seats")
    interview = models.ForeignKey("fieldwork.Interview", on_delete=models.CASCADE, related_name="seats")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.HELD)
    taken_at = models.DateTimeField()
    #: A held seat falls back to the cell after this time, without any job having to run.
    lease_until = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    #: break_off, lease_expired, screened_out, rejected, ...
    release_reason = models.CharField(max_length=32, blank=True)

    class Meta:
        ordering = ("cell", "taken_at")
        constraints = (
            models.UniqueConstraint(
                fields=("interview", "cell"),
                condition=~Q(status="released"),
                name="one_live_seat_per_interview_and_cell",
            ),
            models.CheckConstraint(
                condition=~Q(status="held") | Q(lease_until__isnull=False), name="held_seat_has_lease"
            ),
        )
        indexes = (models.Index(fields=("cell", "status"), name="seats_of_cell"),)

    def __str__(self) -> str:
        return f"{self.cell} {self.status}"

    @staticmethod
    def live_at(now: datetime) -> Q:
        """Seats that count at this moment: complete, or held with a lease that has not run out."""
        return Q(status="complete") | Q(status="held", lease_until__gt=now)
