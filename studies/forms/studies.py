from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from studies.models import Population, Study, StudyMember, User
from studies.models.study import CODE_VALIDATOR, INTERVIEW_LANGUAGES, Role

LANGUAGE_CHOICES = list(INTERVIEW_LANGUAGES.items())


class StudyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    organisation = forms.CharField(label=_("Organisation"), max_length=200, required=False)
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea({"rows": 4}))
    status = forms.ChoiceField(label=_("Status"), choices=Study.Status.choices, initial=Study.Status.DESIGN)
    reporting_language = forms.ChoiceField(
        label=_("Reporting language"),
        choices=LANGUAGE_CHOICES,
        help_text=_("Language of tables and data files by default."),
    )


class PersonField(forms.ModelChoiceField[User]):
    def label_from_instance(self, obj: User) -> str:
        return f"{obj.name} ({obj.username})"


class PopulationsField(forms.ModelMultipleChoiceField[Population]):
    def label_from_instance(self, obj: Population) -> str:
        return f"{obj.code} · {obj.name}"


class NewStudyForm(StudyForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        validators=[CODE_VALIDATOR],
        help_text=_("Short name in addresses and file names, such as UCA-2021. It can't be changed later."),
    )
    field_order = ("code", "name", "organisation", "description", "lead", "reporting_language", "status")

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        if user.is_superuser:
            self.fields["lead"] = PersonField(
                label=_("Project lead"),
                queryset=User.objects.filter(is_active=True).order_by("last_name", "first_name", "username"),
                initial=user,
                help_text=_("Further members are added later."),
            )
            self.order_fields(self.field_order)


class PopulationForm(forms.Form):
    """A target population; which values fit together is the service's business."""

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Whom it is about: Kazakhstan, 18 and over."))
    country = forms.RegexField(
        r"^[A-Za-z]{2}$", label=_("Country"), help_text=_("Two letters, ISO 3166: KZ, UZ."),
        error_messages={"invalid": _("Two letters, such as KZ.")},
    )  # fmt: skip
    languages = forms.MultipleChoiceField(
        label=_("Languages of interviews"), choices=LANGUAGE_CHOICES, widget=forms.CheckboxSelectMultiple
    )
    time_zones = forms.CharField(
        label=_("Time zones"),
        help_text=_(
            "As in Asia/Almaty, several with commas, the main one first. Calls keep the hours in every zone in"
            " which the number may be."
        ),
    )
    calling_start = forms.TimeField(
        label=_("Calls from"), widget=forms.TimeInput({"type": "time"}, "%H:%M"), initial="09:00"
    )
    calling_end = forms.TimeField(
        label=_("Calls until"), widget=forms.TimeInput({"type": "time"}, "%H:%M"), initial="21:00"
    )
    field_start = forms.DateField(label=_("Field start"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    field_end = forms.DateField(label=_("Field end"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    target = forms.IntegerField(label=_("Target number of interviews"), min_value=1, max_value=1_000_000)
    max_attempts = forms.IntegerField(
        label=_("Attempts per case at most"),
        min_value=1,
        max_value=50,
        initial=7,
        help_text=_("An appointment is kept all the same."),
    )
    checkpoint_rule = forms.ChoiceField(
        label=_("When the server can't be reached at a checkpoint"), choices=Population.CheckpointRule.choices
    )

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean_time_zones(self) -> list[str]:
        zones = [zone.strip() for zone in str(self.cleaned_data["time_zones"]).split(",") if zone.strip()]
        strange = [zone for zone in zones if zone not in available_timezones()]
        if strange or not zones:
            raise forms.ValidationError(
                _("Not a time zone: %(zones)s. Write it as Asia/Almaty."), params={"zones": ", ".join(strange)}
            )
        return zones


class NewPopulationForm(PopulationForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=16,
        validators=[CODE_VALIDATOR],
        help_text=_("Short name in case numbers and file names, such as KZ. It can't be changed later."),
    )
    field_order = ("code",)


class MemberForm(forms.Form):
    """What a member works on. Nothing ticked means all of the study."""

    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=LANGUAGE_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("In which the person interviews or codes. None ticked means all of the study's."),
    )
    converts_refusals = forms.BooleanField(
        label=_("Converts refusals"),
        required=False,
        help_text=_("Gets the cases of people who refused softly. Interviewers only."),
    )

    def __init__(self, study: Study, data: Any = None, *, member: StudyMember | None = None) -> None:
        initial = {}
        if member is not None:
            initial = {
                "languages": member.languages,
                "populations": member.populations.all(),
                "converts_refusals": member.converts_refusals,
            }
        super().__init__(data, initial=initial)
        self.fields["populations"] = PopulationsField(
            label=_("Populations"),
            queryset=study.populations.order_by("code"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("For which the person works. None ticked means all."),
        )
        self.order_fields(["user", "role", "languages", "populations", "converts_refusals"])


class NewMemberForm(MemberForm):
    user = forms.CharField(
        label=_("Person"),
        widget=forms.TextInput({"list": "people", "autocomplete": "off"}),
        help_text=_("Log-in name. Accounts are created by an administrator."),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    field_order = ("user", "role")

    def clean_user(self) -> User:
        try:
            return User.objects.get(username=self.cleaned_data["user"].strip())
        except User.DoesNotExist:
            raise forms.ValidationError(
                _("Nobody has this log-in name. An administrator can create the account.")
            ) from None


class ActivityFilterForm(forms.Form):
    """Filter of the activity log; lives in the address."""

    action = forms.CharField(required=False)
    person = forms.CharField(required=False)
    day_from = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    day_to = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
