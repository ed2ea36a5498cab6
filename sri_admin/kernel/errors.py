"""The one tree of errors: a stable code for machines, a translated sentence for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext_lazy as _l


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of a form or document; an empty field name means the whole."""

    field: str
    message: str | LazyText


class AppError(Exception):
    """Something a caller can understand and act on."""

    code: ClassVar[str] = "error"
    message: ClassVar[str | LazyText] = _l("Something went wrong. Nothing was changed.")

    def __init__(self, message: str | LazyText | None = None, *, code: str | None = None, **details: Any) -> None:
        self.text = message if message is not None else self.message
        self.stable_code = code or self.code
        self.details: Mapping[str, Any] = details
        super().__init__(self.stable_code)

    def __str__(self) -> str:
        return str(self.text)


class NotFoundError(AppError):
    """There is no such thing, or this actor may not know that there is."""

    code = "not_found"
    message = _l("We could not find that. It may have been moved, or it belongs to another country.")


class SignInNeededError(AppError):
    """The caller is nobody yet."""

    code = "sign_in_needed"
    message = _l("Please sign in first.")


class NotAllowedError(AppError):
    """The actor is known and may see the thing, but not do this to it."""

    code = "not_allowed"
    message = _l("Your role does not allow this. Ask the person who gave you access.")


class FreshSignInNeededError(AppError):
    """The act is grave enough to ask for the password again."""

    code = "password_again"
    message = _l("Please enter your password again before you do this.")


class SecondStepNeededError(AppError):
    """The caller's role asks for a second step at sign-in, and none is set up yet."""

    code = "second_step_needed"
    message = _l("Your role needs a second step at sign-in. Set it up in your account first.")


class InvalidError(AppError):
    """The values are not acceptable; each field says why."""

    code = "invalid"
    message = _l("Some answers need another look.")

    def __init__(self, fields: Sequence[FieldError] | str | LazyText, *, code: str | None = None) -> None:
        self.fields = [FieldError("", fields)] if isinstance(fields, (str, LazyText)) else list(fields)
        super().__init__(self.fields[0].message if len(self.fields) == 1 else None, code=code)


class ConflictError(AppError):
    """The change contradicts something that already stands."""

    code = "conflict"
    message = _l("Something else already stands in the way of this change.")


class RestoredError(ConflictError):
    """This installation was restored from a backup and waits to hear from the other side before it writes."""

    code = "restored"
    message = _l(
        "This installation was restored from a backup and can only be read for now. Try the connection, read a USB"
        " stick, or let an administrator decide to go on alone."
    )


class StaleError(AppError):
    """Somebody else changed the record since the caller read it."""

    code = "stale"
    message = _l("Somebody changed this while you were working on it.")


class HandingOverError(AppError):
    """The records are being handed over; nobody writes them until that is complete or called off."""

    code = "handing_over"
    message = _l(
        "These records are being handed over to another installation just now. You can read everything;"
        " writing goes on as soon as that is complete, or called off."
    )


class ElsewhereError(AppError):
    """Another installation writes this record; here it can only be read."""

    code = "written_elsewhere"
    message = _l("This record is kept at another installation. Here it can only be read.")


class TooManyError(AppError):
    """The caller tries too often."""

    code = "too_many"
    message = _l("That was tried too often. Please wait a little and try again.")

    def __init__(self, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(retry_after=retry_after)


class TooLargeError(AppError):
    """The request is larger than this door takes."""

    code = "too_large"
    message = _l("That is larger than we can take in one piece.")


class UnavailableError(AppError):
    """A thing this needs cannot be reached just now."""

    code = "unavailable"
    message = _l("This cannot be reached just now. Nothing is lost; please try again.")


class ConfigurationError(AppError):
    """The installation is set up in a way that cannot work; it does not start."""

    code = "configuration"
