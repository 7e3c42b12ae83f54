from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fieldwork.selectors.sample import PlanRow
from fieldwork.services.sample import HIGHEST_SEED, MOST_NUMBERS
from studies.models import Population

REPLICATE_SIZE = 500
SAMPLE_SIZE = 20_000


class PlanChoice(forms.TypedChoiceField):
    """One of the plans of a country, newest first."""

    def __init__(self, plans: list[PlanRow], **kwargs: Any) -> None:
        by_id = {str(row.plan.pk): row.plan for row in plans}
        super().__init__(
            choices=[(key, plan.name) for key, plan in by_id.items()], coerce=lambda key: by_id[str(key)], **kwargs
        )


class NewSampleForm(forms.Form):
    """What a draw is made of; everything that has to be known to draw it again."""

    plan_date = forms.DateField(
        label=_("Ranges in use on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Normally the first day in the field."),
    )
    size = forms.IntegerField(label=_("Numbers"), min_value=1, max_value=MOST_NUMBERS, initial=SAMPLE_SIZE)
    replicate_size = forms.IntegerField(
        label=_("Numbers per replicate"),
        min_value=1,
        max_value=MOST_NUMBERS,
        initial=REPLICATE_SIZE,
        help_text=_("The sample is cut into replicates at random; they are released whole, one after the other."),
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        min_value=0,
        max_value=HIGHEST_SEED,
        help_text=_("Chosen at random. The same seed, plan and day give the same numbers in the same order."),
    )

    field_order = ("plan", "plan_date", "size", "replicate_size", "seed")

    def __init__(self, *args: Any, population: Population, plans: list[PlanRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"plan_date": population.field_start, "seed": secrets.randbelow(10**9)}
        self.fields["plan"] = PlanChoice(plans, label=_("Numbering plan"))
        self.order_fields(self.field_order)


class ReleaseForm(forms.Form):
    """How many of the next replicates are opened, and why."""

    count = forms.IntegerField(label=_("Replicates"), min_value=1, max_value=1000, initial=1)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    after = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class PlanForm(forms.Form):
    """A numbering plan as a CSV file."""

    file = forms.FileField(label=_("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("For example: Kazakhstan, August 2021."))
    source = forms.CharField(
        label=_("Source"), max_length=500, help_text=_("Where the ranges come from, and of which date.")
    )

    def __init__(self, *args: Any, countries: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"] = forms.ChoiceField(label=_("Country"), choices=[(code, code) for code in countries])
        self.order_fields(["country", "name", "source", "file"])


class PopulationTableForm(forms.Form):
    """Persons by age and sex as a CSV file."""

    source = forms.CharField(
        label=_("Source"), max_length=200, help_text=_("For example: UN, World Population Prospects 2019.")
    )
    year = forms.IntegerField(label=_("Year of the figures"), min_value=1900, max_value=2200)
    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=_("Columns age (single years), sex (male, female) and persons."),
    )
