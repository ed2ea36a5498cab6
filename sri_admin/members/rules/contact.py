"""Telephone numbers as the world writes them: E.164, with the country they belong to."""

from dataclasses import dataclass

import phonenumbers

from sri_admin.kernel.errors import FieldError, InvalidError
from sri_admin.kernel.i18n import gettext_lazy as _l


@dataclass(frozen=True)
class Phone:
    """A number in E.164 (`+49301234567`) and the ISO code of its country, None for worldwide ones."""

    number: str
    country: str | None


def read_phone(text: str, *, country: str | None, field: str = "phone") -> Phone:
    """Read a number as people type it; InvalidError asks for the country if the number does not name it."""
    try:
        found = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and not country:
            message = _l("Which country is this number in? Please begin it with + and the country's number.")
        else:
            message = _l("This does not look like a telephone number.")
        raise InvalidError([FieldError(field, message)]) from None
    if not phonenumbers.is_possible_number(found):
        raise InvalidError([FieldError(field, _l("This number is too short or too long for its country."))])
    region = phonenumbers.region_code_for_number(found)
    number = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return Phone(number, region if region and region != "001" else country)


def written(number: str) -> str:
    """Write an E.164 number in groups, as one reads it aloud; what a node sent that is none stays as it is."""
    try:
        found = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
