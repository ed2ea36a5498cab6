"""Shapes of sign-in, invitations and access at the doors."""

from sri_admin.kernel import i18n
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.schema import Schema, ValidationError, fields
from sri_admin.people.rules import Role, Theme

LONGEST_NAME, LONGEST_REASON = 120, 500


def _short_name(value: str) -> None:
    if len(value) > LONGEST_NAME:
        raise ValidationError(_("Please use at most 120 characters."))


def _short_reason(value: str) -> None:
    if len(value) > LONGEST_REASON:
        raise ValidationError(_("Please use at most 500 characters."))


def _offered_language(value: str) -> None:
    if value not in i18n.available():
        raise ValidationError(_("Please choose one of the answers offered."))


class SignInIn(Schema):
    """Who wants to come in, and where to after that."""

    sign_in_name = fields.String(required=True)
    password = fields.String(required=True)
    next = fields.String()


class SignInQuery(Schema):
    """Where to go after signing in."""

    next = fields.String()


class CodeIn(Schema):
    """A code from the phone, or one on paper."""

    code = fields.String(required=True)


class SignInCodeIn(CodeIn):
    """The code that ends a sign-in, and where to after that."""

    next = fields.String()


class NewPasswordIn(Schema):
    """The password set with a one-time link."""

    password = fields.String(required=True)


class PasswordOnceMoreIn(Schema):
    """The password once more."""

    password = fields.String(required=True)


class PasswordAgainIn(PasswordOnceMoreIn):
    """The password once more, and where to go then."""

    next = fields.String()


class PasswordChangeIn(Schema):
    """The old password and the new one."""

    current_password = fields.String(required=True)
    password = fields.String(required=True)


class ProgramKeyIn(Schema):
    """What a program is called, for which role it comes in, and until when."""

    name = fields.String(required=True, validate=_short_name)
    mandate_id = fields.UUID(required=True)
    ends_on = fields.Date(required=True)


class PreferencesIn(Schema):
    """Language and theme of an account."""

    locale = fields.String(required=True, validate=_offered_language)
    theme = fields.Enum(Theme, by_value=True, required=True)


class InvitationIn(Schema):
    """Who is invited, in which role, until when."""

    display_name = fields.String(required=True, validate=_short_name)
    sign_in_name = fields.String(required=True)
    role = fields.Enum(Role, by_value=True, required=True)
    language = fields.String(validate=_short_name)
    ends_on = fields.Date()
    locale = fields.String(validate=_offered_language)


class GrantIn(Schema):
    """A further role for somebody who has an account."""

    role = fields.Enum(Role, by_value=True, required=True)
    language = fields.String(validate=_short_name)
    ends_on = fields.Date()


class ExtensionIn(Schema):
    """Another last day; none means without end."""

    ends_on = fields.Date()


class ReasonIn(Schema):
    """Why access is taken away or given back."""

    reason = fields.String(required=True, validate=_short_reason)


class MandateOut(Schema):
    """A role as programs see it."""

    role = fields.String()
    scope = fields.String()
    language = fields.String(allow_none=True)
    member = fields.String()
    starts_on = fields.Date()
    ends_on = fields.Date(allow_none=True)


class MeOut(Schema):
    """Who the caller is."""

    label = fields.String()
    kind = fields.String()
    home = fields.String()
    locale = fields.String()
    mandates = fields.List(fields.Nested(MandateOut))
