from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qc.listening import POINTS, SECTIONS
from qc.models import Audit, AuditPlan
from qc.services.audit_draws import LARGEST_BLOCK
from studies.models import Population

SECTION_LABELS = {
    "consent": _("Introduction and consent"),
    "verbatim": _("Questions read word for word"),
    "probing": _("Open answers probed"),
    "neutrality": _("Neutral, no suggestions"),
    "pace": _("Pace"),
    "language": _("Language and diction"),
    "closing": _("Closing"),
}
NOT_JUDGED = "none"
POINT_LABELS = {0: _("poor"), 1: _("fair"), 2: _("good")}


class VerdictForm(forms.Form):
    """The score sheet, the verdict and its comment. What has to be there for which verdict, the service says."""

    verdict = forms.ChoiceField(label=_("Verdict"), choices=Audit.Verdict.choices, required=False)
    comment = forms.CharField(
        label=_("Comment"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 1})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        points = [(str(point), POINT_LABELS[point]) for point in POINTS] + [(NOT_JUDGED, _("not judged"))]
        for section in SECTIONS:
            self.fields[section] = forms.ChoiceField(label=SECTION_LABELS[section], choices=points, required=False)

    def sections(self) -> list[forms.BoundField]:
        return [self[section] for section in SECTIONS]

    def sheet(self) -> dict[str, int | None]:
        """Points by section; sections that were left out are not in it."""
        chosen = {section: self.cleaned_data.get(section) for section in SECTIONS}
        return {section: None if value == NOT_JUDGED else int(value) for section, value in chosen.items() if value}


class OrderForm(forms.Form):
    """An audit of one particular interview."""

    population = forms.ChoiceField(label=_("Population"))
    case_number = forms.IntegerField(label=_("Case"), min_value=1, max_value=999_999_999)
    reason = forms.CharField(label=_("Why this one"), max_length=500)

    def __init__(self, *args: Any, populations: Sequence[Population], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["population"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(each.code, each.code) for each in populations]


class RatesForm(forms.Form):
    """How many are drawn."""

    drawn_per_block = forms.IntegerField(
        label=_("Drawn of each block"), min_value=1, max_value=LARGEST_BLOCK, initial=1
    )
    raised_per_block = forms.IntegerField(
        label=_("Drawn of each block after a rejection"),
        min_value=1,
        max_value=LARGEST_BLOCK,
        initial=2,
        help_text=_("Of an interviewer of whom an interview was rejected, from the next block on."),
    )
    first_in_full = forms.IntegerField(
        label=_("First interviews of an interviewer audited in full"),
        min_value=0,
        max_value=LARGEST_BLOCK,
        initial=0,
        help_text=_("These come on top and do not count into the random share."),
    )
    sound_grace_hours = forms.IntegerField(
        label=_("Hours to wait for a recording"),
        min_value=0,
        max_value=24 * 60,
        initial=24,
        help_text=_("After that, the next interview of the block stands in for a drawn one without sound."),
    )


class PlanForm(RatesForm):
    """A new plan: the size of its blocks can't be changed later."""

    block_size = forms.IntegerField(
        label=_("Interviews in a block"),
        min_value=2,
        max_value=LARGEST_BLOCK,
        initial=5,
        help_text=_("Blocks of 5 with one drawn give 20 % of each interviewer's interviews. Can't be changed later."),
    )
    field_order = ["block_size", "drawn_per_block", "raised_per_block", "first_in_full", "sound_grace_hours"]


def rates_of(plan: AuditPlan) -> dict[str, int]:
    """The plan's rates as the form's initial values."""
    return {name: getattr(plan, name) for name in RatesForm.base_fields}


class SettleForm(forms.Form):
    outcome = forms.CharField(label=_("What was done"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
