from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class NumberingPlan(models.Model):
    """A country's number ranges as dated data with a source (domain.md): plans change and public lists disagree."""

    country = models.CharField(_("country"), max_length=2)
    name = models.CharField(_("name"), max_length=200)
    source = models.CharField(_("source"), max_length=500)
    loaded_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("country", "-loaded_at")
        constraints = (models.UniqueConstraint(fields=("country", "sha256"), name="plan_file_once_per_country"),)

    def __str__(self) -> str:
        return self.name


class NumberRange(models.Model):
    """All numbers `+country_code prefix` followed by `subscriber_digits` digits."""

    plan = models.ForeignKey(NumberingPlan, on_delete=models.CASCADE, related_name="ranges")
    country_code = models.CharField(max_length=4)
    prefix = models.CharField(max_length=8)
    operator = models.CharField(_("operator or area"), max_length=100)
    kind = models.CharField(_("type"), max_length=32)
    subscriber_digits = models.PositiveSmallIntegerField()
    time_zone = models.CharField(max_length=64, blank=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    #: Whether the range belongs to a draw of the general population (no VoIP, corporate or fixed-wireless ranges).
    in_population_draw = models.BooleanField(default=True)
    source = models.CharField(_("source"), max_length=500, blank=True)

    class Meta:
        ordering = ("plan", "prefix")
        constraints = (
            models.UniqueConstraint(
                fields=("plan", "country_code", "prefix", "valid_from"), name="range_once_per_plan"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_from__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="range_dates_in_order",
            ),
        )

    def __str__(self) -> str:
        return f"+{self.country_code} {self.prefix} {self.operator}"


class PopulationCount(models.Model):
    """Persons by single year of age and gender, from a named source: the base of quota targets and weights."""

    class Gender(models.TextChoices):
        MALE = "male", _("male")
        FEMALE = "female", _("female")

    population = models.ForeignKey("studies.Population", on_delete=models.CASCADE, related_name="counts")
    source = models.CharField(_("source"), max_length=200)
    year = models.PositiveSmallIntegerField(_("year"))
    age = models.PositiveSmallIntegerField(_("age"))
    gender = models.CharField(_("gender"), max_length=8, choices=Gender.choices)
    persons = models.PositiveIntegerField(_("persons"))

    class Meta:
        ordering = ("population", "source", "age", "gender")
        constraints = (
            models.UniqueConstraint(
                fields=("population", "source", "year", "age", "gender"), name="population_count_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.population} {self.age} {self.gender}: {self.persons}"


class Sample(models.Model):
    """One reproducible draw: the same plan, ranges, seed and exclusions give the same numbers in the same order."""

    class Method(models.TextChoices):
        SRS = "srs", _("simple random, without replacement")

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting")
        DRAWING = "drawing", _("drawing")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    population = models.ForeignKey("studies.Population", on_delete=models.CASCADE, related_name="samples")
    plan = models.ForeignKey(NumberingPlan, on_delete=models.PROTECT, related_name="samples")
    number = models.PositiveIntegerField(_("sample"))
    method = models.CharField(_("method"), max_length=16, choices=Method.choices, default=Method.SRS)
    seed = models.BigIntegerField(_("seed"))
    size = models.PositiveIntegerField(_("numbers"))
    replicate_size = models.PositiveIntegerField(_("numbers per replicate"))
    plan_date = models.DateField(_("ranges valid on"))
    #: Filled by the draw: frame size, ranges used, exclusions with counts.
    frame = models.JSONField(default=dict)
    inclusion_probability = models.FloatField(null=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text=_("percent"))
    error = models.TextField(blank=True)
    claimed_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey("studies.User", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("population", "number")
        constraints = (
            models.UniqueConstraint(fields=("population", "number"), name="sample_number_once"),
            models.CheckConstraint(condition=Q(size__gt=0) & Q(replicate_size__gt=0), name="sample_sizes_positive"),
        )

    def __str__(self) -> str:
        return f"{self.population} sample {self.number}"


class Replicate(models.Model):
    """A random part of a sample; it is released whole, never by hand-picked number."""

    sample = models.ForeignKey(Sample, on_delete=models.CASCADE, related_name="replicates")
    number = models.PositiveIntegerField(_("replicate"))
    size = models.PositiveIntegerField(_("numbers"))
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey("studies.User", on_delete=models.PROTECT, null=True, related_name="+")
    release_reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        ordering = ("sample", "number")
        constraints = (models.UniqueConstraint(fields=("sample", "number"), name="replicate_number_once"),)

    def __str__(self) -> str:
        return f"{self.sample} replicate {self.number}"
