"""The one family of errors that services raise.

A service never returns False: it does its work or raises one of these. Views turn them into a message
beside the form, the API into its error body `{"code", "message", "fields"}`.
"""

from __future__ import annotations

from collections.abc import Mapping


class DomainError(Exception):
    """Something a person asked for can't be done.

    `code` is a stable name for programs, `message` a (lazily translated) sentence for people and `fields`
    says which inputs are at fault.
    """

    status = 400

    def __init__(self, code: str, message: object, fields: Mapping[str, object] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.fields = dict(fields or {})

    def __str__(self) -> str:
        return str(self.message)


class InvalidInput(DomainError):
    """The input is wrong: it names the field, row or position."""

    status = 422


class NotAllowed(DomainError):
    """The person may see the thing but not do this to it."""

    status = 403


class Conflict(DomainError):
    """The state has moved on: somebody else took it, or it is too late."""

    status = 409
