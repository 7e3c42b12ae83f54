from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Case(models.Model):
    """One sampled number on its way to a final disposition. The number itself is in `CasePhone`, apart.

    A case that can be called is OPEN and has a queue and a `due_at`; a HELD case belongs to one interviewer until
    `lease_until`. `queue` orders the waiting cases (domain.md, next case); ties are broken by `shuffle`, drawn once
    with the sample, so that no operator or range is called before another.
    """

    class Status(models.TextChoices):
        SAMPLED = "sampled", _("not released")
        OPEN = "open", _("open")
        HELD = "held", _("in work")
        CLOSED = "closed", _("closed")

    class Queue(models.IntegerChoices):
        APPOINTMENT = 1, _("appointment")
        CALLBACK = 2, _("callback")
        RETRY = 3, _("retry")
        FRESH = 4, _("fresh")

    # The foreign keys of a case have no index of their own: a million rows that are alike in it cost a draw more time
    # than all else. Population and replicate are found by the indexes below; look for the cases of a sample by
    # replicate. The sample follows from the replicate, so that the database needn't check it a million times more.
    population = models.ForeignKey("studies.Population", on_delete=models.CASCADE, related_name="cases", db_index=False)
    sample = models.ForeignKey(
        "fieldwork.Sample", on_delete=models.CASCADE, related_name="cases", db_index=False, db_constraint=False
    )
    replicate = models.ForeignKey("fieldwork.Replicate", on_delete=models.CASCADE, related_name="cases", db_index=False)
    #: Serial number within the population: how people name the case.
    number = models.PositiveIntegerField(_("case number"))
    operator = models.CharField(_("operator or area"), max_length=100, blank=True)
    #: Known zone of the number (landlines), else empty: then every zone of the population is possible.
    time_zone = models.CharField(max_length=64, blank=True)
    inclusion_probability = models.FloatField()
    shuffle = models.IntegerField()

    status = models.CharField(max_length=8, choices=Status.choices, default=Status.SAMPLED)
    queue = models.PositiveSmallIntegerField(choices=Queue.choices, default=Queue.FRESH)
    due_at = models.DateTimeField(null=True)
    #: End of the appointment window: appointments are served by earliest end.
    due_until = models.DateTimeField(null=True)
    #: Number of the last call attempt, written with it under the case's lock.
    attempts = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(_("language"), max_length=8, blank=True)
    #: Only for an interviewer who converts refusals.
    needs_converter = models.BooleanField(default=False)
    #: Interviewer who must not get the case again (soft refusal), and the one who should (hard appointment).
    not_for = models.ForeignKey("studies.User", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    reserved_for = models.ForeignKey(
        "studies.User", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    ever_eligible = models.BooleanField(default=False)

    held_by = models.ForeignKey(
        "studies.User", on_delete=models.PROTECT, null=True, related_name="held_cases", db_index=False
    )
    lease_until = models.DateTimeField(null=True)

    last_disposition = models.CharField(max_length=8, blank=True)
    #: What the final disposition would be if the case were closed now; empty while it was never called.
    disposition = models.CharField(max_length=8, blank=True)
    final_disposition = models.CharField(max_length=8, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("population", "number"), name="case_number_once"),
            models.UniqueConstraint(
                fields=("held_by",), condition=Q(held_by__isnull=False), name="one_case_per_interviewer"
            ),
            models.CheckConstraint(
                condition=Q(status="held", held_by__isnull=False, lease_until__isnull=False)
                | (~Q(status="held") & Q(held_by__isnull=True, lease_until__isnull=True)),
                name="held_case_has_holder",
            ),
            models.CheckConstraint(
                condition=~Q(status="open") | Q(due_at__isnull=False), name="open_case_has_due_time"
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | ~Q(final_disposition=""), name="closed_case_has_disposition"
            ),
        )
        indexes = (
            # One narrow partial index per way of ordering the waiting cases (selectors/desks.py, QUEUES). `shuffle`
            # is in them because thousands of cases are due at the same moment, when calling hours begin.
            models.Index(
                F("population"),
                F("due_until"),
                F("shuffle"),
                condition=Q(status="open", queue=1),
                name="case_appointments",
            ),
            models.Index(
                F("population"), F("due_at"), F("shuffle"), condition=Q(status="open", queue=2), name="case_callbacks"
            ),
            models.Index(
                F("population"),
                F("attempts"),
                F("due_at"),
                F("shuffle"),
                condition=Q(status="open", queue=3),
                name="case_retries",
            ),
            models.Index(F("population"), F("shuffle"), condition=Q(status="open", queue=4), name="case_fresh"),
            models.Index(F("lease_until"), condition=Q(status="held"), name="case_leases"),
            models.Index(fields=("replicate",), name="case_of_replicate"),
        )

    def __str__(self) -> str:
        return f"{self.population} case {self.number}"


class CasePhone(models.Model):
    """The phone number of a case, kept apart so that it can be purged while the answers stay.

    `digest` (keyed SHA-256) survives the purge, for exclusions and do-not-call.
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="phone")
    #: That of the case, so that a number can be unique in it.
    population = models.ForeignKey(
        "studies.Population", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    e164 = models.CharField(max_length=16, blank=True)
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("population", "digest"), name="number_once_per_population"),)

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        """All but the last two digits hidden: `***-**-41`."""
        return f"***-**-{self.e164[-2:]}" if self.e164 else "***"
