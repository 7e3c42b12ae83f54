from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from studies.models import Population

#: What people call the files; the browser's file dialog offers these.
ACCEPTED = "audio/*,.wav,.mp3,.ogg,.oga,.opus,.m4a,.mp4,.amr,.3gp,.flac"


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Any number of files. Empty ones are let through: the service says which one is empty, and stores the others."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(SeveralFilesField, self).clean(file, initial) for file in files or [None]]


class PopulationField(forms.TypedChoiceField):
    """One of a study's populations."""

    def __init__(self, populations: Sequence[Population]) -> None:
        by_code = {each.code: each for each in populations}
        super().__init__(
            choices=[(each.code, f"{each} · {each.name}") for each in populations],
            coerce=by_code.__getitem__,
            label=_("Population"),
            help_text=_("For files whose names don't say which population they belong to."),
        )


class UploadForm(forms.Form):
    """Files, and to which call they belong where their names don't say. `population` is added for the study."""

    sounds = SeveralFilesField(
        label=_("Sound files"),
        allow_empty_file=True,
        widget=SeveralFilesInput(attrs={"accept": ACCEPTED}),
    )
    case_number = forms.IntegerField(label=_("Case"), min_value=1, max_value=999_999_999, required=False)
    attempt_number = forms.IntegerField(label=_("Attempt"), min_value=1, max_value=9999, required=False)

    def __init__(self, *args: Any, populations: Sequence[Population], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["population"] = PopulationField(populations)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        case, attempt = data.get("case_number"), data.get("attempt_number")
        if (case is None) != (attempt is None):
            missing = "attempt_number" if attempt is None else "case_number"
            self.add_error(missing, _("Case and attempt are given together."))
        elif case is not None and len(data.get("sounds", [])) > 1:
            self.add_error("sounds", _("Only one file at a time can be given to one call attempt."))
        return data


class MatchForm(forms.Form):
    """The call attempt that a recording belongs to."""

    case_number = forms.IntegerField(label=_("Case"), min_value=1, max_value=999_999_999)
    attempt_number = forms.IntegerField(label=_("Attempt"), min_value=1, max_value=9999)
