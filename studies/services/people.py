from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.models import Token

from studies.errors import Conflict, InvalidInput, NotAllowed
from studies.models import User

from .activity import log_activity
from .validation import check_fields

EDITABLE = ("first_name", "last_name", "email", "language", "is_superuser", "is_active")


@transaction.atomic
def create_user(*, username: str, password: str = "", fields: Mapping[str, Any], actor: User, now: datetime) -> User:
    """Create a person; without a password they can't log in until they get one. `fields` are those of EDITABLE.

    Raises NotAllowed and InvalidInput.
    """
    _only_administrators(actor)
    user = User(username=username, **_known(fields))
    if password:
        _check_password(password, user)
        user.set_password(password)
    else:
        user.set_unusable_password()
    check_fields(user)
    user.save()
    log_activity(study=None, actor=actor, action="person.created", target=user, data={"person": username}, now=now)
    return user


@transaction.atomic
def update_user(*, user: User, fields: Mapping[str, Any], password: str = "", actor: User, now: datetime) -> User:
    """Change a person's fields (of EDITABLE) and, where one is given, the password.

    Raises NotAllowed, InvalidInput, and Conflict where administrators would lock themselves out.
    """
    _only_administrators(actor)
    changes: dict[str, list[Any]] = {}
    for name, value in _known(fields).items():
        if getattr(user, name) != value:
            changes[name] = [getattr(user, name), value]
            setattr(user, name, value)
    if user == actor and not (user.is_superuser and user.is_active):
        raise Conflict("own_rights", _("You can't take your own administrator's rights or log-in away."))
    if changes:
        check_fields(user)
        user.save(update_fields=list(changes))
        # Addresses and names of staff are nobody's business but the administrator's: the log names the fields only.
        log_activity(
            study=None, actor=actor, action="person.changed", target=user, data={"fields": sorted(changes)}, now=now
        )
    if password:
        set_password(user=user, password=password, actor=actor, now=now)
    return user


@transaction.atomic
def set_password(*, user: User, password: str, actor: User, now: datetime) -> None:
    """Set a password: one's own, or as an administrator anybody's. Raises NotAllowed and InvalidInput."""
    if user != actor:
        _only_administrators(actor)
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    log_activity(study=None, actor=actor, action="person.password_set", target=user, now=now)


def set_preferences(*, user: User, language: str = "", theme: str = "") -> None:
    """Remember the language and the colours of a person's interface; empty means unchanged. Raises InvalidInput."""
    chosen = {name: value for name, value in (("language", language), ("theme", theme)) if value}
    for name, value in chosen.items():
        setattr(user, name, value)
    if chosen:
        check_fields(user)
        user.save(update_fields=list(chosen))


@transaction.atomic
def renew_token(*, user: User, now: datetime) -> str:
    """Give the person a new API token; the old one stops working. Returns the token, which is shown once."""
    Token.objects.filter(user=user).delete()
    token = Token.objects.create(user=user)
    log_activity(study=None, actor=user, action="person.token_renewed", target=user, now=now)
    return str(token.key)


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in EDITABLE if name in fields}


def _only_administrators(actor: User) -> None:
    if not actor.is_superuser:
        raise NotAllowed("administrators_only", _("Only an administrator can do this."))


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput("password", _("Choose another password."), {"password": error.messages}) from error
