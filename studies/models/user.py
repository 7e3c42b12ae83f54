from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person who logs in. What they may do is said by their `StudyMember` rows, study by study.

    `is_superuser` makes an administrator: people, roles and system health, but no study data by itself.
    """

    class Theme(models.TextChoices):
        SYSTEM = "system", _("as the system")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    language = models.CharField(_("interface language"), max_length=8, choices=settings.LANGUAGES, default="en")
    theme = models.CharField(_("colours"), max_length=8, choices=Theme.choices, default=Theme.SYSTEM)

    @property
    def name(self) -> str:
        """Full name, or the log-in name where no full name is known."""
        return self.get_full_name() or self.username
