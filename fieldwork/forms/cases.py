from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from fieldwork.dispositions import disposition_table
from fieldwork.models import Case
from fieldwork.selectors.cases import CaseFilter
from studies.models import Population


class CaseFilterForm(forms.Form):
    """The filters of the list of cases. What can't be read is left out."""

    population = forms.ChoiceField(label=_("Population"), required=False)
    status = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("all")), *Case.Status.choices])
    queue = forms.TypedChoiceField(
        label=_("Waits as"),
        required=False,
        choices=[("", _("all")), *Case.Queue.choices],
        coerce=int,
        empty_value=None,
    )
    disposition = forms.ChoiceField(label=_("Outcome so far"), required=False)
    number = forms.IntegerField(label=_("Case number"), required=False, min_value=1, max_value=2**31 - 1)

    def __init__(self, data: object, populations: Sequence[Population], language: str) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.populations = {one.code: one for one in populations}
        codes = [(code, f"{code} {one.label(language)}") for code, one in disposition_table().items()]
        self.fields["population"].choices = [("", _("all")), *((code, code) for code in self.populations)]  # type: ignore[attr-defined]
        self.fields["disposition"].choices = [("", _("all")), *codes]  # type: ignore[attr-defined]

    def wanted(self) -> CaseFilter:
        self.is_valid()
        found = self.cleaned_data
        return CaseFilter(
            population=self.populations.get(found.get("population", "")),
            status=found.get("status", ""),
            queue=found.get("queue"),
            number=found.get("number"),
            disposition=found.get("disposition", ""),
        )
