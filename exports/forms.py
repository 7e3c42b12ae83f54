from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from studies.models import Study
from studies.models.study import INTERVIEW_LANGUAGES


class ReleaseForm(forms.Form):
    """What goes into a release."""

    populations = forms.MultipleChoiceField(label=_("Populations"), widget=forms.CheckboxSelectMultiple)
    language = forms.ChoiceField(
        label=_("Language of the labels"),
        help_text=_("SPSS files carry one language; the codebook has all of them."),
    )
    include_partials = forms.BooleanField(label=_("With partial interviews"), required=False)
    with_verbatims = forms.BooleanField(
        label=_("With open answers as typed"),
        required=False,
        help_text=_("People say names: read the answers before you pass the file on. Codes are always included."),
    )

    def __init__(self, study: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        populations = [(population.code, population.name) for population in study.populations.all()]
        self.fields["populations"].choices = populations  # type: ignore[attr-defined]
        self.fields["populations"].initial = [code for code, _name in populations]
        self.fields["language"].choices = list(INTERVIEW_LANGUAGES.items())  # type: ignore[attr-defined]
        self.fields["language"].initial = study.reporting_language
