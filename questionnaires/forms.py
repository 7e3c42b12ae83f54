from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from studies.models.study import CODE_VALIDATOR


class NewQuestionnaireForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        validators=[CODE_VALIDATOR],
        help_text=_("Short name in addresses and file names, such as main. It can't be changed later."),
    )
    title = forms.CharField(label=_("Title"), max_length=200, help_text=_("For the people who work with it."))


class UploadForm(forms.Form):
    """A workbook. What is in it is judged by the importer."""

    file = forms.FileField(
        label=_("Workbook"),
        help_text=_("An Excel workbook (.xlsx) with the sheets survey, choices and settings, as XLSForm has them."),
        widget=forms.FileInput({"accept": ".xlsx,.xlsm"}),
    )


class ProblemFilterForm(forms.Form):
    """Which problems are shown; what can't be read counts as no filter."""

    show = forms.ChoiceField(
        required=False,
        choices=[
            ("", _("all")),
            ("blocking", _("in the way of publishing")),
            ("error", _("errors")),
            ("unfinished", _("missing texts")),
            ("warning", _("warnings")),
        ],
    )
    sheet = forms.ChoiceField(
        required=False, choices=[("", _("all")), *((name, name) for name in ("survey", "choices", "settings"))]
    )


class LanguagePairForm(forms.Form):
    """The one or two languages in which an outline is shown."""

    def __init__(self, languages: list[tuple[str, str]], data: Any = None) -> None:
        super().__init__(data)
        self.known = [code for code, _name in languages]
        self.fields["first"] = forms.ChoiceField(choices=languages, required=False)
        self.fields["second"] = forms.ChoiceField(choices=[("", _("none")), *languages], required=False)

    def languages(self, default: str) -> list[str]:
        """The chosen languages; by default the default language of the form, and beside it the next one."""
        if not self.is_valid() or not self.cleaned_data["first"]:
            second = next((code for code in self.known if code != default), "")
            return [code for code in (default, second) if code]
        first, second = self.cleaned_data["first"], self.cleaned_data["second"]
        return [first] if second in ("", first) else [first, second]
