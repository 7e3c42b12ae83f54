from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fieldwork.models import Quota
from fieldwork.selectors.quotas import PopulationTable
from fieldwork.services.quotas import HIGHEST_TARGET

AGE_GROUPS = "18-29, 30-39, 40-49, 50-59, 60+"


class RuleFields(forms.Form):
    """How full a cell may become while interviews run."""

    rule = forms.ChoiceField(
        label=_("Rule"), choices=Quota.Rule.choices, widget=forms.RadioSelect, initial=Quota.Rule.STRICT
    )
    tolerance = forms.IntegerField(
        label=_("Tolerance per cell"),
        min_value=0,
        max_value=1000,
        initial=0,
        required=False,
        help_text=_("Interviews above the target that may be finished; only for the second rule."),
    )

    def clean_tolerance(self) -> int:
        return int(self.cleaned_data["tolerance"] or 0)


class AgeGenderQuotaForm(RuleFields):
    """Interlocked cells of age by gender, computed from a population table."""

    name = forms.CharField(label=_("Name"), max_length=200, initial=_("Age by gender"))
    age_groups = forms.CharField(
        label=_("Age groups"),
        initial=AGE_GROUPS,
        max_length=500,
        help_text=_("In the order of the codes 1, 2, … of the questionnaire's variable age_group."),
    )
    target = forms.IntegerField(label=_("Interviews"), min_value=1, max_value=HIGHEST_TARGET)

    def __init__(self, *args: Any, tables: list[PopulationTable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_key = {str(place): table for place, table in enumerate(tables)}
        self.fields["table"] = forms.TypedChoiceField(
            label=_("Population table"),
            choices=[(key, f"{table.source}, {table.year}") for key, table in by_key.items()],
            coerce=by_key.__getitem__,
        )
        self.order_fields(["table", "age_groups", "target", "name", "rule", "tolerance"])

    def clean_age_groups(self) -> list[str]:
        return [name for name in self.cleaned_data["age_groups"].replace(";", ",").split(",") if name.strip()]


class TableQuotaForm(RuleFields):
    """Cells pasted as a table."""

    name = forms.CharField(label=_("Name"), max_length=200)
    table = forms.CharField(
        label=_("Cells"),
        widget=forms.Textarea(attrs={"rows": 8, "class": "mono", "spellcheck": "false"}),
        max_length=200_000,
        strip=False,
        help_text=_(
            "One line per cell, as copied from a spreadsheet: name, condition, target (and row and column of the "
            "board), parted by tabs or semicolons. A respondent who fits no cell is not interviewed."
        ),
    )
    source = forms.CharField(label=_("Source of the targets"), max_length=300, required=False)

    field_order = ("name", "table", "source", "rule", "tolerance")


class TargetForm(forms.Form):
    """A new target of a cell."""

    target = forms.IntegerField(label=_("Target"), min_value=0, max_value=HIGHEST_TARGET)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class ReasonForm(forms.Form):
    """Why something is done that is logged."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class RuleForm(RuleFields):
    """A new rule of a quota."""

    reason = forms.CharField(label=_("Reason"), max_length=300)
