"""What was written and what was read, in a sentence."""

from sri_admin.federation import words
from sri_admin.federation.bundle.box import BundleError
from sri_admin.federation.bundle.reading import Taken
from sri_admin.federation.bundle.writing import Written
from sri_admin.kernel import formats
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext


def written(made: Written) -> str:
    """Say what lies on the stick now."""
    if made.troubles:
        return _("Written, but a part stayed behind: the two histories do not agree there. Tell SRI.")
    if made.more:
        return _("Written. There was too much for one; write another when the answer to this one has come.")
    if not made.changes and made.carried:
        return ngettext(
            "Written: %(num)s file of a record. Take everything to the other side.",
            "Written: %(num)s files of records. Take everything to the other side.",
            made.carried,
            num=made.carried,
        )
    if not made.changes:
        return _("Written. Nothing new waits; it says where this side stands.")
    return ngettext(
        "Written: %(num)s change. Take every file to the other side.",
        "Written: %(num)s changes. Take every file to the other side.",
        made.changes,
        num=made.changes,
    )


def taken(found: Taken) -> str:
    """Say what the stick brought."""
    outcome = found.outcome
    if outcome.code is not None:
        reasons = words.trouble(outcome.code)
        return f"{reasons.wrong} {reasons.todo} ({outcome.code}: {outcome.detail})"
    when = formats.date_and_time(found.at)
    if not found.changes and outcome.files:
        return ngettext(
            "%(num)s file of a record taken. It was written on %(when)s.",
            "%(num)s files of records taken. It was written on %(when)s.",
            outcome.files,
            num=outcome.files,
            when=when,
        )
    if not found.changes:
        return _("Nothing was new. It was written on %(when)s.", when=when)
    return ngettext(
        "%(num)s change taken. It was written on %(when)s.",
        "%(num)s changes taken. It was written on %(when)s.",
        found.changes,
        num=found.changes,
        when=when,
    )


def refused(error: BundleError) -> str:
    """Say why a bundle was refused, which file or volume it is about, and what to do."""
    reasons = words.trouble(error.code)
    said = [str(reasons.wrong)]
    if "volumes" in error.facts:
        said.append(_("It is about volume %(volumes)s of %(total)s.", **error.facts))
    if "file" in error.facts:
        said.append(_("It is about the file %(file)s.", **error.facts))
    return f"{' '.join(said)} {reasons.todo} ({error.code})"
