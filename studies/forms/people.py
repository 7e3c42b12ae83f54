from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from studies.models import User


class LoginForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _(
            "The log-in name and the password do not belong together. Mind capital letters and the keyboard's language."
        ),
        "inactive": _("This account is closed. Ask your administrator."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Log-in name")
        self.fields["password"].label = _("Password")


class PasswordForm(forms.Form):
    """One's own new password; rules for passwords are the service's."""

    old_password = forms.CharField(
        label=_("Password until now"), strip=False, widget=forms.PasswordInput({"autocomplete": "current-password"})
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least 10 characters. A few words that only you would put together are best."),
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user

    def clean_old_password(self) -> str:
        old = str(self.cleaned_data["old_password"])
        if not self.user.check_password(old):
            raise forms.ValidationError(_("This is not your password."))
        return old


class PersonForm(forms.Form):
    """What an administrator says about a person."""

    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    language = forms.ChoiceField(label=_("Interface language"), choices=settings.LANGUAGES, initial="en")
    is_superuser = forms.BooleanField(
        label=_("Administrator"),
        required=False,
        help_text=_("Creates people and studies and says who works where; sees no study data by that alone."),
    )


class NewPersonForm(PersonForm):
    username = forms.CharField(
        label=_("Log-in name"),
        max_length=150,
        help_text=_("Letters, digits and @ . + - _ only. It can't be changed later."),
    )
    password = forms.CharField(
        label=_("First password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least 10 characters. The person can change it in their profile."),
    )
    field_order = ("username", "password")


class EditPersonForm(PersonForm):
    is_active = forms.BooleanField(
        label=_("May log in"),
        required=False,
        help_text=_("Without the tick the account is closed; what the person did stays."),
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the password."),
    )
