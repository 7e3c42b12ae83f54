from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class AuditPlan(models.Model):
    """How a study draws its audits: by random position in each block of each interviewer's completes (domain.md).

    The secret `seed` is committed to by `commitment` (SHA-256 in hex), which everybody may see from the start; the seed
    is revealed at the end, so that anybody can recompute every draw.
    """

    study = models.OneToOneField("studies.Study", on_delete=models.CASCADE, related_name="audit_plan")
    block_size = models.PositiveSmallIntegerField(_("block size"), default=5)
    drawn_per_block = models.PositiveSmallIntegerField(_("drawn per block"), default=1)
    #: After a rejection: drawn per block for that interviewer from the next block on.
    raised_per_block = models.PositiveSmallIntegerField(_("drawn per block after a rejection"), default=2)
    #: So many of a new interviewer's first interviews are audited besides; they do not count into the random share.
    first_in_full = models.PositiveSmallIntegerField(_("first interviews of an interviewer audited in full"), default=0)
    #: How long a drawn interview waits for a recording before another one stands in for it.
    sound_grace_hours = models.PositiveSmallIntegerField(_("hours to wait for a recording"), default=24)
    seed = models.BinaryField(max_length=32)
    commitment = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    revealed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(drawn_per_block__gte=1)
                & Q(drawn_per_block__lte=F("block_size"))
                & Q(raised_per_block__gte=F("drawn_per_block"))
                & Q(raised_per_block__lte=F("block_size")),
                name="audit_plan_rates_in_order",
            ),
        )

    def __str__(self) -> str:
        return f"audit plan of {self.study}"


class AuditDraw(models.Model):
    """Every completed interview gets one row: its place in its interviewer's sequence, and whether it was drawn."""

    interview = models.OneToOneField("fieldwork.Interview", on_delete=models.CASCADE, related_name="audit_draw")
    plan = models.ForeignKey(AuditPlan, on_delete=models.CASCADE, related_name="draws")
    interviewer = models.ForeignKey("studies.User", on_delete=models.PROTECT, related_name="+")
    block = models.PositiveIntegerField()
    position = models.PositiveSmallIntegerField()
    #: Drawn per block when the block began.
    drawn_per_block = models.PositiveSmallIntegerField()
    selected = models.BooleanField()
    #: Stands in for a drawn interview of the block that has no usable sound.
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    drawn_at = models.DateTimeField()

    class Meta:
        ordering = ("interviewer", "block", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("plan", "interviewer", "block", "position"), name="audit_draw_position_once"
            ),
        )

    def __str__(self) -> str:
        return f"draw {self.interviewer} {self.block}.{self.position}"


class Audit(models.Model):
    """One listening to one interview by one auditor."""

    class Kind(models.TextChoices):
        RANDOM = "random", _("random")
        TARGETED = "targeted", _("targeted")

    class Status(models.TextChoices):
        OPEN = "open", _("waiting")
        CLAIMED = "claimed", _("being heard")
        DONE = "done", _("judged")
        NO_SOUND = "no_sound", _("no usable sound, replaced")

    class Verdict(models.TextChoices):
        ACCEPT = "accept", _("accept")
        CORRECT = "correct", _("accept with correction")
        RECONTACT = "recontact", _("contact again")
        REJECT = "reject", _("reject")

    interview = models.ForeignKey("fieldwork.Interview", on_delete=models.CASCADE, related_name="audits")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    reason = models.TextField(_("reason"), blank=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.OPEN)
    auditor = models.ForeignKey("studies.User", on_delete=models.PROTECT, null=True, related_name="audits")
    claimed_at = models.DateTimeField(null=True)
    #: Stretches that were really played, by recording: {uid: [[from_ms, to_ms], ...]}, merged and sorted.
    heard = models.JSONField(default=dict)
    #: Milliseconds in `heard`, and of all there was to hear.
    heard_ms = models.PositiveIntegerField(default=0)
    sound_ms = models.PositiveIntegerField(default=0)
    #: Keys of the answers that are shown only after the auditor has entered what they heard; chosen when it was
    #: claimed.
    blind = models.JSONField(default=list)
    #: Answers as the auditor heard them: {key: value}, first entry only; {"inaudible": true} where it can't be made
    #: out.
    reentered = models.JSONField(default=dict)
    #: Whether they agree with what the interviewer entered: {key: true, false or, where inaudible, null}.
    compared = models.JSONField(default=dict)
    #: Points by section of the score sheet: {"consent": 2, ...}; null for "could not be judged".
    sheet = models.JSONField(default=dict)
    score = models.PositiveSmallIntegerField(_("score"), null=True, help_text=_("0 to 100"))
    verdict = models.CharField(max_length=16, choices=Verdict.choices, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    created_at = models.DateTimeField()
    judged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("interview",), condition=Q(kind="random"), name="one_random_audit_per_interview"
            ),
            models.CheckConstraint(
                condition=~Q(status="done") | (~Q(verdict="") & Q(judged_at__isnull=False)),
                name="done_audit_has_verdict",
            ),
            models.CheckConstraint(
                condition=~Q(status="claimed") | Q(auditor__isnull=False), name="claimed_audit_has_auditor"
            ),
        )
        indexes = (models.Index(fields=("status", "created_at"), name="audits_waiting"),)

    def __str__(self) -> str:
        return f"audit {self.pk} of {self.interview}"
