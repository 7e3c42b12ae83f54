from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

CODE_VALIDATOR = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9-]*$", _("Latin letters, digits and hyphens only."))

#: Languages that questionnaires and interviews may use, by code, in their own name.
INTERVIEW_LANGUAGES = {"en": "English", "ru": "Русский", "kk": "Қазақша", "uz": "Oʻzbekcha"}


class Role(models.TextChoices):
    """What a person does in one study (domain.md)."""

    INTERVIEWER = "interviewer", _("interviewer")
    SUPERVISOR = "supervisor", _("supervisor")
    CODER = "coder", _("coder")
    LEAD = "lead", _("project lead")


class Study(models.Model):
    class Status(models.TextChoices):
        DESIGN = "design", _("in design")
        FIELD = "field", _("in the field")
        CLOSED = "closed", _("closed")

    code = models.CharField(_("code"), max_length=32, unique=True, validators=[CODE_VALIDATOR])
    name = models.CharField(_("name"), max_length=200)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.DESIGN)
    reporting_language = models.CharField(_("reporting language"), max_length=8, default="en")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class Population(models.Model):
    """A target population: whom the study is about in one country, and when they may be called."""

    class CheckpointRule(models.TextChoices):
        WAIT = "wait", _("wait for the server")
        GO_ON = "go_on", _("go on and settle later")

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="populations")
    code = models.CharField(_("code"), max_length=16, validators=[CODE_VALIDATOR])
    name = models.CharField(_("name"), max_length=200)
    country = models.CharField(_("country"), max_length=2, help_text=_("two letters, ISO 3166"))
    languages = ArrayField(models.CharField(max_length=8), verbose_name=_("languages"))
    #: Zones in which a respondent may live; a call must be in calling hours in each zone that is possible for the
    #: number.
    time_zones = ArrayField(models.CharField(max_length=64), verbose_name=_("time zones"))
    calling_start = models.TimeField(_("calls from"), default="09:00")
    calling_end = models.TimeField(_("calls until"), default="21:00")
    field_start = models.DateField(_("field start"))
    field_end = models.DateField(_("field end"))
    target = models.PositiveIntegerField(_("target number of interviews"), validators=[MinValueValidator(1)])
    max_attempts = models.PositiveSmallIntegerField(_("attempts per case at most"), default=7)
    checkpoint_rule = models.CharField(
        _("when the server can't be reached at a checkpoint"),
        max_length=8,
        choices=CheckpointRule.choices,
        default=CheckpointRule.WAIT,
    )

    class Meta:
        ordering = ("study", "code")
        constraints = (
            models.UniqueConstraint(fields=("study", "code"), name="population_code_once_per_study"),
            models.CheckConstraint(
                condition=Q(field_end__gte=F("field_start")), name="population_field_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(calling_end__gt=F("calling_start")), name="population_calling_hours_in_order"
            ),
        )

    def __str__(self) -> str:
        return f"{self.study.code}-{self.code}"

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which times of this population are shown (the first of its zones)."""
        return ZoneInfo(self.time_zones[0])


class StudyMember(models.Model):
    """One role of one person in one study. A person may have several roles: several rows."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey("studies.User", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    #: Languages in which the person interviews or codes; empty means all of the study.
    languages = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    #: Populations the person works for; none means all of the study.
    populations = models.ManyToManyField(Population, blank=True, related_name="members")
    converts_refusals = models.BooleanField(_("converts refusals"), default=False)

    class Meta:
        ordering = ("study", "role", "user")
        constraints = (models.UniqueConstraint(fields=("study", "user", "role"), name="member_role_once"),)

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.study}"
