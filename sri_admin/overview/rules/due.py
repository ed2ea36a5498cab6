"""The days ahead of a board: ends of agreements and of terms."""

from dataclasses import dataclass
from datetime import date, timedelta

from sri_admin.kernel.i18n import Sentence
from sri_admin.kernel.i18n import gettext as _
from sri_admin.members.rules.agreement import RUNNING
from sri_admin.members.rules.words import OFFICES
from sri_admin.overview.rules.facts import CountryFacts


@dataclass(frozen=True)
class Due:
    """Something that falls on a day."""

    day: date
    what: Sentence


def days_ahead(country: CountryFacts) -> list[Due]:
    """Return what falls due in a country from its today on, the nearest first."""
    found: list[Due] = []
    for each in country.agreements:
        if each.shown in RUNNING:
            renewal = each.facts.ends_on - timedelta(days=each.facts.notice_days)
            found.append(Due(renewal, _("The renewal of %(ref_no)s is to begin", ref_no=each.ref_no)))
            found.append(Due(each.facts.ends_on, _("%(ref_no)s ends", ref_no=each.ref_no)))
    for term in country.terms:
        office = str(OFFICES[term.office])
        found += [Due(term.ends_on, _("A term of office ends: %(office)s", office=office))]
    return sorted((each for each in found if each.day >= country.today), key=lambda each: each.day)
